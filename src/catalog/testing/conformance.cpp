// The tests use the interface alone.
#include "catalog/testing/conformance.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>
#include <thread>

#include "catalog/testing/fault_catalog.hpp"

namespace inlet {

namespace {

using State = SubmissionState;

class BehindFaults final : public CatalogHarness {
public:
    explicit BehindFaults(std::unique_ptr<CatalogHarness> inner)
        : inner_(std::move(inner)), catalog_(inner_->catalog()) {}
    Catalog& catalog() override { return catalog_; }
    ManualClock& clock() override { return inner_->clock(); }

private:
    std::unique_ptr<CatalogHarness> inner_;
    FaultCatalog catalog_;
};

template <class T>
FailureCode code_of(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? FailureCode::internal : result.error().code;
}

CatalogEvent event_of(std::string type) {
    return {.number = 77, .at = 77, .submission = SubmissionId(77), .type = std::move(type), .detail = R"({"rows":3})"};
}

const std::vector<State>& all_states() {
    static const std::vector<State> states{State::receiving, State::settling,   State::queued,    State::checking,
                                           State::held,      State::publishing, State::published, State::rejected,
                                           State::failed,    State::cancelled,  State::expired,   State::undone,
                                           State::purged};
    return states;
}

constexpr SubmissionId kNobody(999);

} // namespace

std::vector<CatalogCase> catalog_cases(const CatalogFactory& make) {
    return {{.name = "Plain", .make = make},
            {.name = "BehindFaults", .make = [make] { return std::make_unique<BehindFaults>(make()); }}};
}

std::string catalog_case_name(const testing::TestParamInfo<CatalogCase>& info) { return info.param.name; }

SubmissionRecord sample_delivery(const std::string& target, const std::string& dataset) {
    SubmissionRecord record;
    record.target = target;
    record.file_name = dataset + ".csv";
    record.by = "somebody";
    record.parts.push_back({.name = dataset + ".csv", .dataset = dataset});
    return record;
}

SubmissionRecord sample_with_everything() {
    SubmissionRecord record;
    record.kind = SubmissionKind::undo;
    record.state = State::held;
    record.reason_code = "deletes-over-limit";
    record.reason = "3 of 4 rows would go";
    record.target = "movies-drop";
    record.target_is_package = true;
    record.file_name = std::string("d\xC3\xA4ta\0 '\"\n\xFF.zip", 14);
    record.raw_sha256 = std::string(64, 'a');
    record.raw_bytes = std::numeric_limits<std::uint64_t>::max();
    record.received_at = 1'700'000'000'123'456;
    record.by = "clerk";
    record.sender = "key:7f00";
    record.source = "folder";
    record.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    record.version = Version(41);
    record.attempts = std::numeric_limits<std::uint32_t>::max();
    record.parent = SubmissionId(7);
    record.undoes = {SubmissionId(9), SubmissionId(3), SubmissionId(5)};
    record.cascade = true;
    record.delete_approvals = {{"movies", 3}, {"links", 0}};
    record.asked_deletes = {{"movies", 4}, {"", std::numeric_limits<std::uint64_t>::max()}};
    record.rejects_approved = true;
    record.file =
        FileNote{.path = "a/\xC3\xA4 \"b\".csv", .removed = true, .fields = {{"type", "text/csv"}, {"comment", ""}}};
    record.parts.push_back({.name = "movies.csv",
                            .dataset = "movies",
                            .dialect = R"({"delimiter":";"})",
                            .rows = 1,
                            .accepted = 2,
                            .rejected = 3,
                            .inserted = 4,
                            .updated = 5,
                            .deleted = 6,
                            .unchanged = 7,
                            .superseded = 70,
                            .held_deletes = 8,
                            .skipped_deletes = 9,
                            .errors_total = std::numeric_limits<std::uint64_t>::max(),
                            .counts = {{.code = "type-error", .field = "year", .count = 2},
                                       {.code = "blank-row", .field = "", .count = 1}},
                            .errors_sha256 = std::string(64, 'b'),
                            .rejects_sha256 = std::string(64, 'c')});
    record.parts.push_back({.name = "links.csv", .dataset = "links"});
    record.parts.push_back({.name = "movies.csv",
                            .dataset = "movies",
                            .rows = 10,
                            .counts = {{.code = "extra-cell", .field = "", .count = 10}}});
    return record;
}

CatalogConformance::CatalogConformance() : harness_(GetParam().make()) {}
CatalogConformance::~CatalogConformance() = default;

SubmissionRecord CatalogConformance::stored(const SubmissionRecord& record) {
    return catalog().get(catalog().create(record, event_of("submission.received")).value()).value();
}

SubmissionRecord CatalogConformance::moved(SubmissionRecord record, SubmissionState state) {
    const SubmissionState before = std::exchange(record.state, state);
    const Status status = catalog().update(record, before, event_of("submission." + std::string(to_string(state))));
    EXPECT_TRUE(status) << to_string(status.error());
    return catalog().get(record.id).value();
}

std::optional<SubmissionRecord> CatalogConformance::same_bytes(const std::string& target, const std::string& sha256) {
    return catalog().same_bytes(target, sha256).value();
}

std::vector<std::int64_t> CatalogConformance::listed(const SubmissionFilter& filter) {
    const auto records = catalog().list(filter);
    EXPECT_TRUE(records) << to_string(records.error());
    std::vector<std::int64_t> ids;
    for (const SubmissionRecord& record : *records) ids.push_back(record.id.value);
    return ids;
}

TEST_P(CatalogConformance, GivesIdsThatGrow) {
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.id = SubmissionId(55);
    SubmissionId last;
    for (int i = 0; i < 5; ++i) {
        const auto id = catalog().create(record, event_of("submission.received"));
        ASSERT_TRUE(id) << to_string(id.error());
        EXPECT_GT(*id, last);
        last = *id;
    }
    EXPECT_EQ(code_of(catalog().get(SubmissionId(55))), FailureCode::unknown_submission);
}

TEST_P(CatalogConformance, KeepsEveryMember) {
    SubmissionRecord record = sample_with_everything();
    const SubmissionRecord back = stored(record);
    record.id = back.id;
    record.updated_at = clock().now();
    EXPECT_EQ(back, record);

    SubmissionRecord bare;
    const SubmissionRecord bare_back = stored(bare);
    bare.id = bare_back.id;
    bare.updated_at = clock().now();
    EXPECT_EQ(bare_back, bare);
    EXPECT_EQ(catalog().get(back.id), record) << "the first is as it was";
}

TEST_P(CatalogConformance, KeepsEveryStateAndKind) {
    for (const State state : all_states()) {
        for (const SubmissionKind kind :
             {SubmissionKind::delivery, SubmissionKind::undo, SubmissionKind::held_deletes}) {
            SubmissionRecord record;
            record.state = state;
            record.kind = kind;
            const SubmissionRecord back = stored(record);
            EXPECT_EQ(back.state, state);
            EXPECT_EQ(back.kind, kind);
        }
    }
}

TEST_P(CatalogConformance, UpdateReplacesTheWholeRecord) {
    SubmissionRecord record = sample_with_everything();
    record.kind = SubmissionKind::delivery;
    const SubmissionRecord other = stored(record);
    const SubmissionRecord first = stored(record);

    SubmissionRecord changed = sample_delivery("links", "links");
    changed.id = first.id;
    changed.state = State::queued;
    changed.parts[0].counts = {{.code = "type-error", .field = "a", .count = 1}};
    clock().advance(1'000'000);
    ASSERT_TRUE(catalog().update(changed, State::held, event_of("submission.queued")));
    changed.updated_at = clock().now();
    EXPECT_EQ(catalog().get(first.id), changed);

    record.id = first.id;
    ASSERT_TRUE(catalog().update(record, State::queued, event_of("submission.held")));
    record.updated_at = clock().now();
    EXPECT_EQ(catalog().get(first.id), record) << "and back, parts and all";
    EXPECT_EQ(catalog().get(other.id), other) << "and only that one";
}

TEST_P(CatalogConformance, UpdateNeedsTheExpectedState) {
    SubmissionRecord record = stored(sample_delivery("ratings", "ratings"));
    const SubmissionRecord before = record;
    for (const State expected : all_states()) {
        if (expected == State::receiving) continue;
        record.state = State::published;
        record.parts.clear();
        EXPECT_EQ(code_of(catalog().update(record, expected, event_of("submission.published"))),
                  FailureCode::wrong_state)
            << to_string(expected);
    }
    EXPECT_EQ(catalog().get(record.id), before);
    EXPECT_EQ(catalog().events(record.id)->size(), 1U);

    const Status status = catalog().update(record, State::held, event_of("submission.published"));
    EXPECT_NE(status.error().message.find("is receiving"), std::string::npos) << status.error().message;
    EXPECT_NE(status.error().message.find("held"), std::string::npos) << status.error().message;

    ASSERT_TRUE(catalog().update(record, State::receiving, event_of("submission.published")));
    EXPECT_EQ(catalog().get(record.id)->state, State::published);
}

TEST_P(CatalogConformance, SaysWhichSubmissionIsUnknown) {
    ASSERT_TRUE(catalog().create(sample_delivery("ratings", "ratings"), event_of("submission.received")));
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    for (const SubmissionId id : {kNobody, SubmissionId(0), SubmissionId(-1), SubmissionId(2)}) {
        record.id = id;
        EXPECT_EQ(code_of(catalog().get(id)), FailureCode::unknown_submission);
        EXPECT_EQ(code_of(catalog().update(record, State::receiving, event_of("x"))), FailureCode::unknown_submission);
        EXPECT_EQ(code_of(catalog().events(id)), FailureCode::unknown_submission);
        EXPECT_EQ(code_of(catalog().forget_raw(id)), FailureCode::unknown_submission);
        EXPECT_EQ(code_of(catalog().forget_rejects(id)), FailureCode::unknown_submission);
    }
    EXPECT_NE(catalog().get(kNobody).error().message.find("999"), std::string::npos);
}

TEST_P(CatalogConformance, KeepsTheEventsOfEachSubmissionInOrder) {
    const SubmissionRecord first = stored(sample_delivery("ratings", "ratings"));
    const SubmissionRecord second = stored(sample_delivery("ratings", "ratings"));
    const Timestamp start = clock().now();
    clock().advance(5);
    moved(first, State::queued);
    clock().advance(5);
    moved(second, State::rejected);
    moved(catalog().get(first.id).value(), State::checking);

    const auto events = catalog().events(first.id);
    ASSERT_TRUE(events);
    ASSERT_EQ(events->size(), 3U);
    EXPECT_EQ((*events)[0].type, "submission.received");
    EXPECT_EQ((*events)[0].detail, R"({"rows":3})");
    EXPECT_EQ((*events)[1].type, "submission.queued");
    EXPECT_EQ((*events)[2].type, "submission.checking");
    EXPECT_EQ((*events)[0].at, start);
    EXPECT_EQ((*events)[1].at, start + 5);
    EXPECT_EQ((*events)[2].at, start + 10);
    for (const CatalogEvent& event : *events) EXPECT_EQ(event.submission, first.id);
    EXPECT_LT((*events)[0].number, (*events)[1].number);
    EXPECT_LT((*events)[1].number, (*events)[2].number);
    const auto others = catalog().events(second.id);
    ASSERT_EQ(others->size(), 2U);
    EXPECT_GT((*others)[1].number, (*events)[1].number);
    EXPECT_LT((*others)[1].number, (*events)[2].number);
}

TEST_P(CatalogConformance, ListsNewestFirst) {
    EXPECT_TRUE(listed({}).empty());
    for (int i = 0; i < 4; ++i) stored(sample_delivery("ratings", "ratings"));
    EXPECT_EQ(listed({}), (std::vector<std::int64_t>{4, 3, 2, 1}));
    EXPECT_EQ(catalog().list({})->at(1), catalog().get(SubmissionId(3)));
}

TEST_P(CatalogConformance, ListsInPages) {
    for (int i = 0; i < 60; ++i)
        stored(sample_delivery(i % 3 == 0 ? "drop" : "ratings", i % 2 == 0 ? "ratings" : "links"));
    EXPECT_EQ(listed({}).size(), 50U) << "unless asked otherwise";
    EXPECT_TRUE(listed({.limit = 0}).empty());
    EXPECT_EQ(listed({.limit = std::numeric_limits<std::size_t>::max()}).size(), 60U);
    EXPECT_EQ(listed({.before = SubmissionId(1)}), std::vector<std::int64_t>{});

    for (const std::string& dataset :
         {std::string(), std::string("ratings"), std::string("links"), std::string("drop")}) {
        const auto all = listed({.dataset = dataset, .limit = 1000});
        std::vector<std::int64_t> paged;
        std::optional<SubmissionId> before;
        for (;;) {
            const auto page = listed({.dataset = dataset, .before = before, .limit = 7});
            if (page.empty()) break;
            EXPECT_LE(page.size(), 7U);
            paged.insert(paged.end(), page.begin(), page.end());
            before = SubmissionId(page.back());
        }
        EXPECT_EQ(paged, all) << dataset;
    }
}

TEST_P(CatalogConformance, ListsByDatasetTargetAndState) {
    const SubmissionRecord direct = stored(sample_delivery("ratings", "ratings")); // 1
    const SubmissionRecord package = stored(sample_delivery("drop", "ratings"));   // 2
    const SubmissionRecord other = stored(sample_delivery("drop", "links"));       // 3
    SubmissionRecord both = sample_delivery("drop", "ratings");                    // 4
    both.parts.push_back({.name = "again.csv", .dataset = "ratings"});
    both.parts.push_back({.name = "links.csv", .dataset = "links"});
    both = stored(both);
    SubmissionRecord fresh = sample_delivery("ratings", "ratings"); // 5: nothing inspected yet
    fresh.parts.clear();
    fresh = stored(fresh);

    EXPECT_EQ(listed({.dataset = "ratings"}), (std::vector<std::int64_t>{5, 4, 2, 1}));
    EXPECT_EQ(listed({.dataset = "links"}), (std::vector<std::int64_t>{4, 3}));
    EXPECT_EQ(listed({.dataset = "drop"}), (std::vector<std::int64_t>{4, 3, 2}));
    EXPECT_TRUE(listed({.dataset = "movies"}).empty());
    EXPECT_TRUE(listed({.dataset = "rating"}).empty());

    moved(package, State::held);
    moved(other, State::held);
    moved(fresh, State::held);
    EXPECT_EQ(listed({.state = State::held}), (std::vector<std::int64_t>{5, 3, 2}));
    EXPECT_EQ(listed({.dataset = "ratings", .state = State::held}), (std::vector<std::int64_t>{5, 2}));
    EXPECT_EQ(listed({.dataset = "ratings", .state = State::receiving}), (std::vector<std::int64_t>{4, 1}));
    EXPECT_EQ(listed({.dataset = "ratings", .state = State::held, .before = SubmissionId(5)}),
              (std::vector<std::int64_t>{2}));
    EXPECT_EQ(listed({.dataset = "ratings", .state = State::held, .limit = 1}), (std::vector<std::int64_t>{5}));
    EXPECT_EQ(listed({.state = State::held, .before = SubmissionId(5), .limit = 1}), (std::vector<std::int64_t>{3}));
    EXPECT_TRUE(listed({.state = State::purged}).empty());
    EXPECT_EQ(direct.state, State::receiving);
}

TEST_P(CatalogConformance, UnfinishedAreThoseNotAtAnEnd) {
    EXPECT_TRUE(catalog().unfinished()->empty());
    std::vector<SubmissionRecord> expected;
    for (const State state : all_states()) {
        const SubmissionRecord record = moved(stored(sample_delivery("ratings", "ratings")), state);
        if (!is_end(state)) expected.push_back(record);
    }
    ASSERT_EQ(expected.size(), 6U);
    EXPECT_EQ(catalog().unfinished(), expected) << "oldest first";
}

TEST_P(CatalogConformance, FindsADeliveryOfTheSameBytes) {
    const std::string sha256(64, 'a');
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.raw_sha256 = sha256;
    EXPECT_EQ(same_bytes("ratings", sha256), std::nullopt);
    const SubmissionRecord first = stored(record);
    EXPECT_EQ(same_bytes("ratings", sha256), std::optional(first));
    EXPECT_EQ(same_bytes("links", sha256), std::nullopt);
    EXPECT_EQ(same_bytes("ratings", std::string(64, 'b')), std::nullopt);
    const SubmissionRecord second = stored(record);
    EXPECT_EQ(same_bytes("ratings", sha256), std::optional(second)) << "the latest";

    const std::set<State> standing{State::receiving, State::settling,   State::queued,   State::checking,
                                   State::held,      State::publishing, State::published};
    SubmissionRecord now = second;
    for (const State state : all_states()) {
        now = moved(now, state);
        EXPECT_EQ(same_bytes("ratings", sha256), std::optional(standing.contains(state) ? now : first))
            << to_string(state);
    }
}

TEST_P(CatalogConformance, OnlyDeliveriesWithBytesStandForThem) {
    const std::string sha256(64, 'a');
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    stored(record);
    EXPECT_EQ(same_bytes("ratings", ""), std::nullopt);
    record.raw_sha256 = sha256;
    record.kind = SubmissionKind::held_deletes;
    stored(record);
    EXPECT_EQ(same_bytes("ratings", sha256), std::nullopt);
}

TEST_P(CatalogConformance, CountsReferencesToObjects) {
    const std::string raw(64, 'a');
    const std::string errors(64, 'b');
    const std::string rejects(64, 'c');
    EXPECT_EQ(catalog().references("drop", raw), 0U);
    SubmissionRecord record = sample_delivery("drop", "ratings");
    record.parts.push_back({.name = "links.csv", .dataset = "links"});
    stored(record);
    EXPECT_EQ(catalog().references("drop", ""), 0U) << "no hash is no object";
    EXPECT_EQ(catalog().references("_inlet", ""), 0U);
    record.raw_sha256 = raw;
    record.parts[0].errors_sha256 = errors;
    record.parts[0].rejects_sha256 = rejects;
    record.parts[1].errors_sha256 = errors;
    const SubmissionRecord first = stored(record);
    EXPECT_EQ(catalog().references("drop", raw), 1U);
    EXPECT_EQ(catalog().references("ratings", raw), 0U) << "the raw bytes lie in the target's space";
    EXPECT_EQ(catalog().references("_inlet", raw), 0U);
    EXPECT_EQ(catalog().references("_inlet", errors), 2U);
    EXPECT_EQ(catalog().references("_inlet", rejects), 1U);
    EXPECT_EQ(catalog().references("drop", errors), 0U);
    const SubmissionRecord second = stored(record);
    EXPECT_EQ(catalog().references("drop", raw), 2U);
    EXPECT_EQ(catalog().references("_inlet", errors), 4U);

    ASSERT_TRUE(catalog().forget_raw(first.id));
    EXPECT_EQ(catalog().references("drop", raw), 1U);
    ASSERT_TRUE(catalog().forget_rejects(second.id));
    EXPECT_EQ(catalog().references("_inlet", errors), 2U);
    EXPECT_EQ(catalog().references("_inlet", rejects), 1U);

    SubmissionRecord changed = catalog().get(second.id).value();
    changed.raw_sha256.clear();
    moved(changed, State::failed);
    EXPECT_EQ(catalog().references("drop", raw), 0U);
}

TEST_P(CatalogConformance, ForgetsRawBytesForGood) {
    SubmissionRecord record = sample_with_everything();
    record.kind = SubmissionKind::delivery;
    record.state = State::published;
    const SubmissionRecord before = stored(record);
    const auto events = catalog().events(before.id)->size();
    ASSERT_TRUE(catalog().forget_raw(before.id));
    ASSERT_TRUE(catalog().forget_raw(before.id)) << "again";

    SubmissionRecord after = before;
    after.raw_sha256.clear();
    EXPECT_EQ(catalog().get(before.id), after) << "nothing else is forgotten";
    EXPECT_EQ(catalog().events(before.id)->size(), events);
    EXPECT_EQ(catalog().list({})->at(0), after);
    EXPECT_EQ(same_bytes(before.target, before.raw_sha256), std::optional(after))
        << "the same bytes are a repetition still";

    // Whoever read the record before does not bring the reference back.
    moved(before, State::undone);
    EXPECT_EQ(catalog().get(before.id)->raw_sha256, "");
    EXPECT_EQ(catalog().references(before.target, before.raw_sha256), 0U);
    EXPECT_EQ(same_bytes(before.target, before.raw_sha256), std::nullopt) << "undone";
    moved(catalog().get(before.id).value(), State::published);
    EXPECT_EQ(same_bytes(before.target, before.raw_sha256).has_value(), true) << "and back";
}

TEST_P(CatalogConformance, ForgettingRawBytesThatNeverCameIsNothing) {
    const SubmissionRecord record = stored(sample_delivery("ratings", "ratings"));
    ASSERT_TRUE(catalog().forget_raw(record.id));
    SubmissionRecord received = record;
    received.raw_sha256 = std::string(64, 'a');
    EXPECT_EQ(moved(received, State::queued).raw_sha256, received.raw_sha256);
}

TEST_P(CatalogConformance, ForgetsRejects) {
    const SubmissionRecord other = stored(sample_with_everything());
    const SubmissionRecord before = stored(sample_with_everything());
    ASSERT_TRUE(catalog().forget_rejects(before.id));
    ASSERT_TRUE(catalog().forget_rejects(before.id)) << "again";
    SubmissionRecord after = before;
    after.parts[0].errors_sha256.clear();
    after.parts[0].rejects_sha256.clear();
    EXPECT_EQ(catalog().get(before.id), after) << "counts and all else stay";
    EXPECT_EQ(catalog().get(other.id), other);
}

TEST_P(CatalogConformance, OneOfManyThreadsWinsEachUpdate) {
    constexpr int kThreads = 4;
    constexpr int kRounds = 10;
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.state = State::queued;
    record = stored(record);
    for (int round = 0; round < kRounds; ++round) {
        std::atomic<int> won = 0;
        std::atomic<int> refused = 0;
        {
            std::vector<std::jthread> threads;
            threads.reserve(kThreads);
            for (int t = 0; t < kThreads; ++t) {
                threads.emplace_back([&] {
                    SubmissionRecord mine = record;
                    mine.state = State::checking;
                    const Status status = catalog().update(mine, State::queued, event_of("submission.checking"));
                    if (status) ++won;
                    if (!status && status.error().code == FailureCode::wrong_state) ++refused;
                });
            }
        }
        EXPECT_EQ(won, 1);
        EXPECT_EQ(refused, kThreads - 1);
        record = moved(catalog().get(record.id).value(), State::queued);
    }
    EXPECT_EQ(catalog().events(record.id)->size(), 1U + 2U * kRounds);
}

TEST_P(CatalogConformance, ReadersSeeWholeRecordsWhileOthersWrite) {
    constexpr std::uint64_t kRounds = 40;
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    for (int i = 0; i < 3; ++i) record.parts.push_back(record.parts.front());
    record = stored(record);
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0;
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(2);
        for (int t = 0; t < 2; ++t) {
            threads.emplace_back([&] {
                do {
                    const auto seen = catalog().get(record.id);
                    const auto all = catalog().list({});
                    if (!seen || !all) {
                        ++failures;
                        continue;
                    }
                    for (const PartRecord& part : seen->parts) {
                        if (part.rows != seen->raw_bytes) ++torn;
                    }
                    if (seen->parts.size() != 4U) ++torn;
                } while (!done);
            });
        }
        threads.emplace_back([&] {
            for (std::uint64_t i = 0; i < kRounds; ++i) {
                if (!catalog().create(sample_delivery("links", "links"), event_of("submission.received"))) ++failures;
            }
        });
        for (std::uint64_t i = 1; i <= kRounds; ++i) {
            record.raw_bytes = i;
            for (PartRecord& part : record.parts) part.rows = i;
            if (!catalog().update(record, State::receiving, event_of("submission.progress"))) ++failures;
        }
        done = true;
    }
    EXPECT_EQ(torn, 0);
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(catalog().get(record.id)->raw_bytes, kRounds);
    EXPECT_EQ(listed({.dataset = "links", .limit = 1000}).size(), kRounds);
}

TEST_P(CatalogConformance, PickupsAreKeptByFolderAndFile) {
    Pickups& pickups = catalog().pickups();
    PickupRecord first{.provider = "studio",
                       .folder = "/in/studio",
                       .name = "d\xC3\xA4ta\n'\xFF.zip",
                       .mark = {.inode = std::numeric_limits<std::uint64_t>::max(),
                                .size = std::numeric_limits<std::uint64_t>::max(),
                                .modified_ns = std::numeric_limits<std::int64_t>::max(),
                                .changed_ns = -1},
                       .submission = SubmissionId(7)};
    first.number = pickups.put(first).value();
    PickupRecord second = first;
    second.number = 0;
    second.state = PickupState::removed;
    second.duplicate = true;
    second.told = "held";
    second.answer_files = {"a.result.json", "a.rejects.csv"};
    second.number = pickups.put(second).value();
    PickupRecord elsewhere = second;
    elsewhere.number = 0;
    elsewhere.folder = "/in/other";
    elsewhere.number = pickups.put(elsewhere).value();
    PickupRecord named = second;
    named.number = 0;
    named.name = "b.zip";
    named.number = pickups.put(named).value();
    EXPECT_TRUE(first.number > 0 && first.number < second.number && second.number < elsewhere.number);
    EXPECT_EQ(*pickups.open("studio", "/in/studio"), (std::vector{first, second, named}));
    EXPECT_EQ(*pickups.open("studio", "/in/other"), std::vector{elsewhere});
    EXPECT_EQ(*pickups.open("other", "/in/studio"), std::vector<PickupRecord>());

    first.state = PickupState::answered;
    EXPECT_EQ(*pickups.put(first), first.number);
    EXPECT_EQ(*pickups.open("studio", "/in/studio"), (std::vector{second, named}));
    EXPECT_EQ(*pickups.of_file("studio", "/in/studio", first.name), (std::vector{first, second}));

    ASSERT_TRUE(pickups.remove(named.number));
    ASSERT_TRUE(pickups.remove(named.number)) << "again";
    named.number = 0;
    EXPECT_GT(*pickups.put(named), elsewhere.number) << "numbers are never given twice";
}

} // namespace inlet
