// Tests of violation_line.hpp.
#include "records/violation_line.hpp"

#include <gtest/gtest.h>

#include "records/violation_text.hpp"

namespace inlet {
namespace {

TEST(ViolationLine, ReadsBackWhatTheCheckerWrites) {
    Violation violation{.code = FailureCode::constraint_error};
    violation.row = 17;
    violation.line = 19;
    violation.byte = 4096;
    violation.field = "rating \"a\"";
    violation.column = 3;
    violation.value = "7,5\t\x01 é 七 🎬";
    violation.message = "`rating` is 7.5;\nat most 5 is allowed";
    violation.record = "1,2\\,\"7,5\"\r";
    const auto read = read_violation(violation_json(violation));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->code, violation.code);
    EXPECT_EQ(read->row, violation.row);
    EXPECT_EQ(read->line, violation.line);
    EXPECT_EQ(read->byte, violation.byte);
    EXPECT_EQ(read->field, violation.field);
    EXPECT_EQ(read->column, violation.column);
    EXPECT_EQ(read->value, violation.value);
    EXPECT_EQ(read->message, violation.message);
    EXPECT_EQ(read->record, violation.record);
}

TEST(ViolationLine, NullsAreNothing) {
    Violation violation{.code = FailureCode::blank_row};
    violation.row = 1;
    const auto read = read_violation(violation_json(violation));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->field, "");
    EXPECT_EQ(read->column, 0U);
}

TEST(ViolationLine, EscapesOfJson) {
    const auto read =
        read_violation(R"( {"code" : "type-error" , "value":"\u00e9\ud83c\udfac\/\b\f\"\\" , "new":[] } )");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->value, "é🎬/\b\f\"\\");
}

TEST(ViolationLine, WhatIsNoViolationIsRefused) {
    for (const char* line :
         {"", "{", "{}", "[]", "{\"code\":\"no-such-code\"}", R"({"code":"type-error")", R"({"code":"type-error"}x)",
          R"({"code":"type-error",})", R"({"code":"type-error","value":"\ud83c"})",
          R"({"code":"type-error","value":"\x"})", R"({"code":"type-error","value":"open})"}) {
        EXPECT_FALSE(read_violation(line)) << line;
    }
}

} // namespace
} // namespace inlet
