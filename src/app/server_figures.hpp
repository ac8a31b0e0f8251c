// What the server counts for whoever watches it. Its names and labels are what docs/operating.md lists. Floor 7. Safe
// from many threads; what happens often costs an atomic addition.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/notifications.hpp"
#include "contract/current_project.hpp"
#include "http/http_server.hpp"

namespace inlet {

class ServerFigures {
public:
    // Both borrowed.
    ServerFigures(const CurrentProject& project, const Clock& clock);

    const Metrics& metrics() const { return metrics_; }
    // Its routes are all there; before the first request.
    void know(const http::Router& router);

    // What is asked at each reading.
    struct Sources { // borrowed
        Catalog& catalog;
        std::function<http::HttpLoad()> load;
        std::function<std::optional<std::uint64_t>()> disk_free_bytes;
    };
    void ask(Sources sources);

    void served(const http::Served& served);
    void step(const SubmissionRecord& record, std::string_view what);
    void batch(std::uint64_t submissions, std::chrono::duration<double> time);
    void committed(std::size_t changes, std::chrono::duration<double> time);
    void tried(const NotificationRecord& record);
    void pickup(std::string_view what, const PickupRecord& pickup);
    void error(const Error& error);
    void reloaded(bool done);

private:
    static constexpr unsigned kStatuses = 600;
    struct OfRoute {
        Histogram* seconds = nullptr;
        std::array<std::atomic<Counter*>, kStatuses> by_status{};
    };
    struct OfSmall { // of a dataset's small submissions
        Counter* received = nullptr;
        Counter* published = nullptr;
        Counter* bytes = nullptr;
        Counter* accepted = nullptr;
        Counter* rejected = nullptr;
    };

    std::string dataset_label(const std::string& name) const;
    OfSmall small(const std::string& dataset);
    void count_records(const SubmissionRecord& record);
    void count_time(const SubmissionRecord& record, std::string_view what);
    void write_queues(MetricText& text, Catalog& catalog) const;
    void write_server(MetricText& text, const Sources& sources) const;

    const CurrentProject& project_;
    const Clock& clock_;
    Metrics metrics_;

    Family<Counter>& requests_;
    Family<Histogram>& request_seconds_;
    Counter& received_bytes_;
    Counter& sent_bytes_;
    Family<Counter>& submissions_;
    Family<Counter>& submission_failures_;
    Family<Counter>& submission_bytes_;
    Family<Counter>& records_accepted_;
    Family<Counter>& records_rejected_;
    Family<Counter>& violations_;
    Family<Histogram>& delivery_seconds_;
    Family<Histogram>& publish_seconds_;
    Histogram& batch_submissions_;
    Histogram& commit_seconds_;
    Histogram& commit_changes_;
    Family<Counter>& notifications_;
    Family<Counter>& pickups_;
    Family<Counter>& errors_;

    std::unordered_map<const http::Route*, std::unique_ptr<OfRoute>> routes_; // from know() on as it is
    std::shared_mutex small_mutex_;
    std::map<std::string, OfSmall, std::less<>> small_; // behind small_mutex_
    std::mutex publishing_mutex_;
    std::map<SubmissionId, std::chrono::steady_clock::time_point> publishing_; // behind publishing_mutex_: since when
    std::atomic<bool> reload_done_{true};
    std::atomic<Timestamp> reloaded_at_;
};

} // namespace inlet
