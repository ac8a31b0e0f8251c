#include "contract/access_rules.hpp"

#include <algorithm>
#include <utility>

namespace inlet {

std::string_view to_string(Permission permission) {
    switch (permission) {
    case Permission::submit:
        return "submit";
    case Permission::read:
        return "read";
    case Permission::approve:
        return "approve";
    case Permission::admin:
        return "admin";
    }
    std::unreachable();
}

const Role* AccessRules::role(std::string_view role_name) const {
    const auto found = std::ranges::find(roles, role_name, &Role::name);
    return found == roles.end() ? nullptr : &*found;
}

} // namespace inlet
