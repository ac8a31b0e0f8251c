#include "app/remote_deliveries.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "app/console.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "client/api_client.hpp"
#include "client/patience.hpp"
#include "client/resumable_upload.hpp"
#include "client/sent_file.hpp"
#include "client/upload_memory.hpp"

namespace inlet {

namespace {

// Larger files go in a way that can be resumed.
constexpr std::uint64_t kWholeBytesMost = 8 << 20;
constexpr std::chrono::seconds kPatienceDefault{300};

std::unexpected<Error> cannot_rehearse(std::string_view what, std::string_view instead) {
    return fail(FailureCode::not_supported, fmt::format("a server does not tell {}; {}", what, instead));
}

class RemoteDeliveries final : public Deliveries {
public:
    RemoteDeliveries(Session& session, client::ServerAddress address, std::unique_ptr<client::HttpClient> http)
        : session_(session), address_(std::move(address)), http_(std::move(http)), api_(*http_),
          patience_({.clock = session.clock(),
                     .limit = session.patience().value_or(kPatienceDefault),
                     .pause = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); },
                     .told = [this](const Error& error) { tell_of(error); }}) {}

    Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) override {
        return api_.submissions(filter);
    }
    Result<SubmissionRecord> get(SubmissionId id) override { return api_.submission(id); }
    Result<std::vector<CatalogEvent>> events(SubmissionId id) override { return api_.events(id); }

    Result<std::unique_ptr<ByteSource>> open_raw(SubmissionId id) override { return api_.open(id, "raw"); }
    Result<std::unique_ptr<ByteSource>> open_errors(SubmissionId id, std::size_t part) override {
        return api_.open(id, "errors", part);
    }
    Result<std::unique_ptr<ByteSource>> open_rejects(SubmissionId id, std::size_t part) override {
        return api_.open(id, "rejects.csv", part);
    }

    Result<SubmissionRecord> decide(Decision decision, SubmissionId id) override {
        session_.interrupts().say(
            fmt::format("the server goes on; `inlet show {}` tells what became of the submission", id.value));
        const SubmissionRecord record = TRY(api_.decide(id, to_string(decision)));
        const bool is_settled = is_end(record.state) || record.state == SubmissionState::held;
        return is_settled ? record : follow(id);
    }

    Result<Pipeline::Undone> undo(const UndoOrder& order) override {
        session_.interrupts().say("the server goes on; `inlet submissions` tells whether the undo was made");
        client::Undid undid = TRY(api_.undo({.submission = order.submission,
                                             .version = order.version.value_or(Version()),
                                             .cascade = order.cascade,
                                             .dry_run = order.dry_run}));
        return Pipeline::Undone{std::move(undid.record), std::move(undid.outcome)};
    }

    Result<std::vector<DatasetSummary>> datasets() override {
        std::vector<DatasetSummary> summaries;
        for (client::DatasetInfo& info : TRY(api_.datasets())) {
            summaries.push_back(
                {std::move(info.name), std::move(info.title), std::move(info.write), info.version, info.records});
        }
        return summaries;
    }

    Result<std::vector<VersionEntry>> versions(const std::string& table, std::size_t limit) override {
        return api_.versions(table, limit);
    }

    Result<Targets> targets() override {
        Targets targets;
        for (client::DatasetInfo& info : TRY(api_.datasets())) targets.datasets.push_back(std::move(info.name));
        for (client::PackageInfo& info : TRY(api_.packages()))
            targets.packages.emplace_back(std::move(info.name), std::move(info.match));
        return targets;
    }

    Result<Loaded> load(const Target& target, bool again, GivenFile& file) override {
        // The first answer comes at once, or there is no server. What has a higher number than this is new.
        const std::vector<SubmissionRecord> newest = TRY(api_.submissions({.limit = 1}));
        const std::int64_t newest_now = newest.empty() ? 0 : newest.front().id.value;
        // A delivery that is to be taken once more must not be sent twice, as resuming could.
        const bool resumable = file.size().value_or(0) > kWholeBytesMost && !again;
        const client::UploadEnd sent =
            TRY(resumable ? send_in_pieces(target, file, newest_now) : send_whole(target, again, file, newest_now));
        session_.interrupts().say(fmt::format("the server has the file, and goes on with it as submission {0}; "
                                              "`inlet show {0}` tells how far it is",
                                              sent.submission.value));
        Loaded loaded;
        loaded.duplicate = sent.submission.value <= sent.newest_then || told_duplicate_;
        auto followed = follow(sent.submission);
        if (!followed && followed.error().code == FailureCode::unknown_submission) {
            loaded.hidden = loaded.duplicate = true;
            loaded.record.id = sent.submission;
            return loaded;
        }
        loaded.record = TRY(std::move(followed));
        if (loaded.record.version && !loaded.duplicate) loaded.models = TRY(models_of(loaded.record.version));
        return loaded;
    }

    Result<Pipeline::DryRun> rehearse(const Target&, GivenFile&, std::size_t) override {
        return cannot_rehearse("what a file would change",
                               "`inlet validate FILE --schema SCHEMA.json` checks it here, and after a load "
                               "`inlet undo` takes it back");
    }
    Result<Pipeline::DryRun> preview(SubmissionId id, std::size_t) override {
        return cannot_rehearse(
            "what approving would change row by row",
            fmt::format("`inlet show {}` says why it is held; on the server's machine, while the server does "
                        "not run, `inlet show {} --changes` shows the rows",
                        id.value, id.value));
    }

private:
    void tell_of(const Error& error) {
        session_.progress().clear();
        session_.console().note(fmt::format("the line broke ({}); trying again", error.message));
    }

    void show_sent(std::uint64_t bytes, std::uint64_t all) {
        session_.progress().show({.doing = "sending", .bytes = bytes, .bytes_total = all});
    }

    Result<client::UploadEnd> send_in_pieces(const Target& target, GivenFile& given, std::int64_t newest_now) {
        session_.interrupts().say("what the server has of the file it keeps for a day: the same command goes on there");
        const std::string path = TRY(given.path_of_all(session_));
        const auto file = TRY(client::SentFile::open(path));
        client::UploadMemory memory(session_.disk(), session_.clock(), client::upload_memory_folder());
        const auto sent = [&](std::uint64_t bytes) { show_sent(bytes, file->bytes()); };
        const auto resumed = [&](std::uint64_t bytes) {
            session_.console().note(fmt::format("going on where it broke off: {} of {} are there", show_bytes(bytes),
                                                show_bytes(file->bytes())));
        };
        client::ResumableUpload upload(
            {.http = *http_, .memory = memory, .patience = patience_, .sent = sent, .resumed = resumed}, *file,
            {.server = address_.url + "\n" + address_.key,
             .target = {target.name, target.is_package},
             .file_name = given.name(),
             .newest_now = newest_now});
        return upload.send();
    }

    // In one request; a plain file that is not to be taken twice anyway is sent again if the line breaks.
    Result<client::UploadEnd> send_whole(const Target& target, bool again, GivenFile& given, std::int64_t newest_now) {
        session_.interrupts().say("the file had not arrived whole, and is not loaded: load it again");
        const auto send = [&](ByteSource& bytes) {
            client::HttpCall call{.body = &bytes, .body_bytes = given.size()};
            call.sent = [&](std::uint64_t count) { show_sent(count, given.size().value_or(0)); };
            return api_.deliver({target.name, target.is_package}, given.name(), again, std::move(call));
        };
        auto posted = send(given.bytes());
        const bool repeatable = given.size().has_value() && !again;
        while (!posted && repeatable && client::may_pass(posted.error())) {
            TRY(patience_.after(posted.error()));
            const std::string path = TRY(given.path_of_all(session_));
            const auto source = TRY(FileOrigin(session_.disk(), path).open());
            posted = send(*source);
            // An attempt of ours whose answer was lost is no duplicate.
            if (posted) return client::UploadEnd{posted->id, newest_now};
        }
        if (!posted) return fail(std::move(posted.error()));
        told_duplicate_ = posted->duplicate;
        return client::UploadEnd{posted->id, newest_now};
    }

    Result<SubmissionRecord> follow(SubmissionId id) {
        const auto told = [this](const client::RunningInfo& running) {
            patience_.moved();
            session_.progress().show({.doing = to_string(running.state),
                                      .bytes = running.bytes,
                                      .bytes_total = running.bytes_total,
                                      .rows = running.rows});
        };
        return api_.follow(id, told, [this](Error error) { return patience_.after(std::move(error)); });
    }

    Result<std::vector<ModelOutcome>> models_of(Version version) {
        std::vector<ModelOutcome> models;
        const auto lines = api_.version(version);
        // Who may deliver need not be allowed to read.
        if (!lines && lines.error().code == FailureCode::unknown_version) return models;
        if (!lines) return fail(lines.error());
        for (const VersionEntry& entry : *lines) {
            if (entry.kind == "model") models.push_back({entry.dataset, entry.counts});
        }
        return models;
    }

    Session& session_;
    const client::ServerAddress address_;
    const std::unique_ptr<client::HttpClient> http_;
    client::ApiClient api_;
    client::Patience patience_;
    bool told_duplicate_ = false; // by the answer to a delivery in one request
};

} // namespace

Result<std::unique_ptr<Deliveries>> make_remote_deliveries(Session& session, const client::ServerAddress& address) {
    auto http = TRY(client::HttpClient::open(address));
    return std::make_unique<RemoteDeliveries>(session, address, std::move(http));
}

bool server_answers_at(const std::string& socket) {
    const auto http = client::HttpClient::open({.url = "unix:" + socket});
    if (!http) return false;
    const auto answer = (*http)->exchange({.target = "/livez"});
    return answer && answer->status == 200;
}

} // namespace inlet
