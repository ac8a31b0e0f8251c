// Everything that is told to whoever watches the server, in figures and in words. Floor 7. Safe from many threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "app/server_figures.hpp"
#include "app/server_log.hpp"
#include "pipeline/submission_watch.hpp"

namespace inlet {

class ServerWatch final : public SubmissionWatch {
public:
    // As ServerFigures and ServerLog.
    ServerWatch(const CurrentProject& project, const Clock& clock, bool to_terminal, bool quiet,
                std::function<void(std::string_view line)> write)
        : figures_(project, clock), log_(clock, to_terminal, quiet, std::move(write)) {}

    ServerFigures& figures() { return figures_; }
    ServerLog& log() { return log_; }

    void step(const SubmissionRecord& record, std::string_view what) override {
        figures_.step(record, what);
        log_.step(record, what);
    }
    void batch(std::uint64_t submissions, std::chrono::duration<double> time) override {
        figures_.batch(submissions, time);
        log_.batch(submissions, time);
    }
    void served(const http::Served& served) {
        figures_.served(served);
        log_.served(served);
    }
    void pickup(std::string_view what, const PickupRecord& pickup) {
        figures_.pickup(what, pickup);
        log_.pickup(what, pickup);
    }
    void error(const Error& error) {
        figures_.error(error);
        log_.error(error);
    }
    void reloaded(bool done) { figures_.reloaded(done); }

private:
    ServerFigures figures_;
    ServerLog log_;
};

} // namespace inlet
