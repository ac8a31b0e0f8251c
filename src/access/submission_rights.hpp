// Which submissions a principal may see and decide about, from the datasets that they touch. Floor 4; pure.
#pragma once

#include <optional>

#include "access/principal.hpp"
#include "catalog/catalog.hpp"
#include "contract/project.hpp"

namespace inlet {

// Nothing: all of them. Who may deliver sees what they delivered; who may read a dataset sees what touches no other
// than such.
std::optional<SubmissionScope> scope_of(const Principal& principal, const Project& project);
bool may_see(const Principal& principal, const Project& project, const SubmissionRecord& record);
// Approve, cancel, retry, undo: the grant on the package that it was delivered to, or on all that it touches.
bool may_decide(const Principal& principal, const Project& project, const SubmissionRecord& record);

// The submission, if it may be seen. unknown-submission, as if there were none.
Result<SubmissionRecord> seen(const Principal& principal, const Project& project, Catalog& catalog, SubmissionId id);
// The same, and it may be decided about; else forbidden.
Result<SubmissionRecord> decidable(const Principal& principal, const Project& project, Catalog& catalog,
                                   SubmissionId id);

// Whether the principal has any grant on it at all: to the others it does not exist.
bool knows(const Principal& principal, std::string_view dataset);
bool knows(const Principal& principal, const Package& package);

} // namespace inlet
