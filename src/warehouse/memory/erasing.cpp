// See erasing.hpp.
#include "warehouse/memory/erasing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace inlet::memory {

namespace {

using Goes = std::function<bool(const Row&)>;

// Whether a row holds every value that is asked for.
Result<Goes> holds_values(const Table& table, const std::vector<FieldValue>& where) {
    if (where.empty()) return fail(FailureCode::bad_argument, "an erasure needs at least one value to go by");
    std::vector<std::pair<std::size_t, std::string>> wanted;
    for (const FieldValue& item : where) {
        const auto found = std::ranges::find(table.columns, item.field, &ResultColumn::name);
        if (found == table.columns.end()) {
            return fail(FailureCode::bad_argument, fmt::format("`{}` has no field `{}`", table.name, item.field));
        }
        wanted.emplace_back(static_cast<std::size_t>(found - table.columns.begin()), item.value);
    }
    return [wanted, columns = table.columns](const Row& row) {
        return std::ranges::all_of(wanted, [&](const auto& item) {
            return cell_text((*row.cells)[item.first], columns[item.first].kind) == item.second;
        });
    };
}

ErasedRows remove(Table& table, const Goes& goes) {
    std::set<Cells> gone;
    const auto note = [&](const Row& row) {
        if (!goes(row)) return false;
        if (!table.key.empty()) gone.insert(table.key_of(*row.cells));
        return true;
    };
    ErasedRows erased;
    erased.dataset = table.name;
    erased.live = std::erase_if(table.live, note);
    erased.history = std::erase_if(table.past, [&](const PastRow& old) { return note(old.row); });
    // The keys themselves stay nowhere but in rows that stay.
    if (!table.key.empty()) {
        for (const Row& row : table.live) gone.erase(table.key_of(*row.cells));
        for (const PastRow& old : table.past) gone.erase(table.key_of(*old.row.cells));
    }
    std::erase_if(table.touches, [&](const Touch& touch) { return gone.contains(touch.key); });
    return erased;
}

} // namespace

Result<EraseOutcome> erase(State& state, const EraseRequest& request, Version version) {
    if (state.event(request.id) != nullptr || erased_at(state, request.id, "")) {
        return fail(FailureCode::already_published,
                    fmt::format("submission {} is published already", request.id.value));
    }
    std::map<std::string, Goes> what;
    if (request.brought_by) {
        const Event* event = state.event(request.brought_by);
        if (event == nullptr || event->undo) {
            return fail(FailureCode::bad_argument,
                        fmt::format("submission {} brought nothing that could be purged", request.brought_by.value));
        }
        for (const auto& [dataset, settled] : event->settled)
            what[dataset] = [id = event->id](const Row& row) { return row.submission == id; };
    } else {
        const Table& table = *TRY(state.table(request.dataset));
        if (table.model) {
            return fail(FailureCode::unknown_dataset, fmt::format("`{}` is a model, not a dataset", request.dataset));
        }
        what[request.dataset] = TRY(holds_values(table, request.where));
    }
    EraseOutcome outcome;
    for (const auto& [dataset, goes] : what) {
        Table& table = state.tables.at(dataset);
        outcome.parts.push_back(remove(table, goes));
        if (request.brought_by) {
            std::erase_if(table.touches, [&](const Touch& touch) { return touch.submission == request.brought_by; });
        }
        VersionEntry line;
        line.number = version;
        line.dataset = dataset;
        line.submission = request.id;
        line.kind = request.brought_by ? "purge" : "erase";
        line.counts.deleted = outcome.parts.back().live;
        line.by = request.by;
        if (request.brought_by) line.undoes = {request.brought_by};
        state.lines.push_back(std::move(line));
    }
    if (request.brought_by) state.purged.insert(request.brought_by);
    return outcome;
}

void forget_history(State& state, const std::vector<Model>& models, Version version) {
    for (const Model& model : models) {
        const auto found = state.tables.find(model.name);
        if (found == state.tables.end() || !found->second.model) continue;
        std::erase_if(found->second.past, [&](const PastRow& old) { return old.until <= version; });
        found->second.pruned_below = version;
    }
}

std::optional<Version> erased_at(const State& state, SubmissionId id, std::string_view dataset) {
    for (const VersionEntry& line : state.lines) {
        if (!id || line.submission != id || (line.kind != "erase" && line.kind != "purge")) continue;
        if (dataset.empty() || line.dataset == dataset) return line.number;
    }
    return std::nullopt;
}

} // namespace inlet::memory
