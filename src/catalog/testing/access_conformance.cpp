// Keys, the audit log, and who sees which submissions: the same of every catalog.
#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "catalog/testing/conformance.hpp"

namespace inlet {

namespace {

AuditEntry act(std::string action, std::int64_t submission) {
    return {.by = "Ann, \xC3\xA4",
            .by_id = "user:ann",
            .address = "192.0.2.7",
            .action = std::move(action),
            .object = "ratings",
            .submission = SubmissionId(submission),
            .outcome = "done",
            .detail = R"({"rows":3})"};
}

} // namespace

TEST_P(CatalogConformance, KeysAreKeptAndRevoked) {
    Keys& keys = catalog().keys();
    EXPECT_EQ(*keys.all(), std::vector<KeyRecord>());
    KeyRecord first{.id = "7f00", .name = "somebody's", .sha256 = std::string(64, 'b'), .roles = {"admin"}};
    first.expires_at = 1'800'000'000'000'000;
    KeyRecord second{.id = "1a2b",
                     .name = "\xC3\xA4",
                     .sha256 = std::string(64, 'c'),
                     .roles = {"sender", "reader"},
                     .datasets = {"ratings", "mov*"}};
    first.created_at = clock().now();
    ASSERT_TRUE(keys.add(first));
    clock().advance(5);
    second.created_at = clock().now();
    ASSERT_TRUE(keys.add(second));
    EXPECT_EQ(keys.add(first).error().code, FailureCode::bad_argument);
    EXPECT_EQ(*keys.all(), (std::vector{first, second}));
    EXPECT_EQ(*keys.find("1a2b"), std::optional(second));
    EXPECT_EQ(*keys.find("1A2B"), std::nullopt);

    clock().advance(4);
    first.revoked_at = clock().now();
    ASSERT_TRUE(keys.revoke("7f00"));
    clock().advance(1);
    ASSERT_TRUE(keys.revoke("7f00"));
    EXPECT_EQ(*keys.all(), (std::vector{first, second}));
    EXPECT_EQ(keys.revoke("none").error().code, FailureCode::unknown_key);
}

TEST_P(CatalogConformance, AKeyIsRotatedUnlessItIsRevoked) {
    Keys& keys = catalog().keys();
    ASSERT_TRUE(keys.add({.id = "7f00", .name = "a", .sha256 = "old"}));
    ASSERT_TRUE(keys.rotate("7f00", "new", 99));
    const KeyRecord rotated = **keys.find("7f00");
    EXPECT_EQ(rotated.sha256, "new");
    EXPECT_EQ(rotated.old_sha256, "old");
    EXPECT_EQ(rotated.old_until, 99);
    ASSERT_TRUE(keys.rotate("7f00", "newer", 100));
    EXPECT_EQ((**keys.find("7f00")).old_sha256, "new");
    ASSERT_TRUE(keys.revoke("7f00"));
    EXPECT_EQ(keys.rotate("7f00", "newest", 101).error().code, FailureCode::unknown_key);
    EXPECT_EQ(keys.rotate("none", "new", 1).error().code, FailureCode::unknown_key);
}

TEST_P(CatalogConformance, UseOfAKeyIsNoted) {
    Keys& keys = catalog().keys();
    ASSERT_TRUE(keys.add({.id = "7f00", .name = "a"}));
    keys.note_used("7f00", 8);
    keys.note_used("7f00", 7);
    keys.note_used("none", 9);
    ASSERT_TRUE(keys.add({.id = "1a2b", .name = "b"})); // what is written behind is written before what is asked later
    EXPECT_EQ((**keys.find("7f00")).last_used_at, 8);
}

TEST_P(CatalogConformance, TheCounterTellsOfEveryChangeOfAKey) {
    Keys& keys = catalog().keys();
    std::uint64_t last = *keys.change_counter();
    const auto changed = [&] { return std::exchange(last, *keys.change_counter()) != last; };
    EXPECT_FALSE(changed());
    ASSERT_TRUE(keys.add({.id = "7f00", .name = "a"}));
    EXPECT_TRUE(changed());
    EXPECT_FALSE(changed());
    ASSERT_TRUE(keys.rotate("7f00", "new", 99));
    EXPECT_TRUE(changed());
    ASSERT_TRUE(keys.revoke("7f00"));
    EXPECT_TRUE(changed());
}

TEST_P(CatalogConformance, AuditEntriesAreAChain) {
    AuditLog& audit = catalog().audit();
    EXPECT_EQ(*verify_audit(audit, {}), AuditHead());
    AuditEntry first = act("submission.approve", 7);
    first.number = 55; // not ours to say
    ASSERT_TRUE(audit.append(first));
    clock().advance(3);
    const AuditHead head = *audit.append(act("key.create", 0));
    EXPECT_EQ(head.number, 2);

    const std::vector<AuditEntry> all = *audit.oldest(0, 10);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].number, 1);
    EXPECT_EQ(all[1].at, all[0].at + 3);
    first = act("submission.approve", 7);
    first.number = 1;
    first.at = all[0].at;
    first.hash = audit_hash(std::string(64, '0'), first);
    EXPECT_EQ(all[0], first);
    EXPECT_EQ(all[1].hash, audit_hash(all[0].hash, all[1]));
    EXPECT_EQ(head.hash, all[1].hash);
    EXPECT_EQ(*verify_audit(audit, {head, {.number = 1, .hash = all[0].hash}}), head);

    EXPECT_EQ(*audit.oldest(1, 10), std::vector{all[1]});
    EXPECT_EQ(*audit.oldest(0, 1), std::vector{all[0]});
    EXPECT_EQ(*audit.newest(0, 1), std::vector{all[1]});
    EXPECT_EQ(*audit.newest(2, 10), std::vector{all[0]});
    EXPECT_EQ(*audit.newest(1, 10), std::vector<AuditEntry>());
}

TEST_P(CatalogConformance, WhatWasToldOfTheAuditLogMustStillHold) {
    AuditLog& audit = catalog().audit();
    const AuditHead head = *audit.append(act("key.create", 0));
    const auto refused = [&](const AuditHead& known) {
        const auto verified = verify_audit(audit, {known});
        return verified ? FailureCode::internal : verified.error().code;
    };
    EXPECT_EQ(refused({.number = 1, .hash = std::string(64, 'a')}), FailureCode::audit_broken);
    EXPECT_EQ(refused({.number = 0, .hash = std::string(64, 'a')}), FailureCode::audit_broken);
    EXPECT_EQ(refused({.number = 2, .hash = head.hash}), FailureCode::audit_broken); // it was cut off
}

TEST_P(CatalogConformance, ManyThreadsMakeOneChain) {
    constexpr int kThreads = 4;
    constexpr int kEach = 50;
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < kEach; ++i) {
                if (!catalog().audit().append(act("submission.cancel", i))) ++failures;
                // A neighbour in the same transaction that fails takes the group back.
                if (i % 5 == 0 && catalog().keys().revoke("none")) ++failures;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(verify_audit(catalog().audit(), {})->number, kThreads * kEach);
}

TEST_P(CatalogConformance, ScopedListsShowWhatIsVisibleInWholePages) {
    std::vector<SubmissionRecord> all;
    const auto add = [&](const std::string& target, bool package, const std::string& sender,
                         const std::vector<std::string>& datasets) {
        SubmissionRecord record;
        record.target = target;
        record.target_is_package = package;
        record.sender = sender;
        if (target.empty()) record.kind = SubmissionKind::undo;
        for (const std::string& dataset : datasets) record.parts.push_back({.name = "f", .dataset = dataset});
        all.push_back(stored(record));
    };
    for (int round = 0; round < 5; ++round) {
        add("a", false, "key:1", {"a"});
        add("a", false, "", {});
        add("b", false, "key:2", {"b"});
        add("b", false, "key:1", {});
        add("p", true, "", {"a", "b"});
        add("p", true, "", {"a", "c"});
        add("p", true, "key:1", {"c"});
        add("p", false, "", {}); // a dataset may have the name of a package
        add("", false, "", {});
        add("", false, "", {"a"});
        add("", false, "user:x", {"c"});
    }
    const std::vector<SubmissionScope> scopes{{},
                                              {.sender = "key:1"},
                                              {.datasets = {"a"}},
                                              {.datasets = {"a", "b"}},
                                              {.datasets = {"a", "b"}, .packages = {"p"}},
                                              {.sender = "key:2", .datasets = {"a", "c", "p"}},
                                              {.sender = "user:x", .packages = {"p", "a"}},
                                              {.datasets = {"a", "b", "c", "p"}, .packages = {"p"}}};
    for (std::size_t s = 0; s < scopes.size(); ++s) {
        for (const char* dataset : {"", "a", "p", "c"}) {
            std::vector<std::int64_t> expected;
            for (auto record = all.rbegin(); record != all.rend(); ++record) {
                const bool matches =
                    *dataset == '\0' || record->target == dataset ||
                    std::ranges::any_of(record->parts, [&](const PartRecord& part) { return part.dataset == dataset; });
                if (matches && visible(*record, scopes[s])) expected.push_back(record->id.value);
            }
            std::vector<std::int64_t> seen;
            SubmissionFilter filter{.dataset = dataset, .scope = scopes[s], .limit = 3};
            for (;;) {
                const std::vector<std::int64_t> page = listed(filter);
                seen.insert(seen.end(), page.begin(), page.end());
                if (page.size() < filter.limit) break;
                filter.before = SubmissionId(page.back());
            }
            EXPECT_EQ(seen, expected) << s << " " << dataset;
            filter = {.dataset = dataset, .state = SubmissionState::queued, .scope = scopes[s]};
            EXPECT_EQ(listed(filter).size(), 0U);
        }
    }
}

} // namespace inlet
