#include "contract/field.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(FieldType, HasTheNamesOfTableSchema) {
    for (const char* name :
         {"string", "integer", "number", "boolean", "date", "datetime", "time", "object", "array", "any"}) {
        const auto type = field_type_from(name);
        ASSERT_TRUE(type) << name;
        EXPECT_EQ(to_string(*type), name);
    }
    EXPECT_FALSE(field_type_from("String"));
    EXPECT_FALSE(field_type_from("year"));
    EXPECT_FALSE(field_type_from(""));
}

TEST(Schema, FindsAFieldByItsExactName) {
    Schema schema;
    schema.fields.resize(2);
    schema.fields[0].name = "id";
    schema.fields[1].name = "Größe";
    EXPECT_EQ(schema.find("Größe"), 1U);
    EXPECT_EQ(schema.find("id"), 0U);
    EXPECT_FALSE(schema.find("ID"));
    EXPECT_FALSE(schema.find(""));
}

} // namespace
} // namespace inlet
