// The memory warehouse under the suite that every warehouse passes, and what is its own.
#include "warehouse/memory/memory_warehouse.hpp"

#include <gtest/gtest.h>

#include "warehouse/testing/conformance.hpp"
#include "warehouse/testing/play_models.hpp"
#include "warehouse/testing/random_play.hpp"

namespace inlet {

namespace {

WarehouseFactory memory_factory() {
    return {.name = "Memory",
            .open = [](const Clock& clock, const std::string&) { return make_memory_warehouse(clock); }};
}

} // namespace

TEST(MemoryWarehouse, UndoneIsWhatAReplayGives) {
    const auto failure = random_play(play_options(), play_memory());
    EXPECT_FALSE(failure) << *failure;
}

// Models by a function: what the conformance suite asks of SQL.
TEST(MemoryWarehouse, ModelsAreComputedByTheFunction) {
    ManualClock clock;
    const auto count_log = [](const Model&, const std::map<std::string, MemoryTable>& tables) -> Result<MemoryTable> {
        const auto rows = static_cast<std::int64_t>(tables.at("log").rows.size());
        if (rows == 3) return fail(FailureCode::model_failed, "three is too many");
        return MemoryTable{{{"one", ResultKind::int64}, {"rows", ResultKind::int64}}, {{std::int64_t{1}, rows}}};
    };
    const auto warehouse = make_memory_warehouse(clock, count_log);
    const Datasets datasets{{"log", make_dataset("log", "text:string")}};
    ASSERT_TRUE(warehouse->define({datasets.at("log")}));
    const std::vector<Model> models{{"sizes", "", {"one"}}};
    const auto load = [&](std::int64_t id, std::string_view rows) {
        PublishRequest request;
        request.submissions = {*stage(*warehouse, datasets, {SubmissionId(id), {append("log", rows)}, {}})};
        request.models = models;
        ToldJudge judge;
        const auto outcome = warehouse->publish(request, judge);
        return outcome ? to_string(outcome->models.at(0).counts) : code_of(outcome);
    };
    const auto read = [&](std::optional<Version> as_of) {
        RowCollector rows;
        EXPECT_TRUE(warehouse->read("sizes", as_of, rows));
        return rows.sorted();
    };
    EXPECT_EQ(load(1, "a"), "inserted 1 updated 0 deleted 0 unchanged 0");
    EXPECT_EQ(load(2, ""), "inserted 0 updated 0 deleted 0 unchanged 0");
    EXPECT_EQ(load(3, "b"), "inserted 0 updated 1 deleted 0 unchanged 0");
    EXPECT_EQ(read(std::nullopt), Lines{"1|2|3|0"});
    EXPECT_EQ(load(4, "c"), "model-failed");
    UndoRequest undo;
    undo.id = SubmissionId(5);
    undo.targets = {SubmissionId(3)};
    undo.models = models;
    ASSERT_TRUE(warehouse->undo(undo));
    EXPECT_EQ(read(std::nullopt), Lines{"1|1|4|0"});
    EXPECT_EQ(read(Version(3)), Lines{"1|2|3|0"});
    EXPECT_EQ(warehouse->versions("sizes", 10)->size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(All, WarehouseConformance, testing::ValuesIn(warehouse_cases(memory_factory())),
                         warehouse_case_name);

} // namespace inlet
