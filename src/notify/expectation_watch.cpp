#include "notify/expectation_watch.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "notify/expectations.hpp"

namespace inlet {

namespace {

constexpr std::chrono::seconds kPause{10};
constexpr std::size_t kPage = 256;
constexpr std::size_t kRecent = 20; // submissions among which the last good delivery is looked for

// How far it was looked at a dataset.
constexpr std::string_view kSince = "watched-since";
constexpr std::string_view kDeadline = "deadline";
constexpr std::string_view kVolume = "volume";

bool counts(const SubmissionRecord& record) {
    switch (record.state) {
    case SubmissionState::receiving:
    case SubmissionState::rejected:
    case SubmissionState::failed:
    case SubmissionState::cancelled:
    case SubmissionState::expired:
        return false;
    default:
        return record.kind == SubmissionKind::delivery;
    }
}

std::uint64_t rows_of(const SubmissionRecord& record, const std::string& dataset) {
    std::uint64_t rows = 0;
    for (const PartRecord& part : record.parts) {
        if (part.dataset == dataset) rows += part.rows;
    }
    return rows;
}

} // namespace

bool ExpectationCheck::is_needed() const {
    return std::ranges::any_of(datasets_, [](const Dataset& dataset) { return dataset.expect != Expectation(); });
}

Status ExpectationCheck::look() {
    for (const Dataset& dataset : datasets_) {
        if (dataset.expect.every) TRY(look_at_time(dataset));
        if (dataset.expect.min_share || dataset.expect.max_share) TRY(look_at_volume(dataset));
    }
    return {};
}

Status ExpectationCheck::look_at_time(const Dataset& dataset) {
    EventLog& log = catalog_.event_log();
    const Timestamp now = clock_.now();
    const auto since = TRY(log.mark(dataset.name, kSince));
    if (!since) return log.set_mark(dataset.name, kSince, now);
    std::optional<Timestamp> last;
    for (const SubmissionRecord& record : TRY(catalog_.list({.dataset = dataset.name, .limit = kRecent}))) {
        if (counts(record)) last = std::max(last.value_or(0), record.received_at);
    }
    const auto late = overdue(dataset.expect, *since, last, now);
    if (!late) return {};
    JsonWriter detail;
    detail.begin_object().member("deadline", iso_moment(late->deadline)).key("last_received_at");
    if (last)
        detail.value(iso_moment(*last));
    else
        detail.null();
    detail.end_object();
    CatalogEvent event;
    event.type = late->is_missing ? "delivery.missing" : "delivery.late";
    event.detail = detail.take();
    event.dataset = dataset.name;
    TRY(log.raise(event, kDeadline, late->deadline));
    return {};
}

Status ExpectationCheck::look_at_volume(const Dataset& dataset) {
    EventLog& log = catalog_.event_log();
    const auto mark = TRY(log.mark(dataset.name, kVolume));
    if (!mark) return log.set_mark(dataset.name, kVolume, TRY(log.last()));
    const EventFilter filter{.dataset = dataset.name, .types = {"submission.published"}};
    std::int64_t seen = *mark;
    for (bool is_all = false; !is_all;) {
        const std::vector<LoggedEvent> page = TRY(log.after(seen, filter, kPage));
        for (const LoggedEvent& event : page) TRY(weigh(dataset, event));
        is_all = page.size() < kPage;
        if (!page.empty()) seen = page.back().event.number;
    }
    return seen == *mark ? Status() : log.set_mark(dataset.name, kVolume, seen);
}

Status ExpectationCheck::weigh(const Dataset& dataset, const LoggedEvent& event) {
    if (event.kind != SubmissionKind::delivery) return {};
    const SubmissionRecord record = TRY(catalog_.get(event.event.submission));
    std::vector<std::uint64_t> before;
    const SubmissionFilter earlier{
        .dataset = dataset.name, .state = SubmissionState::published, .before = record.id, .limit = kUsualOf};
    for (const SubmissionRecord& one : TRY(catalog_.list(earlier))) {
        if (one.kind == SubmissionKind::delivery) before.push_back(rows_of(one, dataset.name));
    }
    const std::uint64_t rows = rows_of(record, dataset.name);
    const auto usual = unusual(dataset.expect, rows, std::move(before));
    if (!usual) return {};
    JsonWriter detail;
    detail.begin_object().member("unusual_submission", record.id.value).member("rows", rows);
    detail.member("usual_rows", *usual).end_object();
    CatalogEvent raised;
    raised.type = "volume.unusual";
    raised.detail = detail.take();
    raised.dataset = dataset.name;
    TRY(catalog_.event_log().raise(raised, kVolume, event.event.number));
    return {};
}

ExpectationWatch::ExpectationWatch(ExpectationCheck check, std::function<void(const Error&)> failed)
    : check_(check), failed_(std::move(failed)), thread_([this] { run(); }) {}

ExpectationWatch::~ExpectationWatch() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
    }
    thread_.join();
}

void ExpectationWatch::wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    wake_.notify_all();
}

void ExpectationWatch::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        woken_ = false;
        lock.unlock();
        const Status looked = check_.look();
        if (!looked) failed_(looked.error());
        lock.lock();
        if (!looked)
            wake_.wait_for(lock, kPause, [&] { return stopping_; });
        else
            wake_.wait_for(lock, kPause, [&] { return woken_ || stopping_; });
    }
}

} // namespace inlet
