// The faults themselves; that the wrapper is the warehouse while it has none is what the conformance suite shows.
#include "warehouse/testing/fault_warehouse.hpp"

#include <gtest/gtest.h>

#include "warehouse/memory/memory_warehouse.hpp"
#include "warehouse/testing/play_models.hpp"
#include "warehouse/testing/random_play.hpp"
#include "warehouse/testing/submissions.hpp"

namespace inlet {

namespace {

class FaultWarehouseTest : public testing::Test {
protected:
    FaultWarehouseTest() : memory_(make_memory_warehouse(clock_)), faults_(*memory_) {
        datasets_["log"] = make_dataset("log", "text:string");
        EXPECT_TRUE(faults_.define({datasets_["log"]}));
    }

    // The code of what failed, or "ok".
    std::string publish(std::int64_t id) {
        PartText part;
        part.dataset = "log";
        part.rows = parse_rows("a");
        const auto staged = stage(*memory_, datasets_, {SubmissionId(id), {part}, {}});
        EXPECT_TRUE(staged);
        PublishRequest request;
        request.submissions = {*staged};
        ToldJudge judge;
        const auto outcome = faults_.publish(request, judge);
        return outcome ? "ok" : std::string(failure_info(outcome.error().code).code);
    }
    bool happened(std::int64_t id) { return memory_->published(SubmissionId(id), "log")->has_value(); }

    ManualClock clock_;
    Datasets datasets_;
    std::unique_ptr<Warehouse> memory_;
    FaultWarehouse faults_;
};

} // namespace

TEST_F(FaultWarehouseTest, FailsBeforeItHappened) {
    faults_.fail_at(1, FailureCode::disk_full, FaultWarehouse::Moment::before);
    EXPECT_EQ(publish(1), "disk-full");
    EXPECT_FALSE(happened(1));
    EXPECT_EQ(publish(2), "ok");
}

TEST_F(FaultWarehouseTest, LosesTheAnswerAfterItHappened) {
    faults_.fail_at(1, FailureCode::warehouse_failed, FaultWarehouse::Moment::after);
    EXPECT_EQ(publish(1), "warehouse-failed");
    EXPECT_TRUE(happened(1));
}

TEST_F(FaultWarehouseTest, FailsTheNthCallAndNamesAll) {
    faults_.fail_at(3, FailureCode::io_failed, FaultWarehouse::Moment::before);
    EXPECT_EQ(publish(1), "ok");
    EXPECT_TRUE(faults_.undone(SubmissionId(1)));
    EXPECT_EQ(publish(2), "io-failed");
    EXPECT_EQ(publish(3), "ok");
    EXPECT_EQ(faults_.calls(), (std::vector<std::string>{"define", "publish", "undone", "publish", "publish"}));
}

TEST_F(FaultWarehouseTest, FailsUntilItIsHealed) {
    faults_.fail_at(2, FailureCode::io_failed, FaultWarehouse::Moment::before, true);
    EXPECT_EQ(publish(1), "ok");
    EXPECT_EQ(publish(2), "io-failed");
    EXPECT_EQ(publish(3), "io-failed");
    faults_.heal();
    EXPECT_EQ(publish(4), "ok");
}

TEST_F(FaultWarehouseTest, ACallKeepsItsOwnError) {
    faults_.fail_at(1, FailureCode::disk_full, FaultWarehouse::Moment::after);
    const auto versions = faults_.versions("nobody", 1);
    ASSERT_FALSE(versions);
    EXPECT_EQ(versions.error().code, FailureCode::unknown_dataset);
}

// The play is worth something only if it fails where a warehouse does, and then tells the few steps that matter.
TEST(RandomPlay, FindsAWarehouseThatLosesUndos) {
    class Loses final : public FaultWarehouse {
    public:
        explicit Loses(std::unique_ptr<Warehouse> behind) : FaultWarehouse(*behind), owned_(std::move(behind)) {}
        // Answers as if it had been done.
        Result<UndoOutcome> undo(const UndoRequest& request) override {
            UndoRequest dry = request;
            dry.dry_run = true;
            UndoOutcome outcome = TRY(FaultWarehouse::undo(dry));
            outcome.version = Version(1);
            return outcome;
        }

    private:
        std::unique_ptr<Warehouse> owned_;
    };
    const WarehouseFactory believed = play_memory();
    const WarehouseFactory broken{.name = "Broken", .open = [](const Clock& clock, const std::string&) {
                                      return std::unique_ptr<Warehouse>(
                                          std::make_unique<Loses>(make_memory_warehouse(clock, compute_play_model)));
                                  }};
    const auto failure = random_play({.seed = 1, .steps = 200, .shrink_steps = 2'000}, broken, &believed);
    ASSERT_TRUE(failure);
    EXPECT_NE(failure->find("of the steps are enough"), std::string::npos);
    EXPECT_NE(failure->find("undo"), std::string::npos);
}

} // namespace inlet
