// Deliveries to a dataset of files: the one row of the file, written as CSV so that it goes the way of all records.
// Floor 5; plain functions.
#pragma once

#include <string>
#include <string_view>

#include "catalog/submission_record.hpp"
#include "contract/project.hpp"
#include "pipeline/unpack.hpp"

namespace inlet {

// What is to be kept of a delivery that says `note`, or only has a name, which is its path then. The media type is told
// by the path's ending if the sender does not tell it. Errors: path-invalid, bad-argument (a field that a sender cannot
// set).
Result<FileNote> file_note_of(const Dataset& dataset, const std::optional<FileNote>& note,
                              const std::string& file_name);

// The row of a delivery whose bytes are kept, or the key of one that removes. contract-changed: the dataset holds files
// no more, or did not when this came.
Result<SentPart> file_part(const Dataset& dataset, const SubmissionRecord& record);

// By the ending of the path: "text/csv"; application/octet-stream if that tells nothing.
std::string_view media_type_of(std::string_view path);

} // namespace inlet
