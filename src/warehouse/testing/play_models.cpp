// See play_models.hpp.
#include "warehouse/testing/play_models.hpp"

#include <algorithm>
#include <utility>

namespace inlet {

namespace {

using memory::Cell;
using memory::Cells;

bool is_null(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }
std::int64_t number(const Cell& cell) { return std::get<std::int64_t>(cell); }

const Cell& cell(const MemoryTable& table, const Cells& row, std::string_view column) {
    const auto at = std::ranges::find(table.columns, column, &ResultColumn::name);
    CHECK(at != table.columns.end());
    return row[static_cast<std::size_t>(at - table.columns.begin())];
}

MemoryTable item_names(const MemoryTable& items) {
    std::map<Cell, std::pair<std::int64_t, std::int64_t>> groups; // rows and highest id by name
    for (const Cells& row : items.rows) {
        const Cell& name = cell(items, row, "name");
        if (is_null(name)) continue;
        auto& [rows, highest] = groups.try_emplace(name, 0, -1).first->second;
        ++rows;
        highest = std::max(highest, number(cell(items, row, "id")));
    }
    MemoryTable out{{{"name", ResultKind::text}, {"items", ResultKind::int64}, {"highest", ResultKind::int64}}, {}};
    for (const auto& [name, group] : groups) out.rows.push_back({name, group.first, group.second});
    return out;
}

MemoryTable name_sizes(const MemoryTable& names) {
    MemoryTable out{{{"items", ResultKind::int64}}, {}};
    for (const Cells& row : names.rows) out.rows.push_back({cell(names, row, "items")});
    return out;
}

MemoryTable texts(const MemoryTable& bag, const MemoryTable& notes) {
    MemoryTable out{{{"text", ResultKind::text}}, {}};
    for (const MemoryTable* table : {&bag, &notes}) {
        for (const Cells& row : table->rows) out.rows.push_back({cell(*table, row, "text")});
    }
    return out;
}

// Of an inner join, so that both datasets take rows away.
MemoryTable linked_items(const MemoryTable& items, const MemoryTable& links) {
    MemoryTable out{{{"id", ResultKind::int64}, {"a", ResultKind::text}, {"n", ResultKind::float64}}, {}};
    for (const Cells& item : items.rows) {
        for (const Cells& link : links.rows) {
            if (cell(links, link, "b") != cell(items, item, "id")) continue;
            out.rows.push_back({cell(items, item, "id"), cell(links, link, "a"), cell(items, item, "n")});
        }
    }
    return out;
}

} // namespace

std::vector<Model> play_models() {
    return {
        {"item_names",
         "SELECT name, count(*) AS items, max(id) AS highest FROM items WHERE name IS NOT NULL GROUP BY name",
         {"name"}},
        {"linked_items", "SELECT id, a, n FROM items JOIN links ON b = id", {"id", "a"}},
        {"name_sizes", "SELECT items FROM item_names", {}},
        {"texts", "SELECT text FROM bag UNION ALL SELECT text FROM notes", {}},
    };
}

Result<MemoryTable> compute_play_model(const Model& model, const std::map<std::string, MemoryTable>& tables) {
    if (model.name == "item_names") return item_names(tables.at("items"));
    if (model.name == "linked_items") return linked_items(tables.at("items"), tables.at("links"));
    if (model.name == "name_sizes") return name_sizes(tables.at("item_names"));
    CHECK(model.name == "texts");
    return texts(tables.at("bag"), tables.at("notes"));
}

WarehouseFactory play_memory() {
    return {.name = "Memory", .open = [](const Clock& clock, const std::string&) {
                return make_memory_warehouse(clock, compute_play_model);
            }};
}

} // namespace inlet
