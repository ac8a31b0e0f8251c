// The accepted rows of a part that was checked, read again from its bytes to be stored: what the warehouse pulls.
// Floor 2.
#pragma once

#include <memory>

#include "records/byte_source.hpp"
#include "records/part_check.hpp"
#include "records/record_batch.hpp"

namespace inlet {

enum class RowsWanted : std::uint8_t {
    accepted,    // records without a flaw
    broken_keys, // records with a flaw whose primary key can be read: only the key columns are set
};

// `report` is what check_part() said of the same bytes. The source reads `origin` from its beginning each time it is
// opened.
std::shared_ptr<const RowSource> make_part_rows(std::shared_ptr<const ByteOrigin> origin, PartFormat format,
                                                const CheckReport& report, RowsWanted wanted = RowsWanted::accepted);

} // namespace inlet
