// Submissions as rows, and rows as submissions. Floor 3, for the SQLite catalog alone; within a transaction of the
// caller's.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "catalog/sqlite/connection.hpp"
#include "catalog/submission_record.hpp"

namespace inlet::sqlite {

// Counts are unsigned and stored as the signed number of the same bits.
inline std::int64_t bits(std::uint64_t number) { return static_cast<std::int64_t>(number); }
inline std::uint64_t unsigned_bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }

Result<SubmissionState> read_state(Connection& connection, SubmissionId id);   // unknown-submission
Result<SubmissionRecord> read_record(Connection& connection, SubmissionId id); // unknown-submission
// Those whose ids the query gives.
Result<std::vector<SubmissionRecord>> read_records(Connection& connection, Query& ids);

// A new submission with all that belongs to it, and its id.
Result<SubmissionId> insert_submission(Connection& connection, const SubmissionRecord& record, Timestamp now);
// The parameters that inserting and updating a submission have in common, from the first on. `note`: the record's
// file_note_text(), which must outlive the query, as the record must.
Status bind_submission(Query& query, const SubmissionRecord& record, const std::string& note, Timestamp now);
// What is stored of record.file; empty: there is none.
std::string file_note_text(const SubmissionRecord& record);
Status bind_hash(Query& query, std::string_view sha256); // an absent hash is NULL
// The rows beside that of `submissions`.
Status write_belongings(Connection& connection, SubmissionId id, const SubmissionRecord& record);
Status remove_belongings(Connection& connection, SubmissionId id);
Status run_for(Connection& connection, std::string_view sql, SubmissionId id); // binds the id

} // namespace inlet::sqlite
