#include "fronts/http/url_signer.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "access/secret.hpp"

namespace inlet::http {

namespace {

constexpr Timestamp kSecond = 1'000'000;

} // namespace

std::string UrlSigner::signature(Method method, const std::string& path, std::uint64_t bytes,
                                 std::int64_t expires) const {
    const std::string text = fmt::format("inlet url 1\n{}\n{}\n{}\n{}", to_string(method), path, bytes, expires);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    CHECK(HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
               reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) != nullptr);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

std::string UrlSigner::sign(Method method, const std::string& path, std::uint64_t bytes, Timestamp expires) const {
    const std::int64_t seconds = expires / kSecond;
    return fmt::format("{}?expires={}&signature={}", path, seconds, signature(method, path, bytes, seconds));
}

Status UrlSigner::check(const Request& request, const std::string& path, std::uint64_t bytes, Timestamp now) const {
    const std::string* expires = request.parameter("expires");
    const std::string* sent = request.parameter("signature");
    if (expires == nullptr || sent == nullptr)
        return fail(FailureCode::signature_invalid, "this address is used with the parameters that it was given with");
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(expires->data(), expires->data() + expires->size(), seconds);
    const bool number = error == std::errc() && end == expires->data() + expires->size();
    if (!number || !same_secret(*sent, signature(request.method, path, bytes, seconds)))
        return fail(FailureCode::signature_invalid, "the address is not as it was given");
    if (seconds <= now / kSecond)
        return fail(FailureCode::signature_invalid,
                    fmt::format("the address was good until {}", iso_moment(seconds * kSecond)));
    return {};
}

} // namespace inlet::http
