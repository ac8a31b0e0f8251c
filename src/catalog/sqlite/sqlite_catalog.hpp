// The catalog in an SQLite file: write-ahead log, every commit synced. Floor 3; named by app/ and tests only.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "catalog/catalog.hpp"

namespace inlet {

// Told of each transaction that wrote, of so many changes at once; on the catalog's thread; must not block.
using CommitWatch = std::function<void(std::size_t changes, std::chrono::duration<double> time)>;

// Opens the catalog in the file, which is made if it is not there; its folder must be. SQLite keeps two more files
// beside it (-wal, -shm); several processes may have it open. The clock is borrowed and outlives the catalog. Errors:
// format-too-new, disk-full, catalog-failed, also for a database that is not an Inlet catalog.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const std::string& path, const Clock& clock,
                                                     CommitWatch committed = {});

} // namespace inlet
