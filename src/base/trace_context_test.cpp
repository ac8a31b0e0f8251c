#include "base/trace_context.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00f067aa0ba902b7";

TEST(TraceContext, IsReadAndWritten) {
    const std::string text = "00-" + kTrace + "-" + kParent + "-01";
    const auto trace = TraceContext::parse(text);
    ASSERT_TRUE(trace);
    EXPECT_EQ(*trace, (TraceContext{kTrace, kParent, 1}));
    EXPECT_EQ(to_string(*trace), text);
}

TEST(TraceContext, AChildIsOfTheSameTraceAndAnotherSpan) {
    const TraceContext trace{kTrace, kParent, 1};
    const TraceContext one = trace.child();
    const TraceContext other = trace.child();
    EXPECT_EQ(one.trace_id, kTrace);
    EXPECT_EQ(one.flags, 1);
    EXPECT_NE(one.parent_id, kParent);
    EXPECT_NE(one.parent_id, other.parent_id);
    EXPECT_TRUE(TraceContext::parse(to_string(one)));
}

TEST(TraceContext, UnknownFlagsAreNotPassedOn) {
    const auto trace = TraceContext::parse("00-" + kTrace + "-" + kParent + "-ff");
    ASSERT_TRUE(trace);
    EXPECT_TRUE(to_string(*trace).ends_with("-03"));
}

TEST(TraceContext, OfALaterVersionIsReadWhatIsKnown) {
    EXPECT_TRUE(TraceContext::parse("cc-" + kTrace + "-" + kParent + "-01"));
    EXPECT_TRUE(TraceContext::parse("01-" + kTrace + "-" + kParent + "-01-what-comes"));
    EXPECT_FALSE(TraceContext::parse("01-" + kTrace + "-" + kParent + "-01what"));
}

TEST(TraceContext, WhatIsMalformedIsPassedOver) {
    const std::string zeros(32, '0');
    for (const std::string& text :
         {std::string(), "00-" + kTrace + "-" + kParent, "00-" + kTrace + "-" + kParent + "-1",
          "00-" + kTrace + "-" + kParent + "-01-more", "00-" + kTrace + "-" + kParent + "-01 ",
          "ff-" + kTrace + "-" + kParent + "-01", "00-" + zeros + "-" + kParent + "-01",
          "00-" + kTrace + "-" + zeros.substr(16) + "-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kParent + "-01",
          "00-" + kTrace + "-" + kParent + "-0x", "00_" + kTrace + "-" + kParent + "-01",
          "0g-" + kTrace + "-" + kParent + "-01", kTrace + kTrace}) {
        EXPECT_FALSE(TraceContext::parse(text)) << text;
    }
}

} // namespace
} // namespace inlet
