// How violations are told to a person in few lines.
#include "records/violation.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

using Code = FailureCode;
using Lines = std::vector<std::string>;

Violation violation(Code code, std::uint64_t row, std::string field, std::string value, std::string message) {
    return {
        .code = code, .row = row, .field = std::move(field), .value = std::move(value), .message = std::move(message)};
}
Violation above(std::uint64_t row, const std::string& value) {
    return violation(Code::constraint_error, row, "rating", value, "`rating` is " + value + "; at most 5 is allowed");
}
Violation below(std::uint64_t row, const std::string& value) {
    return violation(Code::constraint_error, row, "rating", value,
                     "`rating` is " + value + "; at least 0.5 is allowed");
}
Violation missing(std::uint64_t row, const std::string& field) {
    return violation(Code::constraint_error, row, field, "", "`" + field + "` is missing; a value is required");
}

TEST(Fold, OfNothingIsNothing) {
    EXPECT_EQ(fold({}, {}), Lines{});
    EXPECT_EQ(fold({}, {{.code = Code::type_error, .field = "a", .count = 0}}), Lines{});
}

TEST(Fold, OneIsToldAsItIs) {
    EXPECT_EQ(fold({above(17, "7.5")}, {{Code::constraint_error, "rating", 1}}),
              Lines{"row 17: `rating` is 7.5; at most 5 is allowed"});
}

TEST(Fold, RowsBecomeRanges) {
    std::vector<Violation> violations{above(17, "7.5")};
    for (std::uint64_t row = 52; row >= 40; --row) violations.push_back(above(row, "9")); // in any order
    EXPECT_EQ(fold(violations, {{Code::constraint_error, "rating", 14}}),
              Lines{"rows 17, 40-52: `rating`: at most 5 is allowed (row 17 has 7.5)"});
    for (const std::uint64_t row : {60, 70, 80, 90}) violations.push_back(above(row, "9"));
    EXPECT_EQ(fold(violations, {{Code::constraint_error, "rating", 18}}),
              Lines{"rows 17, 40-52, 60 and 3 more: `rating`: at most 5 is allowed (row 17 has 7.5)"});
    EXPECT_EQ(fold(violations, {{Code::constraint_error, "rating", 18}}, 20, 1),
              Lines{"rows 17 and 17 more: `rating`: at most 5 is allowed (row 17 has 7.5)"});
    EXPECT_EQ(fold(violations, {{Code::constraint_error, "rating", 18}}, 20, 0),
              Lines{"18 rows: `rating`: at most 5 is allowed (row 17 has 7.5)"});
}

TEST(Fold, TotalsComeFromTheCounts) {
    EXPECT_EQ(fold({above(1, "7"), above(2, "8")}, {{Code::constraint_error, "rating", 26'013'404}}),
              Lines{"rows 1-2 and 26,013,402 more: `rating`: at most 5 is allowed (row 1 has 7)"});
    EXPECT_EQ(fold({}, {{Code::type_error, "rating", 1'234}}),
              Lines{"1,234 rows: `rating` cannot be read as its type"});
    EXPECT_EQ(fold({}, {{Code::type_error, "rating", 1}}), Lines{"1 row: `rating` cannot be read as its type"});
    EXPECT_EQ(fold({above(1, "7")}, {}), Lines{"row 1: `rating` is 7; at most 5 is allowed"});
}

TEST(Fold, MessagesThatAreAllTheSameAreNotRepeated) {
    EXPECT_EQ(fold({missing(3, "name"), missing(9, "name")}, {{Code::constraint_error, "name", 2}}),
              Lines{"rows 3, 9: `name` is missing; a value is required"});
}

TEST(Fold, RulesOfOneFieldAreToldApartWhileAllIsKnown) {
    const std::vector<Violation> violations{above(1, "7"), below(2, "0"), above(3, "8")};
    EXPECT_EQ(fold(violations, {{Code::constraint_error, "rating", 3}}),
              (Lines{"rows 1, 3: `rating`: at most 5 is allowed (row 1 has 7)",
                     "row 2: `rating` is 0; at least 0.5 is allowed"}));
    EXPECT_EQ(fold(violations, {{Code::constraint_error, "rating", 10}}),
              Lines{"rows 1-3 and 7 more: `rating` breaks a constraint (row 1: `rating` is 7; at most 5 is allowed)"});
}

TEST(Fold, ValuesMayLookLikeRules) {
    const auto type = [](std::uint64_t row, const std::string& value) {
        return violation(Code::type_error, row, "n", value, "`n` is `" + value + "`; a number is expected");
    };
    EXPECT_EQ(fold({type(1, "a; b"), type(2, "`; "), type(3, "")}, {{Code::type_error, "n", 3}}),
              Lines{"rows 1-3: `n`: a number is expected (row 1 has `a; b`)"});
    const std::string longer(200, 'x');
    const std::string shown = "`" + std::string(59, 'x') + "...";
    EXPECT_EQ(fold({type(1, longer), type(2, "b")}, {{Code::type_error, "n", 2}}),
              Lines{"rows 1-2: `n`: a number is expected (row 1 has " + shown + ")"});
}

TEST(Fold, MessagesOfOtherFormsShareTheWordsOfTheirCode) {
    const auto key = [](std::uint64_t row, const std::string& value) {
        return violation(Code::primary_key, row, "id", value, "the primary key " + value + " came before, in row 1");
    };
    EXPECT_EQ(
        fold({key(5, "7"), key(6, "8")}, {{Code::primary_key, "id", 2}}),
        Lines{"rows 5-6: the primary key is missing or came before (row 5: the primary key 7 came before, in row 1)"});
    const auto extra = [](std::uint64_t row, const std::string& value) {
        return violation(Code::extra_cell, row, "", value,
                         "cell 5 (`" + value + "`) has no column; the record has more cells than the header");
    };
    EXPECT_EQ(fold({extra(5, "a"), extra(9, "b")}, {{Code::extra_cell, "", 2}}),
              Lines{"rows 5, 9: the record has more cells than the header (row 5: cell 5 (`a`) has no column; the "
                    "record has more cells than the header)"});
    const auto encoding = [](std::uint64_t row, const std::string& message) {
        return violation(Code::encoding_error, row, "t", "", message);
    };
    const auto lines = fold({encoding(1, "a"), encoding(2, "b")}, {{Code::encoding_error, "t", 2}});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_TRUE(lines[0].starts_with("rows 1-2: `t`: ")) << lines[0];
    EXPECT_TRUE(lines[0].ends_with(" (row 1: a)")) << lines[0];
}

TEST(Fold, WhatIsOfTheFileNamesNoRow) {
    EXPECT_EQ(fold({violation(Code::missing_label, 0, "name", "", "the header has no `name`")},
                   {{Code::missing_label, "name", 1}}),
              Lines{"the file: the header has no `name`"});
}

TEST(Fold, SeveralOfOneRowCountEach) {
    EXPECT_EQ(fold({above(4, "7"), above(4, "8"), above(9, "9")}, {{Code::constraint_error, "rating", 3}}, 20, 1),
              Lines{"rows 4 and 1 more: `rating`: at most 5 is allowed (row 4 has 7)"});
}

TEST(Fold, MostFrequentFirstAndNoMoreLinesThanAsked) {
    const std::vector<Violation> violations{missing(1, "a"), missing(2, "b"), missing(3, "c")};
    const std::vector<ViolationCount> counts{
        {Code::constraint_error, "a", 1}, {Code::constraint_error, "b", 2'000}, {Code::constraint_error, "c", 30}};
    EXPECT_EQ(fold(violations, counts, 3), (Lines{"rows 2 and 1,999 more: `b` is missing; a value is required",
                                                  "rows 3 and 29 more: `c` is missing; a value is required",
                                                  "row 1: `a` is missing; a value is required"}));
    EXPECT_EQ(fold(violations, counts, 2), (Lines{"rows 2 and 1,999 more: `b` is missing; a value is required",
                                                  "and 2 more kinds of failure, 31 in all"}));
    EXPECT_EQ(fold(violations, counts, 1), Lines{"3 kinds of failure, 2,031 in all"});
    EXPECT_EQ(fold(violations, counts, 0), Lines{});
}

} // namespace
} // namespace inlet
