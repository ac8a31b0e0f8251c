// What is found wrong with records only after all of them were read: keys that came before in the file, or that the
// dataset holds already. Floor 2. A LateFlaws is immutable and may be opened from many threads; a stream belongs to
// one.
#pragma once

#include <memory>
#include <vector>

#include "base/result.hpp"
#include "records/flaws.hpp"
#include "records/record_batch.hpp"

namespace inlet {

struct LateFlaw {
    RecordOrder order;
    Rule rule = Rule::key_taken;        // key_taken or unique
    std::uint32_t field = kWholeRecord; // of a unique field
    bool in_dataset = false;            // taken by a live row, not by a record of this file
    RecordOrder first;                  // the record that came before, unless in_dataset
};

// In ascending order of `order`.
class LateFlawStream {
public:
    virtual ~LateFlawStream() = default;
    virtual Result<bool> next(LateFlaw& flaw) = 0; // false at the end
};

class LateFlaws {
public:
    virtual ~LateFlaws() = default;
    virtual Result<std::unique_ptr<LateFlawStream>> open() const = 0;
    virtual std::uint64_t count() const = 0;
};

// From a list (any order), and of several together.
std::shared_ptr<const LateFlaws> make_late_flaws(std::vector<LateFlaw> flaws);
std::shared_ptr<const LateFlaws> merge_late_flaws(std::vector<std::shared_ptr<const LateFlaws>> parts);

} // namespace inlet
