// Every route against every grant: no route is left out, and none answers whom it should not.
#include "fronts/http/api.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>

#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"

namespace inlet::http {

namespace {

constexpr std::string_view kProject = R"(
project: p
datasets:
  a: {schema: {fields: [{name: x}]}}
  b: {schema: {fields: [{name: x}]}}
packages:
  p: {match: "p.zip", members: {a.csv: a, b.csv: b}}
access:
  roles:
    submit: [{dataset: a, allow: [submit]}]
    read: [{dataset: a, allow: [read]}]
    approve: [{dataset: a, allow: [approve]}]
    clerk: [{dataset: a, allow: [read, approve]}]
    master: [{dataset: a, allow: [admin]}]
    packer: [{package: p, allow: [submit]}]
    elsewhere: [{dataset: b, allow: [submit, read, approve, admin]}]
)";

struct Caller {
    std::string role;
    std::string id;
};
// In the order of the columns below. The submission that is asked for is the first one's, and touches dataset a alone.
const std::array<Caller, 10> kCallers{{{"submit", "key:sender"},
                                       {"submit", "key:other"},
                                       {"read", "key:other"},
                                       {"approve", "key:other"},
                                       {"clerk", "key:other"},
                                       {"master", "key:other"},
                                       {"packer", "key:other"},
                                       {"elsewhere", "key:other"},
                                       {"none", "key:other"},
                                       {"admin", "key:other"}}};

// `.`: the call is let through, whatever comes of it; `f`: forbidden; `u`: as if what is asked for did not exist.
const std::map<std::string, std::string>& expected() {
    static const std::map<std::string, std::string> kExpected{
        {"isAlive", ".........."},
        {"isReady", ".........."},
        {"getOpenapi", ".........."},
        {"listDatasets", ".........."},
        {"listSubmissions", ".........."},
        {"listJobs", ".........."},
        {"getDataset", "ff.f..uuu."},
        {"deliverToDataset", "..fff.uuu."},
        {"getFile", "ff.f..uuu."},
        {"putFile", "..fff.uuu."},
        {"deleteFile", "..fff.uuu."},
        {"deliverToPackage", "uuuuuu.uu."},
        {"getSubmission", ".u.u..uuu."},
        {"getRaw", ".u.u..uuu."},
        {"getErrors", ".u.u..uuu."},
        {"getRejects", ".u.u..uuu."},
        {"approveSubmission", "fufu..uuu."},
        {"cancelSubmission", "fufu..uuu."},
        {"retrySubmission", "fufu..uuu."},
        {"getSubmissionEvents", ".u.u..uuu."},
        {"undoSubmission", "fufu..uuu."},
        {"rehearseUndo", "fufu..uuu."},
        {"undoVersion", "fufu..uuu."},
        {"rehearseUndoOfVersion", "fufu..uuu."},
        {"listVersions", ".........."},
        {"getVersion", "uu.u..uuu."},
        {"listPackages", ".........."},
        {"listKeys", "fffffffff."},
        {"makeKey", "fffffffff."},
        {"rotateKey", "fffffffff."},
        {"revokeKey", "fffffffff."},
        {"listAudit", "fffffffff."},
        {"postRecords", "..fff.uuu."},
        {"listenToEvents", ".........."},
        {"listNotifications", "fffffffff."},
        {"resendNotification", "fffffffff."},
        {"makeBackup", "fffffffff."},
        {"eraseRecords", "fffffffff."},
        {"purgeSubmission", "fffffffff."},
        {"purgeKept", "fffffffff."},
        {"prune", "fffffffff."},
        {"verify", "fffffffff."},
        {"getMetrics", "fffffffff."},
    };
    return kExpected;
}

class SentBody final : public Body {
public:
    explicit SentBody(std::string_view text) : text_(text) {}
    Result<std::size_t> read(std::span<char> room) override { return text_.read(room); }
    Headers trailers() const override { return {}; }
    void inform(unsigned, std::string_view, const Headers&) override {}
    void give_up(Error) override {}

private:
    TextSource text_;
};

// Nobody is told of anything here.
class NoCourier final : public Courier {
public:
    void send(Parcel) override {}
    std::vector<Arrival> wait(std::chrono::milliseconds time) override {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, time, [&] { return woken_; });
        woken_ = false;
        return {};
    }
    void wake() override {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false; // behind mutex_
};

class ApiTest : public testing::Test {
protected:
    ApiTest() {
        Delivery delivery{.target = "a", .file_name = "a.csv", .by = "somebody", .sender = "key:sender"};
        const auto loaded = rig_.try_load(delivery, "x\n1\n");
        EXPECT_TRUE(loaded);
        submission_ = loaded->id;
        add_api(router_, {.project = rig_.project,
                          .catalog = *rig_.catalog,
                          .warehouse = *rig_.warehouse,
                          .pipeline = rig_.pipeline(),
                          .runner = runner_,
                          .keyring = [this]() -> Keyring& { return keyring_; },
                          .clock = rig_.clock,
                          .events = events_,
                          .event_source = "/inlet/p",
                          .notifier = notifier_,
                          .back_up = [](const std::string&, std::size_t) -> Result<std::string> { return "{}"; }});
        add_metrics_api(router_, metrics_, {});
    }

    Principal principal(const Caller& caller) const {
        const std::vector<std::string> roles{caller.role};
        return {.name = caller.role,
                .kind = Principal::Kind::key,
                .id = caller.id,
                .grants = std::make_shared<const Grants>(Grants::of(*rig_.project, roles))};
    }

    Result<Response> call(const Route& route, const Caller& caller) {
        Request request;
        request.method = route.method;
        request.principal = principal(caller);
        request.values = {{"dataset", "a"},
                          {"package", "p"},
                          {"id", std::to_string(submission_.value)},
                          {"path", "f"},
                          {"version", "1"}};
        if (route.path.starts_with("/v1/keys/")) request.values["id"] = "00000000";
        if (route.needs.what != Needs::nothing) TRY(admit(route, request.principal));
        SentBody body(route.deferred ? R"({"x":"2"})" : "x\n2\n");
        if (!route.deferred) return route.handler(request, body);
        request.headers.add("Content-Type", "application/json");
        std::promise<Response> answer;
        route.deferred(request, body, [&](Response response) { answer.set_value(std::move(response)); });
        Response response = answer.get_future().get();
        if (response.failed) return fail(response.failure, "refused");
        return response;
    }

    static char letter(const Result<Response>& answer) {
        if (answer) return '.';
        switch (answer.error().code) {
        case FailureCode::forbidden:
            return 'f';
        case FailureCode::unknown_submission:
        case FailureCode::unknown_dataset:
        case FailureCode::unknown_package:
        case FailureCode::unknown_version:
            return 'u';
        default:
            return '.';
        }
    }

    PipelineRig rig_{kProject};
    Runner runner_{rig_.pipeline(), *rig_.catalog, [](const Error&) {}};
    NoCourier courier_;
    Notifier notifier_{{.settings = rig_.project->notify,
                        .catalog = *rig_.catalog,
                        .objects = *rig_.objects,
                        .clock = rig_.clock,
                        .courier = courier_,
                        .project = "p",
                        .source = "/inlet/p"}};
    EventHub events_{*rig_.catalog, rig_.clock, {.source = "/inlet/p"}};
    Keyring keyring_{*rig_.project, *rig_.catalog, rig_.clock};
    Metrics metrics_;
    Router router_;
    SubmissionId submission_;
};

TEST_F(ApiTest, EachRouteLetsThroughWhomItShould) {
    std::size_t seen = 0;
    for (const Route& route : router_.routes()) {
        const auto row = expected().find(route.id);
        ASSERT_NE(row, expected().end()) << route.id << " is in no row of the table";
        std::string letters;
        for (const Caller& caller : kCallers) letters += letter(call(route, caller));
        EXPECT_EQ(letters, row->second) << route.id;
        ++seen;
    }
    EXPECT_EQ(seen, expected().size());
}

TEST_F(ApiTest, WhatChangesSomethingHasAnActionAndNeedsACaller) {
    for (const Route& route : router_.routes()) {
        EXPECT_EQ(route.action.empty(), route.method == Method::get) << route.id;
        EXPECT_TRUE(route.method == Method::get || route.needs.what != Needs::nothing) << route.id;
    }
}

TEST_F(ApiTest, AHiddenSubmissionReadsLikeOneThatIsNotThere) {
    const auto& routes = router_.routes();
    const auto route = std::ranges::find(routes, "getSubmission", &Route::id);
    ASSERT_NE(route, routes.end());
    const auto hidden = call(*route, kCallers[1]);
    submission_ = SubmissionId(submission_.value + 1000);
    const auto absent = call(*route, kCallers[1]);
    ASSERT_FALSE(hidden);
    ASSERT_FALSE(absent);
    EXPECT_EQ(hidden.error().code, absent.error().code);
    EXPECT_EQ(hidden.error().message.size() + 3, absent.error().message.size()); // but for the number
    EXPECT_TRUE(hidden.error().context.empty() && absent.error().context.empty());
}

} // namespace

} // namespace inlet::http
