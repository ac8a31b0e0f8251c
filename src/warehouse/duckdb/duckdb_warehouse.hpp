// The warehouse in one DuckDB file: plain tables that any SQL tool can read, with history and versions beside them.
// Floor 3. One process at a time may open the file for writing. The object is safe from many threads: what changes goes
// through one connection under one lock; reads have connections of their own and see the last committed version.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

struct DuckdbOptions {
    std::string path;                            // the file, made if absent; empty: in memory, gone with the object
    std::size_t memory_bytes_max = 256ull << 20; // what DuckDB may hold; beyond it spills to temp_folder
    std::size_t threads = 2;
    std::string temp_folder; // for spilling; empty: beside the file
    bool read_only = false;  // several processes may read; everything that writes fails

    // How a part is compared with the live rows by key: by DuckDB's join where the smaller side is small enough for it,
    // else in partitions.
    std::size_t join_bytes_max = 100 << 20;        // of the smaller side, about
    std::size_t partition_bytes = 4 << 20;         // of one side, about
    std::size_t partition_memory_bytes = 16 << 20; // of each side, before a temporary file is used
};

// Opens the file, and makes it if it is not there. Errors: project-locked (another process has it), format-too-new,
// disk-full, warehouse-failed; file-not-found when it is absent and read_only is set. The clock must outlive the
// warehouse.
Result<std::unique_ptr<Warehouse>> open_duckdb_warehouse(DuckdbOptions options, const Clock& clock);

} // namespace inlet
