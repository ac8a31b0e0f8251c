#include "http/request_marks.hpp"

#include <gtest/gtest.h>

namespace inlet::http {
namespace {

const std::string kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

Headers with(std::initializer_list<std::pair<std::string, std::string>> sent) {
    Headers headers;
    for (const auto& [name, value] : sent) headers.add(name, value);
    return headers;
}

TEST(RequestMarks, AnIdIsTakenOverIfItCanStandInALog) {
    EXPECT_EQ(request_id(with({{"x-request-id", "a1-B2_c3.~+/=:@"}})), "a1-B2_c3.~+/=:@");
    EXPECT_EQ(request_id(with({{"X-Request-Id", std::string(128, 'a')}})).size(), 128U);
    for (const std::string& text : {std::string(), std::string("a b"), std::string("a\tb"), std::string("a\"b"),
                                    std::string("\xC3\xA4"), std::string(129, 'a')})
        EXPECT_EQ(request_id(with({{"X-Request-Id", text}})), "") << text;
    EXPECT_EQ(request_id({}), "");
}

TEST(RequestMarks, ATraceGoesOnWithASpanOfOurOwn) {
    const auto trace = trace_of(with({{"Traceparent", kTrace}}));
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_NE(trace->parent_id, "00f067aa0ba902b7");
    Request request;
    request.id = "7";
    request.trace = trace;
    Response response;
    add_marks(response, request);
    EXPECT_EQ(*response.headers.find("X-Request-Id"), "7");
    EXPECT_EQ(*response.headers.find("traceresponse"), to_string(*trace));
}

TEST(RequestMarks, WhatIsMalformedIsPassedOver) {
    EXPECT_FALSE(trace_of({}));
    EXPECT_FALSE(trace_of(with({{"traceparent", "00-1-2-3"}})));
    EXPECT_FALSE(trace_of(with({{"traceparent", kTrace}, {"traceparent", kTrace}})));
    Response response;
    add_marks(response, Request());
    EXPECT_EQ(response.headers.find("traceresponse"), nullptr);
}

} // namespace
} // namespace inlet::http
