#include "contract/project.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(Project, FindsThingsByName) {
    Project project;
    project.datasets.resize(2);
    project.datasets[1].name = "ratings";
    project.packages.push_back({"drop", "data.zip", {}});
    project.models.push_back({"genres", "select 1", {}});
    project.views.push_back({"by_year", "select 2"});
    EXPECT_EQ(project.dataset("ratings"), &project.datasets[1]);
    EXPECT_EQ(project.dataset("Ratings"), nullptr);
    EXPECT_EQ(project.package("drop"), &project.packages[0]);
    EXPECT_EQ(project.package("ratings"), nullptr);
    EXPECT_EQ(project.model("genres"), &project.models[0]);
    EXPECT_EQ(project.model("by_year"), nullptr);
    EXPECT_EQ(project.view("by_year"), &project.views[0]);
    EXPECT_EQ(project.view("genres"), nullptr);
}

TEST(WriteMode, HasTheNamesOfTheProjectFile) {
    EXPECT_EQ(to_string(WriteMode::append), "append");
    EXPECT_EQ(to_string(WriteMode::upsert), "upsert");
    EXPECT_EQ(to_string(WriteMode::replace), "replace");
    EXPECT_EQ(to_string(WriteMode::sync), "sync");
}

TEST(NameMatches, StarIsAnyRunAndQuestionMarkOneCharacter) {
    struct Case {
        const char* pattern;
        const char* name;
        bool matches;
    };
    for (const Case& one : std::initializer_list<Case>{
             {"data.zip", "data.zip", true},
             {"data.zip", "data_zip", false},
             {"data.zip", "Data.zip", false},
             {"data.zip", "old-data.zip", false},
             {"data.zip", "data.zip.part", false},
             {"*", "", true},
             {"*", "anything", true},
             {"", "", true},
             {"", "a", false},
             {"a", "", false},
             {"?", "", false},
             {"?", "a", true},
             {"?", "ab", false},
             {"?", "é", true},
             {"??", "é", false},
             {"*.csv", "ratings.csv", true},
             {"*.csv", ".csv", true},
             {"*.csv", "ratings.csv.gz", false},
             {"ratings-*.csv", "ratings-2024-12-31.csv", true},
             {"ratings-????.csv", "ratings-2024.csv", true},
             {"ratings-????.csv", "ratings-24.csv", false},
             {"*a*b*c", "xxaxxbxxbxxc", true},
             {"*a*b*c", "xxaxxcxxb", false},
             {"a**b", "ab", true},
             {"*ab", "aab", true},
             {"*é?", "xéy", true},
             {"[ab]", "a", false},
             {"[ab]", "[ab]", true},
             {"**", "*", true},
         }) {
        EXPECT_EQ(name_matches(one.pattern, one.name), one.matches) << one.pattern << " against " << one.name;
    }
}

TEST(NameMatches, ManyStarsDoNotTakeForever) {
    // Going back to every star instead of the last would take about 2^40 steps.
    std::string pattern;
    for (int i = 0; i < 40; ++i) pattern += "*a";
    EXPECT_FALSE(name_matches(pattern, std::string(39, 'a')));
    EXPECT_TRUE(name_matches(pattern, std::string(41, 'a')));
    EXPECT_FALSE(name_matches(pattern + "b", std::string(5000, 'a')));
}

} // namespace
} // namespace inlet
