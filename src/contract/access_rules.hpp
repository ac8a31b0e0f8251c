// What `access:` of inlet.yaml says, as values: roles with what they grant, users, and what those may do who show
// nothing. Floor 1; immutable once read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inlet {

enum class Permission : std::uint8_t {
    submit,  // deliver to it
    read,    // see it in lists, and its submissions, errors, rejects and raw deliveries
    approve, // decide about its submissions: approve, cancel, retry, undo
    admin    // all of these; of every dataset: also keys and the audit log
};
std::string_view to_string(Permission permission);

class Permissions {
public:
    constexpr void add(Permission permission) { bits_ |= bit(permission); }
    constexpr bool holds(Permission permission) const {
        return (bits_ & (bit(permission) | bit(Permission::admin))) != 0;
    }
    bool operator==(const Permissions&) const = default;

private:
    static constexpr std::uint8_t bit(Permission permission) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(permission));
    }
    std::uint8_t bits_ = 0;
};

// Of datasets or of packages, by name or pattern (* and ?).
struct Grant {
    std::string pattern;
    bool of_package = false;
    Permissions allow;

    bool operator==(const Grant&) const = default;
};

struct Role {
    std::string name;
    std::vector<Grant> grants;
};

struct User {
    std::string name;
    std::string password_hash; // PHC string `$argon2id$...`, or
    std::string password;      // the password itself
    std::vector<std::string> roles;
};

struct AccessRules {
    std::vector<Role> roles;
    std::vector<User> users;
    std::vector<std::string> anonymous_roles; // of those who show no credential; none: they are turned away

    const Role* role(std::string_view role_name) const;
};

// Always there: may do everything.
inline constexpr std::string_view kAdminRole = "admin";

} // namespace inlet
