// The model-based test of warehouses: long random sequences of publications in every mode, undos, undos of undos,
// approvals and prunes, played to a warehouse under test and to another one that is believed, comparing every answer,
// and after each 100 steps and at the end everything that can be read. Floor 3, testing only; one thread.
//
// Models are published along (play_models.hpp); a warehouse in memory computes them by a function: play_memory().
//
//     const auto failure = random_play(play_options(), duckdb_factory(), &believed);
//     EXPECT_FALSE(failure) << *failure;
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "warehouse/testing/warehouse_factory.hpp"

namespace inlet {

struct PlayOptions {
    std::uint64_t seed = 1;
    std::size_t steps = 1'000;
    std::size_t shrink_steps = 20'000; // how many steps may be played to make a failing sequence shorter
};

// 1,000 steps; 10,000 or 300 when the environment has INLET_ROUNDS=long or few; seed 1, or INLET_SEED. Prints both.
PlayOptions play_options();

// Nothing if all went well; else what went wrong, the seed, and the steps that lead there, as few as could be found.
// Without `believed` the warehouse is compared with itself (what was read at a version must be read again ever after),
// and in either case with a replay of what was not undone (replay.hpp). Prints what was played.
std::optional<std::string> random_play(const PlayOptions& options, const WarehouseFactory& under_test,
                                       const WarehouseFactory* believed = nullptr);

} // namespace inlet
