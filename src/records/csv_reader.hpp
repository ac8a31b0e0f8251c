// Reads CSV. Splitting is one fast pass over the bytes; cells are found and converted per chunk. See csv_grammar.hpp
// for what a record is. Floor 2; see RecordReader for threads.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "records/record_reader.hpp"

namespace inlet {

struct CsvReaderOptions {
    Schema schema; // no fields: every label of the header becomes a string field
    Dialect dialect;
    ReaderLimits limits;
    const CsvKernels* kernels = nullptr; // null: the best this machine can run
};

// Errors: schema-error.
Result<std::unique_ptr<RecordReader>> make_csv_reader(CsvReaderOptions options);

} // namespace inlet
