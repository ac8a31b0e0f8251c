#include "contract/address_range.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

bool holds(const char* range, const char* address) {
    const auto parsed = AddressRange::parse(range);
    EXPECT_TRUE(parsed) << range;
    return parsed && parsed->holds(address);
}

TEST(AddressRange, HoldsWhatHasItsPrefix) {
    EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(holds("10.1.2.0/23", "10.1.3.255"));
    EXPECT_FALSE(holds("10.1.2.0/23", "10.1.4.0"));
    EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(holds("192.0.2.7", "192.0.2.8"));
    EXPECT_TRUE(holds("2001:db8::/32", "2001:db8:1::5"));
    EXPECT_FALSE(holds("2001:db8::/32", "2001:db9::"));
    EXPECT_TRUE(holds("0.0.0.0/0", "198.51.100.1"));
}

TEST(AddressRange, AMappedAddressIsTheAddressItMaps) {
    EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.1.1"));
    EXPECT_TRUE(holds("::ffff:10.0.0.1", "10.0.0.1"));
    EXPECT_FALSE(holds("::/0", "10.0.0.1"));
    EXPECT_EQ(plain_address("::ffff:10.1.1.1"), "10.1.1.1");
    EXPECT_EQ(plain_address("2001:DB8:0::1"), "2001:db8::1");
    EXPECT_EQ(plain_address("somebody"), std::nullopt);
}

TEST(AddressRange, WhatIsNoAddressIsInNone) {
    for (const char* address : {"", "unknown", "10.0.0", "10.0.0.1:80"}) EXPECT_FALSE(holds("0.0.0.0/0", address));
}

TEST(AddressRange, ReadsNothingElse) {
    for (const char* text :
         {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "::1/129", "10.0.0.0/-1", "10.0.0.0/8x", "example.org", "/8"})
        EXPECT_FALSE(AddressRange::parse(text)) << text;
}

} // namespace
} // namespace inlet
