#include "catalog/memory/memory_event_log.hpp"

#include <algorithm>

namespace inlet {

namespace {

LoggedEvent logged(CatalogEvent event, const std::optional<SubmissionRecord>& record) {
    LoggedEvent logged;
    if (record) {
        logged.kind = record->kind;
        logged.target = record->target;
        logged.target_is_package = record->target_is_package;
        logged.file_name = record->file_name;
        logged.by = record->by;
        logged.trace = record->trace;
        for (const PartRecord& part : record->parts) logged.datasets.push_back(part.dataset);
        if (!record->target_is_package && !record->target.empty()) logged.datasets.push_back(record->target);
    } else {
        logged.target = event.dataset;
        logged.datasets = {event.dataset};
    }
    std::ranges::sort(logged.datasets);
    const auto repeats = std::ranges::unique(logged.datasets);
    logged.datasets.erase(repeats.begin(), repeats.end());
    logged.event = std::move(event);
    return logged;
}

} // namespace

void MemoryEventLog::add(SubmissionId id, CatalogEvent event) {
    const std::lock_guard lock(mutex_);
    event.number = ++last_;
    event.at = clock_.now();
    event.submission = id;
    events_.push_back(std::move(event));
    if (told_) told_();
}

std::vector<CatalogEvent> MemoryEventLog::of(SubmissionId id) {
    const std::lock_guard lock(mutex_);
    std::vector<CatalogEvent> found;
    std::ranges::copy_if(events_, std::back_inserter(found),
                         [&](const CatalogEvent& event) { return event.submission == id; });
    return found;
}

std::uint64_t MemoryEventLog::forget(const std::function<bool(const CatalogEvent&)>& goes, bool dry_run) {
    const std::lock_guard lock(mutex_);
    const auto count = static_cast<std::uint64_t>(std::ranges::count_if(events_, goes));
    if (!dry_run) std::erase_if(events_, goes);
    return count;
}

Result<std::vector<LoggedEvent>> MemoryEventLog::after(std::int64_t number, const EventFilter& filter,
                                                       std::size_t limit) {
    std::vector<CatalogEvent> later;
    {
        const std::lock_guard lock(mutex_);
        std::ranges::copy_if(events_, std::back_inserter(later),
                             [&](const CatalogEvent& event) { return event.number > number; });
    }
    std::vector<LoggedEvent> found;
    for (CatalogEvent& event : later) {
        if (found.size() == limit) break;
        const auto record = event.submission ? subject_(event.submission) : std::nullopt;
        LoggedEvent one = logged(std::move(event), record);
        if (filter.lets_through(one)) found.push_back(std::move(one));
    }
    return found;
}

Result<std::int64_t> MemoryEventLog::last() {
    const std::lock_guard lock(mutex_);
    return last_;
}

Result<std::optional<std::int64_t>> MemoryEventLog::mark(std::string_view dataset, std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto found = marks_.find(MarkName(dataset, name));
    return found == marks_.end() ? std::nullopt : std::optional(found->second);
}

Status MemoryEventLog::set_mark(std::string_view dataset, std::string_view name, std::int64_t value) {
    const std::lock_guard lock(mutex_);
    marks_[MarkName(dataset, name)] = value;
    return {};
}

Result<bool> MemoryEventLog::raise(const CatalogEvent& event, std::string_view mark, std::int64_t value) {
    {
        const std::lock_guard lock(mutex_);
        const auto [place, is_new] = marks_.try_emplace(MarkName(event.dataset, mark), value);
        if (!is_new && place->second >= value) return false;
        place->second = value;
    }
    add(SubmissionId(), event);
    return true;
}

void MemoryEventLog::on_new(std::function<void()> told) {
    const std::lock_guard lock(mutex_);
    told_ = std::move(told);
}

} // namespace inlet
