// Small submissions and repeatable requests.
#include <future>

#include "catalog/testing/conformance.hpp"

namespace inlet {

namespace {

using State = SubmissionState;

SubmissionRecord small(const std::string& dataset, std::uint64_t rows, State state = State::queued) {
    SubmissionRecord record;
    record.kind = SubmissionKind::records;
    record.state = state;
    record.target = dataset;
    record.file_name = "records.json";
    record.by = "machine";
    record.sender = "key:7f00";
    PartRecord& part = record.parts.emplace_back();
    part.name = record.file_name;
    part.dataset = dataset;
    part.rows = rows;
    part.accepted = rows;
    return record;
}

template <class T>
std::optional<FailureCode> code_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional(result.error().code);
}

std::string location(SubmissionId id) { return "/v1/submissions/" + std::to_string(id.value); }

// Waits until it is durable.
Result<Inbox::Receipt> add(Catalog& catalog, const SubmissionRecord& record, const std::string& body,
                           std::optional<RequestKey> request = std::nullopt) {
    std::promise<Result<Inbox::Receipt>> receipt;
    catalog.inbox().add(
        record, "json", body, {.type = "submission.received", .detail = "{}"}, {.by = "machine", .action = "x"},
        std::move(request), [](SubmissionId id) { return StoredAnswer{201, location(id), "{}"}; },
        [&](Result<Inbox::Receipt> made) { receipt.set_value(std::move(made)); });
    return receipt.get_future().get();
}

InboxOutcome published(SubmissionId id, std::int64_t version, std::uint64_t inserted) {
    InboxOutcome outcome;
    outcome.id = id;
    outcome.state = State::published;
    outcome.version = Version(version);
    outcome.inserted = inserted;
    outcome.event = {.type = "submission.published", .detail = "{}"};
    return outcome;
}

} // namespace

TEST_P(CatalogConformance, SmallSubmissionsWaitInTheOrderOfTheirReceipt) {
    Inbox& inbox = catalog().inbox();
    EXPECT_EQ(*inbox.oldest({}), std::nullopt);
    const Timestamp first_at = clock().now();
    const SubmissionId first = add(catalog(), small("log", 2), "[1, 2]")->id;
    clock().advance(10);
    const SubmissionId second = add(catalog(), small("other", 3), "\xC3\xA4\n{}")->id;
    const SubmissionId refused = add(catalog(), small("log", 1, State::rejected), "x")->id;
    EXPECT_TRUE(first < second && second < refused);
    EXPECT_EQ(*inbox.oldest({}), std::optional(first_at));
    EXPECT_EQ(*inbox.oldest({.dataset = "other"}), std::optional(first_at + 10));
    EXPECT_EQ(*inbox.oldest({.before_of = {{"log", first_at}}}), std::optional(first_at + 10));
    EXPECT_EQ(*inbox.count_waiting(), 2U);
    const InboxEntry one{first, "log", "machine", "json", "[1, 2]", false, 2, 0};
    const InboxEntry two{second, "other", "machine", "json", "\xC3\xA4\n{}", false, 3, 0};
    EXPECT_EQ(*inbox.waiting({}, 100, 100), (std::vector{one, two}));
    EXPECT_EQ(*inbox.waiting({.before = first_at + 1}, 100, 100), std::vector{one});
    EXPECT_EQ(*inbox.waiting({}, 4, 100), std::vector{one}) << "records";
    EXPECT_EQ(*inbox.waiting({.dataset = "other"}, 100, 100), std::vector{two});
    EXPECT_EQ(*inbox.waiting({.before_of = {{"log", first_at}, {"none", 0}}}, 100, 100), std::vector{two});
    EXPECT_EQ(*inbox.waiting({.before_of = {{"log", first_at + 1}}}, 100, 100), (std::vector{one, two}));
    EXPECT_EQ(*inbox.waiting({.dataset = "log", .before_of = {{"log", first_at}}}, 9, 9), std::vector<InboxEntry>());
    EXPECT_EQ(*inbox.waiting({}, 100, 7), std::vector{one}) << "bytes";
    EXPECT_EQ(*inbox.waiting({}, 0, 0), std::vector{one}) << "at least one";
    EXPECT_EQ(*catalog().unfinished(), std::vector<SubmissionRecord>())
        << "they are no business of who works off files";
    EXPECT_EQ(catalog().get(first)->received_at, first_at);
    EXPECT_EQ(catalog().get(second)->sender, "key:7f00");
    EXPECT_EQ(catalog().events(first)->size(), 1U);
    const auto audited = catalog().audit().newest(0, 10).value();
    ASSERT_EQ(audited.size(), 3U);
    EXPECT_EQ(audited.front().submission, refused);
}

TEST_P(CatalogConformance, SmallSubmissionsAreSettledOnce) {
    Inbox& inbox = catalog().inbox();
    const SubmissionId id = add(catalog(), small("log", 5), "[]")->id;
    const SubmissionId cancelled = add(catalog(), small("log", 5), "[]")->id;
    SubmissionRecord record = catalog().get(cancelled).value();
    record.state = State::cancelled;
    ASSERT_TRUE(catalog().update(record, State::queued, {.type = "submission.cancelled", .detail = "{}"}));
    InboxOutcome outcome = published(id, 7, 3);
    outcome.updated = 1;
    outcome.rejected = 1;
    outcome.errors_total = 1;
    outcome.late = {4};
    ASSERT_TRUE(inbox.settle({outcome, published(cancelled, 7, 5)}));
    record = catalog().get(id).value();
    EXPECT_EQ(record.state, State::published);
    EXPECT_EQ(record.version, Version(7));
    EXPECT_EQ(record.attempts, 1U);
    const PartRecord& part = record.parts.at(0);
    EXPECT_EQ((std::vector{part.inserted, part.updated, part.accepted, part.rejected, part.errors_total}),
              (std::vector<std::uint64_t>{3, 1, 4, 1, 1}));
    EXPECT_EQ(part.counts, (std::vector<CodeCount>{{"primary-key", "", 1}}));
    EXPECT_EQ(inbox.body(id)->value().late, std::vector<std::uint32_t>{4});
    EXPECT_EQ(catalog().get(cancelled)->state, State::cancelled);
    EXPECT_EQ(catalog().events(id)->back().type, "submission.published");
    EXPECT_EQ(*inbox.waiting({}, 100, 100), std::vector<InboxEntry>());
    ASSERT_TRUE(inbox.settle({published(id, 8, 9)})) << "again, after a crash";
    EXPECT_EQ(catalog().get(id)->version, Version(7));
}

TEST_P(CatalogConformance, ARunOfSmallSubmissionsIsSettledEachByItself) {
    Inbox& inbox = catalog().inbox();
    std::vector<SubmissionId> ids;
    std::vector<InboxOutcome> outcomes;
    for (int i = 0; i < 8; ++i) {
        ids.push_back(add(catalog(), small("log", 2), "[]")->id);
        outcomes.push_back(published(ids.back(), i < 6 ? 7 : 8, 2));
    }
    outcomes[3].state = State::rejected;
    outcomes[3].reason_code = "guard-failed";
    SubmissionRecord cancelled = catalog().get(ids[1]).value();
    cancelled.state = State::cancelled;
    ASSERT_TRUE(catalog().update(cancelled, State::queued, {.type = "submission.cancelled", .detail = "{}"}));
    ASSERT_TRUE(inbox.settle(outcomes));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const SubmissionRecord record = catalog().get(ids[i]).value();
        const bool is_published = i != 1 && i != 3;
        EXPECT_EQ(record.state, i == 1 ? State::cancelled : i == 3 ? State::rejected : State::published) << i;
        EXPECT_EQ(record.attempts, i == 1 ? 0U : 1U) << i;
        EXPECT_EQ(record.reason_code, i == 3 ? "guard-failed" : "") << i;
        if (!is_published) continue;
        EXPECT_EQ(record.version, Version(i < 6 ? 7 : 8)) << i;
        EXPECT_EQ(record.parts.at(0).inserted, 2U) << i;
        EXPECT_EQ(catalog().events(ids[i])->size(), 2U) << i;
    }
}

TEST_P(CatalogConformance, BodiesOfSmallSubmissionsAreForgottenByAge) {
    Inbox& inbox = catalog().inbox();
    const SubmissionId old = add(catalog(), small("log", 1, State::rejected), "old")->id;
    const SubmissionId waiting = add(catalog(), small("log", 1), "waiting")->id;
    clock().advance(10);
    const SubmissionId young = add(catalog(), small("log", 1, State::rejected), "young")->id;
    EXPECT_EQ(*inbox.forget_bodies("log", clock().now(), true), 1U);
    EXPECT_TRUE(inbox.body(old)->has_value());
    EXPECT_EQ(*inbox.forget_bodies("log", clock().now(), false), 1U);
    EXPECT_EQ(*inbox.body(old), std::nullopt);
    EXPECT_EQ(inbox.body(waiting)->value().body, "waiting");
    EXPECT_EQ(inbox.body(young)->value().body, "young");
    EXPECT_EQ(*inbox.forget_bodies("other", clock().now() + 1, false), 0U);
}

TEST_P(CatalogConformance, ABodyIsErasedWithTheAnswersThatToldOfIt) {
    const RequestKey key{"ann", "k", std::string(64, 'a')};
    const SubmissionId id = add(catalog(), small("log", 1), "x", key)->id;
    const SubmissionId other = add(catalog(), small("log", 1), "y", RequestKey{"ann", "l", key.sha256})->id;
    ASSERT_TRUE(catalog().inbox().erase_body(id));
    ASSERT_TRUE(catalog().inbox().erase_body(id)) << "again";
    EXPECT_EQ(*catalog().inbox().body(id), std::nullopt);
    EXPECT_EQ(catalog().inbox().body(other)->value().body, "y");
    EXPECT_FALSE(catalog().requests().begin(key)->has_value()) << "the answer is gone";
    EXPECT_TRUE(catalog().requests().begin({"ann", "l", key.sha256})->has_value());
}

TEST_P(CatalogConformance, ARequestIsAnsweredOnce) {
    const RequestKey key{"ann", "k", std::string(64, 'a')};
    const RequestKey other{"ann", "k", std::string(64, 'b')};
    const RequestKey another_ones{"bob", "k", std::string(64, 'b')};
    const auto first = add(catalog(), small("log", 1), "x", key);
    EXPECT_EQ(first->earlier, std::nullopt);
    const StoredAnswer answer{201, location(first->id), "{}"};
    const auto again = add(catalog(), small("log", 1), "x", key);
    EXPECT_EQ(again->earlier, std::optional(answer));
    EXPECT_FALSE(again->id);
    EXPECT_EQ(code_of(add(catalog(), small("log", 1), "y", other)), FailureCode::idempotency_key_reused);
    EXPECT_EQ(add(catalog(), small("log", 1), "y", another_ones)->earlier, std::nullopt);
    EXPECT_EQ(listed({.dataset = "log"}).size(), 2U);

    Requests& requests = catalog().requests();
    const RequestKey undo{"ann", "undo", std::string(64, 'c')};
    const auto is_new = [&](const RequestKey& request) { return !requests.begin(request)->has_value(); };
    EXPECT_TRUE(is_new(undo));
    EXPECT_EQ(code_of(requests.begin(undo)), FailureCode::request_under_way);
    EXPECT_EQ(code_of(requests.begin({"ann", "undo", std::string(64, 'x')})), FailureCode::idempotency_key_reused);
    const AnsweredRequest whole{{"ann", "undo", std::string(64, 'e')},
                                {201, location(first->id), "{}", {{"Location", "/v1/x"}, {"X-Empty", ""}}}};
    const auto is_answered = [&] {
        const auto earlier = requests.begin(undo).value();
        return earlier && earlier->sha256 == whole.request.sha256 && earlier->answer == whole.answer;
    };
    ASSERT_TRUE(requests.finish(whole));
    EXPECT_TRUE(is_answered());
    ASSERT_TRUE(requests.abandon(undo));
    EXPECT_TRUE(is_answered());
    clock().advance(10);
    const RequestKey cut_off{"ann", "cut", std::string(64, 'd')};
    EXPECT_TRUE(is_new(cut_off));
    ASSERT_TRUE(requests.abandon_all());
    EXPECT_TRUE(is_new(cut_off));
    ASSERT_TRUE(requests.abandon(cut_off));
    EXPECT_TRUE(is_new(cut_off));
    ASSERT_TRUE(requests.forget(clock().now()));
    EXPECT_TRUE(is_new(undo));
}

TEST_P(CatalogConformance, AnAnswerIsKeptWithTheChangeThatItTellsOf) {
    Requests& requests = catalog().requests();
    SubmissionRecord record = small("log", 1, State::receiving);
    record.kind = SubmissionKind::delivery;
    record.id = catalog().create(record, {.type = "submission.receiving", .detail = "{}"}).value();
    const RequestKey head{"ann", "d", std::string(64, 'a')};
    ASSERT_FALSE(requests.begin(head)->has_value());
    const AnsweredRequest whole{{"ann", "d", std::string(64, 'b')}, {201, location(record.id), "{}", {}}};
    record.state = State::queued;
    const CatalogEvent event{.type = "submission.received", .detail = "{}"};
    EXPECT_EQ(code_of(catalog().update_and_answer(record, State::held, event, whole)), FailureCode::wrong_state);
    EXPECT_EQ(code_of(requests.begin(head)), FailureCode::request_under_way) << "neither happened";
    ASSERT_TRUE(catalog().update_and_answer(record, State::receiving, event, whole));
    EXPECT_EQ(catalog().get(record.id)->state, State::queued);
    EXPECT_EQ(requests.begin(head)->value().answer, whole.answer);
    ASSERT_TRUE(requests.abandon_all());
    ASSERT_TRUE(requests.forget_about(location(record.id)));
    EXPECT_FALSE(requests.begin(head)->has_value());
}

} // namespace inlet
