// From a credential to a principal: keys, users, or nobody. Floor 4. Safe from many threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "access/failed_attempts.hpp"
#include "access/keyring.hpp"
#include "access/principal.hpp"
#include "access/users.hpp"

namespace inlet {

struct KeyCredential {
    std::string_view text;
};
struct PasswordCredential {
    std::string_view user;
    std::string_view password;
};
struct BrokenCredential {}; // something was shown that cannot be read
using Credential = std::variant<std::monostate, KeyCredential, PasswordCredential, BrokenCredential>;

class Authenticator {
public:
    // All borrowed. Error: internal.
    static Result<std::unique_ptr<Authenticator>> open(const Project& project, Catalog& catalog, const Clock& clock);

    // `address` is where the call comes from. Errors: unauthenticated; rate-limited, with `retry_after` in seconds:
    // too many attempts from there failed (a right key, and a password that was right within the last minute, are
    // still taken); the catalog's.
    Result<Principal> who(const Credential& credential, std::string_view address);

    Keyring& keyring() { return keyring_; }
    bool has_users() const { return !users_->none(); }

private:
    Authenticator(const Project& project, Catalog& catalog, const Clock& clock, std::unique_ptr<Users> users)
        : keyring_(project, catalog, clock), users_(std::move(users)), failures_(clock) {}

    Result<Principal> ask(const Credential& credential, std::string_view address);
    Status not_too_often(std::string_view address);

    Keyring keyring_;
    std::unique_ptr<Users> users_;
    FailedAttempts failures_;
    std::shared_ptr<const Grants> anonymous_; // null: credentials are needed. Owners: this and requests
};

} // namespace inlet
