// Checks one part (a file, a member of an archive) against a contract: reads it on several threads, finds every failing
// cell, counts all, keeps a bounded number of violations, writes the rejects as they were sent, and finds repeated
// keys. Results are in the order of the file and the same for any number of threads and any sizes of blocks. Floor 2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "base/thread_pool.hpp"
#include "contract/dialect.hpp"
#include "contract/field.hpp"
#include "records/byte_source.hpp"
#include "records/late_flaws.hpp"
#include "records/record_reader.hpp"
#include "records/violation.hpp"

namespace inlet {

struct PartFormat { // how the part is to be read; the same for checking and for storing
    Schema schema;
    Dialect dialect;
    ReaderLimits limits;
};

struct CheckOptions {
    bool repeated_keys =
        true; // whether a primary key that came before in the file is a violation (under upsert the last one wins)
    std::size_t violations_max = 1000;     // kept in the report, the first of the file
    std::uint64_t rejects_max = 1'000'000; // records written to `rejects` and violations written to `errors`
    std::string spill_folder;              // for keys that do not fit in memory
    std::size_t key_memory_bytes = 24 << 20;
};

// Where to write; either may be null. After a failure their content is of no use.
struct CheckOutputs {
    ByteSink* rejects =
        nullptr; // rejects.csv: `_row,_code,_field,_message`, then the sender's own header and records, byte for byte
    ByteSink* errors = nullptr; // one JSON object a line: code,row,line,byte,field,column,value,message,record
};

struct CheckReport {
    std::uint64_t rows = 0;
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t errors_total = 0;
    std::vector<ViolationCount> counts;    // by code and field, most frequent first
    std::vector<Violation> violations;     // the first of them
    bool file_ok = true;                   // no violation of the labels: rows can be stored
    bool rejected_keys_readable = true;    // every rejected record has a readable primary key
    Schema schema;                         // as given, or made from the labels
    Dialect dialect;                       // as declared and sniffed: use it to read the part again
    std::shared_ptr<const LateFlaws> late; // records to leave out beside those that the reader refuses; may be null
    std::uint64_t repeated_keys = 0;       // primary keys that came before in the file, whether violations or not
};

// A fresh sink for each output, when the part has to be gone through once more to report repeated keys.
class OutputFactory {
public:
    virtual ~OutputFactory() = default;
    virtual Result<CheckOutputs> begin() = 0; // forgets what earlier outputs were given
};

// `first` is read front to back (it may, say, keep a copy on the way); if keys repeat, `again` is opened to go through
// the part once more. `extra`: flaws known already (keys the dataset holds); then `first` may be null and keys are not
// looked at again: extra holds all. Errors: of the sources, sinks and disk; schema-error.
Result<CheckReport> check_part(ByteSource* first, const ByteOrigin& again, const PartFormat& format,
                               const CheckOptions& options, OutputFactory* outputs,
                               std::shared_ptr<const LateFlaws> extra, ThreadPool& pool, Disk& disk);

} // namespace inlet
