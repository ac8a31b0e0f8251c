// What the server says about its work: a line for each request, each step of a submission, each trouble. Nothing secret
// and nothing out of a record: of requests neither headers nor parameters, of reasons only their codes. Floor 7. Safe
// from many threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/log.hpp"
#include "catalog/pickups.hpp"
#include "catalog/submission_record.hpp"
#include "contract/server_config.hpp"
#include "http/http_server.hpp"

namespace inlet {

class ServerLog {
public:
    // The clock is borrowed; `write` is given whole lines. At a terminal it speaks to people unless told otherwise;
    // quiet, it says only what is wrong.
    ServerLog(const Clock& clock, bool to_terminal, bool quiet, std::function<void(std::string_view line)> write)
        : log_(clock, std::move(write)), to_terminal_(to_terminal), quiet_(quiet) {
        use({});
    }

    void use(const LogConfig& config);

    void served(const http::Served& served);
    void step(const SubmissionRecord& record, std::string_view what);
    void batch(std::uint64_t submissions, std::chrono::duration<double> time);
    void pickup(std::string_view what, const PickupRecord& pickup);
    void error(const Error& error);
    void note(std::string_view what) { log_.write(LogLine(LogLevel::info, what)); }

private:
    Log log_;
    const bool to_terminal_;
    const bool quiet_;
    std::atomic<bool> access_ = true;
};

} // namespace inlet
