// The datasets, and deliveries to them.
#include "fronts/http/api.hpp"

#include <chrono>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "fronts/http/dataset_list.hpp"
#include "fronts/http/datasets_reach.hpp"
#include "fronts/http/delivery_call.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"

namespace inlet::http {

namespace {

class DatasetsApi {
public:
    explicit DatasetsApi(const ApiParts& parts) : parts_(parts) {}

    Result<Response> datasets(const Request& request) const { return list_datasets(parts_, request); }

    Result<Response> dataset(const Request& request) const {
        const Dataset& dataset = *TRY(find_dataset(*parts_.project, request, Permission::read));
        JsonWriter json;
        json.begin_object();
        TRY(write_dataset_members(parts_, json, dataset));
        json.member("description", dataset.description);
        json.key("schema").raw(schema_json(dataset.schema));
        write_policies(json, dataset);
        TRY(write_statistics(json, dataset));
        json.end_object();
        return json_response(200, json.take());
    }

    Result<Response> deliver(const Request& request, ByteSource& body, bool to_package) const {
        DeliveryTarget target{.name = request.values.at(to_package ? "package" : "dataset"), .is_package = to_package};
        if (to_package) {
            TRY(find_package(*parts_.project, request, Permission::submit));
        } else {
            const Dataset& dataset = *TRY(find_dataset(*parts_.project, request, Permission::submit));
            if (dataset.kind == DatasetKind::files) target.files = &dataset;
        }
        return take_delivery(parts_, request, body, target);
    }

private:
    static void write_time(JsonWriter& json, std::string_view name, std::optional<std::chrono::seconds> time) {
        json.key(name);
        if (time)
            json.value(time->count());
        else
            json.null();
    }

    static void write_policies(JsonWriter& json, const Dataset& dataset) {
        json.key("retention").begin_object();
        write_time(json, "raw_seconds", dataset.retention.raw);
        write_time(json, "rejects_seconds", dataset.retention.rejects);
        write_time(json, "history_seconds", dataset.retention.history);
        json.end_object();
    }

    // The last change, and how far back can be read.
    Status write_statistics(JsonWriter& json, const Dataset& dataset) const {
        const std::vector<VersionEntry> last = TRY(parts_.warehouse.versions(dataset.name, 1));
        json.key("statistics").begin_object().key("last_change");
        if (last.empty()) {
            json.null();
        } else {
            const VersionEntry& line = last.front();
            json.begin_object().member("version", line.number.value).member("submission", line.submission.value);
            json.member("kind", line.kind).member("by", line.by).member("inserted", line.counts.inserted);
            json.member("updated", line.counts.updated).member("deleted", line.counts.deleted).end_object();
        }
        Version below;
        for (const TableInfo& table : TRY(parts_.warehouse.tables())) {
            if (table.name == dataset.name) below = table.pruned_below;
        }
        json.member("readable_from_version", below.value).end_object();
        return {};
    }

    const ApiParts parts_;
};

const std::vector<FailureCode>& delivery_failures() {
    static const std::vector<FailureCode> kCodes{FailureCode::incomplete_upload,   FailureCode::io_failed,
                                                 FailureCode::disk_full,           FailureCode::checksum_mismatch,
                                                 FailureCode::multipart_malformed, FailureCode::path_invalid,
                                                 FailureCode::duplicate_delivery};
    return kCodes;
}

} // namespace

void add_datasets_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const DatasetsApi>(parts); // shared by the routes
    const std::vector<Parameter> delivery{{"name", "the file's name", kNameSchema},
                                          {"again", "take bytes that were delivered before", R"({"type":"boolean"})"}};
    router.add({.path = "/v1/datasets",
                .id = "listDatasets",
                .summary = "The datasets, with their version and number of records; with `recursive` the files of "
                           "datasets of files too. In the order of their paths",
                .parameters = {{"prefix", "only what has a path that begins so", R"({"type":"string"})"},
                               {"kind", "only these", R"({"enum":["table","files","file"]})"},
                               {"recursive", "with the files of datasets of files", R"({"type":"boolean"})"},
                               {"limit", "how many at most", R"({"type":"integer","minimum":1,"maximum":1000})"},
                               {"cursor", "of the page before", R"({"type":"string"})"}},
                .answers = {{200, "a page", "application/json", datasets_schema()}},
                .needs = Needs::grants,
                .handler = [api](const Request& request, ByteSource&) { return api->datasets(request); }});
    router.add({.path = "/v1/datasets/{dataset}",
                .path_values = {{"dataset", kNameSchema}},
                .id = "getDataset",
                .summary = "A dataset's contract and figures",
                .answers = {{200, "the dataset", "application/json", dataset_schema()}},
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
                    .summary = "Deliver a file of any size as the request's body, or as the one file of a form "
                               "(multipart/form-data). It is safely stored when this is answered; with `Prefer: "
                               "wait=N` the answer waits up to N seconds for the outcome",
                    .parameters = delivery,
                    .body = "application/octet-stream",
                    .answers = {{201, "it is stored", "application/json", delivered_schema()},
                                {200, "the same bytes were delivered before", "application/json", delivered_schema()}},
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
