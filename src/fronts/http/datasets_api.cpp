// The datasets, and deliveries to them.
#include "fronts/http/api.hpp"

#include <map>

#include <fmt/format.h>

#include "access/submission_rights.hpp"
#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"
#include "fronts/http/datasets_reach.hpp"
#include "fronts/http/digest.hpp"
#include "fronts/http/request_reading.hpp"
#include "http/preferences.hpp"

namespace inlet::http {

namespace {

class DatasetsApi {
public:
    explicit DatasetsApi(const ApiParts& parts) : parts_(parts) {}

    Result<Response> datasets(const Request& request) const {
        const std::map<std::string, TableInfo> tables = TRY(table_infos());
        JsonWriter json;
        json.begin_object().key("datasets").begin_array();
        for (const Dataset& dataset : parts_.project->datasets) {
            if (request.principal.may(Permission::read, dataset.name)) write_dataset(json, dataset, tables);
        }
        json.end_array().end_object();
        return json_response(200, json.take());
    }

    Result<Response> dataset(const Request& request) const {
        const Dataset& dataset = *TRY(find_dataset(*parts_.project, request, Permission::read));
        const std::map<std::string, TableInfo> tables = TRY(table_infos());
        JsonWriter json;
        json.begin_object();
        write_members(json, dataset, tables);
        json.member("description", dataset.description);
        json.key("schema").raw(schema_json(dataset.schema)).end_object();
        return json_response(200, json.take());
    }

    Result<Response> deliver(const Request& request, ByteSource& body, bool to_package) const {
        Delivery delivery;
        if (to_package)
            TRY(find_package(*parts_.project, request, Permission::submit));
        else
            TRY(find_dataset(*parts_.project, request, Permission::submit));
        delivery.target = request.values.at(to_package ? "package" : "dataset");
        delivery.target_is_package = to_package;
        delivery.file_name = file_name_of(request, delivery.target);
        delivery.by = request.principal.name;
        delivery.sender = request.principal.id;
        delivery.bytes = request.body_bytes.value_or(0);
        delivery.again = flag(request, "again");
        delivery.source = "http";
        const std::unique_ptr<ByteSource> checked = TRY(check_digest(request.headers, body));
        const Received received = TRY(parts_.pipeline.receive(delivery, checked ? *checked : body));
        parts_.runner.wake();
        const SubmissionRecord record = TRY(parts_.runner.wait(received.id, wait_of(request)));
        JsonWriter json;
        json.begin_object();
        // Bytes that somebody else delivered before: that is all that is told of their delivery.
        if (is_their_own(request.principal, record) || may_see(request.principal, *parts_.project, record))
            write_outcome(json, record);
        else
            json.member("submission", record.id.value);
        json.member("duplicate", received.duplicate).end_object();
        Response response = json_response(received.duplicate ? 200 : 201, json.take());
        response.headers.add("Location", fmt::format("/v1/submissions/{}", received.id.value));
        response.submission = received.id.value;
        return response;
    }

private:
    // Of an anonymous delivery nobody could be told later: its answer is what they see of it.
    static bool is_their_own(const Principal& principal, const SubmissionRecord& record) {
        return record.sender == principal.id && (!record.sender.empty() || record.by == principal.name);
    }

    Result<std::map<std::string, TableInfo>> table_infos() const {
        std::map<std::string, TableInfo> infos;
        for (TableInfo& info : TRY(parts_.warehouse.tables())) infos[info.name] = std::move(info);
        return infos;
    }

    static void write_members(JsonWriter& json, const Dataset& dataset,
                              const std::map<std::string, TableInfo>& tables) {
        const auto table = tables.find(dataset.name);
        json.member("name", dataset.name).member("title", dataset.title).member("kind", "table");
        json.member("write", to_string(dataset.write));
        json.member("version", table == tables.end() ? 0 : table->second.version.value);
        json.member("records", table == tables.end() ? 0 : table->second.rows);
    }

    static void write_dataset(JsonWriter& json, const Dataset& dataset,
                              const std::map<std::string, TableInfo>& tables) {
        json.begin_object();
        write_members(json, dataset, tables);
        json.end_object();
    }

    const ApiParts parts_;
};

const std::vector<FailureCode>& delivery_failures() {
    static const std::vector<FailureCode> kCodes{FailureCode::incomplete_upload, FailureCode::io_failed,
                                                 FailureCode::disk_full, FailureCode::checksum_mismatch};
    return kCodes;
}

} // namespace

void add_datasets_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const DatasetsApi>(parts); // shared by the routes
    const std::vector<Parameter> delivery{{"name", "the file's name", kNameSchema},
                                          {"again", "take bytes that were delivered before", R"({"type":"boolean"})"}};
    router.add({.path = "/v1/datasets",
                .id = "listDatasets",
                .summary = "The datasets, with their version and number of records",
                .answers = {{200, "all of them", "application/json"}},
                .needs = Needs::grants,
                .handler = [api](const Request& request, ByteSource&) { return api->datasets(request); }});
    router.add({.path = "/v1/datasets/{dataset}",
                .path_values = {{"dataset", kNameSchema}},
                .id = "getDataset",
                .summary = "A dataset's contract and figures",
                .answers = {{200, "the dataset", "application/json"}},
                .failures = {FailureCode::unknown_dataset},
                .needs = Needs::grants,
                .handler = [api](const Request& request, ByteSource&) { return api->dataset(request); }});
    for (const bool package : {false, true}) {
        const std::string kind = package ? "package" : "dataset";
        std::vector<FailureCode> failures = delivery_failures();
        failures.push_back(package ? FailureCode::unknown_package : FailureCode::unknown_dataset);
        router.add({.method = Method::post,
                    .path = fmt::format("/v1/{0}s/{{{0}}}/submissions", kind),
                    .path_values = {{kind, kNameSchema}},
                    .id = package ? "deliverToPackage" : "deliverToDataset",
                    .summary = "Deliver a file of any size as the request's body. It is safely stored when this is "
                               "answered; with `Prefer: wait=N` the answer waits up to N seconds for the outcome",
                    .parameters = delivery,
                    .body = "application/octet-stream",
                    .answers = {{201, "it is stored", "application/json"},
                                {200, "the same bytes were delivered before", "application/json"}},
                    .failures = failures,
                    .takes_long = true,
                    .needs = Needs::grants,
                    .action = "submission.deliver",
                    .handler = [api, package](const Request& request, ByteSource& body) {
                        return api->deliver(request, body, package);
                    }});
    }
}

} // namespace inlet::http
