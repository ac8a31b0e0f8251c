// Models over the datasets of a random play: as SQL for warehouses that have it, and as a function for the one in
// memory. With a key and without, of one table, of several, and of another model. Floor 3, testing only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "warehouse/memory/memory_warehouse.hpp"
#include "warehouse/testing/warehouse_factory.hpp"

namespace inlet {

std::vector<Model> play_models();
// Computes them in the place of their SQL.
Result<MemoryTable> compute_play_model(const Model& model, const std::map<std::string, MemoryTable>& tables);
// The warehouse in memory that can be played to.
WarehouseFactory play_memory();

} // namespace inlet
