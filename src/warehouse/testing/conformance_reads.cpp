// Reading: as of a version, differences, keys, lists, and what pruning leaves.
#include <fmt/format.h>

#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_reads() {}

TEST_P(WarehouseConformance, EveryVersionIsReadAsItWas) {
    std::vector<Lines> people{{}};
    std::vector<Lines> log{{}};
    const auto remember = [&] {
        people.push_back(stored("people"));
        log.push_back(stored("log"));
    };
    load(1, append("people", "1|a|~; 2|a|~; 3|a|~")), remember();
    load(2, append("log", "x|1; x|1")), remember();
    load(3, upsert("people", "2|b|~; 4|b|~")), remember();
    load(4, replace("log", "x|1; y|2")), remember();
    load(5, sync("people", "2|b|~; 5|c|~")), remember();
    undo(6, {5}), remember();
    load(7, replace("people", "1|z|~")), remember();
    undo(8, {7}), remember();
    undo(9, {6}), remember();
    for (std::size_t v = 0; v < people.size(); ++v) {
        EXPECT_EQ(stored("people", Version(static_cast<std::int64_t>(v))), people[v]) << v;
        EXPECT_EQ(stored("log", Version(static_cast<std::int64_t>(v))), log[v]) << v;
    }
    EXPECT_EQ(stored("people", Version(10)), Lines{"unknown-version"});
    EXPECT_EQ(stored("people", Version(-1)), Lines{"unknown-version"});
}

TEST_P(WarehouseConformance, WhatStoodWithinAVersionIsSeenAtNone) {
    load(1, upsert("people", "1|a|~; 2|a|~"));
    publish({{SubmissionId(2), {upsert("people", "1|b|~; 3|b|~")}, {}},
             {SubmissionId(3), {sync("people", "1|c|~")}, {}},
             {SubmissionId(4), {upsert("people", "3|d|~")}, {}}});
    EXPECT_EQ(stored("people", Version(2)), (Lines{"1|c|~|2|3", "3|d|~|2|4"}));
    EXPECT_EQ(stored("people", Version(1)), (Lines{"1|a|~|1|1", "2|a|~|1|1"}));
    EXPECT_EQ(diff("people", 1, 2),
              (Lines{"updated 1|a|~ -> 1|c|~", "deleted 2|a|~ -> ", "inserted  -> 3|d|~", "1 1 1 0"}));
}

TEST_P(WarehouseConformance, DiffByKey) {
    load(1, append("people", "1|a|~; 2|a|~; 3|a|~"));
    load(2, upsert("people", "2|b|~; 4|b|~"));
    load(3, sync("people", "2|a|~; 4|b|~; 3|a|~; 10|c|~"));
    EXPECT_EQ(diff("people", 1, 2), (Lines{"updated 2|a|~ -> 2|b|~", "inserted  -> 4|b|~", "1 1 0 0"}));
    EXPECT_EQ(diff("people", 2, 1), (Lines{"updated 2|b|~ -> 2|a|~", "deleted 4|b|~ -> ", "0 1 1 0"}));
    // There and back is no change, though the row is another.
    EXPECT_EQ(diff("people", 1, 3),
              (Lines{"deleted 1|a|~ -> ", "inserted  -> 4|b|~", "inserted  -> 10|c|~", "2 0 1 0"}));
    EXPECT_EQ(diff("people", 0, 1, 2), (Lines{"inserted  -> 1|a|~", "inserted  -> 2|a|~", "3 0 0 0"}));
    EXPECT_EQ(diff("people", 3, 0, 0), Lines{"0 0 4 0"});
    EXPECT_EQ(diff("people", 2, 2), Lines{"0 0 0 0"});
    EXPECT_EQ(diff("people", 1, 4), Lines{"unknown-version"});
    EXPECT_EQ(diff("people", 4, 1), Lines{"unknown-version"});
    EXPECT_EQ(diff("nobody", 0, 1), Lines{"unknown-dataset"});
}

TEST_P(WarehouseConformance, DiffWithoutAKey) {
    load(1, append("log", "a|1; a|1; b|~"));
    load(2, replace("log", "a|1; c|~; c|~; b|~"));
    const auto sorted = [&](std::int64_t a, std::int64_t b) {
        Lines lines = diff("log", a, b);
        std::sort(lines.begin(), lines.end());
        return lines;
    };
    EXPECT_EQ(sorted(1, 2), (Lines{"2 0 1 0", "deleted a|1 -> ", "inserted  -> c|~", "inserted  -> c|~"}));
    EXPECT_EQ(sorted(2, 1), (Lines{"1 0 2 0", "deleted c|~ -> ", "deleted c|~ -> ", "inserted  -> a|1"}));
    EXPECT_EQ(diff("log", 1, 2, 1).size(), 2U);
    // Another row of the same values is no difference.
    load(3, replace("log", ""
                           "c|~; b|~; c|~"));
    load(4, append("log", "a|1"));
    EXPECT_EQ(diff("log", 2, 4), Lines{"0 0 0 0"});
}

TEST_P(WarehouseConformance, DiffIsInTheOrderOfTheKey) {
    define({make_dataset("grid", "a:string key, n:number key, v:integer")});
    load(1, append("grid", "b|1|0; B|1|0; a|-2|0; a|10|0; a|9.5|0; ä|0|0; |0|0"));
    EXPECT_EQ(diff("grid", 0, 1),
              (Lines{"inserted  -> |0|0", "inserted  -> B|1|0", "inserted  -> a|-2|0", "inserted  -> a|9.5|0",
                     "inserted  -> a|10|0", "inserted  -> b|1|0", "inserted  -> ä|0|0", "7 0 0 0"}));
}

TEST_P(WarehouseConformance, FindGivesLiveRowsByKey) {
    define({make_dataset("grid", "v:integer, a:string key, n:integer key")});
    load(1, append("grid", "1|x|1; 2|x|2; 3|y|1; 4||1"));
    load(2, upsert("grid", "5|x|2"));
    load(3, sync("grid", "1|x|1; 5|x|2; 4||1"));
    const auto found = [&](std::string_view keys) {
        RowCollector rows;
        const Status status = warehouse().find("grid", make_keys(datasets_.at("grid").schema, keys), rows);
        if (!status) return Lines{std::string(failure_info(status.error().code).code)};
        EXPECT_TRUE(rows.begun());
        return rows.sorted();
    };
    EXPECT_EQ(found("x|2; x|1"), (Lines{"1|x|1|1|1", "5|x|2|2|2"}));
    EXPECT_EQ(found("y|1; z|9; X|1"), Lines{});
    EXPECT_EQ(found("|1; |1; |1"), Lines{"4||1|1|1"}) << "a row once, however often it is asked for";
    EXPECT_EQ(found(""), Lines{});
    RowCollector rows;
    EXPECT_EQ(code_of(warehouse().find("nobody", make_keys(datasets_.at("grid").schema, "x|1"), rows)),
              "unknown-dataset");
    EXPECT_EQ(code_of(warehouse().find("log", make_keys(datasets_.at("grid").schema, "x|1"), rows)), "bad-argument");
    EXPECT_EQ(code_of(warehouse().find("people", make_keys(datasets_.at("grid").schema, "x|1"), rows)), "bad-argument");
}

TEST_P(WarehouseConformance, FindAmongManyKeys) {
    PartText part = append("people", "");
    for (int i = 0; i < 3'000; ++i) part.rows.push_back({std::to_string(i * 7), fmt::format("n{}", i), std::nullopt});
    load(1, part);
    load(2, upsert("people", "7|x|~; 8|y|~"));
    std::string keys;
    for (int i = 0; i < 2'000; ++i) keys += fmt::format("{}{}", i == 0 ? "" : ";", i * 14);
    RowCollector rows;
    ASSERT_TRUE(warehouse().find("people", make_keys(datasets_.at("people").schema, keys + "; 7; 8; 9"), rows));
    EXPECT_EQ(rows.rows().size(), 1'502U);
}

TEST_P(WarehouseConformance, VersionsAreListedFromTheNewest) {
    clock_.advance(5);
    const Timestamp first = clock_.now();
    load(1, append("people", "1|a|~"));
    clock_.advance(7);
    publish({{SubmissionId(2), {append("people", "2|b|~"), append("log", "x|1; y|2")}, {}},
             {SubmissionId(3), {upsert("people", "1|c|~")}, {}}});
    const Timestamp second = clock_.now();
    undo(4, {3});
    const std::string undone =
        fmt::format("3 at {} people by tester of 4: undo inserted 0 updated 1 deleted 0 unchanged 0 undoes 3", second);
    const std::string third =
        fmt::format("2 at {} people by tester of 3: upsert inserted 0 updated 1 deleted 0 unchanged 0", second);
    const std::string log =
        fmt::format("2 at {} log by tester of 2: append inserted 2 updated 0 deleted 0 unchanged 0", second);
    const std::string people =
        fmt::format("2 at {} people by tester of 2: append inserted 1 updated 0 deleted 0 unchanged 0", second);
    const std::string one =
        fmt::format("1 at {} people by tester of 1: append inserted 1 updated 0 deleted 0 unchanged 0", first);
    EXPECT_EQ(versions(), (Lines{undone, third, log, people, one}));
    EXPECT_EQ(versions("", 3), (Lines{undone, third, log}));
    EXPECT_EQ(versions("people"), (Lines{undone, third, people, one}));
    EXPECT_EQ(versions("log"), Lines{log});
    EXPECT_EQ(versions("accounts"), Lines{});
    EXPECT_EQ(versions("people", 0), Lines{});
}

TEST_P(WarehouseConformance, TablesTellWhatTheyHold) {
    load(1, append("people", "1|a|~; 2|b|~"));
    load(2, sync("people", "1|a|~"));
    load(3, append("log", ""));
    const auto tables = warehouse().tables();
    ASSERT_TRUE(tables);
    Lines lines;
    for (const TableInfo& table : *tables) {
        lines.push_back(fmt::format("{} {} {} {} {}", table.name, table.model, table.rows, table.version.value,
                                    table.pruned_below.value));
    }
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (Lines{"accounts false 0 0 0", "log false 0 3 0", "people false 1 2 0"}));
}

TEST_P(WarehouseConformance, PublishedAndUndoneAreKnown) {
    load(1, append("people", "1|a|~"));
    publish({{SubmissionId(2), {append("people", "2|b|~"), append("log", "x|1")}, {}}});
    ToldJudge rejects(PublishJudge::Verdict::reject);
    publish({{SubmissionId(3), {append("people", "1|z|~")}, {}}}, rejects);
    undo(4, {2});
    const auto published = [&](std::int64_t id, std::string_view dataset) {
        const auto version = warehouse().published(SubmissionId(id), dataset);
        return version ? (*version ? std::to_string((*version)->value) : "no") : code_of(version);
    };
    EXPECT_EQ(published(1, ""), "1");
    EXPECT_EQ(published(1, "people"), "1");
    EXPECT_EQ(published(1, "log"), "no");
    EXPECT_EQ(published(1, "nobody"), "no");
    EXPECT_EQ(published(2, "log"), "2") << "undone is still published";
    EXPECT_EQ(published(3, ""), "no");
    EXPECT_EQ(published(4, ""), "3");
    EXPECT_EQ(published(4, "log"), "3");
    EXPECT_EQ(published(5, ""), "no");
    EXPECT_FALSE(*warehouse().undone(SubmissionId(1)));
    EXPECT_TRUE(*warehouse().undone(SubmissionId(2)));
    EXPECT_FALSE(*warehouse().undone(SubmissionId(3)));
    EXPECT_FALSE(*warehouse().undone(SubmissionId(4)));
    EXPECT_FALSE(*warehouse().undone(SubmissionId(5)));
}

TEST_P(WarehouseConformance, TimeNeverGoesBack) {
    const Timestamp start = clock_.now();
    load(1, append("people", "1|a|~"));
    clock_.advance(-60'000'000);
    load(2, append("people", "2|a|~"));
    undo(3, {2});
    clock_.advance(60'000'001);
    load(4, append("people", "3|a|~"));
    const auto lines = warehouse().versions("", 10);
    ASSERT_TRUE(lines);
    std::vector<Timestamp> times;
    for (const VersionEntry& line : *lines) times.push_back(line.published_at);
    EXPECT_EQ(times, (std::vector<Timestamp>{start + 1, start, start, start}));
}

TEST_P(WarehouseConformance, PruningForgetsWhatWasSuperseded) {
    load(1, append("people", "1|a|~; 2|a|~; 3|a|~"));
    load(2, upsert("people", "1|b|~"));
    load(3, sync("people", "1|c|~; 2|a|~"));
    load(4, upsert("people", "1|d|~; 2|a|~"));
    const Lines before = stored("people");
    EXPECT_EQ(*warehouse().prune("people", Version(0)), 0U);
    EXPECT_EQ(*warehouse().prunable("people", Version(2)), 1U);
    EXPECT_EQ(*warehouse().prune("people", Version(2)), 1U);
    EXPECT_EQ(*warehouse().prunable("people", Version(2)), 0U);
    EXPECT_EQ(stored("people", Version(0)), Lines{"version-pruned"});
    EXPECT_EQ(stored("people", Version(1)), Lines{"version-pruned"});
    EXPECT_EQ(stored("people", Version(2)), (Lines{"1|b|~|2|2", "2|a|~|1|1", "3|a|~|1|1"}));
    EXPECT_EQ(diff("people", 1, 4), Lines{"version-pruned"});
    EXPECT_EQ(diff("people", 3, 1), Lines{"version-pruned"});
    EXPECT_EQ(diff("people", 2, 3), (Lines{"updated 1|b|~ -> 1|c|~", "deleted 3|a|~ -> ", "0 1 1 0"}));
    EXPECT_EQ(*warehouse().prune("people", Version(1)), 0U);
    EXPECT_EQ(*warehouse().prunable("people", Version(4)), 3U);
    EXPECT_EQ(*warehouse().prune("people", Version(4)), 3U);
    EXPECT_EQ(stored("people", Version(3)), Lines{"version-pruned"});
    EXPECT_EQ(stored("people", Version(4)), before);
    EXPECT_EQ(stored("people"), before);
    EXPECT_EQ(code_of(warehouse().prune("people", Version(5))), "unknown-version");
    EXPECT_EQ(code_of(warehouse().prunable("people", Version(5))), "unknown-version");
    EXPECT_EQ(code_of(warehouse().prunable("nobody", Version(1))), "unknown-dataset");
    EXPECT_EQ(code_of(warehouse().prune("people", Version(-1))), "unknown-version");
    EXPECT_EQ(code_of(warehouse().prune("nobody", Version(1))), "unknown-dataset");
    EXPECT_EQ(versions("people").size(), 4U);
    EXPECT_EQ(stored("log", Version(1)), Lines{}) << "another dataset is not pruned";
    EXPECT_EQ(counts(5, upsert("people", "1|e|~; 2|a|~")), "0 1 0 1");
    EXPECT_EQ(stored("people", Version(4)), before);
}

} // namespace inlet
