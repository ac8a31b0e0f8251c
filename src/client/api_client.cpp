#include "client/api_client.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "client/event_reader.hpp"
#include "client/json_tree.hpp"
#include "client/record_reading.hpp"

namespace inlet::client {

namespace {

constexpr std::size_t kPageMost = 1000;
constexpr std::chrono::seconds kAsLongAsItTakes{0};
constexpr std::chrono::seconds kLookAgain{15}; // at the submission itself, while no event comes

std::string address_of(SubmissionId id, std::string_view below = "") {
    return fmt::format("/v1/submissions/{}{}{}", id.value, below.empty() ? "" : "/", below);
}

bool is_settled(const SubmissionRecord& record) {
    return is_end(record.state) || record.state == SubmissionState::held;
}

Undid undid_of(const JsonTree& json, SubmissionRecord record) {
    Undid undid{.record = std::move(record), .outcome = {}};
    undid.outcome.version = undid.record.version;
    for (const JsonTree& id : json.items_of("undone")) undid.outcome.undone.emplace_back(id.integer());
    for (const JsonTree& part : json.items_of("parts"))
        undid.outcome.parts.push_back({.dataset = part.text_of("dataset"), .counts = read_counts(part)});
    for (const JsonTree& model : json.items_of("models"))
        undid.outcome.models.push_back({model.text_of("model"), read_counts(model)});
    return undid;
}

} // namespace

Result<JsonTree> ApiClient::ask(const HttpCall& call) {
    const HttpAnswer answer = TRY(http_.ask(call));
    auto tree = JsonTree::parse(answer.body);
    if (tree && tree->kind == JsonValue::Kind::object) return *std::move(tree);
    return fail(FailureCode::server_unreachable, "what answers is no Inlet server: its answer is no JSON object");
}

Result<std::vector<SubmissionRecord>> ApiClient::submissions(SubmissionFilter filter) {
    std::vector<SubmissionRecord> records;
    while (records.size() < filter.limit) {
        const std::size_t page = std::min(filter.limit - records.size(), kPageMost);
        std::string target = fmt::format("/v1/submissions?limit={}", page);
        if (!filter.dataset.empty()) target += "&dataset=" + escaped(filter.dataset);
        if (filter.state) target += fmt::format("&state={}", to_string(*filter.state));
        if (filter.before) target += fmt::format("&cursor={}", filter.before->value);
        const JsonTree json = TRY(ask({.target = target}));
        for (const JsonTree& record : json.items_of("submissions")) {
            SubmissionRecord read = TRY(read_record(record));
            records.push_back(std::move(read));
        }
        const JsonTree* cursor = json.find("cursor");
        if (cursor == nullptr || cursor->kind == JsonValue::Kind::null || json.items_of("submissions").empty()) break;
        filter.before = records.back().id;
    }
    return records;
}

Result<SubmissionRecord> ApiClient::submission(SubmissionId id) {
    const JsonTree json = TRY(ask({.target = address_of(id)}));
    return read_record(json);
}

Result<std::vector<CatalogEvent>> ApiClient::events(SubmissionId id) {
    const JsonTree json = TRY(ask({.target = address_of(id, "events")}));
    std::vector<CatalogEvent> events;
    for (const JsonTree& event : json.items_of("events")) events.push_back(read_event(event, id));
    return events;
}

Result<std::unique_ptr<HttpStream>> ApiClient::open(SubmissionId id, std::string_view what, std::size_t part) {
    std::string target = address_of(id, what);
    if (what != "raw") target += fmt::format("?part={}", part + 1);
    return http_.open_stream({.target = target});
}

Result<SubmissionRecord> ApiClient::decide(SubmissionId id, std::string_view what) {
    const JsonTree json = TRY(ask({.method = "POST", .target = address_of(id, what), .stall = kAsLongAsItTakes}));
    return read_record(json);
}

Result<Undid> ApiClient::undo(const Undoing& undoing) {
    std::string target = undoing.submission ? address_of(*undoing.submission, "undo")
                                            : fmt::format("/v1/versions/{}/undo", undoing.version.value);
    target += fmt::format("?cascade={}", undoing.cascade);
    const JsonTree json =
        TRY(ask({.method = undoing.dry_run ? "GET" : "POST", .target = target, .stall = kAsLongAsItTakes}));
    SubmissionRecord record = TRY(read_record(json));
    return undid_of(json, std::move(record));
}

Result<std::vector<VersionEntry>> ApiClient::versions(const std::string& table, std::size_t limit) {
    std::string target = fmt::format("/v1/versions?limit={}", limit);
    if (!table.empty()) target += "&dataset=" + escaped(table);
    const JsonTree json = TRY(ask({.target = target}));
    std::vector<VersionEntry> entries;
    for (const JsonTree& entry : json.items_of("versions")) entries.push_back(read_version(entry));
    return entries;
}

Result<std::vector<VersionEntry>> ApiClient::version(Version version) {
    const JsonTree json = TRY(ask({.target = fmt::format("/v1/versions/{}", version.value)}));
    std::vector<VersionEntry> entries;
    for (const JsonTree& entry : json.items_of("versions")) entries.push_back(read_version(entry));
    return entries;
}

Result<std::vector<DatasetInfo>> ApiClient::datasets() {
    std::vector<DatasetInfo> datasets;
    for (std::string cursor;;) {
        const std::string page = cursor.empty() ? "" : "&cursor=" + escaped(cursor);
        const JsonTree json = TRY(ask({.target = fmt::format("/v1/datasets?limit={}{}", kPageMost, page)}));
        for (const JsonTree& dataset : json.items_of("datasets")) {
            datasets.push_back({.name = dataset.text_of("name"),
                                .title = dataset.text_of("title"),
                                .write = dataset.text_of("write"),
                                .version = Version(dataset.integer_of("version")),
                                .records = static_cast<std::uint64_t>(dataset.integer_of("records"))});
        }
        cursor = json.text_of("cursor");
        if (cursor.empty()) return datasets;
    }
}

Result<std::vector<PackageInfo>> ApiClient::packages() {
    const JsonTree json = TRY(ask({.target = "/v1/packages"}));
    std::vector<PackageInfo> packages;
    for (const JsonTree& package : json.items_of("packages"))
        packages.push_back({package.text_of("name"), package.text_of("match")});
    return packages;
}

Result<Posted> ApiClient::deliver(const Target& target, const std::string& file_name, bool again, HttpCall body) {
    body.method = "POST";
    body.target = fmt::format("/v1/{}s/{}/submissions?name={}{}", target.is_package ? "package" : "dataset",
                              escaped(target.name), escaped(file_name), again ? "&again=true" : "");
    body.headers.emplace_back("Content-Type", "application/octet-stream");
    const JsonTree json = TRY(ask(body));
    return Posted{SubmissionId(json.integer_of("submission")), json.truth_of("duplicate")};
}

Result<SubmissionRecord> ApiClient::follow(SubmissionId id, const std::function<void(const RunningInfo&)>& told,
                                           const std::function<Status(Error)>& retry) {
    SubmissionRecord record;
    for (;;) {
        Result<SubmissionRecord> looked = submission(id); // the outcome of a small one is often there already
        if (looked && is_settled(*looked)) return looked;
        Status listened = looked ? listen(id, told, record) : fail(std::move(looked.error()));
        if (listened) return record;
        TRY(retry(std::move(listened.error())));
    }
}

// Until the submission is settled. Listens before it looks, so that nothing happens in between.
Status ApiClient::listen(SubmissionId id, const std::function<void(const RunningInfo&)>& told,
                         SubmissionRecord& record) {
    const auto stream = TRY(http_.open_stream(
        {.target = fmt::format("/v1/events?submission={}", id.value), .headers = {{"Accept", "text/event-stream"}}}));
    EventReader reader;
    std::array<char, 4096> room{};
    record = TRY(submission(id));
    while (!is_settled(record)) {
        const auto count = TRY(stream->read_within(room, kLookAgain));
        bool is_new = !count; // or a proxy keeps the events back
        if (count == 0U) return fail(FailureCode::server_unreachable, "the server ended its events");
        if (count) reader.feed(std::string_view(room.data(), *count));
        while (const auto event = reader.next()) {
            const auto json = JsonTree::parse(event->data);
            const JsonTree* data = json ? json->find("data") : nullptr;
            if (event->type != "submission.progress" || data == nullptr) {
                is_new = true;
                continue;
            }
            told({.state = submission_state_from(data->text_of("state")).value_or(SubmissionState::checking),
                  .bytes = static_cast<std::uint64_t>(data->integer_of("bytes")),
                  .bytes_total = static_cast<std::uint64_t>(data->integer_of("bytes_total")),
                  .rows = static_cast<std::uint64_t>(data->integer_of("rows"))});
        }
        if (is_new) record = TRY(submission(id));
    }
    return {};
}

} // namespace inlet::client
