// Tests of how submissions, changes and errors are shown: record_view.hpp, change_view.hpp, console.hpp and names.hpp.
#include <cstdlib>

#include <gtest/gtest.h>

#include "app/change_view.hpp"
#include "app/console.hpp"
#include "app/names.hpp"
#include "app/record_view.hpp"

namespace inlet {

// The suites that every store is held to may be linked along with the stores' testing libraries; here there is nothing
// to hold to them.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ObjectStoreConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WarehouseConformance);

namespace {

SubmissionRecord published() {
    SubmissionRecord record;
    record.id = SubmissionId(7);
    record.state = SubmissionState::published;
    record.target = "ratings";
    record.file_name = "ratings.csv";
    record.version = Version(3);
    PartRecord part;
    part.name = "ratings.csv";
    part.dataset = "ratings";
    part.rows = 20'010;
    part.accepted = 20'000;
    part.rejected = 10;
    part.errors_total = 12;
    part.inserted = 19'000;
    part.updated = 1'000;
    part.counts = {{"constraint-error", "rating", 11}, {"blank-row", "", 1}};
    part.rejects_sha256 = "ab";
    record.parts.push_back(part);
    return record;
}

TEST(RecordView, APartInAFewLines) {
    EXPECT_EQ(part_text(published().parts[0], {"row 17: `rating` is above 5"}, Paint()),
              "ratings.csv -> ratings\n"
              "  20,010 records: 20,000 accepted, 10 rejected with 12 errors\n"
              "  19,000 inserted, 1,000 updated\n"
              "    row 17: `rating` is above 5\n");
}

TEST(RecordView, HeldAndSkippedDeletionsAreSaid) {
    PartRecord part;
    part.name = "a.csv";
    part.dataset = "a";
    part.rows = part.accepted = 1;
    part.unchanged = 1;
    part.held_deletes = 1;
    part.skipped_deletes = 2;
    EXPECT_EQ(part_text(part, {}, Paint()), "a.csv -> a\n"
                                            "  1 record: 1 accepted, 0 rejected\n"
                                            "  no change, 1 unchanged\n"
                                            "  1 deletion held for approval\n"
                                            "  2 deletions not made, as the policy says\n");
}

TEST(RecordView, NamesFromOutsideCannotSteerTheTerminal) {
    PartRecord part;
    part.name = "a\x1b[2J.csv";
    EXPECT_EQ(part_text(part, {"\x1b[2J"}, Paint()).find('\x1b'), std::string::npos);
}

TEST(RecordView, OutcomesInOneLine) {
    SubmissionRecord record = published();
    EXPECT_EQ(outcome_text(record, Paint()), "published as version 3 (submission 7)");
    record.state = SubmissionState::rejected;
    record.version = Version();
    record.reason_code = "too-many-rejects";
    record.reason = "10 of 20,010 records are broken";
    EXPECT_EQ(outcome_text(record, Paint()), "rejected (submission 7): 10 of 20,010 records are broken");
}

TEST(RecordView, NextStepsFollowFromTheState) {
    SubmissionRecord record = published();
    const NextSteps steps = next_steps(record);
    ASSERT_EQ(steps.size(), 3U);
    EXPECT_EQ(steps[0].first, "inlet rejects 7 > rejects.csv");
    EXPECT_EQ(steps[1].first, "inlet errors 7");
    EXPECT_EQ(steps[2].first, "inlet undo 7");
    record.parts.push_back(record.parts[0]);
    EXPECT_EQ(next_steps(record)[1].first, "inlet rejects 7 --part 2 > rejects-2.csv");
    record.parts.clear();
    record.state = SubmissionState::held;
    EXPECT_EQ(next_steps(record)[1].first, "inlet approve 7");
    record.state = SubmissionState::failed;
    EXPECT_EQ(next_steps(record)[0].first, "inlet retry 7");
    record.id = SubmissionId();
    EXPECT_TRUE(next_steps(record).empty());
}

TEST(RecordView, TheFormOfALoadIsFixed) {
    JsonWriter json;
    json.begin_object();
    write_outcome(json, published());
    json.end_object();
    EXPECT_EQ(json.str(),
              R"({"submission":7,"state":"published","version":3,"parts":[{"name":"ratings.csv","dataset":"ratings",)"
              R"("rows":20010,"accepted":20000,"rejected":10,"inserted":19000,"updated":1000,"deleted":0,)"
              R"("unchanged":0,"superseded":0,"held_deletes":0,"skipped_deletes":0,"errors_total":12,)"
              R"("counts":[{"code":"constraint-error","field":"rating","count":11},)"
              R"({"code":"blank-row","field":null,"count":1}],"errors_sha256":null,"rejects_sha256":"ab"}]})");
}

TEST(RecordView, WithoutAVersionItIsNull) {
    SubmissionRecord record;
    record.state = SubmissionState::held;
    record.reason_code = "deletes-over-limit";
    record.reason = "5 rows would go";
    JsonWriter json;
    json.begin_object();
    write_outcome(json, record);
    json.end_object();
    EXPECT_TRUE(json.str().starts_with(
        R"({"submission":null,"state":"held","version":null,"parts":[],"reason":{"code":"deletes-over-limit")"))
        << json.str();
}

const std::vector<ResultColumn> kColumns{
    {"id", ResultKind::int64}, {"name", ResultKind::text}, {"stars", ResultKind::float64}};

TEST(ChangeView, OneLineForEachKind) {
    const ChangedRow inserted{Change::inserted, {}, {"7", "x", std::nullopt}};
    const ChangedRow deleted{Change::deleted, {"7", "", "2"}, {}};
    const ChangedRow updated{Change::updated, {"7", "x", std::nullopt}, {"7", "y", "2"}};
    EXPECT_EQ(change_text(inserted, kColumns, {"id"}, Paint(), 0), "+ id=7, name=x, stars=NULL");
    EXPECT_EQ(change_text(deleted, kColumns, {"id"}, Paint(), 0), "- id=7, name=\"\", stars=2");
    EXPECT_EQ(change_text(updated, kColumns, {"id"}, Paint(), 0), "~ id=7: name x -> y, stars NULL -> 2");
    EXPECT_EQ(change_text(updated, kColumns, {"id"}, Paint(), 20), "~ id=7: name x -> y…");
}

TEST(ChangeView, JsonHasBothSides) {
    JsonWriter json;
    write_change(json, {Change::updated, {"7", "x", std::nullopt}, {"7", "y", "2"}}, kColumns);
    EXPECT_EQ(
        json.str(),
        R"({"change":"updated","before":{"id":7,"name":"x","stars":null},"after":{"id":7,"name":"y","stars":2}})");
    JsonWriter other;
    write_change(other, {Change::deleted, {"7"}, {}}, kColumns);
    EXPECT_EQ(other.str(), R"({"change":"deleted","before":{"id":7},"after":null})");
    JsonWriter kinds;
    write_change(kinds, {Change::inserted, {}, {"true", "[1,2]", "2024-01-02", "1.50", "NaN", "7"}},
                 {{"a", ResultKind::boolean},
                  {"b", ResultKind::json},
                  {"c", ResultKind::date},
                  {"d", ResultKind::numeric},
                  {"e", ResultKind::float64},
                  {"f", ResultKind::text}});
    EXPECT_EQ(kinds.str(), R"({"change":"inserted","before":null,)"
                           R"("after":{"a":true,"b":[1,2],"c":"2024-01-02","d":1.50,"e":null,"f":"7"}})");
}

TEST(ErrorView, SaysWhatHappenedWhyAndWhatToDo) {
    const Error error = Error(FailureCode::disk_full, "cannot write x")
                            .with("path", "/x")
                            .caused_by(Error(FailureCode::io_failed, "no room"));
    EXPECT_EQ(error_text(error, Paint()), "error: cannot write x\n"
                                          "  code: disk-full\n"
                                          "  path: /x\n"
                                          "  because: no room (io-failed)\n"
                                          "  what to do: Make room, then retry. Nothing published is lost.\n");
    JsonWriter json;
    write_error(json, error);
    EXPECT_EQ(
        json.str(),
        R"({"code":"disk-full","message":"cannot write x",)"
        R"("what_to_do":"Make room, then retry. Nothing published is lost.","kind":"system","exit_code":3,)"
        R"("context":{"path":"/x"},"because":{"code":"io-failed","message":"no room",)"
        R"("what_to_do":"See what the operating system said in the message; check the disk and the permissions, then retry.",)"
        R"("kind":"system","exit_code":3,"context":{}}})");
}

TEST(ErrorView, ExitCodesFollowFromTheKind) {
    EXPECT_EQ(exit_code_of(FailureCode::undo_conflict), 1);
    EXPECT_EQ(exit_code_of(FailureCode::project_invalid), 2);
    EXPECT_EQ(exit_code_of(FailureCode::unknown_submission), 2);
    EXPECT_EQ(exit_code_of(FailureCode::disk_full), 3);
}

TEST(ConsoleSettings, ColoursWhereAPersonLooks) {
    const Terminal terminal{.out = true, .err = false};
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "xterm", 1);
    EXPECT_TRUE(console_settings(false, false, ColorMode::automatic, terminal).out_colors);
    EXPECT_FALSE(console_settings(false, false, ColorMode::automatic, terminal).err_colors);
    EXPECT_TRUE(console_settings(false, false, ColorMode::always, terminal).err_colors);
    EXPECT_FALSE(console_settings(false, false, ColorMode::never, terminal).out_colors);
    ::setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(console_settings(false, false, ColorMode::automatic, terminal).out_colors);
    EXPECT_TRUE(console_settings(false, false, ColorMode::always, terminal).out_colors);
    ::setenv("NO_COLOR", "", 1);
    EXPECT_TRUE(console_settings(false, false, ColorMode::automatic, terminal).out_colors);
    ::unsetenv("NO_COLOR");
}

Project project() {
    Project project;
    project.datasets = {{.name = "ratings"}, {.name = "movies_raw"}};
    project.packages = {{.name = "drop", .match = "data*.zip"}, {.name = "other", .match = "*.zip"}};
    project.models = {{.name = "genres"}};
    return project;
}

TEST(Names, AFileGoesWhereItsNameSays) {
    Project given = project();
    EXPECT_EQ(target_for(targets_of(given), "ratings.csv").value(), (Target{"ratings", false}));
    EXPECT_EQ(target_for(targets_of(given), "x.zip").value(), (Target{"other", true}));
    const auto both = target_for(targets_of(given), "data.zip");
    ASSERT_FALSE(both);
    EXPECT_EQ(to_string(both.error()),
              "ambiguous-target: data.zip could go to several places; say which: --package drop, --package other");
    const auto none = target_for(targets_of(given), "new.csv");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, FailureCode::ambiguous_target);
    given.datasets.pop_back();
    EXPECT_EQ(target_for(targets_of(given), "new.csv").value(), (Target{"ratings", false}));
}

TEST(Names, TheNearestIsNamed) {
    EXPECT_EQ(to_string(find_dataset(project(), "rating").error()),
              "unknown-dataset: there is no dataset `rating`; did you mean `ratings`?");
    EXPECT_EQ(to_string(find_package(project(), "drip").error()),
              "unknown-package: there is no package `drip`; did you mean `drop`?");
    EXPECT_EQ(to_string(find_dataset(project(), "zzzzzzzz").error()),
              "unknown-dataset: there is no dataset `zzzzzzzz`; there is ratings, movies_raw");
    EXPECT_TRUE(check_table(project(), "genres"));
    EXPECT_FALSE(check_table(project(), "drop"));
}

} // namespace
} // namespace inlet
