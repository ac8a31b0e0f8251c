// Held against name_matches() over all short names and patterns.
#include "contract/reading/pattern_overlap.hpp"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "contract/project.hpp"

namespace inlet::reading {
namespace {

std::vector<std::string> texts(std::string_view letters, std::size_t length_max) {
    std::vector<std::string> all{""};
    for (std::size_t begin = 0, length = 0; length < length_max; ++length) {
        const std::size_t end = all.size();
        for (std::size_t i = begin; i < end; ++i) {
            for (const char c : letters) all.push_back(all[i] + c);
        }
        begin = end;
    }
    return all;
}

TEST(PatternsOverlap, AsNamesSay) {
    const std::vector<std::string> patterns = texts("ab?*", 3);
    // Two patterns of at most three signs that have a name in common have one of at most four letters.
    const std::vector<std::string> names = texts("abc", 4);
    std::vector<std::set<std::size_t>> matched;
    for (const std::string& pattern : patterns) {
        auto& of = matched.emplace_back();
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (name_matches(pattern, names[i])) of.insert(i);
        }
    }
    for (std::size_t one = 0; one < patterns.size(); ++one) {
        for (std::size_t two = 0; two < patterns.size(); ++two) {
            bool common = false;
            for (const std::size_t name : matched[one]) common = common || matched[two].contains(name);
            ASSERT_EQ(patterns_overlap(patterns[one], patterns[two]), common)
                << patterns[one] << " and " << patterns[two];
        }
    }
}

TEST(PatternsOverlap, CountsCharactersAndNotBytes) {
    EXPECT_TRUE(patterns_overlap("?.csv", "\xC3\xA4.csv"));
    EXPECT_FALSE(patterns_overlap("??.csv", "\xC3\xA4.csv"));
    EXPECT_TRUE(patterns_overlap("*.zip", "data*"));
    EXPECT_FALSE(patterns_overlap("*.zip", "*.csv"));
}

} // namespace
} // namespace inlet::reading
