// Finds the records of a kept file that hold certain values, so that the file can be written anew without them. Floor
// 5; plain functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/dialect.hpp"
#include "contract/field.hpp"
#include "contract/project.hpp"
#include "objects/object_store.hpp"
#include "records/byte_source.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

// A value to look for.
struct WantedValue {
    FieldValue field; // in the way of ChangedRow
    std::string sent; // as a delivery writes it
};

// The values by their fields' types. Errors: bad-argument (no such field, no value of its type).
Result<std::vector<WantedValue>> read_wanted(const Schema& schema, const std::vector<FieldValue>& where);

struct Cuts {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges; // of bytes: from, to; ascending
    std::uint64_t records = 0;
};

// Of a CSV file. A record that breaks the contract goes if all the texts stand in it, wherever. Errors: of the source;
// file-malformed: it cannot be read as the contract says.
Result<Cuts> find_records(ByteSource& bytes, const Schema& schema, const Dialect& dialect,
                          const std::vector<WantedValue>& wanted);
// Of a file of lines: those in which all the texts stand.
Result<Cuts> find_lines_with(ByteSource& bytes, const std::vector<WantedValue>& wanted);

// Whether a small submission's body holds such a record. One that cannot be read is said to.
Result<bool> holds_records(std::string_view body, std::string_view form, const Dataset& dataset,
                           const std::vector<WantedValue>& wanted);

// The object's bytes but for the cuts.
Status write_without(const ObjectReader& from, const Cuts& cuts, ObjectWriter& to);

} // namespace inlet
