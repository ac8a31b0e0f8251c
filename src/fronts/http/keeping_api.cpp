// Forgetting and looking after what is kept, for admins.
#include "fronts/http/api.hpp"

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"
#include "pipeline/keeping_json.hpp"

namespace inlet::http {

namespace {

template <class Outcome>
Response outcome_response(const Outcome& outcome, bool dry_run, void (*write)(JsonWriter&, const Outcome&, bool)) {
    JsonWriter json;
    write(json, outcome, dry_run);
    return json_response(200, json.take());
}

Response erased_response(const Pipeline::Erased& erased, bool dry_run) {
    Response response = outcome_response(erased, dry_run, &write_erased);
    response.submission = erased.record.id.value;
    return response;
}

// FIELD=VALUE; a value may hold further equals signs.
Result<FieldValue> condition(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail(FailureCode::bad_argument, "`where` is FIELD=VALUE: what the records hold that are to go");
    return FieldValue{.field = text.substr(0, equals), .value = text.substr(equals + 1)};
}

class KeepingApi {
public:
    explicit KeepingApi(const ApiParts& parts) : parts_(parts) {}

    // The conditions come in the body alone: an address is written into logs, and what is to be forgotten is not.
    Result<Response> erase(const Request& request, ByteSource& body) const {
        Erasure erasure;
        erasure.dataset = request.values.at("dataset");
        erasure.by = request.principal.name;
        bool dry_run = false;
        if (request.parameter("where") != nullptr)
            return fail(FailureCode::bad_argument, "`where` is sent in the body, as a form, not in the address");
        for (const auto& [name, value] : TRY(parameters_of(request, body))) {
            if (name == "where") {
                erasure.where.push_back(TRY(condition(value)));
            } else if (name == "drop_unreadable") {
                erasure.drop_unreadable = value != "false";
            } else if (name == "dry_run") {
                dry_run = value != "false";
            } else {
                return fail(FailureCode::bad_argument,
                            fmt::format("`{}` is none of where, drop_unreadable and dry_run", name));
            }
        }
        if (erasure.where.empty()) return fail(FailureCode::bad_argument, "`where` is missing: what is to go?");
        return erased_response(TRY(parts_.pipeline.erase(erasure, dry_run)), dry_run);
    }

    Result<Response> purge_submission(const Request& request) const {
        const SubmissionId id = TRY(id_of(request));
        const bool dry_run = flag(request, "dry_run");
        return erased_response(TRY(parts_.pipeline.purge(id, dry_run, request.principal.name)), dry_run);
    }

    Result<Response> purge_kept(const Request& request) const {
        const std::string* dataset = request.parameter("dataset");
        const bool dry_run = flag(request, "dry_run");
        const auto purged = TRY(parts_.pipeline.purge_kept(dataset == nullptr ? "" : *dataset, dry_run));
        return outcome_response(purged, dry_run, &write_pruned);
    }

    Result<Response> prune(const Request& request) const {
        const bool dry_run = flag(request, "dry_run");
        return outcome_response(TRY(parts_.pipeline.prune(dry_run)), dry_run, &write_pruned);
    }

    Result<Response> verify() const {
        JsonWriter json;
        write_verification(json, TRY(parts_.pipeline.verify()), std::nullopt);
        return json_response(200, json.take());
    }

private:
    const ApiParts parts_;
};

} // namespace

void add_keeping_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const KeepingApi>(parts); // shared by the routes
    const Parameter dry_run{"dry_run", "only count what would go", R"({"type":"boolean"})"};
    const std::vector<FailureCode> stores{FailureCode::object_corrupt, FailureCode::object_missing,
                                          FailureCode::disk_full, FailureCode::io_failed};
    const auto with_stores = [&](std::vector<FailureCode> failures) {
        failures.insert(failures.end(), stores.begin(), stores.end());
        return failures;
    };
    router.add({.method = Method::post,
                .path = "/v1/datasets/{dataset}/erasures",
                .path_values = {{"dataset", kNameSchema}},
                .id = "eraseRecords",
                .summary = "Remove the records that hold a value, wherever they are kept: live rows, history, kept "
                           "deliveries, errors, rejects. It cannot be undone",
                .parameters = {dry_run,
                               {"drop_unreadable", "remove kept deliveries whole that cannot be written anew",
                                R"({"type":"boolean"})"}},
                .body = "application/x-www-form-urlencoded",
                .body_schema = R"({"type":"object","required":["where"],"properties":{"where":{"type":"array",)"
                               R"("minItems":1,"items":{"type":"string"},"description":"FIELD=VALUE, as a delivery )"
                               R"(writes it; all must hold"},"drop_unreadable":{"type":"boolean"},)"
                               R"("dry_run":{"type":"boolean"}}})",
                .answers = {{200, "what went, or would go", "application/json", erased_schema()}},
                .failures = with_stores({FailureCode::unknown_dataset, FailureCode::erasure_incomplete}),
                .takes_long = true,
                .needs = Needs::admin,
                .action = "dataset.erase",
                .handler = [api](const Request& request, ByteSource& body) { return api->erase(request, body); }});
    router.add({.method = Method::post,
                .path = "/v1/submissions/{id}/purge",
                .path_values = {{"id", kIdSchema}},
                .id = "purgeSubmission",
                .summary = "Remove all that a delivery at its end brought, whatever the retention says. It cannot be "
                           "undone",
                .parameters = {dry_run},
                .answers = {{200, "what went, or would go", "application/json", erased_schema()}},
                .failures = with_stores({FailureCode::unknown_submission, FailureCode::wrong_state}),
                .takes_long = true,
                .needs = Needs::admin,
                .action = "submission.purge",
                .handler = [api](const Request& request, ByteSource&) { return api->purge_submission(request); }});
    router.add({.method = Method::post,
                .path = "/v1/purges",
                .id = "purgeKept",
                .summary = "Remove what is kept beside the live rows (raw deliveries, errors, rejects, history), as "
                           "if it were not to be kept at all",
                .parameters = {{"dataset", "only of this one", kNameSchema}, dry_run},
                .answers = {{200, "what went, or would go", "application/json", pruned_schema()}},
                .failures = with_stores({FailureCode::unknown_dataset}),
                .takes_long = true,
                .needs = Needs::admin,
                .action = "purge",
                .handler = [api](const Request& request, ByteSource&) { return api->purge_kept(request); }});
    router.add({.method = Method::post,
                .path = "/v1/prunings",
                .id = "prune",
                .summary = "Forget now what the datasets' retention says need not be kept, and files that nothing "
                           "needs",
                .parameters = {dry_run},
                .answers = {{200, "what went, or would go", "application/json", pruned_schema()}},
                .failures = stores,
                .takes_long = true,
                .needs = Needs::admin,
                .action = "prune",
                .handler = [api](const Request& request, ByteSource&) { return api->prune(request); }});
    router.add(
        {.method = Method::post,
         .path = "/v1/verifications",
         .id = "verify",
         .summary = "Hold everything that is kept against its hash, and the stores against each other. "
                    "Publishing waits meanwhile",
         .answers = {{200, "what was found; right is what has no findings", "application/json", verification_schema()}},
         .failures = {FailureCode::io_failed},
         .takes_long = true,
         .needs = Needs::admin,
         .action = "verify",
         .handler = [api](const Request&, ByteSource&) { return api->verify(); }});
}

} // namespace inlet::http
