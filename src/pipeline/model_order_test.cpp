#include "pipeline/model_order.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

std::vector<std::string> order(const std::vector<Model>& models) {
    std::vector<std::string> names;
    for (const Model& model : in_dependency_order(models)) names.push_back(model.name);
    return names;
}

TEST(ModelOrder, FindsNamesOutsideOfStringsAndComments) {
    EXPECT_EQ(names_in_sql("SELECT a.x1 FROM \"My \"\"Table\" a -- from b\n/* c */ WHERE y = 'it''s d' AND 2e3 < z"),
              (std::set<std::string>{"select", "a", "x1", "from", "my \"table", "where", "y", "and", "z"}));
    EXPECT_EQ(names_in_sql("x 'never closed"), std::set<std::string>{"x"});
    EXPECT_EQ(names_in_sql("x /* never closed"), std::set<std::string>{"x"});
    EXPECT_EQ(names_in_sql("x -- to the end"), std::set<std::string>{"x"});
}

TEST(ModelOrder, PutsEachModelAfterThoseItReads) {
    EXPECT_EQ(order({{.name = "c", .sql = "SELECT * FROM B"},
                     {.name = "b", .sql = "FROM a"},
                     {.name = "a", .sql = "FROM raw"}}),
              (std::vector<std::string>{"a", "b", "c"}));
}

TEST(ModelOrder, KeepsTheOrderWhereNothingIsRead) {
    EXPECT_EQ(
        order({{.name = "c", .sql = "FROM raw"}, {.name = "a", .sql = "FROM a"}, {.name = "b", .sql = "FROM raw"}}),
        (std::vector<std::string>{"c", "a", "b"}));
}

TEST(ModelOrder, EndsOnACircle) {
    EXPECT_EQ(order({{.name = "a", .sql = "FROM b"}, {.name = "b", .sql = "FROM a"}, {.name = "c", .sql = "FROM raw"}}),
              (std::vector<std::string>{"c", "a", "b"}));
}

TEST(ModelOrder, FindsTheDatasetsBehindModels) {
    Project project;
    project.datasets = {Dataset{.name = "raw"}, Dataset{.name = "other"}, Dataset{.name = "Extra"}};
    project.models = {{.name = "a", .sql = "FROM raw"}, {.name = "b", .sql = "FROM a, extra"}};
    const auto read = datasets_read(project, project.models[1]);
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0]->name, "raw");
    EXPECT_EQ(read[1]->name, "Extra");
}

} // namespace
} // namespace inlet
