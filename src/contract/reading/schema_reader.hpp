// Reads Table Schemas and CSV dialects out of the tree. Floor 1, inside contract/; one thread.
#pragma once

#include "contract/dialect.hpp"
#include "contract/field.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

struct ReadSchema {
    Schema schema;        // as far as it could be read
    bool usable = false;  // there is a list of fields, so that questions about them make sense
    bool has_key = false; // a primaryKey is given, right or wrong
};

// `place` is where the schema is named, for what it lacks. Source: Table Schema v1,
// https://specs.frictionlessdata.io/table-schema/.
ReadSchema read_schema(const Element& node, Place place, const Page& page);

// Source: CSV Dialect 1.2, https://specs.frictionlessdata.io/csv-dialect/.
Dialect read_dialect(const Element& node, Place place, const Page& page);

} // namespace inlet::reading
