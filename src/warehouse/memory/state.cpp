// See state.hpp.
#include "warehouse/memory/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace inlet::memory {

Cells Table::key_of(const Cells& cells) const {
    Cells out;
    for (const std::size_t at : key) out.push_back(cells[at]);
    return out;
}

std::map<Cells, std::size_t> Table::live_by_key() const {
    std::map<Cells, std::size_t> out;
    for (std::size_t i = 0; i < live.size(); ++i) {
        const bool added = out.emplace(key_of(*live[i].cells), i).second;
        CHECK(added);
    }
    return out;
}

std::vector<Row> Table::as_of(Version version) const {
    std::vector<Row> out;
    for (const Row& row : live) {
        if (row.version <= version) out.push_back(row);
    }
    for (const PastRow& old : past) {
        if (old.row.version <= version && version < old.until) out.push_back(old.row);
    }
    return out;
}

const Revision& Table::revision_at(Version version) const {
    const Revision* found = &revisions.front();
    for (const Revision& revision : revisions) {
        if (revision.from <= version) found = &revision;
    }
    return *found;
}

void Table::insert(SharedCells cells, Version version, SubmissionId submission) {
    live.push_back({std::move(cells), version, submission});
}

void Table::end(const std::set<std::size_t>& positions, Version version, SubmissionId by) {
    std::vector<Row> kept;
    for (std::size_t i = 0; i < live.size(); ++i) {
        if (positions.contains(i)) {
            past.push_back({live[i], version, by});
        } else {
            kept.push_back(live[i]);
        }
    }
    live = std::move(kept);
}

std::vector<RowChange> difference(const Table& table, const std::vector<Row>& a, const std::vector<Row>& b) {
    std::vector<RowChange> out;
    if (table.key.empty()) {
        std::multimap<Cells, SharedCells> gone;
        for (const Row& row : a) gone.emplace(*row.cells, row.cells);
        for (const Row& row : b) {
            if (const auto same = gone.find(*row.cells); same != gone.end()) {
                gone.erase(same);
            } else {
                out.push_back({nullptr, row.cells});
            }
        }
        for (const auto& [values, cells] : gone) out.push_back({cells, nullptr});
        return out;
    }
    std::map<Cells, RowChange> by_key;
    for (const Row& row : a) by_key[table.key_of(*row.cells)].before = row.cells;
    for (const Row& row : b) by_key[table.key_of(*row.cells)].after = row.cells;
    for (const auto& [key, change] : by_key) {
        if (!change.before || !change.after || *change.before != *change.after) out.push_back(change);
    }
    return out;
}

ChangeCounts count(const std::vector<RowChange>& changes) {
    ChangeCounts counts;
    for (const RowChange& change : changes) {
        if (!change.before) {
            ++counts.inserted;
        } else if (!change.after) {
            ++counts.deleted;
        } else {
            ++counts.updated;
        }
    }
    return counts;
}

ChangedRow to_text(const Table& table, const RowChange& change) {
    const auto texts = [&](const SharedCells& cells) {
        std::vector<std::optional<std::string>> out;
        for (std::size_t i = 0; cells && i < cells->size(); ++i) {
            out.push_back(cell_text((*cells)[i], table.columns[i].kind));
        }
        return out;
    };
    ChangedRow row;
    row.change = !change.before ? Change::inserted : !change.after ? Change::deleted : Change::updated;
    row.before = texts(change.before);
    row.after = texts(change.after);
    return row;
}

std::set<SubmissionId> active(const std::vector<Event>& events) {
    std::set<SubmissionId> out;
    std::set<SubmissionId>
        taken; // by an active undo; all undos of an event are later than it, so they are decided before it
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
        if (taken.contains(event->id)) continue;
        out.insert(event->id);
        taken.insert(event->targets.begin(), event->targets.end());
    }
    return out;
}

const Event* State::event(SubmissionId id) const {
    for (const Event& event : events) {
        if (event.id == id) return &event;
    }
    return nullptr;
}

Result<const Table*> State::table(std::string_view name) const {
    const auto found = tables.find(name);
    if (found == tables.end()) return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", name));
    return &found->second;
}

Status State::readable(const Table& table, Version version) const {
    if (version.value < 0 || version > last) {
        return fail(FailureCode::unknown_version,
                    fmt::format("there is no version {}; the last one is {}", version.value, last.value));
    }
    if (version < table.pruned_below) {
        return fail(
            FailureCode::version_pruned,
            fmt::format(fmt::runtime(table.model ? "the model `{}` is kept in its present form from version {} on"
                                                 : "the history of `{}` before version {} was pruned"),
                        table.name, table.pruned_below.value));
    }
    return {};
}

namespace {

std::vector<ResultColumn> columns_of(const Schema& schema) {
    std::vector<ResultColumn> out;
    for (const Field& field : schema.fields) out.push_back({field.name, kind_of(field)});
    return out;
}

std::vector<std::size_t> unique_of(const Schema& schema) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
        const bool whole_key = schema.primary_key == std::vector<std::size_t>{i};
        if (schema.fields[i].constraints.unique && !whole_key) out.push_back(i);
    }
    return out;
}

std::vector<std::string> key_names(const Schema& schema) {
    std::vector<std::string> out;
    for (const std::size_t at : schema.primary_key) out.push_back(schema.fields[at].name);
    return out;
}

// The first reason why the rows that are stored do not fit; nothing if they do.
std::optional<std::string> misfit(const Table& table, const Schema& schema) {
    if (key_names(table.schema) != key_names(schema)) return "the primary key is another";
    for (const Field& old : table.schema.fields) {
        const auto at = schema.find(old.name);
        if (!at) return fmt::format("the field `{}` is gone", old.name);
        if (kind_of(schema.fields[*at]) != kind_of(old))
            return fmt::format("the field `{}` has another type", old.name);
    }
    for (const Field& field : schema.fields) {
        const auto at = table.schema.find(field.name);
        const auto lacks = [&](const Row& row) {
            return !at || std::holds_alternative<std::monostate>((*row.cells)[*at]);
        };
        const bool absent =
            std::any_of(table.live.begin(), table.live.end(), lacks) ||
            std::any_of(table.past.begin(), table.past.end(), [&](const PastRow& old) { return lacks(old.row); });
        if (field.constraints.required && absent) {
            return fmt::format("the field `{}` is required, and stored rows have no value there", field.name);
        }
        if (!field.constraints.unique || !at) continue;
        std::set<Cell> seen;
        for (const Row& row : table.live) {
            if (!lacks(row) && !seen.insert((*row.cells)[*at]).second) {
                return fmt::format("the field `{}` is unique, and stored rows repeat a value there", field.name);
            }
        }
    }
    return std::nullopt;
}

SharedCells reordered(const Table& table, const Schema& schema, const Cells& cells) {
    Cells out;
    for (const Field& field : schema.fields) {
        const auto at = table.schema.find(field.name);
        out.push_back(at ? cells[*at] : Cell{});
    }
    return std::make_shared<const Cells>(std::move(out));
}

} // namespace

Status define(State& state, const Dataset& dataset) {
    const auto found = state.tables.find(dataset.name);
    Table next;
    if (found != state.tables.end()) {
        const Table& old = found->second;
        if (old.model) {
            return fail(FailureCode::contract_changed,
                        fmt::format("`{}` is a model; a dataset needs another name", dataset.name));
        }
        if (schema_json(old.schema) == schema_json(dataset.schema)) return {};
        next = old;
        if (old.live.empty() && old.past.empty()) {
            next.revisions.clear();
        } else if (const auto why = misfit(old, dataset.schema)) {
            return fail(
                Error(FailureCode::contract_changed,
                      fmt::format("the rows stored in `{}` do not fit its new contract: {}", dataset.name, *why))
                    .with("dataset", dataset.name));
        }
        for (Row& row : next.live) row.cells = reordered(old, dataset.schema, *row.cells);
        for (PastRow& past : next.past) past.row.cells = reordered(old, dataset.schema, *past.row.cells);
    }
    next.name = dataset.name;
    next.schema = dataset.schema;
    next.columns = columns_of(dataset.schema);
    next.key = dataset.schema.primary_key;
    next.unique = unique_of(dataset.schema);
    next.revisions.push_back({Version(state.last.value + 1), next.columns});
    state.tables[dataset.name] = std::move(next);
    return {};
}

} // namespace inlet::memory
