#include "notify/signature.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.hpp"
#include "base/result.hpp"

namespace inlet {

std::string webhook_signature(std::string_view id, std::int64_t timestamp, std::string_view body,
                              const std::vector<std::string>& keys) {
    const std::string content = fmt::format("{}.{}.{}", id, timestamp, body);
    std::string value;
    for (const std::string& key : keys) {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(),
                   &size) != nullptr);
        if (!value.empty()) value += ' ';
        value += "v1," + base64({reinterpret_cast<const char*>(digest.data()), size});
    }
    return value;
}

} // namespace inlet
