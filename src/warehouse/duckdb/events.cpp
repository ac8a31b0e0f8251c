// See events.hpp.
#include "warehouse/duckdb/events.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace inlet::duck {

std::vector<SubmissionId> parse_ids(const std::string& text) {
    std::vector<SubmissionId> ids;
    std::istringstream stream(text);
    for (std::int64_t id = 0; stream >> id;) ids.emplace_back(id);
    return ids;
}

Result<Events> Events::load(Connection& db) {
    Events events;
    const Rows rows = TRY(db.rows(
        "SELECT number, submission, dataset, kind = 'undo', array_to_string(undoes, ' '), settled FROM _inlet.versions "
        "WHERE kind NOT IN ('model', 'erase', 'purge') ORDER BY number, place"));
    for (const auto& row : rows) {
        const SubmissionId id(row[1].number);
        if (!events.places_.contains(id))
            events.add({id, Version(row[0].number), row[3].number != 0, parse_ids(row[4].text), {}});
        events.events_[events.places_.at(id)].settled[row[2].text] = row[5].number != 0;
    }
    for (const auto& row : TRY(db.rows("SELECT DISTINCT unnest(undoes) FROM _inlet.versions WHERE kind = 'purge'")))
        events.purged_.insert(SubmissionId(row[0].number));
    return events;
}

const Event* Events::find(SubmissionId id) const {
    const auto place = places_.find(id);
    return place == places_.end() ? nullptr : &events_[place->second];
}

void Events::add(Event event) {
    places_[event.id] = events_.size();
    events_.push_back(std::move(event));
}

std::set<SubmissionId> Events::active(std::size_t count) const {
    std::set<SubmissionId> active;
    std::set<SubmissionId> taken;
    // An event is undone only by later ones, which are decided by the time it is reached.
    for (std::size_t i = count; i-- > 0;) {
        const Event& event = events_[i];
        if (taken.contains(event.id)) continue;
        active.insert(event.id);
        taken.insert(event.targets.begin(), event.targets.end());
    }
    return active;
}

bool Events::takes(const Event& undo, SubmissionId submission) const {
    return std::any_of(undo.targets.begin(), undo.targets.end(), [&](SubmissionId target) {
        const Event* event = find(target);
        return target == submission || (event != nullptr && takes(*event, submission));
    });
}

} // namespace inlet::duck
