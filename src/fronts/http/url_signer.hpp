// Addresses that need no credential: each good for one thing, for a while. Floor 6; safe from many threads.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "http/message.hpp"

namespace inlet::http {

// Signs with HMAC-SHA256 (RFC 2104) what an address is good for.
class UrlSigner {
public:
    explicit UrlSigner(std::string key) : key_(std::move(key)) {} // at least 32 bytes that nobody else knows

    // `path` with the parameters `expires` (seconds since 1970) and `signature`.
    std::string sign(Method method, const std::string& path, std::uint64_t bytes, Timestamp expires) const;
    // Whether the request's parameters are those that sign() gave for the same. signature-invalid.
    Status check(const Request& request, const std::string& path, std::uint64_t bytes, Timestamp now) const;

private:
    std::string signature(Method method, const std::string& path, std::uint64_t bytes, std::int64_t expires) const;

    const std::string key_;
};

} // namespace inlet::http
