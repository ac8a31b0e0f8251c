// Against OpenSSL's one-shot digest, on both sides of the size from which a thread hashes.
#include "objects/running_sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace inlet {
namespace {

std::string reference(std::span<const std::byte> bytes) {
    std::array<unsigned char, 32> hash{};
    EXPECT_EQ(EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr), 1);
    std::string text;
    for (const unsigned char byte : hash) text += fmt::format("{:02x}", byte);
    return text;
}

TEST(RunningSha256, AgreesWithTheOneShotDigest) {
    std::vector<std::byte> bytes(3 * RunningSha256::kInlineBytes + 12345);
    std::uint32_t state = 1;
    for (std::byte& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::byte>(state >> 24U);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, RunningSha256::kInlineBytes - 1,
                                   RunningSha256::kInlineBytes, RunningSha256::kInlineBytes + 1, bytes.size()}) {
        for (const std::size_t block : {std::size_t{64}, std::size_t{262'144}, std::size_t{1'000'000}, bytes.size()}) {
            RunningSha256 hash;
            const auto all = std::span(bytes).first(size);
            for (std::size_t at = 0; at < size; at += block) hash.update(all.subspan(at, std::min(block, size - at)));
            EXPECT_EQ(hash.finish(), reference(all)) << size << " in blocks of " << block;
        }
    }
}

TEST(RunningSha256, MayBeLeftInTheMiddle) {
    const std::vector<std::byte> bytes(2 * RunningSha256::kInlineBytes);
    RunningSha256 hash;
    hash.update(bytes);
    hash.update(bytes);
    SUCCEED() << "what is waiting to be hashed is dropped without a hang";
}

} // namespace
} // namespace inlet
