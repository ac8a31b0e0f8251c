// See access_reader.hpp. What is wrong with a secret is said without showing it.
#include "contract/reading/access_reader.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "contract/reading/names.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

constexpr std::size_t kUserBytesMax = 255;

struct Context {
    const Project& project;
    const ProjectFiles& files;
    const Page& page;
};

Permissions read_allow(const Element& node, const std::string& thing, const Page& page) {
    static const Words<Permission> kWords{{"submit", Permission::submit},
                                          {"read", Permission::read},
                                          {"approve", Permission::approve},
                                          {"admin", Permission::admin}};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSynonyms{
        {{"write", "submit"}, {"deliver", "submit"}, {"upload", "submit"}, {"view", "read"}, {"all", "admin"}}};
    Permissions allow;
    if (node.kind != Element::Kind::list || node.items.empty()) {
        page.wrong(node.place, fmt::format("`allow` of {} must be a list of submit, read, approve, admin; found {}",
                                           thing, found(node)));
        return allow;
    }
    for (const Element* item : node.items) {
        if (const auto permission = read_word(*item, "an item of `allow`", kWords, page, kSynonyms))
            allow.add(*permission);
    }
    return allow;
}

void check_matches_something(const Grant& grant, const Element& node, const Context& context) {
    std::vector<std::string_view> names;
    if (grant.of_package) {
        for (const Package& package : context.project.packages) names.push_back(package.name);
    } else {
        for (const Dataset& dataset : context.project.datasets) names.push_back(dataset.name);
    }
    if (std::ranges::any_of(names, [&](std::string_view name) { return name_matches(grant.pattern, name); })) return;
    if (grant.pattern == "*") return;
    context.page.wrong(node.place,
                       fmt::format("there is no {} `{}`", grant.of_package ? "package" : "dataset", grant.pattern),
                       did_you_mean(grant.pattern, names));
}

std::optional<Grant> read_grant(const Element& node, const std::string& role, const Context& context) {
    static constexpr KeySet kKeys{keys::kGrant};
    const Page& page = context.page;
    const Mapping mapping(node, node.place, fmt::format("a grant of role `{}`", role), page, &kKeys);
    if (!mapping.usable()) return std::nullopt;
    const Element* dataset = mapping.find("dataset");
    const Element* package = mapping.find("package");
    if ((dataset == nullptr) == (package == nullptr)) {
        page.wrong(node.place, fmt::format("{} must name either a `dataset` or a `package`", mapping.thing()));
        return std::nullopt;
    }
    Grant grant;
    grant.of_package = package != nullptr;
    const Element& named = grant.of_package ? *package : *dataset;
    if (auto pattern = read_text(named, grant.of_package ? "`package`" : "`dataset`", page)) {
        grant.pattern = std::move(*pattern);
        check_matches_something(grant, named, context);
    }
    if (const Element* allow = mapping.require("allow")) grant.allow = read_allow(*allow, mapping.thing(), page);
    return grant;
}

Role read_role(const Entry& entry, const Context& context) {
    Role role;
    role.name = entry.key;
    check_plain_name("role", entry.key, entry.place, context.page);
    if (entry.value->kind != Element::Kind::list || entry.value->items.empty()) {
        context.page.wrong(
            entry.value->place,
            fmt::format("role `{}` must be a list of grants such as {{dataset: ratings, allow: [read]}}; found {}",
                        entry.key, found(*entry.value)));
        return role;
    }
    for (const Element* item : entry.value->items) {
        if (auto grant = read_grant(*item, entry.key, context)) role.grants.push_back(std::move(*grant));
    }
    return role;
}

std::vector<std::string> read_roles(const Element& node, const AccessRules& rules, const Page& page) {
    std::vector<std::string> roles;
    std::vector<std::string_view> known{kAdminRole};
    for (const Role& role : rules.roles) known.push_back(role.name);
    for (auto& [name, place] : read_names(node, "`roles`", page)) {
        if (std::ranges::find(known, name) == known.end())
            page.wrong(place, fmt::format("there is no role `{}`", name), did_you_mean(name, known));
        roles.push_back(std::move(name));
    }
    return roles;
}

// argon2id in the PHC string format (https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md), as far as
// it takes to tell it from something else.
bool is_argon2id(std::string_view text) {
    constexpr std::string_view kBegin = "$argon2id$v=19$m=";
    constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=,$";
    return text.starts_with(kBegin) && std::ranges::count(text, '$') == 5 &&
           text.find_first_not_of(kAllowed) == std::string_view::npos && !text.ends_with('$');
}

// A secret is never shown, not even in a message about it.
std::string read_secret(const Element& node, std::string_view name, const Context& context) {
    if (node.kind != Element::Kind::scalar || node.text.empty()) {
        context.page.wrong(node.place, fmt::format("{} must be a text that is not empty", name));
        return {};
    }
    auto expanded = context.files.expand(node, node.text, context.page);
    if (expanded && expanded->empty()) context.page.wrong(node.place, fmt::format("{} is empty", name));
    return expanded.value_or("");
}

User read_user(const Entry& entry, const AccessRules& rules, const Context& context) {
    static constexpr KeySet kKeys{keys::kUser};
    const Page& page = context.page;
    User user;
    user.name = entry.key;
    const bool is_plain = std::ranges::all_of(entry.key, [](char c) { return static_cast<unsigned char>(c) > 0x20; });
    if (entry.key.empty() || entry.key.size() > kUserBytesMax || entry.key.contains(':') || !is_plain)
        page.wrong(entry.place, fmt::format("user `{}`: a name has 1 to {} bytes, and neither spaces nor `:`",
                                            entry.key, kUserBytesMax));
    const Mapping mapping(*entry.value, entry.place, fmt::format("user `{}`", entry.key), page, &kKeys);
    if (!mapping.usable()) return user;
    const Element* hash = mapping.find("password_hash");
    const Element* password = mapping.find("password");
    if ((hash == nullptr) == (password == nullptr)) {
        page.wrong(entry.place, fmt::format("{} must have either a `password_hash` or a `password`", mapping.thing()),
                   "`inlet users hash` makes a `password_hash`");
    } else if (hash != nullptr) {
        user.password_hash = read_secret(*hash, "`password_hash`", context);
        if (!user.password_hash.empty() && !is_argon2id(user.password_hash))
            page.wrong(hash->place, "`password_hash` is no argon2id hash ($argon2id$v=19$...)",
                       "`inlet users hash` makes one");
    } else if (password->kind == Element::Kind::scalar && !password->text.starts_with("${")) {
        page.wrong(password->place,
                   "`password` must be ${env:NAME} or ${file:PATH}: a password does not stand in a file "
                   "that many read",
                   "or write a `password_hash`, which `inlet users hash` makes");
    } else {
        user.password = read_secret(*password, "`password`", context);
    }
    if (const Element* roles = mapping.require("roles")) user.roles = read_roles(*roles, rules, page);
    return user;
}

} // namespace

AccessRules read_access(const Element& node, Place place, const Project& project, const ProjectFiles& files,
                        const Page& page) {
    static constexpr KeySet kKeys{keys::kAccess, {}, keys::kAccessMisplaced};
    static constexpr KeySet kAnonymousKeys{keys::kAnonymous};
    const Context context{project, files, page};
    AccessRules rules;
    const Mapping mapping(node, place, "`access`", page, &kKeys);
    if (const Element* roles = mapping.find("roles")) {
        const Mapping named(*roles, roles->place, "`roles`", page, nullptr);
        for (const Entry* entry : named.entries()) {
            if (entry->key == kAdminRole)
                page.wrong(entry->place, "role `admin` is there already, and may do everything", "choose another name");
            rules.roles.push_back(read_role(*entry, context));
        }
    }
    if (const Element* users = mapping.find("users")) {
        const Mapping named(*users, users->place, "`users`", page, nullptr);
        for (const Entry* entry : named.entries()) rules.users.push_back(read_user(*entry, rules, context));
    }
    if (const Element* anonymous = mapping.find("anonymous")) {
        const Mapping inner(*anonymous, anonymous->place, "`anonymous`", page, &kAnonymousKeys);
        if (inner.usable()) {
            if (const Element* roles = inner.require("roles")) rules.anonymous_roles = read_roles(*roles, rules, page);
        }
    }
    return rules;
}

} // namespace inlet::reading
