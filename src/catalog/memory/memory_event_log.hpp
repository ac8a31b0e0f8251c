// Events in a vector. Floor 3, for the memory catalog alone. Safe from many threads.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/event_log.hpp"

namespace inlet {

class MemoryEventLog final : public EventLog {
public:
    // `subject` answers the record of a submission; it is not asked while add() runs.
    MemoryEventLog(const Clock& clock, std::function<std::optional<SubmissionRecord>(SubmissionId)> subject)
        : clock_(clock), subject_(std::move(subject)) {}

    void add(SubmissionId id, CatalogEvent event);
    std::vector<CatalogEvent> of(SubmissionId id);
    // How many there are that `goes` says are to go; they are gone unless it is a dry run.
    std::uint64_t forget(const std::function<bool(const CatalogEvent&)>& goes, bool dry_run);

    Result<std::vector<LoggedEvent>> after(std::int64_t number, const EventFilter& filter, std::size_t limit) override;
    Result<std::int64_t> last() override;
    Result<std::optional<std::int64_t>> mark(std::string_view dataset, std::string_view name) override;
    Status set_mark(std::string_view dataset, std::string_view name, std::int64_t value) override;
    Result<bool> raise(const CatalogEvent& event, std::string_view mark, std::int64_t value) override;
    void on_new(std::function<void()> told) override;

private:
    using MarkName = std::pair<std::string, std::string>;

    const Clock& clock_;
    const std::function<std::optional<SubmissionRecord>(SubmissionId)> subject_;
    std::mutex mutex_; // over all below
    std::vector<CatalogEvent> events_;
    std::int64_t last_ = 0; // number given
    std::map<MarkName, std::int64_t> marks_;
    std::function<void()> told_;
};

} // namespace inlet
