// Taking submissions and versions back.
#include <algorithm>

#include <fmt/format.h>

#include "access/submission_rights.hpp"
#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"
#include "fronts/http/api.hpp"
#include "fronts/http/request_reading.hpp"
#include "warehouse/version_json.hpp"

namespace inlet::http {

namespace {

// Of a rehearsal there is no record: what it would change stands in the parts all the same.
SubmissionRecord record_of(const Pipeline::Undone& undone) {
    SubmissionRecord record = undone.record;
    if (record.id) return record;
    record.kind = SubmissionKind::undo;
    for (const PartOutcome& part : undone.outcome.parts) {
        PartRecord& counted = record.parts.emplace_back();
        counted.dataset = part.dataset;
        counted.inserted = part.counts.inserted;
        counted.updated = part.counts.updated;
        counted.deleted = part.counts.deleted;
    }
    return record;
}

// The record, and behind its members what the undo as a whole did.
std::string undone_json(const Pipeline::Undone& undone, bool dry_run) {
    JsonWriter record;
    write_record(record, record_of(undone));
    std::string text = record.take();
    text.pop_back();
    JsonWriter json;
    json.begin_object().member("dry_run", dry_run).key("undone").begin_array();
    for (const SubmissionId id : undone.outcome.undone) json.value(id.value);
    json.end_array().key("models").begin_array();
    for (const ModelOutcome& model : undone.outcome.models) {
        json.begin_object().member("model", model.model).member("inserted", model.counts.inserted);
        json.member("updated", model.counts.updated).member("deleted", model.counts.deleted).end_object();
    }
    json.end_array().end_object();
    return text + "," + json.take().substr(1);
}

Result<Response> undo(const ApiParts& parts, const Request& request, std::vector<SubmissionId> targets) {
    const bool cascade = flag(request, "cascade");
    const bool dry_run = request.method == Method::get;
    const Principal& principal = request.principal;
    for (const SubmissionId target : targets) TRY(decidable(principal, *parts.project, parts.catalog, target));
    if (cascade && !principal.may_everywhere(Permission::approve)) {
        // It takes back others' submissions too, and what those touched elsewhere.
        const auto rehearsed = TRY(parts.pipeline.undo(targets, true, true, principal.name));
        for (const SubmissionId one : rehearsed.outcome.undone) {
            const SubmissionRecord record = TRY(parts.catalog.get(one));
            if (may_decide(principal, *parts.project, record)) continue;
            return fail(FailureCode::forbidden, "this would take back submissions that are for others to decide about");
        }
    }
    const auto undone = TRY(parts.pipeline.undo(std::move(targets), cascade, dry_run, principal.name));
    Response response = json_response(200, undone_json(undone, dry_run));
    response.submission = undone.record.id.value;
    response.object = undone.record.target;
    return response;
}

Result<Response> undo_version(const ApiParts& parts, const Request& request) {
    const std::string& text = request.values.at("version");
    const auto asked = number("version", text, 1);
    std::vector<SubmissionId> targets;
    std::vector<VersionEntry> lines;
    if (asked) lines = TRY(version_lines(parts.warehouse, Version(*asked)));
    for (const VersionEntry& line : lines) {
        if (!line.submission) continue;
        const auto record = parts.catalog.get(line.submission);
        // Whoever may see nothing of a version is not told that there is one.
        if (!record || !may_see(request.principal, *parts.project, *record)) continue;
        targets.push_back(line.submission);
    }
    if (targets.empty()) return fail(FailureCode::unknown_version, fmt::format("there is no version {}", text));
    for (const VersionEntry& line : lines) {
        if (line.submission && std::ranges::find(targets, line.submission) == targets.end())
            return fail(FailureCode::forbidden, "the version has submissions that are for others to decide about");
    }
    std::ranges::sort(targets);
    targets.erase(std::ranges::unique(targets).begin(), targets.end());
    return undo(parts, request, std::move(targets));
}

} // namespace

void add_undo_api(Router& router, const ApiParts& parts) {
    const auto add = [&](Method method, bool of_version, const char* id, const char* summary) {
        Route route{.method = method,
                    .path = of_version ? "/v1/versions/{version}/undo" : "/v1/submissions/{id}/undo",
                    .path_values = {{of_version ? "version" : "id", kIdSchema}},
                    .id = id,
                    .summary = summary,
                    .takes_long = true,
                    .needs = Needs::grants};
        route.parameters = {
            {"cascade", "take back later submissions too that wrote the same keys", R"({"type":"boolean"})"}};
        route.answers = {{200, "the submission that the undo is, and what it takes back", "application/json"}};
        route.failures = {
            FailureCode::undo_conflict,  FailureCode::superseded_by_snapshot,
            FailureCode::version_pruned, FailureCode::already_undone,
            FailureCode::not_undoable,   of_version ? FailureCode::unknown_version : FailureCode::unknown_submission};
        if (method == Method::post) route.action = "submission.undo";
        route.handler = [parts, of_version](const Request& request, ByteSource&) -> Result<Response> {
            if (of_version) return undo_version(parts, request);
            const SubmissionId target = TRY(id_of(request));
            return undo(parts, request, {target});
        };
        router.add(std::move(route));
    };
    add(Method::post, false, "undoSubmission", "Publish a version as if the submission had never been");
    add(Method::get, false, "rehearseUndo", "What undoing the submission would change; nothing is changed");
    add(Method::post, true, "undoVersion", "Publish a version as if all submissions of a version had never been");
    add(Method::get, true, "rehearseUndoOfVersion", "What undoing the version would change; nothing is changed");
}

} // namespace inlet::http
