// Jobs as rows. A lease is a new row, so that its number comes from the table's sequence, which never goes back.
#include "catalog/sqlite/sqlite_jobs.hpp"

#include "catalog/rules.hpp"
#include "catalog/sqlite/submission_rows.hpp"

namespace inlet::sqlite {

namespace {

JobRecord read_job(Query& row) {
    return {.submission = SubmissionId(row.integer(0)),
            .lease = LeaseNumber(row.integer(1)),
            .worker = row.text(2),
            .since = row.integer(3),
            .until = row.integer(4),
            .failures = static_cast<std::uint32_t>(row.integer(5)),
            .next_at = row.integer(6),
            .code = row.text(7),
            .reason = row.text(8)};
}

constexpr std::string_view kSelect =
    "SELECT submission, lease, worker, since, until, failures, next_at, code, reason FROM jobs";

Result<std::optional<JobRecord>> find_job(Connection& connection, SubmissionId id) {
    Query row = TRY(connection.query(std::string(kSelect) + " WHERE submission = ?"));
    TRY(row.bind(id.value));
    if (!TRY(row.step())) return std::nullopt;
    return read_job(row);
}

Status insert_job(Connection& connection, JobRecord& job) {
    Query row = TRY(connection.query("INSERT INTO jobs (submission, worker, since, until, failures, next_at, code, "
                                     "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    TRY(row.bind(job.submission.value, job.worker, job.since, job.until, std::int64_t{job.failures}, job.next_at,
                 job.code, job.reason));
    TRY(row.run());
    job.lease = LeaseNumber(connection.last_insert_id());
    return {};
}

} // namespace

Status check_lease(Connection& connection, SubmissionId id, LeaseNumber lease) {
    const auto job = TRY(find_job(connection, id));
    if (job && job->lease == lease && !job->worker.empty()) return {};
    return fail(lease_lost(id));
}

Status end_job(Connection& connection, SubmissionId id) {
    return run_for(connection, "DELETE FROM jobs WHERE submission = ?", id);
}

Result<std::optional<JobRecord>> SqliteJobs::lease(SubmissionId id, const std::string& worker,
                                                   std::chrono::seconds time) {
    std::optional<JobRecord> given;
    Status done = database_.writer.commit([&](Connection& connection) -> Status {
        given.reset();
        if (ends_job(TRY(read_state(connection, id)))) return {};
        const Timestamp now = clock_.now();
        JobRecord job = TRY(find_job(connection, id)).value_or(JobRecord());
        if (is_taken(job, worker, now)) return {};
        TRY(end_job(connection, id));
        job.submission = id;
        job.worker = worker;
        job.since = now;
        job.until = now + in_microseconds(time);
        TRY(insert_job(connection, job));
        given = std::move(job);
        return {};
    });
    if (!done) return fail(std::move(done.error()));
    return given;
}

Status SqliteJobs::extend(SubmissionId id, LeaseNumber lease, std::chrono::seconds time) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        TRY(check_lease(connection, id, lease));
        Query row = TRY(connection.query("UPDATE jobs SET until = ? WHERE submission = ?"));
        TRY(row.bind(clock_.now() + in_microseconds(time), id.value));
        return row.run();
    });
}

Status SqliteJobs::put_off(SubmissionId id, LeaseNumber lease, std::chrono::milliseconds pause, const std::string& code,
                           const std::string& reason) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        TRY(check_lease(connection, id, lease));
        Query row = TRY(connection.query(
            "UPDATE jobs SET failures = failures + 1, next_at = ?, code = ?, reason = ? WHERE submission = ?"));
        TRY(row.bind(clock_.now() + in_microseconds(pause), code, reason, id.value));
        return row.run();
    });
}

Status SqliteJobs::release(SubmissionId id, LeaseNumber lease) {
    return database_.writer.commit([&](Connection& connection) -> Status {
        Query row = TRY(connection.query("UPDATE jobs SET worker = '' WHERE submission = ? AND lease = ?"));
        TRY(row.bind(id.value, lease.value));
        return row.run();
    });
}

Status SqliteJobs::release_all() {
    return database_.writer.commit(
        [](Connection& connection) { return connection.execute("UPDATE jobs SET worker = '' WHERE worker <> ''"); });
}

Result<std::vector<JobRecord>> SqliteJobs::all() {
    return database_.reader.ask([](Connection& connection) -> Result<std::vector<JobRecord>> {
        Query rows = TRY(connection.query(std::string(kSelect) + " ORDER BY submission"));
        std::vector<JobRecord> jobs;
        while (TRY(rows.step())) jobs.push_back(read_job(rows));
        return jobs;
    });
}

} // namespace inlet::sqlite
