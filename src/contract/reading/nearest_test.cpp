#include "contract/reading/nearest.hpp"

#include <array>

#include <gtest/gtest.h>

namespace inlet::reading {
namespace {

constexpr std::array<std::string_view, 8> kWords{"title",   "description", "schema",   "write",
                                                 "rejects", "deletes",     "max_rows", "primaryKey"};

TEST(Nearest, TakesASlipOfThePen) {
    EXPECT_EQ(nearest("titel", kWords), "title");   // two letters swapped
    EXPECT_EQ(nearest("writ", kWords), "write");    // one missing
    EXPECT_EQ(nearest("wriite", kWords), "write");  // one too many
    EXPECT_EQ(nearest("schena", kWords), "schema"); // one wrong
    EXPECT_EQ(nearest("delets", kWords), "deletes");
    EXPECT_EQ(nearest("descripton", kWords), "description");
}

TEST(Nearest, DoesNotCountCaseAndSeparators) {
    EXPECT_EQ(nearest("primary_key", kWords), "primaryKey");
    EXPECT_EQ(nearest("maxRows", kWords), "max_rows");
    EXPECT_EQ(nearest("MAX-ROWS", kWords), "max_rows");
    EXPECT_EQ(nearest("Title", kWords), "title");
}

TEST(Nearest, TakesAnAbbreviationOfOneWord) {
    EXPECT_EQ(nearest("desc", kWords), "description");
    EXPECT_EQ(nearest("max", kWords), "max_rows");
    constexpr std::array<std::string_view, 2> kTwo{"max_rows", "max_share"};
    EXPECT_EQ(nearest("max", kTwo), "");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
    EXPECT_EQ(nearest("colour", kWords), "");
    EXPECT_EQ(nearest("", kWords), "");
    EXPECT_EQ(nearest("__", kWords), "");
    EXPECT_EQ(nearest("x", kWords), "");
    EXPECT_EQ(nearest(std::string(100'000, 'w'), kWords), "");
    EXPECT_EQ(nearest("writ", {}), "");
}

TEST(Nearest, KnowsSynonyms) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 1> kSynonyms{{{"merge", "write"}}};
    EXPECT_EQ(nearest("Merge", kWords, kSynonyms), "write");
}

TEST(Nearest, MakesSentences) {
    EXPECT_EQ(did_you_mean("writ", kWords), "did you mean `write`?");
    EXPECT_EQ(did_you_mean("colour", kWords), "");
    EXPECT_EQ(one_of(std::span(kWords).first(1)), "title");
    EXPECT_EQ(one_of(std::span(kWords).first(2)), "title or description");
    EXPECT_EQ(one_of(std::span(kWords).first(3)), "title, description or schema");
    EXPECT_EQ(one_of({}), "");
}

} // namespace
} // namespace inlet::reading
