// The rows of files: of one by its path, and in order, page by page. Floor 6; plain functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::http {

struct FileRow {
    std::string path;
    std::string name;
    std::string type;
    std::uint64_t bytes = 0;
    std::string sha256;
    std::string comment;
    std::string uploaded_by;
    Timestamp uploaded_at = 0;
};

// unknown-file.
Result<FileRow> find_file(Warehouse& warehouse, const Dataset& dataset, std::string_view path);
// Those whose path begins with `prefix` and stands behind `after`, in the order of their paths as bytes; `limit` at
// most.
Result<std::vector<FileRow>> list_files(Warehouse& warehouse, const Dataset& dataset, std::string_view prefix,
                                        std::string_view after, std::size_t limit);
// Of all of them together.
Result<std::uint64_t> bytes_of_files(Warehouse& warehouse, const Dataset& dataset);

} // namespace inlet::http
