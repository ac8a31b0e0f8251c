// What every catalog must do with jobs.
#include "catalog/testing/conformance.hpp"

namespace inlet {

namespace {

constexpr std::chrono::seconds kLease{60};
constexpr std::chrono::seconds kPause{4};

Timestamp in_lease(std::chrono::seconds time) { return std::chrono::microseconds(time).count(); }

CatalogEvent step() { return {.type = "submission.step", .detail = "{}"}; }

} // namespace

TEST_P(CatalogConformance, ALeaseIsGivenToOneWorkerAtATime) {
    Jobs& jobs = catalog().jobs();
    const SubmissionId id = stored(sample_delivery("ratings", "ratings")).id;
    EXPECT_EQ(*jobs.all(), std::vector<JobRecord>());
    const JobRecord first = jobs.lease(id, "one", kLease)->value();
    EXPECT_EQ(first.submission, id);
    EXPECT_EQ(first.worker, "one");
    EXPECT_EQ(first.since, clock().now());
    EXPECT_EQ(first.until, clock().now() + in_lease(kLease));
    EXPECT_EQ(*jobs.all(), std::vector{first});
    EXPECT_EQ(*jobs.lease(id, "two", kLease), std::nullopt);
    ASSERT_TRUE(jobs.release(id, first.lease));
    const JobRecord second = jobs.lease(id, "two", kLease)->value();
    EXPECT_GT(second.lease, first.lease);
    EXPECT_EQ(jobs.lease(SubmissionId(99), "one", kLease).error().code, FailureCode::unknown_submission);
}

TEST_P(CatalogConformance, ALeaseThatIsNotExtendedMayBeTakenWhenItsEndIsCertain) {
    Jobs& jobs = catalog().jobs();
    const SubmissionId id = stored(sample_delivery("ratings", "ratings")).id;
    const JobRecord first = jobs.lease(id, "one", kLease)->value();
    clock().advance(in_lease(kLease));
    ASSERT_TRUE(jobs.extend(id, first.lease, kLease));
    clock().advance(in_lease(kLease));
    EXPECT_EQ(*jobs.lease(id, "two", kLease), std::nullopt) << "its clock may be behind";
    clock().advance(in_lease(kLeaseSlack));
    const JobRecord second = jobs.lease(id, "two", kLease)->value();
    EXPECT_EQ(jobs.extend(id, first.lease, kLease).error().code, FailureCode::lease_lost);
    EXPECT_EQ(jobs.put_off(id, first.lease, kPause, "io-failed", "x").error().code, FailureCode::lease_lost);
    ASSERT_TRUE(jobs.release(id, first.lease)) << "nothing to do";
    EXPECT_EQ(*jobs.all(), std::vector{second});
}

TEST_P(CatalogConformance, AClockThatGoesBackTakesNoLeaseAway) {
    Jobs& jobs = catalog().jobs();
    const SubmissionId id = stored(sample_delivery("ratings", "ratings")).id;
    const JobRecord first = jobs.lease(id, "one", kLease)->value();
    clock().advance(-in_lease(std::chrono::hours(24)));
    ASSERT_TRUE(jobs.extend(id, first.lease, kLease));
    EXPECT_EQ(*jobs.lease(id, "two", kLease), std::nullopt);
    const JobRecord own = jobs.lease(id, "one", kLease)->value();
    EXPECT_GT(own.lease, first.lease) << "who asks again goes on without what it held";
    EXPECT_EQ(jobs.extend(id, first.lease, kLease).error().code, FailureCode::lease_lost);
}

TEST_P(CatalogConformance, WhoLostItsLeaseChangesNothing) {
    Jobs& jobs = catalog().jobs();
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.state = SubmissionState::queued;
    record = stored(record);
    record.lease = jobs.lease(record.id, "one", kLease)->value().lease;
    record.state = SubmissionState::checking;
    ASSERT_TRUE(catalog().update(record, SubmissionState::queued, step()));
    EXPECT_EQ(catalog().get(record.id)->lease, LeaseNumber()) << "it is of the change, not of the submission";
    ASSERT_TRUE(jobs.release_all());
    record.state = SubmissionState::publishing;
    EXPECT_EQ(catalog().update(record, SubmissionState::checking, step()).error().code, FailureCode::lease_lost);
    const LeaseNumber next = jobs.lease(record.id, "two", kLease)->value().lease;
    EXPECT_EQ(catalog().update(record, SubmissionState::checking, step()).error().code, FailureCode::lease_lost);
    EXPECT_EQ(catalog().get(record.id)->state, SubmissionState::checking);
    EXPECT_EQ(catalog().events(record.id)->size(), 2U);
    record.lease = next;
    ASSERT_TRUE(catalog().update(record, SubmissionState::checking, step()));
}

TEST_P(CatalogConformance, FailuresAreCountedOverLeasesUntilTheEnd) {
    Jobs& jobs = catalog().jobs();
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.state = SubmissionState::checking;
    record = stored(record);
    const LeaseNumber first = jobs.lease(record.id, "one", kLease)->value().lease;
    ASSERT_TRUE(jobs.put_off(record.id, first, kPause, "disk-full", "no room"));
    ASSERT_TRUE(jobs.release(record.id, first));
    const JobRecord again = jobs.lease(record.id, "two", kLease)->value();
    EXPECT_EQ(again.failures, 1U);
    EXPECT_EQ(again.next_at, clock().now() + in_lease(kPause));
    EXPECT_EQ(again.code, "disk-full");
    EXPECT_EQ(again.reason, "no room");
    record.lease = again.lease;
    record.state = SubmissionState::failed;
    ASSERT_TRUE(catalog().update(record, SubmissionState::checking, step()));
    EXPECT_EQ(*jobs.all(), std::vector<JobRecord>());
    EXPECT_EQ(*jobs.lease(record.id, "two", kLease), std::nullopt) << "there is nothing to do";
    record.state = SubmissionState::queued;
    EXPECT_EQ(catalog().update(record, SubmissionState::failed, step()).error().code, FailureCode::lease_lost);
    record.lease = {};
    ASSERT_TRUE(catalog().update(record, SubmissionState::failed, step()));
    const JobRecord anew = jobs.lease(record.id, "two", kLease)->value();
    EXPECT_GT(anew.lease, again.lease) << "no number twice";
    EXPECT_EQ(anew.failures, 0U);
}

} // namespace inlet
