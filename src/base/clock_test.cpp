// Moments as text.
#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace inlet {

namespace {

TEST(IsoMoment, IsRfc3339) {
    EXPECT_EQ(iso_moment(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(iso_moment(1'700'000'000'250'000), "2023-11-14T22:13:20.250000Z");
    EXPECT_EQ(iso_moment(-1), "1969-12-31T23:59:59.999999Z");
}

} // namespace

} // namespace inlet
