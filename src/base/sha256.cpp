#include "base/sha256.hpp"

#include <array>

#include <openssl/sha.h>

namespace inlet {

std::string sha256_hex(std::string_view text) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::string out;
    out.reserve(digest.size() * 2);
    for (const unsigned char byte : digest) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

} // namespace inlet
