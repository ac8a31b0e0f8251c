// See undoing.hpp.
#include "warehouse/memory/undoing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace inlet::memory {

namespace {

constexpr std::size_t kNamedMax = 10; // submissions and keys in an undo-conflict

// What one submission did to a table without a key, or to one key of a table with one.
bool brought(const Row& row, const Event& event) { return row.submission == event.id && row.version == event.version; }
// Rows that it brought and ended itself were there in passing.
bool left(const PastRow& old, const Event& event) { return brought(old.row, event) && old.ended_by != event.id; }
bool ended(const PastRow& old, const Event& event) { return old.ended_by == event.id && !brought(old.row, event); }

std::set<Cells> written(const Table& table, const Event& event) {
    std::set<Cells> keys;
    for (const Row& row : table.live) {
        if (brought(row, event)) keys.insert(table.key_of(*row.cells));
    }
    for (const PastRow& old : table.past) {
        if (brought(old.row, event) || old.ended_by == event.id) keys.insert(table.key_of(*old.row.cells));
    }
    return keys;
}

std::set<Cells> repeated(const Table& table, const Event& event) {
    std::set<Cells> keys;
    for (const Touch& touch : table.touches) {
        if (touch.submission == event.id) keys.insert(touch.key);
    }
    return keys;
}

std::set<Cells> shared(const std::set<Cells>& a, const std::set<Cells>& b) {
    std::set<Cells> out;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
    return out;
}

std::set<Cells> joined(std::set<Cells> a, const std::set<Cells>& b) {
    a.insert(b.begin(), b.end());
    return a;
}

// What stands in the way and could be taken back along.
struct Conflict {
    std::set<SubmissionId> at_fault;
    std::map<std::string, std::set<Cells>> keys; // by dataset
};

class Undoing {
public:
    Undoing(const State& state, const UndoRequest& request, Version version)
        : state_(state), request_(request), version_(version),
          targets_(request.targets.begin(), request.targets.end()) {}

    Result<UndoOutcome> run(State& next);

private:
    Status check_targets() const;
    void weigh();
    Status check_purged() const;
    Status check_snapshots() const;
    Status check_pruned() const;
    Conflict conflict() const;
    Error to_error(const Conflict& conflict) const;
    void restore_by_key(Table& table) const;
    void restore_bag(Table& table) const;

    bool flips(const Event& event) const {
        return !event.undo && (before_.contains(event.id) != after_.contains(event.id));
    }
    bool comes_back(const Event& event) const { return flips(event) && after_.contains(event.id); }
    bool stays(const Event& event) const {
        return !event.undo && before_.contains(event.id) && after_.contains(event.id);
    }
    // X of rule 4, for the submission at `at` and one dataset.
    std::vector<const Event*> displaced(std::size_t at, const std::string& dataset) const;
    SubmissionId at_fault(SubmissionId displaced) const;
    bool takes(const Event& undo, SubmissionId submission) const;
    const Table& table(const std::string& dataset) const { return state_.tables.at(dataset); }

    const State& state_;
    const UndoRequest& request_;
    const Version version_;
    std::set<SubmissionId> targets_;
    std::set<SubmissionId> before_; // active
    std::set<SubmissionId> after_;
};

Status Undoing::check_targets() const {
    if (targets_.empty()) return fail(FailureCode::bad_argument, "an undo needs a target");
    if (const Event* event = state_.event(request_.id)) {
        return fail(FailureCode::already_published,
                    fmt::format("submission {} was published as version {}", request_.id.value, event->version.value));
    }
    const std::set<SubmissionId> standing = active(state_.events);
    for (const SubmissionId target : targets_) {
        if (state_.event(target) == nullptr) {
            return fail(FailureCode::not_undoable,
                        fmt::format("submission {} published nothing that could be undone", target.value));
        }
        if (!standing.contains(target)) {
            return fail(FailureCode::already_undone, fmt::format("submission {} is undone already", target.value));
        }
    }
    return {};
}

void Undoing::weigh() {
    before_ = active(state_.events);
    std::vector<Event> events = state_.events;
    Event undo;
    undo.id = request_.id;
    undo.undo = true;
    undo.targets.assign(targets_.begin(), targets_.end());
    events.push_back(undo);
    after_ = active(events);
}

// Rule 0.
Status Undoing::check_purged() const {
    for (const Event& event : state_.events) {
        if (!flips(event) || !state_.purged.contains(event.id)) continue;
        return fail(FailureCode::not_undoable,
                    fmt::format("submission {} was purged, and its rows are gone", event.id.value));
    }
    return {};
}

// Rule 1.
Status Undoing::check_snapshots() const {
    for (std::size_t s = 0; s < state_.events.size(); ++s) {
        if (!flips(state_.events[s])) continue;
        for (const auto& [dataset, settled] : state_.events[s].settled) {
            for (std::size_t t = s + 1; t < state_.events.size(); ++t) {
                const Event& later = state_.events[t];
                const auto there = later.settled.find(dataset);
                if (!stays(later) || there == later.settled.end() || !there->second) continue;
                return fail(Error(FailureCode::superseded_by_snapshot,
                                  fmt::format("submission {} settled `{}` after submission {}; undo it first",
                                              later.id.value, dataset, state_.events[s].id.value))
                                .with("submission", std::to_string(later.id.value))
                                .with("dataset", dataset));
            }
        }
    }
    return {};
}

// Rule 2.
Status Undoing::check_pruned() const {
    for (std::size_t s = 0; s < state_.events.size(); ++s) {
        if (!flips(state_.events[s])) continue;
        for (const auto& [dataset, settled] : state_.events[s].settled) {
            std::vector<const Event*> needed{&state_.events[s]};
            if (comes_back(state_.events[s])) {
                const std::vector<const Event*> more = displaced(s, dataset);
                needed.insert(needed.end(), more.begin(), more.end());
            }
            for (const Event* event : needed) {
                if (event->version > table(dataset).pruned_below) continue;
                return fail(
                    FailureCode::version_pruned,
                    fmt::format("the history of `{}` up to version {} was pruned, and submission {} is of version {}",
                                dataset, table(dataset).pruned_below.value, event->id.value, event->version.value));
            }
        }
    }
    return {};
}

std::vector<const Event*> Undoing::displaced(std::size_t at, const std::string& dataset) const {
    const auto upto = state_.events.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    const std::set<SubmissionId> then = active(std::vector<Event>(state_.events.begin(), upto));
    std::vector<const Event*> out;
    for (std::size_t x = 0; x < at; ++x) {
        const Event& event = state_.events[x];
        const bool other = then.contains(event.id) != after_.contains(event.id);
        if (!event.undo && other && event.settled.contains(dataset)) out.push_back(&event);
    }
    return out;
}

bool Undoing::takes(const Event& undo, SubmissionId submission) const {
    return std::any_of(undo.targets.begin(), undo.targets.end(), [&](SubmissionId target) {
        return target == submission || takes(*state_.event(target), submission);
    });
}

SubmissionId Undoing::at_fault(SubmissionId displaced) const {
    for (auto event = state_.events.rbegin(); event != state_.events.rend(); ++event) {
        if (event->undo && after_.contains(event->id) && takes(*event, displaced)) return event->id;
    }
    return displaced;
}

// Rules 3 and 4.
Conflict Undoing::conflict() const {
    Conflict out;
    for (std::size_t s = 0; s < state_.events.size(); ++s) {
        const Event& event = state_.events[s];
        if (!flips(event)) continue;
        for (const auto& [dataset, settled] : event.settled) {
            const bool keyed = !table(dataset).key.empty();
            const std::set<Cells> wrote = keyed ? written(table(dataset), event) : std::set<Cells>{};
            for (std::size_t t = s + 1; keyed && t < state_.events.size(); ++t) {
                const Event& later = state_.events[t];
                if (!stays(later)) continue;
                const std::set<Cells> keys =
                    shared(wrote, joined(written(table(dataset), later), repeated(table(dataset), later)));
                if (keys.empty()) continue;
                out.at_fault.insert(later.id);
                out.keys[dataset].insert(keys.begin(), keys.end());
            }
            if (!comes_back(event)) continue;
            for (const Event* x : displaced(s, dataset)) {
                std::set<Cells> keys;
                if (keyed) {
                    keys = shared(written(table(dataset), *x), joined(wrote, repeated(table(dataset), event)));
                }
                if (keys.empty() && !settled) continue;
                out.at_fault.insert(at_fault(x->id));
                out.keys[dataset].insert(keys.begin(), keys.end());
            }
        }
    }
    return out;
}

Error Undoing::to_error(const Conflict& conflict) const {
    std::vector<std::string> submissions;
    for (const SubmissionId id : conflict.at_fault) {
        if (submissions.size() < kNamedMax) submissions.push_back(std::to_string(id.value));
    }
    std::vector<std::string> keys;
    for (const auto& [dataset, in] : conflict.keys) {
        for (const Cells& key : in) {
            if (keys.size() == kNamedMax) break;
            std::vector<std::string> parts;
            for (std::size_t i = 0; i < key.size(); ++i) {
                parts.push_back(cell_text(key[i], table(dataset).columns[table(dataset).key[i]].kind).value_or(""));
            }
            keys.push_back(fmt::format("{}({})", dataset, fmt::join(parts, ", ")));
        }
    }
    Error error(FailureCode::undo_conflict,
                fmt::format("later submissions depend on what is to be undone: {}; undo them first, or along with it",
                            fmt::join(submissions, ", ")));
    for (std::string& id : submissions) error.context.emplace_back("submission", std::move(id));
    for (std::string& key : keys) error.context.emplace_back("key", std::move(key));
    return error;
}

// Rule 5. What stands at a key afterwards; null for nothing.
void Undoing::restore_by_key(Table& out) const {
    const Table& table = state_.tables.at(out.name);
    std::map<Cells, std::optional<Row>> wanted;
    std::set<Cells> certain; // a key written by one that comes back is decided by the last of these
    for (auto event = state_.events.rbegin(); event != state_.events.rend(); ++event) {
        if (!flips(*event) || !event->settled.contains(out.name)) continue;
        for (const Cells& key : written(table, *event)) {
            if (certain.contains(key)) continue;
            // From the latest to the earliest: of those that go, the earliest one decides.
            std::optional<Row>& row = wanted[key];
            row = std::nullopt;
            for (const PastRow& old : table.past) {
                const bool found = comes_back(*event) ? left(old, *event) : ended(old, *event);
                if (found && table.key_of(*old.row.cells) == key) row = old.row;
            }
            if (comes_back(*event)) certain.insert(key);
        }
    }
    const auto live = table.live_by_key();
    std::set<std::size_t> leaving;
    for (const auto& [key, row] : wanted) {
        if (const auto at = live.find(key); at != live.end()) leaving.insert(at->second);
    }
    out.end(leaving, version_, request_.id);
    for (const auto& [key, row] : wanted) {
        if (row) out.insert(row->cells, version_, row->submission);
    }
}

void Undoing::restore_bag(Table& out) const {
    const Table& table = state_.tables.at(out.name);
    using Kind = std::pair<Cells, SubmissionId>; // rows that are one as good as the other
    std::map<Kind, int> wanted;                  // more of them, or fewer
    for (const Event& event : state_.events) {
        if (!flips(event) || !event.settled.contains(out.name)) continue;
        const int sign = comes_back(event) ? 1 : -1;
        for (const Row& row : table.live) {
            if (brought(row, event)) wanted[{*row.cells, row.submission}] += sign;
        }
        for (const PastRow& old : table.past) {
            if (left(old, event)) wanted[{*old.row.cells, old.row.submission}] += sign;
            if (ended(old, event)) wanted[{*old.row.cells, old.row.submission}] -= sign;
        }
    }
    std::set<std::size_t> leaving;
    for (const auto& [kind, more] : wanted) {
        for (int i = more; i < 0; ++i) {
            std::optional<std::size_t> latest;
            for (std::size_t at = 0; at < table.live.size(); ++at) {
                const Row& row = table.live[at];
                if (leaving.contains(at) || Kind{*row.cells, row.submission} != kind) continue;
                if (!latest || table.live[*latest].version < row.version) latest = at;
            }
            CHECK(latest);
            leaving.insert(*latest);
        }
    }
    out.end(leaving, version_, request_.id);
    for (const auto& [kind, more] : wanted) {
        for (int i = 0; i < more; ++i) {
            out.insert(std::make_shared<const Cells>(kind.first), version_, kind.second);
        }
    }
}

// Rule 6.
Status check_unique(const Table& table) {
    for (const std::size_t column : table.unique) {
        std::set<Cell> seen;
        for (const Row& row : table.live) {
            const Cell& cell = (*row.cells)[column];
            if (std::holds_alternative<std::monostate>(cell) || seen.insert(cell).second) continue;
            return fail(Error(FailureCode::unique_error, fmt::format("two rows of `{}` would have the same `{}`",
                                                                     table.name, table.columns[column].name))
                            .with("dataset", table.name));
        }
    }
    return {};
}

Result<UndoOutcome> Undoing::run(State& next) {
    TRY(check_targets());
    for (;;) {
        weigh();
        TRY(check_purged());
        TRY(check_snapshots());
        TRY(check_pruned());
        const Conflict found = conflict();
        if (found.at_fault.empty()) break;
        const std::size_t size = targets_.size();
        if (request_.cascade) targets_.insert(found.at_fault.begin(), found.at_fault.end());
        if (targets_.size() == size) return fail(to_error(found));
    }

    Event event;
    event.id = request_.id;
    event.version = version_;
    event.undo = true;
    event.targets.assign(targets_.begin(), targets_.end());
    for (const SubmissionId target : targets_) {
        for (const auto& [dataset, settled] : state_.event(target)->settled) event.settled[dataset] = false;
    }
    UndoOutcome outcome;
    outcome.undone = event.targets;
    for (const auto& [dataset, settled] : event.settled) {
        Table& changed = next.tables.at(dataset);
        if (changed.key.empty()) {
            restore_bag(changed);
        } else {
            restore_by_key(changed);
        }
        TRY(check_unique(changed));
        const std::vector<RowChange> changes = difference(changed, table(dataset).live, changed.live);
        PartOutcome part;
        part.dataset = dataset;
        part.counts = count(changes);
        for (std::size_t i = 0; i < std::min(request_.sample_rows, changes.size()); ++i) {
            part.sample.push_back(to_text(changed, changes[i]));
        }
        outcome.parts.push_back(part);
        VersionEntry line;
        line.number = version_;
        line.dataset = dataset;
        line.submission = request_.id;
        line.kind = "undo";
        line.counts = part.counts;
        line.by = request_.by;
        line.undoes = event.targets;
        next.lines.push_back(std::move(line));
    }
    next.events.push_back(std::move(event));
    return outcome;
}

} // namespace

Result<UndoOutcome> undo(State& state, const UndoRequest& request, Version version) {
    State next = state;
    UndoOutcome outcome = TRY(Undoing(state, request, version).run(next));
    state = std::move(next);
    return outcome;
}

} // namespace inlet::memory
