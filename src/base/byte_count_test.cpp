#include "base/byte_count.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(ByteCount, SizesAreReadWithTheirUnits) {
    EXPECT_EQ(read_bytes("268435456"), 268'435'456);
    EXPECT_EQ(read_bytes("256MiB"), 256U << 20U);
    EXPECT_EQ(read_bytes("256 mib"), 256U << 20U);
    EXPECT_EQ(read_bytes("1.5GB"), 1'500'000'000);
    EXPECT_EQ(read_bytes("2kB"), 2000);
    EXPECT_EQ(read_bytes("7B"), 7);
    EXPECT_EQ(read_bytes(""), std::nullopt);
    EXPECT_EQ(read_bytes("MiB"), std::nullopt);
    EXPECT_EQ(read_bytes("-1MiB"), std::nullopt);
    EXPECT_EQ(read_bytes("5 parsecs"), std::nullopt);
    EXPECT_EQ(read_bytes("1e9"), std::nullopt);
    EXPECT_EQ(read_bytes("99999999999TiB"), std::nullopt);
}

} // namespace
} // namespace inlet
