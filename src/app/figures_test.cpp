// Tests of figures.hpp.
#include "app/figures.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(Figures, CountsHaveCommasBetweenThousands) {
    EXPECT_EQ(show_count(0), "0");
    EXPECT_EQ(show_count(999), "999");
    EXPECT_EQ(show_count(1000), "1,000");
    EXPECT_EQ(show_count(26'024'289), "26,024,289");
    EXPECT_EQ(show_count(18'446'744'073'709'551'615ULL), "18,446,744,073,709,551,615");
}

TEST(Figures, NounsFollowTheirCount) {
    EXPECT_EQ(show_count(0, "row"), "0 rows");
    EXPECT_EQ(show_count(1, "row"), "1 row");
    EXPECT_EQ(show_count(1234, "row"), "1,234 rows");
}

TEST(Figures, BytesInThreeDigits) {
    EXPECT_EQ(show_bytes(0), "0 B");
    EXPECT_EQ(show_bytes(999), "999 B");
    EXPECT_EQ(show_bytes(1000), "1.0 kB");
    EXPECT_EQ(show_bytes(9'949), "9.9 kB");
    EXPECT_EQ(show_bytes(9'950), "10 kB");
    EXPECT_EQ(show_bytes(999'499), "999 kB");
    EXPECT_EQ(show_bytes(999'500), "1.0 MB");
    EXPECT_EQ(show_bytes(723'000'000), "723 MB");
    EXPECT_EQ(show_bytes(18'446'744'073'709'551'615ULL), "18 EB");
}

TEST(Figures, SpansOfTime) {
    EXPECT_EQ(show_span(-1), "0 s");
    EXPECT_EQ(show_span(0.424), "0.42 s");
    EXPECT_EQ(show_span(12.4), "12 s");
    EXPECT_EQ(show_span(59.6), "1:00");
    EXPECT_EQ(show_span(185), "3:05");
    EXPECT_EQ(show_span(3723), "1:02:03");
    EXPECT_EQ(show_span(1e12), "very long");
}

TEST(Figures, MomentsBeforeAndAfter1970) {
    EXPECT_EQ(show_moment(0), "1970-01-01 00:00:00");
    EXPECT_EQ(show_moment(1'700'000'000'999'999), "2023-11-14 22:13:20");
}

} // namespace
} // namespace inlet
