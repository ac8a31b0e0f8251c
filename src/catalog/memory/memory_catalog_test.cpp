// The conformance suite on the memory catalog, and the fault wrapper.
#include "catalog/memory/memory_catalog.hpp"

#include <gtest/gtest.h>

#include "catalog/testing/conformance.hpp"
#include "catalog/testing/fault_catalog.hpp"

namespace inlet {
namespace {

class MemoryHarness final : public CatalogHarness {
public:
    Catalog& catalog() override { return *catalog_; }
    ManualClock& clock() override { return clock_; }

private:
    ManualClock clock_;
    std::unique_ptr<Catalog> catalog_ = make_memory_catalog(clock_);
};

INSTANTIATE_TEST_SUITE_P(Memory, CatalogConformance,
                         testing::ValuesIn(catalog_cases([] { return std::make_unique<MemoryHarness>(); })),
                         catalog_case_name);

TEST(FaultCatalog, FailsTheCallItIsToldTo) {
    MemoryHarness harness;
    FaultCatalog catalog(harness.catalog());
    const CatalogEvent event{.type = "submission.received", .detail = "{}"};
    SubmissionRecord record = sample_delivery("ratings", "ratings");

    catalog.fail_at(1, FaultCatalog::When::before, FailureCode::disk_full);
    const auto failed = catalog.create(record, event);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, FailureCode::disk_full);
    EXPECT_TRUE(catalog.fired());
    EXPECT_TRUE(harness.catalog().list({})->empty());

    record.id = catalog.create(record, event).value();
    catalog.fail_at(3, FaultCatalog::When::after);
    EXPECT_TRUE(catalog.get(record.id));
    EXPECT_TRUE(catalog.unfinished());
    EXPECT_FALSE(catalog.fired());
    record.state = SubmissionState::queued;
    const Status lost = catalog.update(record, SubmissionState::receiving, event);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, FailureCode::catalog_failed);
    EXPECT_EQ(harness.catalog().get(record.id)->state, SubmissionState::queued) << "only the answer was lost";

    EXPECT_EQ(catalog.update(record, SubmissionState::receiving, event).error().code, FailureCode::wrong_state)
        << "a fault comes once";
    catalog.fail_at(1, FaultCatalog::When::before);
    catalog.heal();
    EXPECT_TRUE(catalog.forget_raw(record.id));
    EXPECT_FALSE(catalog.fired());
    EXPECT_EQ(catalog.calls(), 7U);
}

} // namespace
} // namespace inlet
