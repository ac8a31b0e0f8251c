// The tables of the SQLite catalog and their format. Floor 3, for the SQLite catalog alone.
#pragma once

#include "catalog/sqlite/connection.hpp"

namespace inlet::sqlite {

inline constexpr int kCatalogFormat = 12; // in the file's user_version

// Makes the tables in a new file and brings an older one up to date, each in one transaction. Sets the connection to
// durable writing. Errors: format-too-new; catalog-failed also for a file that is somebody else's database. Neither
// changes the file.
Status prepare_schema(Connection& connection);

// Settings that every connection to a prepared catalog needs.
Status prepare_connection(Connection& connection);

} // namespace inlet::sqlite
