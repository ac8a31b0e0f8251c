// The memory warehouse under the suite that every warehouse passes, and what is its own.
#include "warehouse/memory/memory_warehouse.hpp"

#include <gtest/gtest.h>

#include "warehouse/testing/conformance.hpp"
#include "warehouse/testing/random_play.hpp"

namespace inlet {

namespace {

WarehouseFactory memory_factory() {
    return {.name = "Memory",
            .open = [](const Clock& clock, const std::string&) { return make_memory_warehouse(clock); }};
}

} // namespace

TEST(MemoryWarehouse, UndoneIsWhatAReplayGives) {
    const auto failure = random_play(play_options(), memory_factory());
    EXPECT_FALSE(failure) << *failure;
}

INSTANTIATE_TEST_SUITE_P(All, WarehouseConformance, testing::ValuesIn(warehouse_cases(memory_factory())),
                         warehouse_case_name);

} // namespace inlet
