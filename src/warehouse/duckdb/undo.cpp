// See undo.hpp.
#include "warehouse/duckdb/undo.hpp"

#include <fmt/format.h>

#include <sstream>

namespace inlet::duck {

Result<UndoOutcome> undo_submissions(Connection&, Tables&, const Clock&, const UndoRequest&, const Commit&) {
    return fail(FailureCode::not_supported, "undo is not there yet");
}

Result<bool> is_undone(Connection& db, SubmissionId submission) {
    return TRY(db.number(fmt::format("SELECT count(*) FROM _inlet.versions WHERE list_contains(undoes, {})", submission.value))) != 0;
}

std::vector<SubmissionId> parse_ids(const std::string& text) {
    std::vector<SubmissionId> ids;
    std::istringstream stream(text);
    for (std::int64_t id = 0; stream >> id;) ids.emplace_back(id);
    return ids;
}

} // namespace inlet::duck
