// The only file that calls libargon2. The costs are those that OWASP's password storage cheat sheet gives first
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html).
#include "access/password.hpp"

#include <array>

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/rand.h>

namespace inlet {

namespace {

constexpr std::uint32_t kRounds = 2;
constexpr std::uint32_t kMemoryKiB = 19 * 1024;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

} // namespace

Result<std::string> hash_password(std::string_view password) {
    if (password.empty() || password.size() > kPasswordBytesMax)
        return fail(FailureCode::bad_argument, fmt::format("a password has 1 to {} bytes", kPasswordBytesMax));
    std::array<unsigned char, kSaltBytes> salt{};
    if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1)
        return fail(FailureCode::internal, "the system gave no random numbers");
    std::array<char, 256> encoded{};
    const int code = argon2id_hash_encoded(kRounds, kMemoryKiB, kLanes, password.data(), password.size(), salt.data(),
                                           salt.size(), kHashBytes, encoded.data(), encoded.size());
    if (code != ARGON2_OK)
        return fail(FailureCode::internal, fmt::format("cannot hash a password: {}", argon2_error_message(code)));
    return std::string(encoded.data());
}

bool verify_password(std::string_view password, const std::string& phc) {
    if (password.size() > kPasswordBytesMax) return false;
    return argon2id_verify(phc.c_str(), password.data(), password.size()) == ARGON2_OK;
}

} // namespace inlet
