#include "simulate/asio/server_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "contract/project_reader.hpp"
#include "simulate/json_members.hpp"

namespace inlet::simulate {

namespace {

// What a call to read something is answered with, or why there is none.
asio::awaitable<Result<std::string>> get(const Stage& stage, Client& client, std::string target) {
    Chance chance(1);
    const Ask ask{.method = "GET", .target = std::move(target)};
    std::optional<Reply> reply = co_await stage.ask(client, ask, chance);
    if (!reply) {
        const ListenAddress& server = stage.settings.server;
        co_return fail(FailureCode::io_failed,
                       fmt::format("no answer comes from {}: is `inlet serve` running there?", server.text));
    }
    if (reply->good()) co_return std::move(reply->body);
    const JsonMembers problem(reply->body);
    const auto code = failure_from_code(problem.text("code"));
    co_return fail(code.value_or(FailureCode::io_failed),
                   fmt::format("{} is answered with {}: {}", ask.target, reply->status, problem.text("detail")));
}

// Why a dataset cannot be played with, or nothing when it has a role now.
asio::awaitable<Status> cast(Stage& stage, Client& client, std::string name, const Run& run,
                             std::vector<PlayedDataset>& played) {
    std::string target = "/v1/datasets/" + name;
    const Result<std::string> body = co_await get(stage, client, std::move(target));
    if (!body) co_return fail(body.error());
    const JsonMembers members(*body);
    if (members.text("kind") != "table")
        co_return fail(FailureCode::not_supported, fmt::format("`{}` is no table of records", name));
    const std::string write = members.text("write");
    if (write != "append" && write != "upsert")
        co_return fail(FailureCode::not_supported,
                       fmt::format("`{}` is written as `{}`: each delivery replaces what was there", name, write));
    const JsonValue* schema = members.find("schema");
    auto parsed = parse_schema(schema == nullptr ? "" : schema->text, name);
    if (!parsed) co_return fail(to_error(parsed.error()));
    auto maker = RecordMaker::make(name, std::move(*parsed), run);
    if (!maker) co_return fail(maker.error());
    played.push_back({name, maker->mark(), static_cast<std::uint64_t>(members.number("records"))});
    stage.roles.push_back({.dataset = name, .by_key = write == "upsert", .maker = *std::move(maker)});
    co_return Status();
}

asio::awaitable<Result<std::vector<std::string>>> dataset_names(const Stage& stage, Client& client) {
    std::string target = "/v1/datasets";
    const Result<std::string> body = co_await get(stage, client, std::move(target));
    if (!body) co_return fail(body.error());
    const JsonMembers members(*body);
    std::vector<std::string> names;
    if (const JsonValue* datasets = members.find("datasets"))
        for (const JsonValue& one : json_elements(datasets->text)) names.push_back(JsonMembers(one.text).text("name"));
    co_return names;
}

// Ids of all submissions from `first` on, with their states; whether any of them is on its way.
asio::awaitable<Result<SubmissionStates>> states_since(const Stage& stage, Client& client, SubmissionId first) {
    SubmissionStates states;
    std::string cursor;
    for (;;) {
        std::string target = "/v1/submissions?limit=1000";
        if (!cursor.empty()) target += "&cursor=" + cursor;
        const Result<std::string> body = co_await get(stage, client, std::move(target));
        if (!body) co_return fail(body.error());
        const JsonMembers page(*body);
        const JsonValue* submissions = page.find("submissions");
        std::int64_t least = first.value;
        if (submissions != nullptr) {
            for (const JsonValue& one : json_elements(submissions->text)) {
                const JsonMembers members(one.text);
                const auto state = submission_state_from(members.text("state"));
                least = members.number("submission");
                if (state) states.emplace(least, *state);
            }
        }
        cursor = page.text("cursor");
        if (cursor.empty() || least <= first.value) co_return states;
    }
}

asio::awaitable<bool> any_in(const Stage& stage, Client& client, std::string_view state) {
    std::string target = fmt::format("/v1/submissions?limit=1&state={}", state);
    const Result<std::string> body = co_await get(stage, client, std::move(target));
    if (!body) co_return true;
    const JsonMembers page(*body);
    const JsonValue* submissions = page.find("submissions");
    co_return submissions != nullptr && !json_elements(submissions->text).empty();
}

asio::awaitable<void> until_all_is_at_its_end(const Stage& stage, Client& client) {
    while (!stage.out_of_patience()) {
        bool waiting = false;
        for (const char* state : {"receiving", "settling", "queued", "checking", "publishing"}) {
            if (!waiting) waiting = co_await any_in(stage, client, state);
        }
        if (!waiting) co_return;
        co_await stage.pause(std::chrono::milliseconds(200));
    }
}

} // namespace

asio::awaitable<void> cast_roles(Stage& stage, Client& client, Disk& disk, PlayReport& report) {
    const PlaySettings& settings = stage.settings;
    LedgerHead head{.run = {settings.run}, .seed = settings.seed, .datasets = {}};
    std::vector<std::string> names = settings.datasets;
    if (names.empty()) {
        auto all = co_await dataset_names(stage, client);
        if (!all) {
            stage.failure = all.error();
            co_return;
        }
        names = *std::move(all);
    }
    for (const std::string& name : names) {
        const Status status = co_await cast(stage, client, name, head.run, head.datasets);
        if (status) {
            report.played.push_back(name);
            continue;
        }
        report.left_out.emplace_back(name, status.error().message);
        if (!settings.datasets.empty() || status.error().code != FailureCode::not_supported) {
            stage.failure = status.error();
            co_return;
        }
    }
    if (stage.roles.empty()) {
        stage.failure = Error(FailureCode::not_supported, "there is no dataset whose records could be made up and "
                                                          "told apart");
        co_return;
    }
    std::unique_ptr<Journal> journal;
    if (!settings.journal.empty()) {
        auto created = Journal::create(disk, settings.journal, head);
        if (!created) {
            stage.failure = created.error();
            co_return;
        }
        journal = *std::move(created);
    }
    stage.ledger.emplace(std::move(head), std::move(journal));
}

asio::awaitable<std::optional<Reconciliation>> reconcile_with_server(Stage& stage, Client& client) {
    co_await until_all_is_at_its_end(stage, client);
    SubmissionId first(1);
    bool any = false;
    for (const LedgerEntry& entry : stage.ledger->entries()) {
        if (!entry.submission) continue;
        first = any ? std::min(first, entry.submission) : entry.submission;
        any = true;
    }
    const Result<SubmissionStates> states = co_await states_since(stage, client, first);
    if (!states) co_return std::nullopt;
    std::vector<std::uint64_t> records;
    for (const PlayedDataset& dataset : stage.ledger->head().datasets) {
        std::string target = "/v1/datasets/" + dataset.name;
        const Result<std::string> body = co_await get(stage, client, std::move(target));
        if (!body) co_return std::nullopt;
        records.push_back(static_cast<std::uint64_t>(JsonMembers(*body).number("records")));
    }
    co_return reconcile_counts(*stage.ledger, *states, records);
}

} // namespace inlet::simulate
