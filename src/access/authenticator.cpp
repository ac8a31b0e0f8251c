#include "access/authenticator.hpp"

#include <fmt/format.h>

namespace inlet {

Result<std::unique_ptr<Authenticator>> Authenticator::open(const Project& project, Catalog& catalog,
                                                           const Clock& clock) {
    std::unique_ptr<Authenticator> made(new Authenticator(project, catalog, clock, TRY(Users::open(project, clock))));
    const std::vector<std::string>& roles = project.access.anonymous_roles;
    if (!roles.empty()) made->anonymous_ = std::make_shared<const Grants>(Grants::of(project, roles));
    return made;
}

Result<Principal> Authenticator::who(const Credential& credential, std::string_view address) {
    if (std::holds_alternative<std::monostate>(credential)) {
        if (!anonymous_) return fail(FailureCode::unauthenticated, "no credential was sent");
        return Principal{.name = "anonymous", .kind = Principal::Kind::anonymous, .id = "", .grants = anonymous_};
    }
    auto principal = ask(credential, address);
    if (principal || principal.error().code != FailureCode::unauthenticated) return principal;
    TRY(not_too_often(address));
    failures_.note(address);
    return principal;
}

Result<Principal> Authenticator::ask(const Credential& credential, std::string_view address) {
    if (const auto* key = std::get_if<KeyCredential>(&credential)) return keyring_.who(key->text);
    const auto* shown = std::get_if<PasswordCredential>(&credential);
    if (shown == nullptr) return fail(FailureCode::unauthenticated, "the credential cannot be read");
    if (auto known = users_->remembered(shown->user, shown->password)) return known;
    TRY(not_too_often(address)); // before the costly part
    return users_->verified(shown->user, shown->password);
}

Status Authenticator::not_too_often(std::string_view address) {
    const std::chrono::seconds wait = failures_.wait(address);
    if (wait.count() == 0) return {};
    return fail(
        Error(FailureCode::rate_limited,
              fmt::format("too many credentials from {} were not valid; try again in {} s", address, wait.count()))
            .with("retry_after", std::to_string(wait.count())));
}

} // namespace inlet
