#include "access/principal.hpp"

#include <algorithm>
#include <utility>

namespace inlet {

namespace {

bool is_every(std::string_view pattern) {
    return !pattern.empty() && pattern.find_first_not_of('*') == std::string_view::npos;
}

} // namespace

Grants Grants::of(const Project& project, std::span<const std::string> roles, std::vector<std::string> only) {
    Grants grants;
    grants.only_ = std::move(only);
    for (const std::string& name : roles) {
        const Role* role = project.access.role(name);
        if (role == nullptr) {
            if (name == kAdminRole) grants.grants_ = everything().grants_;
            continue;
        }
        for (const Grant& grant : role->grants) {
            grants.grants_.push_back(grant);
            if (!grant.of_package || !grant.allow.holds(Permission::read)) continue;
            for (const Package& package : project.packages) {
                if (!name_matches(grant.pattern, package.name)) continue;
                Permissions read;
                read.add(Permission::read);
                for (const auto& [file, dataset] : package.members)
                    grants.grants_.push_back({.pattern = dataset, .of_package = false, .allow = read});
            }
        }
    }
    return grants;
}

Grants Grants::everything() {
    Permissions all;
    all.add(Permission::admin);
    Grants grants;
    grants.grants_ = {{.pattern = "*", .of_package = false, .allow = all},
                      {.pattern = "*", .of_package = true, .allow = all}};
    return grants;
}

bool Grants::granted(Permission permission, bool of_package, std::string_view name) const {
    return std::ranges::any_of(grants_, [&](const Grant& grant) {
        return grant.of_package == of_package && grant.allow.holds(permission) && name_matches(grant.pattern, name);
    });
}

bool Grants::within(std::string_view dataset) const {
    return only_.empty() ||
           std::ranges::any_of(only_, [&](const std::string& pattern) { return name_matches(pattern, dataset); });
}

bool Grants::may(Permission permission, std::string_view dataset) const {
    return !dataset.empty() && within(dataset) && granted(permission, false, dataset);
}

bool Grants::may(Permission permission, const Package& package) const {
    const auto all_members = [&](auto allowed) {
        return std::ranges::all_of(package.members, [&](const auto& member) { return allowed(member.second); });
    };
    if (package.members.empty() || !all_members([&](const std::string& dataset) { return within(dataset); }))
        return false;
    return granted(permission, true, package.name) ||
           all_members([&](const std::string& dataset) { return granted(permission, false, dataset); });
}

bool Grants::may_everywhere(Permission permission) const {
    const bool unbounded = only_.empty() || std::ranges::any_of(only_, is_every);
    return unbounded && std::ranges::any_of(grants_, [&](const Grant& grant) {
               return !grant.of_package && grant.allow.holds(permission) && is_every(grant.pattern);
           });
}

Principal Principal::local(std::string name) {
    return {.name = std::move(name),
            .kind = Kind::local,
            .id = "",
            .grants = std::make_shared<const Grants>(Grants::everything())};
}

std::string_view to_string(Principal::Kind kind) {
    switch (kind) {
    case Principal::Kind::anonymous:
        return "anonymous";
    case Principal::Kind::key:
        return "key";
    case Principal::Kind::user:
        return "user";
    case Principal::Kind::local:
        return "local";
    }
    std::unreachable();
}

} // namespace inlet
