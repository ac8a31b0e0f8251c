// The warehouse in plain memory: docs/versions.md as slow and obviously right code. It is the oracle that other
// warehouses are compared with, and the warehouse of tests that need none that lasts. Floor 3; a Warehouse, so safe
// from many threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "warehouse/memory/cells.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// A table as a model reads it: the columns as read() gives them, `_version` and `_submission` last.
struct MemoryTable {
    std::vector<ResultColumn> columns;
    std::vector<memory::Cells> rows;
};

// Computes a model in the place of its SQL from all tables by name (its result has neither `_version` nor
// `_submission`).
using ModelFunction =
    std::function<Result<MemoryTable>(const Model& model, const std::map<std::string, MemoryTable>& tables)>;

// Starts empty and lasts as long as the object. It has no SQL: query() answers query-invalid, and models are computed
// by `models` alone, all of them in each publication that names them; without it a model is not-supported. `clock` must
// outlive it.
std::unique_ptr<Warehouse> make_memory_warehouse(const Clock& clock, ModelFunction models = {});

} // namespace inlet
