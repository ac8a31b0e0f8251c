#include "access/keyring.hpp"

#include "access/secret.hpp"

namespace inlet {

namespace {

constexpr std::string_view kPrefix = "inlet_";
constexpr std::size_t kIdDigits = 8;
constexpr std::size_t kSecretDigits = 64;

std::unexpected<Error> not_valid() { return fail(FailureCode::unauthenticated, "the key is not valid"); }

} // namespace

Result<Keyring::Made> Keyring::make(std::string name, std::string role, Timestamp expires_at) {
    if (name.empty()) return fail(FailureCode::bad_argument, "a key needs a name that says whose it is");
    const std::string secret = TRY(random_hex(kSecretDigits / 2));
    Made made;
    made.record.id = TRY(random_hex(kIdDigits / 2));
    made.record.name = std::move(name);
    made.record.sha256 = sha256_hex(secret);
    made.record.role = std::move(role);
    made.record.expires_at = expires_at;
    made.text = std::string(kPrefix) + made.record.id + "_" + secret;
    TRY(catalog_.add_key(made.record));
    return made;
}

Result<Principal> Keyring::who(std::string_view key_text) const {
    constexpr std::size_t kSize = kPrefix.size() + kIdDigits + 1 + kSecretDigits;
    if (key_text.size() != kSize || !key_text.starts_with(kPrefix) || key_text[kPrefix.size() + kIdDigits] != '_')
        return not_valid();
    const std::string_view id = key_text.substr(kPrefix.size(), kIdDigits);
    const auto record = TRY(catalog_.key(id));
    const std::string sha256 = sha256_hex(key_text.substr(kSize - kSecretDigits));
    if (!record || !same_secret(record->sha256, sha256)) return not_valid();
    if (record->revoked_at != 0) return fail(FailureCode::unauthenticated, "the key was revoked");
    if (record->expires_at != 0 && record->expires_at <= clock_.now())
        return fail(FailureCode::unauthenticated, "the key has expired");
    return Principal{.name = record->name,
                     .kind = Principal::Kind::key,
                     .id = "key:" + record->id,
                     .grants = std::make_shared<const Grants>(Grants::everything())};
}

} // namespace inlet
