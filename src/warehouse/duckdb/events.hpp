// The submissions and undos of the past, as `_inlet.versions` lists them, and which of them are active
// (docs/versions.md, Undo). Values.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "warehouse/duckdb/connection.hpp"

namespace inlet::duck {

struct Event {
    SubmissionId id;
    Version version;
    bool undo = false;
    std::vector<SubmissionId> targets;   // of an undo
    std::map<std::string, bool> settled; // the datasets it published to, and whether it settled them
};

// "3 5 8" as ids.
std::vector<SubmissionId> parse_ids(const std::string& text);

class Events {
public:
    static Result<Events> load(Connection& db);

    const std::vector<Event>& all() const { return events_; } // from the first to the last
    const Event* find(SubmissionId id) const;
    void add(Event event);
    const std::set<SubmissionId>& purged() const { return purged_; } // whose rows were removed

    // Who is active when nothing but the first `count` events has happened.
    std::set<SubmissionId> active(std::size_t count) const;
    std::set<SubmissionId> active() const { return active(events_.size()); }
    // Whether the undo takes the submission, directly or through other undos.
    bool takes(const Event& undo, SubmissionId submission) const;

private:
    std::vector<Event> events_;
    std::map<SubmissionId, std::size_t> places_;
    std::set<SubmissionId> purged_;
};

} // namespace inlet::duck
