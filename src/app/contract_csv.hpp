// A dataset as the CSV file that its own contract reads back to equal rows. Floor 7; a writer belongs to one thread.
#pragma once

#include <memory>

#include "app/result_writers.hpp"
#include "contract/project.hpp"

namespace inlet {

// In the dataset's dialect where it is declared, else RFC 4180, with a header unless the dialect says that there is
// none. Columns that are no fields of the contract are written as make_csv_writer() does. `dataset` and `out` are
// borrowed. Errors: value-unwritable, naming the field, when a value has no text that reads back as it.
std::unique_ptr<ResultWriter> make_contract_csv_writer(ByteSink& out, const Dataset& dataset);

} // namespace inlet
