#include "pipeline/sql_check.hpp"

#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"

namespace inlet {
namespace {

// What is wrong with the models and views: "name:line: message".
std::vector<std::string> mistakes(std::string_view models_and_views) {
    const Project project = parse_test_project(R"(
project: test
datasets:
  people: {schema: {fields: [{name: id, type: integer}, {name: city}]}}
)" + std::string(models_and_views));
    const ManualClock clock;
    const auto scratch = in_duckdb()(clock);
    const auto found = try_sql(project, *scratch);
    if (!found) return {"! " + to_string(found.error())};
    std::vector<std::string> lines;
    for (const SqlMistake& mistake : *found) {
        lines.push_back(mistake.name + ":" + (mistake.line ? std::to_string(*mistake.line) : "") + ": " +
                        mistake.message);
    }
    return lines;
}

void expect(const std::string& found, std::string_view begin, std::string_view part) {
    EXPECT_TRUE(found.starts_with(begin)) << found;
    EXPECT_NE(found.find(part), std::string::npos) << found;
    EXPECT_EQ(found.find("LINE"), std::string::npos) << found;
}

TEST(SqlCheck, FindsNothingWhereNothingIsWrong) {
    EXPECT_EQ(mistakes(""), std::vector<std::string>{});
    EXPECT_EQ(mistakes(R"(
models:
  romans: {sql: "SELECT id FROM towns JOIN people USING (city) "
}
  towns: {sql: "SELECT city, count(*) AS people FROM people GROUP BY city", primaryKey: city}
views:
  loud: {sql: "SELECT upper(city) AS city FROM low"}
  low: {sql: "SELECT lower(city) AS city FROM towns"}
)"),
              std::vector<std::string>{});
}

TEST(SqlCheck, FindsEveryMistakeAtOnce) {
    const auto found = mistakes(R"(
models:
  syntax: {sql: "SELECT id FRM people"}
  table: {sql: "SELECT id\nFROM peple"}
  column: {sql: "SELECT id,\n  ctiy\nFROM people"}
  key: {sql: "SELECT id FROM people", primaryKey: city}
  reserved: {sql: "SELECT * FROM people"}
  writes: {sql: "DELETE FROM people"}
views:
  view_of_nothing: {sql: "SELECT * FROM nobody"}
  fine: {sql: "SELECT * FROM people"}
)");
    ASSERT_EQ(found.size(), 7U);
    expect(found[0], "syntax:1: ", "syntax error");
    expect(found[1], "table:2: ", "peple");
    expect(found[2], "column:2: ", "ctiy");
    expect(found[3], "key:: ", "its key `city` is no column");
    expect(found[4], "reserved:: ", "_version");
    expect(found[5], "writes:", "");
    expect(found[6], "view_of_nothing:1: ", "nobody");
}

TEST(SqlCheck, DoesNotTryWhatReadsSomethingWrong) {
    const auto found = mistakes(R"(
models:
  first: {sql: "SELECT nothing FROM people"}
  second: {sql: "SELECT * EXCLUDE (_version, _submission) FROM first"}
views:
  third: {sql: "SELECT * FROM second"}
)");
    ASSERT_EQ(found.size(), 1U);
    expect(found[0], "first:1: ", "nothing");
}

TEST(SqlCheck, NamesACircle) {
    const auto found = mistakes(R"(
models:
  a: {sql: "SELECT id FROM b"}
  b: {sql: "SELECT id FROM a"}
)");
    ASSERT_EQ(found.size(), 1U);
    expect(found[0], "a:1: ", "a circle: `a` reads `b` reads `a`");
}

} // namespace
} // namespace inlet
