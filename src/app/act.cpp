#include "app/act.hpp"

#include <fmt/format.h>

#include "app/audit_head_file.hpp"
#include "app/session.hpp"

namespace inlet {

Status write_down(Session& session, const Act& act, const Error* failure) {
    AuditEntry entry;
    entry.by = session.user();
    entry.by_id = "local:" + entry.by;
    entry.action = act.action;
    entry.object = act.object;
    entry.submission = act.submission;
    entry.detail = act.detail;
    entry.outcome = failure == nullptr ? "done" : failure_info(failure->code).code;
    Catalog* catalog = TRY(session.catalog());
    const AuditHead head = TRY(catalog->audit().append(std::move(entry)));
    const Project* project = TRY(session.project());
    return AuditHeadFile(session.disk(), project->data_folder).keep(head);
}

} // namespace inlet
