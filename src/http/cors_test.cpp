#include "http/cors.hpp"

#include <gtest/gtest.h>

namespace inlet::http {
namespace {

Request asked(Method method, const char* origin) {
    Request request;
    request.method = method;
    if (origin != nullptr) request.headers.add("Origin", origin);
    return request;
}

Request preflight_of(const char* origin) {
    Request request = asked(Method::options, origin);
    request.headers.add("Access-Control-Request-Method", "PATCH");
    request.headers.add("Access-Control-Request-Headers", "authorization, content-type");
    return request;
}

const Cors kOne{.origins = {"https://app.example.org"}};

TEST(Cors, APageThatMayCallIsToldSo) {
    const auto answer = preflight(kOne, preflight_of("https://app.example.org"));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 204);
    EXPECT_EQ(*answer->headers.find("Access-Control-Allow-Headers"), "authorization, content-type");
    EXPECT_EQ(*answer->headers.find("Access-Control-Max-Age"), "600");
    Response response;
    allow_origin(kOne, asked(Method::get, "https://app.example.org"), response);
    EXPECT_EQ(*response.headers.find("Access-Control-Allow-Origin"), "https://app.example.org");
    EXPECT_EQ(*response.headers.find("Vary"), "Origin");
}

TEST(Cors, AnotherPageIsNot) {
    EXPECT_FALSE(preflight(kOne, preflight_of("https://evil.example.org")));
    EXPECT_FALSE(preflight({}, preflight_of("https://app.example.org")));
    Response response;
    allow_origin(kOne, asked(Method::get, "https://app.example.org.evil.example"), response);
    EXPECT_EQ(response.headers.find("Access-Control-Allow-Origin"), nullptr);
    EXPECT_EQ(*response.headers.find("Vary"), "Origin");
}

TEST(Cors, AnyPageMayIfConfigured) {
    Response response;
    allow_origin({.origins = {"*"}}, asked(Method::get, "https://anything.example"), response);
    EXPECT_EQ(*response.headers.find("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(response.headers.find("Vary"), nullptr);
}

TEST(Cors, OptionsOfAnotherKindAreNoPreflight) {
    EXPECT_FALSE(preflight(kOne, asked(Method::options, "https://app.example.org")));
}

TEST(Cors, NothingIsEchoedThatIsNoName) {
    Request request = asked(Method::options, "https://app.example.org");
    request.headers.add("Access-Control-Request-Method", "PATCH");
    request.headers.add("Access-Control-Request-Headers", "x\r\nSet-Cookie: a=b");
    EXPECT_EQ(preflight(kOne, request)->headers.find("Access-Control-Allow-Headers"), nullptr);
}

} // namespace
} // namespace inlet::http
