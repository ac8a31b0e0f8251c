#include "fronts/http/byte_range.hpp"

#include <gtest/gtest.h>

namespace inlet::http {

namespace {

// "first+bytes", "whole", "none".
std::string told(std::string_view header, std::uint64_t size = 10) {
    ByteRange range;
    switch (read_range(header, size, range)) {
    case RangeAnswer::whole:
        return "whole";
    case RangeAnswer::not_satisfiable:
        return "none";
    case RangeAnswer::part:
        return std::to_string(range.first) + "+" + std::to_string(range.bytes);
    }
    return "";
}

TEST(ByteRange, IsReadAsTheProtocolHasIt) {
    EXPECT_EQ(told("bytes=0-0"), "0+1");
    EXPECT_EQ(told("bytes=2-5"), "2+4");
    EXPECT_EQ(told("Bytes=2-"), "2+8");
    EXPECT_EQ(told("bytes=2-99999999999999999999999"), "2+8");
    EXPECT_EQ(told("bytes=-3"), "7+3");
    EXPECT_EQ(told("bytes=-30"), "0+10");
    for (const char* header : {"bytes=10-", "bytes=10-12", "bytes=99999999999999999999999-", "bytes=-0"})
        EXPECT_EQ(told(header), "none") << header;
    EXPECT_EQ(told("bytes=0-", 0), "none");
    for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=x-3", "bytes=3-x", "bytes=5-2", "bytes=1-2,4-5",
                               "items=0-1", "bytes=+1-2"})
        EXPECT_EQ(told(header), "whole") << header;
}

Condition checked(Method method, std::initializer_list<std::pair<const char*, const char*>> headers,
                  bool there = true) {
    Request request;
    request.method = method;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    std::optional<Standing> standing;
    if (there) standing = Standing{"\"a\"", 784903551}; // Tue, 15 Nov 1994 12:45:51 GMT
    return check_conditions(request, standing);
}

TEST(Conditions, AreCheckedInTheirOrder) {
    using enum Condition;
    EXPECT_EQ(checked(Method::get, {}), holds);
    EXPECT_EQ(checked(Method::get, {{"If-None-Match", "\"a\""}}), not_modified);
    EXPECT_EQ(checked(Method::head, {{"If-None-Match", "\"b\", W/\"a\""}}), not_modified);
    EXPECT_EQ(checked(Method::get, {{"If-None-Match", "\"b\""}}), holds);
    EXPECT_EQ(checked(Method::put, {{"If-None-Match", "*"}}), fails);
    EXPECT_EQ(checked(Method::put, {{"If-None-Match", "*"}}, false), holds);
    EXPECT_EQ(checked(Method::del, {{"If-Match", "\"a\""}}), holds);
    EXPECT_EQ(checked(Method::del, {{"If-Match", "W/\"a\""}}), fails);
    EXPECT_EQ(checked(Method::put, {{"If-Match", "*"}}, false), fails);
    EXPECT_EQ(checked(Method::get, {{"If-Modified-Since", "Tue, 15 Nov 1994 12:45:51 GMT"}}), not_modified);
    EXPECT_EQ(checked(Method::get, {{"If-Modified-Since", "Tue, 15 Nov 1994 12:45:50 GMT"}}), holds);
    EXPECT_EQ(checked(Method::get, {{"If-Modified-Since", "yesterday"}}), holds);
    EXPECT_EQ(
        checked(Method::get, {{"If-Modified-Since", "Tue, 15 Nov 1994 12:45:51 GMT"}, {"If-None-Match", "\"b\""}}),
        holds);
    EXPECT_EQ(checked(Method::put, {{"If-Unmodified-Since", "Tue, 15 Nov 1994 12:45:50 GMT"}}), fails);
    EXPECT_EQ(checked(Method::put, {{"If-Unmodified-Since", "Tue, 15 Nov 1994 12:45:51 GMT"}}), holds);
}

TEST(Conditions, ARangeCountsForWhatStands) {
    const Standing standing{"\"a\"", 784903551};
    const auto counts = [&](const char* value) {
        Request request;
        if (value != nullptr) request.headers.add("If-Range", value);
        return range_counts(request, standing);
    };
    EXPECT_TRUE(counts(nullptr));
    EXPECT_TRUE(counts("\"a\""));
    EXPECT_FALSE(counts("\"b\""));
    EXPECT_FALSE(counts("W/\"a\""));
    EXPECT_TRUE(counts("Tue, 15 Nov 1994 12:45:51 GMT"));
    EXPECT_FALSE(counts("Tue, 15 Nov 1994 12:45:52 GMT"));
}

} // namespace
} // namespace inlet::http
