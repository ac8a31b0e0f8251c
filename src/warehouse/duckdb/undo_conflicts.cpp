// See undo_conflicts.hpp.
#include "warehouse/duckdb/undo_conflicts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/reading.hpp"

namespace inlet::duck {

namespace {

constexpr std::size_t kNamedMax = 10;           // submissions and keys in an undo-conflict
constexpr const char* kOthers = "_undo_others"; // temporary table: events that may be in the way
constexpr const char* kSelf = "_undo_self";     // temporary table: the one that goes or comes back

// What stands in the way and could be taken back along.
struct Conflict {
    std::set<SubmissionId> at_fault;
    std::map<std::string, std::vector<std::string>> selects; // by dataset: SQL of the keys, as k0, k1 ...
};

std::string keys_as(const StoredTable& table, std::string_view prefix) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < table.key.size(); i++) {
        out.push_back(fmt::format("{}.{} AS k{}", prefix, quote_name(table.columns()[table.key[i]].name), i));
    }
    return fmt::format("{}", fmt::join(out, ", "));
}

// Keys that the events of a temporary table wrote, with the event: k0 ..., _id. Rows there in passing count.
std::string written_by(const StoredTable& table, const std::string& events) {
    return fmt::format(
        "SELECT {0}, e._id FROM {1} l JOIN {3} e ON l._submission = e._id AND l._version = e._at UNION ALL "
        "SELECT {2}, e._id FROM ({4}) h JOIN {3} e ON (h._submission = e._id AND h._version = e._at) UNION ALL "
        "SELECT {2}, e._id FROM ({4}) h JOIN {3} e ON h._ended_by = e._id",
        keys_as(table, "l"), live_table(table.name), keys_as(table, "h"), events, past_rows(table));
}

std::string repeated_by(const StoredTable& table, const std::string& events) {
    return fmt::format("SELECT {}, e._id FROM {} t JOIN {} e ON t._submission = e._id", keys_as(table, "t"),
                       touches_table(table.name), events);
}

class Weighing {
public:
    Weighing(Connection& db, const Tables& tables, const Events& events, const UndoRequest& request)
        : db_(db), tables_(tables), events_(events), request_(request),
          targets_(request.targets.begin(), request.targets.end()) {}

    Result<UndoPlan> run() {
        TRY(check_targets());
        for (;;) {
            weigh();
            TRY(check_purged());
            TRY(check_snapshots());
            TRY(check_pruned());
            const Conflict found = TRY(conflict());
            if (found.at_fault.empty()) break;
            const std::size_t size = targets_.size();
            if (request_.cascade) targets_.insert(found.at_fault.begin(), found.at_fault.end());
            if (targets_.size() == size) return fail(TRY(to_error(found)));
        }
        UndoPlan plan{targets_, flips_, {}};
        for (const SubmissionId target : targets_) {
            for (const auto& [dataset, settled] : events_.find(target)->settled) plan.datasets.insert(dataset);
        }
        return plan;
    }

private:
    Status check_targets() const {
        if (targets_.empty()) return fail(FailureCode::bad_argument, "an undo needs a target");
        if (const Event* event = events_.find(request_.id)) {
            return fail(FailureCode::already_published, fmt::format("submission {} was published as version {}",
                                                                    request_.id.value, event->version.value));
        }
        const auto standing = events_.active();
        for (const SubmissionId target : targets_) {
            if (events_.find(target) == nullptr) {
                return fail(FailureCode::not_undoable,
                            fmt::format("submission {} published nothing that could be undone", target.value));
            }
            if (!standing.contains(target))
                return fail(FailureCode::already_undone, fmt::format("submission {} is undone already", target.value));
        }
        return {};
    }

    void weigh() {
        before_ = events_.active();
        Events with = events_;
        with.add({request_.id, Version(0), true, {targets_.begin(), targets_.end()}, {}});
        after_ = with.active();
        flips_.clear();
        for (std::size_t i = 0; i < events_.all().size(); i++) {
            const Event& event = events_.all()[i];
            if (event.undo || before_.contains(event.id) == after_.contains(event.id)) continue;
            flips_.push_back({i, event.id, event.version, after_.contains(event.id)});
        }
        displaced_.clear();
    }

    bool stays(const Event& event) const {
        return !event.undo && before_.contains(event.id) && after_.contains(event.id);
    }
    const Event& event_of(const Flip& flip) const { return events_.all()[flip.place]; }

    Status check_purged() const {
        for (const Flip& flip : flips_) {
            if (!events_.purged().contains(flip.id)) continue;
            return fail(FailureCode::not_undoable,
                        fmt::format("submission {} was purged, and its rows are gone", flip.id.value));
        }
        return {};
    }

    Status check_snapshots() const {
        for (const Flip& flip : flips_) {
            for (const auto& [dataset, settled] : event_of(flip).settled) {
                for (std::size_t i = flip.place + 1; i < events_.all().size(); i++) {
                    const Event& later = events_.all()[i];
                    const auto there = later.settled.find(dataset);
                    if (!stays(later) || there == later.settled.end() || !there->second) continue;
                    return fail(Error(FailureCode::superseded_by_snapshot,
                                      fmt::format("submission {} settled `{}` after submission {}; undo it first",
                                                  later.id.value, dataset, flip.id.value))
                                    .with("submission", std::to_string(later.id.value))
                                    .with("dataset", dataset));
                }
            }
        }
        return {};
    }

    Status check_pruned() {
        for (const Flip& flip : flips_) {
            for (const auto& [dataset, settled] : event_of(flip).settled) {
                std::vector<const Event*> needed{&event_of(flip)};
                if (flip.comes_back) {
                    for (const std::size_t place : displaced(flip)) {
                        if (events_.all()[place].settled.contains(dataset)) needed.push_back(&events_.all()[place]);
                    }
                }
                for (const Event* event : needed) {
                    const Version bound = tables_.at(dataset).pruned_below;
                    if (event->version > bound) continue;
                    return fail(
                        Error(FailureCode::version_pruned,
                              fmt::format(
                                  "the history of `{}` up to version {} was pruned, and submission {} is of version {}",
                                  dataset, bound.value, event->id.value, event->version.value))
                            .with("dataset", dataset));
                }
            }
        }
        return {};
    }

    // Submissions earlier than one that comes back, which were active when it was published and will not be, or the
    // other way round.
    const std::vector<std::size_t>& displaced(const Flip& flip) {
        const auto known = displaced_.find(flip.place);
        if (known != displaced_.end()) return known->second;
        const auto then = events_.active(flip.place + 1);
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < flip.place; i++) {
            const Event& event = events_.all()[i];
            if (!event.undo && then.contains(event.id) != after_.contains(event.id)) places.push_back(i);
        }
        return displaced_.emplace(flip.place, std::move(places)).first->second;
    }

    SubmissionId at_fault(SubmissionId displaced) const {
        for (auto event = events_.all().rbegin(); event != events_.all().rend(); ++event) {
            if (event->undo && after_.contains(event->id) && events_.takes(*event, displaced)) return event->id;
        }
        return displaced;
    }

    Result<Conflict> conflict() {
        Conflict found;
        for (const Flip& flip : flips_) {
            for (const auto& [dataset, settled] : event_of(flip).settled) {
                std::vector<Flip> later;
                for (std::size_t i = flip.place + 1; i < events_.all().size(); i++) {
                    const Event& event = events_.all()[i];
                    if (stays(event) && event.settled.contains(dataset))
                        later.push_back({i, event.id, event.version, false});
                }
                TRY(meet(found, dataset, flip, later, false));
                if (!flip.comes_back) continue;
                std::vector<Flip> before;
                for (const std::size_t place : displaced(flip)) {
                    const Event& event = events_.all()[place];
                    if (event.settled.contains(dataset)) before.push_back({place, event.id, event.version, false});
                }
                if (settled) {
                    for (const Flip& other : before) found.at_fault.insert(at_fault(other.id));
                }
                TRY(meet(found, dataset, flip, before, true));
            }
        }
        return found;
    }

    // Finds keys of the flip that the others wrote too. `displaced`: the others are earlier, and what the flip repeated
    // counts; otherwise they are later, and what they repeated counts.
    Status meet(Conflict& found, const std::string& dataset, const Flip& flip, const std::vector<Flip>& others,
                bool displaced) {
        const StoredTable& table = tables_.at(dataset);
        if (table.key.empty() || others.empty()) return {};
        TRY(make_event_table(db_, kSelf, {flip}));
        TRY(make_event_table(db_, kOthers, others));
        std::string own = written_by(table, kSelf);
        std::string theirs = written_by(table, kOthers);
        (displaced ? own : theirs) += " UNION ALL " + repeated_by(table, displaced ? kSelf : kOthers);
        std::vector<std::string> names;
        std::vector<std::string> same;
        for (std::size_t i = 0; i < table.key.size(); i++) {
            names.push_back(fmt::format("k{}", i));
            same.push_back(fmt::format("o.k{0} = s.k{0}", i));
        }
        const std::string key = fmt::format("{}", fmt::join(names, ", "));
        const std::string shared = fmt::format("_undo_shared_{}", shared_tables_++);
        TRY(db_.run(fmt::format("CREATE TEMP TABLE {} AS SELECT DISTINCT {}, o._id FROM ({}) o SEMI JOIN ({}) s ON {}",
                                shared, key, theirs, own, fmt::join(same, " AND "))));
        bool any = false;
        for (const auto& row : TRY(db_.rows(fmt::format("SELECT DISTINCT _id FROM {}", shared)))) {
            const SubmissionId id(row[0].number);
            found.at_fault.insert(displaced ? at_fault(id) : id);
            any = true;
        }
        if (any) found.selects[dataset].push_back(fmt::format("SELECT {} FROM {}", key, shared));
        return {};
    }

    Result<Error> to_error(const Conflict& conflict) {
        std::vector<std::string> submissions;
        for (const SubmissionId id : conflict.at_fault) {
            if (submissions.size() < kNamedMax) submissions.push_back(std::to_string(id.value));
        }
        std::vector<std::string> keys;
        for (const auto& [dataset, selects] : conflict.selects) {
            TRY(each_row(db_,
                         fmt::format("SELECT DISTINCT * FROM ({}) ORDER BY ALL LIMIT {}",
                                     fmt::join(selects, " UNION ALL "), kNamedMax - keys.size()),
                         [&](TextRow&& row) -> Status {
                             std::vector<std::string> parts;
                             for (auto& value : row) parts.push_back(std::move(value).value_or(""));
                             keys.push_back(fmt::format("{}({})", dataset, fmt::join(parts, ", ")));
                             return {};
                         }));
        }
        Error error(
            FailureCode::undo_conflict,
            fmt::format("later submissions depend on what is to be undone: {}; undo them first, or along with it",
                        fmt::join(submissions, ", ")));
        for (std::string& id : submissions) error.context.emplace_back("submission", std::move(id));
        for (std::string& key : keys) error.context.emplace_back("key", std::move(key));
        return error;
    }

    Connection& db_;
    const Tables& tables_;
    const Events& events_;
    const UndoRequest& request_;
    std::set<SubmissionId> targets_;
    std::set<SubmissionId> before_; // active
    std::set<SubmissionId> after_;
    std::vector<Flip> flips_;
    std::map<std::size_t, std::vector<std::size_t>> displaced_; // by the flip's place
    std::size_t shared_tables_ = 0;
};

} // namespace

Status make_event_table(Connection& db, const std::string& name, const std::vector<Flip>& flips) {
    TRY(db.run(
        fmt::format("CREATE OR REPLACE TEMP TABLE {} (_id BIGINT, _at BIGINT, _rank BIGINT, _back BOOLEAN)", name)));
    std::vector<std::string> rows;
    for (const Flip& flip : flips)
        rows.push_back(fmt::format("({}, {}, {}, {})", flip.id.value, flip.version.value, flip.place, flip.comes_back));
    return rows.empty() ? Status{} : db.run(fmt::format("INSERT INTO {} VALUES {}", name, fmt::join(rows, ", ")));
}

std::string past_rows(const StoredTable& table) {
    std::vector<std::string> sources;
    for (const Revision& revision : table.revisions) {
        std::string columns;
        for (const StoredColumn& column : table.columns()) {
            const bool there =
                std::find(revision.columns.begin(), revision.columns.end(), column) != revision.columns.end();
            columns += fmt::format("{} AS {}, ", there ? quote_name(column.name) : fmt::format("NULL::{}", column.type),
                                   quote_name(column.name));
        }
        sources.push_back(fmt::format("SELECT {}_version, _submission, _until, _ended_by FROM {}", columns,
                                      history_table(table.name, revision.number)));
    }
    return fmt::format("{}", fmt::join(sources, " UNION ALL "));
}

Result<UndoPlan> plan_undo(Connection& db, const Tables& tables, const Events& events, const UndoRequest& request) {
    return Weighing(db, tables, events, request).run();
}

} // namespace inlet::duck
