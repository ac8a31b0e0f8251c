// What is wrong with the records of one chunk, found column by column, before it becomes Violations. Counting is
// complete; what is kept is bounded, and what is kept is what comes first in the file. Floor 2; belongs to the thread
// that parses the chunk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/failures.hpp"
#include "records/record_batch.hpp"

namespace inlet {

// Which demand was not met.
enum class Rule : std::uint8_t {
    type,
    number_range,
    required,
    minimum,
    maximum,
    min_length,
    max_length,
    pattern,
    enumeration,
    key_missing,
    key_taken,
    unique,
    missing_cell,
    extra_cell,
    blank_row,
    quoting,
    too_long,
    cell_too_long,
    encoding
};
inline constexpr std::size_t kRules = 19;
FailureCode code_of(Rule rule);

struct Flaw {
    std::uint32_t record = 0; // within the chunk
    std::uint32_t field = 0;  // position in the schema; kWholeRecord
    std::uint32_t column = 0; // 1-based position of the cell in the file; 0: none
    Rule rule = Rule::type;
    TextRef value; // lives as long as the chunk and its batch's arena
};
inline constexpr std::uint32_t kWholeRecord = 0xFFFFFFFF;

class FlawList {
public:
    // `kept_max`: flaws to keep, of each field and then in all.
    void reset(std::size_t fields, std::size_t records, std::size_t kept_max) {
        fields_ = fields;
        kept_max_ = kept_max;
        flaws_.clear();
        counts_.assign((fields + 1) * kRules, 0);
        rejected_.assign(records, false);
        of_field_.assign(fields + 1, 0);
    }
    // Within a field, flaws arrive in ascending order of records.
    void add(const Flaw& flaw) {
        const std::size_t slot = flaw.field == kWholeRecord ? fields_ : flaw.field;
        ++counts_[slot * kRules + static_cast<std::size_t>(flaw.rule)];
        rejected_.set(flaw.record);
        if (of_field_[slot]++ < kept_max_) flaws_.push_back(flaw);
    }
    // In the order of the file: by record, then by column.
    void sort() {
        std::stable_sort(flaws_.begin(), flaws_.end(), [](const Flaw& a, const Flaw& b) {
            return a.record != b.record ? a.record < b.record : a.column < b.column;
        });
        if (flaws_.size() > kept_max_) flaws_.resize(kept_max_);
    }
    const std::vector<Flaw>& kept() const { return flaws_; }
    const std::vector<std::uint64_t>& counts() const {
        return counts_;
    } // [field][rule]; the row behind the last field is the record's
    Bitmap& rejected() { return rejected_; }
    const Bitmap& rejected() const { return rejected_; }

private:
    std::size_t fields_ = 0;
    std::size_t kept_max_ = 0;
    std::vector<Flaw> flaws_;
    std::vector<std::uint64_t> counts_;
    std::vector<std::size_t> of_field_;
    Bitmap rejected_;
};

// "`rating` is 7.5; at most 5 is allowed". `field` may be null for a flaw of the whole record.
std::string describe(const Flaw& flaw, const Field* field);

} // namespace inlet
