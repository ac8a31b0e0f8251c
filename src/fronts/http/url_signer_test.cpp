#include "fronts/http/url_signer.hpp"

#include <gtest/gtest.h>

namespace inlet::http {

namespace {

Status check(const UrlSigner& signer, const std::string& url, std::uint64_t bytes, Timestamp now,
             Method method = Method::put, const std::string& path = "/a/1") {
    Request request;
    request.method = method;
    request.target = *Target::parse(url);
    return signer.check(request, path, bytes, now);
}

TEST(UrlSigner, AnAddressIsGoodForOneThingForAWhile) {
    const UrlSigner signer(std::string(32, 'k'));
    const Timestamp end = Timestamp{2'000} * 1'000'000;
    const std::string url = signer.sign(Method::put, "/a/1", 5, end);
    EXPECT_TRUE(check(signer, url, 5, 0));
    EXPECT_TRUE(check(signer, url, 5, end - 1'000'000));
    std::string later = url;
    later.replace(later.find("2000"), 4, "3000");
    for (const auto& refused :
         {check(signer, url, 5, end), check(signer, url, 6, 0), check(signer, url, 5, 0, Method::get),
          check(signer, url, 5, 0, Method::put, "/a/2"), check(signer, later, 5, 0), check(signer, url + "0", 5, 0),
          check(signer, "/a/1?expires=2000", 5, 0), check(signer, "/a/1", 5, 0),
          check(signer, "/a/1?expires=x&signature=", 5, 0), check(UrlSigner(std::string(32, 'x')), url, 5, 0)}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, FailureCode::signature_invalid);
    }
}

} // namespace
} // namespace inlet::http
