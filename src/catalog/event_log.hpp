// What happened, in the order in which it happened: read on from any number, by whoever tells others of it. Floor 3.
// Safe from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"

namespace inlet {

// An event, and what its submission is known by when the event is read.
struct LoggedEvent {
    CatalogEvent event;
    SubmissionKind kind = SubmissionKind::delivery;
    std::string target; // dataset or package; of an event of no submission, its dataset
    bool target_is_package = false;
    std::string file_name;
    std::string by;
    std::string trace;                 // see SubmissionRecord
    std::vector<std::string> datasets; // the target if it is one, and those of the parts; sorted, each once
};

struct EventFilter {
    std::string dataset;                 // the target, or a part's dataset; empty: any
    SubmissionId submission;             // 0: any
    std::vector<std::string> types = {}; // empty: any

    bool lets_through(const LoggedEvent& event) const;
};

// Errors: disk-full, catalog-failed.
class EventLog {
public:
    virtual ~EventLog() = default;

    // Those with a higher number that the filter lets through, oldest first, `limit` at most.
    virtual Result<std::vector<LoggedEvent>> after(std::int64_t number, const EventFilter& filter,
                                                   std::size_t limit) = 0;
    virtual Result<std::int64_t> last() = 0; // the highest number given so far; 0: none

    // Marks say how far somebody who looks at a dataset from time to time has come.
    virtual Result<std::optional<std::int64_t>> mark(std::string_view dataset, std::string_view name) = 0;
    virtual Status set_mark(std::string_view dataset, std::string_view name, std::int64_t value) = 0;
    // Adds an event of no submission, about event.dataset, and sets that dataset's mark, in one transaction; nothing if
    // the mark has that value or a higher one already: then somebody else told it. Whether it was added.
    virtual Result<bool> raise(const CatalogEvent& event, std::string_view mark, std::int64_t value) = 0;

    // Called after events of this process became durable, on the thread that wrote them; must not block, nor ask the
    // catalog. One at a time; empty: nobody is told.
    virtual void on_new(std::function<void()> told) = 0;
};

} // namespace inlet
