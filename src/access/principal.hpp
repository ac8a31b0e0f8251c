// Who is asking, and what they may do. Floor 4; values, safe to share once made.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contract/access_rules.hpp"
#include "contract/project.hpp"

namespace inlet {

// What somebody may do; nothing, unless a grant says so.
class Grants {
public:
    // The grants of those roles together. Of the names in `roles` those that are not known grant nothing. Reading a
    // package is reading each of its datasets. `only`, if it is not empty: patterns of datasets; the grants hold for no
    // others.
    static Grants of(const Project& project, std::span<const std::string> roles, std::vector<std::string> only = {});
    static Grants everything();

    bool may(Permission permission, std::string_view dataset) const;
    // On the package, or on all its datasets.
    bool may(Permission permission, const Package& package) const;
    // On every dataset there is and will be.
    bool may_everywhere(Permission permission) const;

private:
    bool granted(Permission permission, bool of_package, std::string_view name) const;
    bool within(std::string_view dataset) const;

    std::vector<Grant> grants_;
    std::vector<std::string> only_; // empty: every dataset
};

struct Principal {
    enum class Kind : std::uint8_t { anonymous, key, user, local }; // local: who has the data folder (command line)

    std::string name; // as versions and submissions record it
    Kind kind = Kind::anonymous;
    std::string id; // by which their deliveries are known as theirs: "key:1f2e3d4c", "user:ann"; empty: nobody's
    std::shared_ptr<const Grants> grants; // owners: requests and what remembers credentials; null: none

    bool may(Permission permission, std::string_view dataset) const {
        return grants && grants->may(permission, dataset);
    }
    bool may(Permission permission, const Package& package) const { return grants && grants->may(permission, package); }
    bool may_everywhere(Permission permission) const { return grants && grants->may_everywhere(permission); }
    bool is_admin() const { return may_everywhere(Permission::admin); } // keys, audit log

    static Principal local(std::string name); // may do everything
};
std::string_view to_string(Principal::Kind kind);

} // namespace inlet
