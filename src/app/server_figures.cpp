#include "app/server_figures.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "app/help.hpp"
#include "app/process_figures.hpp"

namespace inlet {

namespace {

constexpr std::string_view kOther = "other"; // datasets that the project does not have (any more)
constexpr std::string_view kNoRoute = "none";

double seconds_of(Timestamp microseconds) { return static_cast<double>(microseconds) / 1e6; }

} // namespace

ServerFigures::ServerFigures(const CurrentProject& project, const Clock& clock)
    : project_(project), clock_(clock),
      requests_(metrics_.counters("inlet_http_requests_total", "Requests answered, by the route's template",
                                  {"method", "route", "status"})),
      request_seconds_(metrics_.histograms("inlet_http_request_duration_seconds",
                                           "From a request's headers to the end of its answer", duration_bounds(),
                                           {"method", "route"})),
      received_bytes_(
          metrics_.counters("inlet_http_received_bytes_total", "Bytes of requests, as they came over the wire").of({})),
      sent_bytes_(
          metrics_.counters("inlet_http_sent_bytes_total", "Bytes of answers, as they went over the wire").of({})),
      submissions_(metrics_.counters("inlet_submissions_total", "Steps of submissions: how many came into a state",
                                     {"dataset", "kind", "state"})),
      submission_failures_(metrics_.counters("inlet_submission_failures_total",
                                             "Submissions that were rejected, held or failed, by the reason's code",
                                             {"code"})),
      submission_bytes_(metrics_.counters("inlet_submission_received_bytes_total",
                                          "Bytes of deliveries that were received whole", {"dataset"})),
      records_accepted_(metrics_.counters("inlet_records_accepted_total",
                                          "Records of published submissions that passed their checks", {"dataset"})),
      records_rejected_(metrics_.counters("inlet_records_rejected_total",
                                          "Records of published and rejected submissions that did not pass",
                                          {"dataset"})),
      violations_(metrics_.counters("inlet_violations_total", "Mistakes found in records, by failure code", {"code"})),
      delivery_seconds_(metrics_.histograms("inlet_delivery_duration_seconds",
                                            "From a delivery's receipt to its end (small submissions aside)",
                                            duration_bounds(), {"state"})),
      publish_seconds_(metrics_.histograms("inlet_publish_duration_seconds",
                                           "Of a publication: of one submission, or of a batch of small ones",
                                           duration_bounds(), {"kind"})),
      batch_submissions_(
          metrics_
              .histograms("inlet_publish_batch_submissions", "Small submissions worked off together", count_bounds())
              .of({})),
      commit_seconds_(metrics_
                          .histograms("inlet_catalog_commit_duration_seconds",
                                      "Of a transaction of the catalog, its sync included", duration_bounds())
                          .of({})),
      commit_changes_(metrics_
                          .histograms("inlet_catalog_commit_changes",
                                      "Changes that shared a transaction of the catalog", count_bounds())
                          .of({})),
      notifications_(metrics_.counters("inlet_notifications_total",
                                       "Attempts to tell a receiver: delivered, failed (it is tried again) or dead",
                                       {"channel", "outcome"})),
      pickups_(metrics_.counters("inlet_folder_pickups_total", "Files of watch folders: taken, and answered",
                                 {"provider", "step"})),
      errors_(metrics_.counters("inlet_errors_total", "Troubles of the server itself, by failure code", {"code"})),
      reloaded_at_(clock.now()) {}

void ServerFigures::know(const http::Router& router) {
    for (const http::Route& route : router.routes()) {
        auto figures = std::make_unique<OfRoute>();
        figures->seconds = &request_seconds_.of({to_string(route.method), route.path});
        routes_.emplace(&route, std::move(figures));
    }
}

void ServerFigures::served(const http::Served& served) {
    received_bytes_.add(served.bytes_received);
    sent_bytes_.add(served.bytes_sent);
    const http::Request* request = served.request;
    const auto found = routes_.find(served.route);
    if (request != nullptr && found != routes_.end() && request->method == served.route->method) {
        OfRoute& figures = *found->second;
        figures.seconds->observe(served.seconds);
        std::atomic<Counter*>& counter = figures.by_status.at(std::min(served.status, kStatuses - 1));
        if (counter == nullptr) {
            counter = &requests_.of({to_string(request->method), served.route->path, std::to_string(served.status)});
        }
        counter.load()->add();
        return;
    }
    const std::string_view method = request == nullptr ? "none" : to_string(request->method);
    const std::string_view path = served.route == nullptr ? kNoRoute : std::string_view(served.route->path);
    requests_.of({method, path, std::to_string(served.status)}).add();
    request_seconds_.of({method, path}).observe(served.seconds);
}

// Only the project's own names, so that nobody outside decides how many there are.
std::string ServerFigures::dataset_label(const std::string& name) const {
    const Project* project = &*project_;
    const bool known = project->dataset(name) != nullptr || project->package(name) != nullptr;
    return known ? name : std::string(kOther);
}

ServerFigures::OfSmall ServerFigures::small(const std::string& dataset) {
    {
        const std::shared_lock lock(small_mutex_);
        const auto found = small_.find(dataset);
        if (found != small_.end()) return found->second;
    }
    const std::string label = dataset_label(dataset);
    const std::string_view kind = to_string(SubmissionKind::records);
    const OfSmall figures{.received = &submissions_.of({label, kind, "received"}),
                          .published = &submissions_.of({label, kind, "published"}),
                          .bytes = &submission_bytes_.of({label}),
                          .accepted = &records_accepted_.of({label}),
                          .rejected = &records_rejected_.of({label})};
    if (label == kOther) return figures; // a project that is read again may have it
    const std::unique_lock lock(small_mutex_);
    return small_.emplace(dataset, figures).first->second;
}

void ServerFigures::step(const SubmissionRecord& record, std::string_view what) {
    if (record.kind == SubmissionKind::records && (what == "received" || what == "published")) {
        const OfSmall figures = small(record.target);
        if (what == "received") {
            figures.received->add();
            figures.bytes->add(record.raw_bytes);
        } else {
            figures.published->add();
            count_records(record);
        }
        return;
    }
    submissions_.of({dataset_label(record.target), to_string(record.kind), what}).add();
    if (what == "received") submission_bytes_.of({dataset_label(record.target)}).add(record.raw_bytes);
    if (what == "rejected" || what == "held" || what == "failed") submission_failures_.of({record.reason_code}).add();
    if (what == "published" || what == "rejected") count_records(record);
    count_time(record, what);
}

void ServerFigures::count_records(const SubmissionRecord& record) {
    for (const PartRecord& part : record.parts) {
        const OfSmall figures = small(part.dataset);
        if (record.state == SubmissionState::published) figures.accepted->add(part.accepted);
        if (part.rejected != 0) figures.rejected->add(part.rejected);
        for (const CodeCount& count : part.counts) violations_.of({count.code}).add(count.count);
    }
}

void ServerFigures::count_time(const SubmissionRecord& record, std::string_view what) {
    if (record.kind == SubmissionKind::records) return;
    const auto now = std::chrono::steady_clock::now();
    {
        const std::scoped_lock lock(publishing_mutex_);
        if (what == "publishing") {
            publishing_[record.id] = now;
        } else if (const auto begun = publishing_.extract(record.id); !begun.empty() && what == "published") {
            const std::chrono::duration<double> time = now - begun.mapped();
            publish_seconds_.of({to_string(record.kind)}).observe(time.count());
        }
    }
    if (!is_end(record.state) || record.received_at == 0 || what != to_string(record.state)) return;
    if (what == "undone" || what == "purged") return; // it had its end before
    delivery_seconds_.of({what}).observe(seconds_of(std::max<Timestamp>(clock_.now() - record.received_at, 0)));
}

void ServerFigures::batch(std::uint64_t submissions, std::chrono::duration<double> time) {
    publish_seconds_.of({to_string(SubmissionKind::records)}).observe(time.count());
    batch_submissions_.observe(static_cast<double>(submissions));
}

void ServerFigures::committed(std::size_t changes, std::chrono::duration<double> time) {
    commit_seconds_.observe(time.count());
    commit_changes_.observe(static_cast<double>(changes));
}

void ServerFigures::tried(const NotificationRecord& record) {
    const std::string_view outcome = record.state == NotificationState::pending ? "failed" : to_string(record.state);
    notifications_.of({std::string_view(record.receiver).substr(0, record.receiver.find(':')), outcome}).add();
}

void ServerFigures::pickup(std::string_view what, const PickupRecord& pickup) {
    pickups_.of({pickup.provider, what}).add();
}

void ServerFigures::error(const Error& error) { errors_.of({failure_info(error.code).code}).add(); }

void ServerFigures::reloaded(bool done) {
    reload_done_ = done;
    if (done) reloaded_at_ = clock_.now();
}

void ServerFigures::ask(Sources sources) {
    metrics_.ask([this, sources = std::move(sources)](MetricText& text) {
        write_server(text, sources);
        write_queues(text, sources.catalog);
        write_process_figures(text);
    });
}

void ServerFigures::write_server(MetricText& text, const Sources& sources) const {
    const http::HttpLoad load = sources.load();
    text.single({"inlet_http_connections", "Open connections"}, MetricType::gauge, std::uint64_t{load.connections});
    text.single({"inlet_http_requests_in_flight", "Requests under way, listeners to events among them"},
                MetricType::gauge, std::uint64_t{load.requests});
    text.single({"inlet_http_connections_accepted_total", "Connections taken"}, MetricType::counter, load.accepted);
    text.single({"inlet_http_connections_refused_total", "Connections closed at once by a limit per address"},
                MetricType::counter, load.refused);
    if (const auto free = sources.disk_free_bytes())
        text.single({"inlet_disk_free_bytes", "Free where the data folder is"}, MetricType::gauge, *free);
    text.single({"inlet_config_last_reload_successful", "Whether the configuration was right when last read"},
                MetricType::gauge, std::uint64_t{reload_done_});
    text.single({"inlet_config_last_reload_success_timestamp_seconds", "When the configuration that stands was read"},
                MetricType::gauge, seconds_of(reloaded_at_));
    const std::vector<std::string> labels{"version"};
    text.begin({"inlet_build_info", "The program; always 1"}, MetricType::gauge);
    text.sample(labels, std::vector<std::string>{std::string(kProgramVersion)}, std::uint64_t{1});
}

// What the catalog does not tell is left out, and the next reading tells it.
void ServerFigures::write_queues(MetricText& text, Catalog& catalog) const {
    const auto unfinished = catalog.unfinished();
    const auto waiting = catalog.inbox().count_waiting();
    const auto first = catalog.inbox().oldest({});
    const auto uploads = catalog.uploads().unfinished();
    if (!unfinished || !waiting || !first || !uploads) return;
    std::uint64_t queued = 0;
    std::uint64_t held = 0;
    std::optional<Timestamp> oldest;
    for (const SubmissionRecord& record : *unfinished) {
        if (record.state == SubmissionState::held) ++held;
        if (record.state != SubmissionState::queued) continue;
        ++queued;
        oldest = std::min(oldest.value_or(record.received_at), record.received_at);
    }
    const Timestamp now = clock_.now();
    const auto age = [&](const std::optional<Timestamp>& since) {
        return since ? seconds_of(std::max<Timestamp>(now - *since, 0)) : 0.0;
    };
    const std::vector<std::string> labels{"queue"};
    const std::vector<std::string> deliveries{"deliveries"};
    const std::vector<std::string> inbox{"inbox"};
    text.begin({"inlet_queue_submissions", "Submissions that wait to be worked off"}, MetricType::gauge);
    text.sample(labels, deliveries, queued);
    text.sample(labels, inbox, *waiting);
    text.begin({"inlet_queue_oldest_age_seconds", "How long the first of them has waited; 0: none waits"},
               MetricType::gauge);
    text.sample(labels, deliveries, age(oldest));
    text.sample(labels, inbox, age(*first));
    text.single({"inlet_submissions_held", "Deliveries that wait for a person"}, MetricType::gauge, held);
    text.single({"inlet_uploads_unfinished", "Uploads that are not whole yet"}, MetricType::gauge, uploads->count);
    text.single({"inlet_uploads_unfinished_bytes", "Bytes of them that are safe"}, MetricType::gauge, uploads->bytes);
}

} // namespace inlet
