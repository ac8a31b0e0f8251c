#include "pipeline/submission_log.hpp"

#include <utility>

#include "base/json_writer.hpp"

namespace inlet {

namespace {

// What became of it in figures, once that is known.
void write_figures(JsonWriter& detail, const SubmissionRecord& record) {
    switch (record.state) {
    case SubmissionState::held:
    case SubmissionState::published:
    case SubmissionState::rejected:
        break;
    default:
        return;
    }
    if (record.parts.empty()) return;
    PartRecord sum;
    for (const PartRecord& part : record.parts) {
        sum.rows += part.rows;
        sum.accepted += part.accepted;
        sum.rejected += part.rejected;
        sum.inserted += part.inserted;
        sum.updated += part.updated;
        sum.deleted += part.deleted;
    }
    detail.member("rows", sum.rows).member("accepted", sum.accepted).member("rejected", sum.rejected);
    if (record.state != SubmissionState::published) return;
    detail.member("inserted", sum.inserted).member("updated", sum.updated).member("deleted", sum.deleted);
}

} // namespace

CatalogEvent submission_event(const SubmissionRecord& record, const std::string& what, const std::string& by) {
    JsonWriter detail;
    detail.begin_object();
    if (!record.reason_code.empty()) detail.member("code", record.reason_code).member("reason", record.reason);
    if (record.version) detail.member("version", record.version.value);
    if (record.attempts > 0) detail.member("attempt", record.attempts);
    if (!by.empty()) detail.member("by", by);
    write_figures(detail, record);
    detail.end_object();
    CatalogEvent event;
    event.type = "submission." + what;
    event.detail = detail.take();
    return event;
}

Status SubmissionLog::create(SubmissionRecord& record) const {
    record.id = TRY(catalog_.create(record, submission_event(record, std::string(to_string(record.state)))));
    tell(record, to_string(record.state));
    return {};
}

Status SubmissionLog::move(SubmissionRecord& record, SubmissionState to, const std::string& by) const {
    record.reason_code.clear();
    record.reason.clear();
    return write(record, to, by, std::nullopt);
}

Status SubmissionLog::move(SubmissionRecord& record, SubmissionState to, const Error& reason) const {
    return move(record, to, reason, std::nullopt);
}

Status SubmissionLog::move(SubmissionRecord& record, SubmissionState to, const std::optional<Error>& reason,
                           const std::optional<AnsweredRequest>& answered) const {
    record.reason_code.clear();
    record.reason.clear();
    if (reason) {
        record.reason_code = failure_info(reason->code).code;
        // Who reads of a fault of the system wants all that is known; of the data, what to mend.
        record.reason = failure_info(reason->code).kind == FailureKind::system ? in_words(*reason) : reason->message;
    }
    return write(record, to, "", answered);
}

Status SubmissionLog::note(const SubmissionRecord& record, const std::string& what) const {
    TRY(catalog_.update(record, record.state, submission_event(record, what)));
    tell(record, what);
    return {};
}

void SubmissionLog::tell(const SubmissionRecord& record, std::string_view what) const {
    if (watch_ != nullptr) watch_->step(record, what);
}

Status SubmissionLog::write(SubmissionRecord& record, SubmissionState to, const std::string& by,
                            const std::optional<AnsweredRequest>& answered) const {
    const SubmissionState from = std::exchange(record.state, to);
    const bool is_received = from == SubmissionState::receiving && to == SubmissionState::queued;
    const std::string what(is_received ? "received" : to_string(to));
    const CatalogEvent event = submission_event(record, what, by);
    Status written =
        answered ? catalog_.update_and_answer(record, from, event, *answered) : catalog_.update(record, from, event);
    if (!written)
        record.state = from;
    else
        tell(record, what);
    return written;
}

std::string in_words(const Error& error) {
    return to_string(error).substr(failure_info(error.code).code.size() + 2); // "code: "
}

bool is_fault_of_data(FailureCode code) {
    switch (failure_info(code).kind) {
    case FailureKind::record:
    case FailureKind::file:
        return true;
    case FailureKind::policy:
        return code != FailureCode::contract_changed;
    case FailureKind::notice:
    case FailureKind::submission:
    case FailureKind::request:
    case FailureKind::usage:
    case FailureKind::system:
        return false;
    }
    std::unreachable();
}

bool may_pass(FailureCode code) {
    switch (code) {
    case FailureCode::io_failed:
    case FailureCode::disk_full:
    case FailureCode::folder_unavailable:
    case FailureCode::out_of_memory_limit:
    case FailureCode::catalog_failed:
    case FailureCode::warehouse_failed:
        return true;
    default:
        return false;
    }
}

} // namespace inlet
