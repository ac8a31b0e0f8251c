// Converts the cells of one field to a typed column and holds them against the field's constraints, a column at a time.
// Floor 2. Immutable after make(): shared by all threads.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "contract/field.hpp"
#include "records/flaws.hpp"
#include "records/record_batch.hpp"

namespace inlet {

// A cell that is not there, because its record is too short or could not be split.
inline constexpr std::uint32_t kNoCell = 0xFFFFFFFF;

// The cells of one column of a chunk. At least 16 bytes behind each cell are readable.
struct Cells {
    std::span<const TextRef> text; // without quotes; size kNoCell: not there
    std::uint32_t field = 0;       // position in the schema
    std::uint32_t column = 0;      // 1-based position in the file
};

class FieldReader {
public:
    // Errors: schema-error (a constraint that is not a value of the type, a pattern that does not compile).
    static Result<std::unique_ptr<FieldReader>> make(const Field& field,
                                                     const std::vector<std::string>& missing_values);
    virtual ~FieldReader() = default;

    // Values and presence. Cells that are no value of the type, or break a constraint, become flaws; `required` is
    // judged by the caller.
    virtual void read(const Cells& cells, Column& out, TextArena& arena, FlawList& flaws) const = 0;
};

} // namespace inlet
