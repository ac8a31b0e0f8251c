// Addresses, headers, problems and routes.
#include "http/message.hpp"

#include <gtest/gtest.h>

#include "catalog/testing/conformance.hpp"
#include "http/router.hpp"

namespace inlet {

// Linked in with the stores' test libraries, played elsewhere.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);

} // namespace inlet

namespace inlet::http {

namespace {

using Strings = std::vector<std::string>;

TEST(Target, IsSplitAndDecoded) {
    const auto target = Target::parse("/v1/da%20ta/%C3%A4%2F/?a=1&b=x+y%26&c&=d&a=2");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->segments, (Strings{"v1", "da ta", "\xC3\xA4/", ""}));
    EXPECT_EQ(target->parameters, (std::vector<std::pair<std::string, std::string>>{
                                      {"a", "1"}, {"b", "x y&"}, {"c", ""}, {"", "d"}, {"a", "2"}}));
    EXPECT_EQ(Target::parse("/")->segments, Strings{});
    EXPECT_EQ(Target::parse("/?")->parameters.size(), 0U);
    EXPECT_EQ(Target::parse("/a+b")->segments, Strings{"a+b"});
}

TEST(Target, WhatIsNoPathIsRefused) {
    for (const char* text : {"", "*", "http://x/", "a/b", "/%", "/%4", "/%zz", "/%00", "/a?b=%"}) {
        const auto target = Target::parse(text);
        ASSERT_FALSE(target) << text;
        EXPECT_EQ(target.error().code, FailureCode::bad_argument);
    }
}

TEST(Headers, AreFoundCaseAside) {
    Headers headers;
    headers.add("Content-Type", "a");
    headers.add("content-type", "b");
    ASSERT_NE(headers.find("CONTENT-TYPE"), nullptr);
    EXPECT_EQ(*headers.find("CONTENT-TYPE"), "a");
    EXPECT_EQ(headers.find("Content"), nullptr);
}

TEST(Problem, SaysCodeStatusAndWayOut) {
    const Response response =
        problem(Error(FailureCode::unknown_dataset, "there is no dataset `x`").with("dataset", "x"));
    EXPECT_EQ(response.status, 404U);
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/problem+json");
    for (const char* part : {R"("code":"unknown-dataset")", R"("status":404)", R"("detail":"there is no dataset `x`")",
                             R"("dataset":"x")", R"("what_to_do":)"})
        EXPECT_NE(response.body.find(part), std::string::npos) << part;
}

TEST(Router, ACallForAdminsIsForThemAlone) {
    const Route route{.path = "/a", .needs = Needs::admin};
    EXPECT_TRUE(admit(route, Principal::local("root")));
    EXPECT_EQ(admit(route, Principal()).error().code, FailureCode::forbidden);
    EXPECT_TRUE(admit({.path = "/a", .needs = Needs::grants}, Principal()));
}

TEST(Router, FindsTheRouteItsValuesAndWhatIsAllowed) {
    Router router;
    router.add({.path = "/a/{x}/b", .id = "get", .needs = Needs::nothing});
    router.add({.method = Method::post, .path = "/a/{x}/b", .id = "post", .needs = Needs::nothing});
    router.add({.path = "/a/c", .id = "other", .needs = Needs::nothing});
    const auto match = [&](Method method, const char* path) { return router.match(method, *Target::parse(path)); };
    EXPECT_EQ(match(Method::get, "/a/1/b").route->id, "get");
    EXPECT_EQ(match(Method::head, "/a/1/b").route->id, "get");
    EXPECT_EQ(match(Method::post, "/a/1/b").values.at("x"), "1");
    EXPECT_EQ(match(Method::get, "/a/c").route->id, "other");
    EXPECT_EQ(match(Method::del, "/a/1/b").route, nullptr);
    EXPECT_EQ(match(Method::del, "/a/1/b").allowed, "GET, HEAD, POST");
    for (const char* path : {"/", "/a", "/a//b", "/a/1/b/", "/a/1/c", "/a/1"}) {
        EXPECT_EQ(match(Method::get, path).route, nullptr) << path;
        EXPECT_EQ(match(Method::get, path).allowed, "") << path;
    }
}

TEST(Router, AValueMayTakeSeveralSegments) {
    Router router;
    router.add({.path = "/f/{x}/{path+}", .id = "get", .needs = Needs::nothing});
    router.add({.method = Method::post, .path = "/f/{x}/{path+}/action/do", .id = "do", .needs = Needs::nothing});
    const auto path = [&](Method method, const char* text) -> std::string {
        const auto match = router.match(method, *Target::parse(text));
        return match.route == nullptr ? "none" : match.route->id + " " + match.values.at("path");
    };
    EXPECT_EQ(path(Method::get, "/f/1/a"), "get a");
    EXPECT_EQ(path(Method::get, "/f/1/a/b%20c/d"), "get a/b c/d");
    EXPECT_EQ(path(Method::get, "/f/1/a//b/"), "get a//b/");
    EXPECT_EQ(path(Method::get, "/f/1/a%2Fb"), "get a/b");
    EXPECT_EQ(path(Method::get, "/f/1/a/action/do"), "get a/action/do");
    EXPECT_EQ(path(Method::post, "/f/1/a/b/action/do"), "do a/b");
    EXPECT_EQ(path(Method::post, "/f/1/a/b/action/else"), "none");
    EXPECT_EQ(path(Method::post, "/f/1/action/do"), "none");
    EXPECT_EQ(path(Method::get, "/f/1/"), "none");
    EXPECT_EQ(path(Method::get, "/f/1"), "none");
}

TEST(Method, NamesAreThoseOfTheProtocol) {
    for (const Method method :
         {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del, Method::options})
        EXPECT_EQ(method_from(to_string(method)), method);
    EXPECT_EQ(method_from("get"), std::nullopt);
    EXPECT_EQ(method_from("BREW"), std::nullopt);
}

} // namespace

} // namespace inlet::http
