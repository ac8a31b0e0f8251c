#include "access/submission_rights.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::array kPermissions{Permission::submit, Permission::read, Permission::approve};

} // namespace

std::optional<SubmissionScope> scope_of(const Principal& principal, const Project& project) {
    if (principal.may_everywhere(Permission::read)) return std::nullopt;
    SubmissionScope scope;
    for (const Dataset& dataset : project.datasets) {
        if (principal.may(Permission::read, dataset.name)) scope.datasets.push_back(dataset.name);
    }
    for (const Package& package : project.packages) {
        if (principal.may(Permission::read, package)) scope.packages.push_back(package.name);
    }
    // Somebody who may deliver nowhere any more has no deliveries either.
    const bool delivers =
        std::ranges::any_of(project.datasets,
                            [&](const Dataset& one) { return principal.may(Permission::submit, one.name); }) ||
        std::ranges::any_of(project.packages,
                            [&](const Package& one) { return principal.may(Permission::submit, one); });
    if (delivers) scope.sender = principal.id;
    return scope;
}

bool may_see(const Principal& principal, const Project& project, const SubmissionRecord& record) {
    const auto scope = scope_of(principal, project);
    return !scope || visible(record, *scope);
}

bool may_decide(const Principal& principal, const Project& project, const SubmissionRecord& record) {
    if (principal.may_everywhere(Permission::approve)) return true;
    const auto decides = [&](const std::string& dataset) { return principal.may(Permission::approve, dataset); };
    const bool all_parts = std::ranges::all_of(record.parts, decides, &PartRecord::dataset);
    if (record.target_is_package) {
        const Package* package = project.package(record.target);
        if (package == nullptr || !principal.may(Permission::approve, *package)) return false;
        // Its members may have been others when it was delivered.
        return std::ranges::all_of(record.parts, [&](const PartRecord& part) {
            return decides(part.dataset) || std::ranges::any_of(package->members, [&](const auto& member) {
                       return member.second == part.dataset;
                   });
        });
    }
    if (record.target.empty()) return !record.parts.empty() && all_parts;
    return decides(record.target) && all_parts;
}

Result<SubmissionRecord> seen(const Principal& principal, const Project& project, Catalog& catalog, SubmissionId id) {
    SubmissionRecord record = TRY(catalog.get(id));
    if (!may_see(principal, project, record))
        return fail(FailureCode::unknown_submission, fmt::format("there is no submission {}", id.value));
    return record;
}

Result<SubmissionRecord> decidable(const Principal& principal, const Project& project, Catalog& catalog,
                                   SubmissionId id) {
    SubmissionRecord record = TRY(seen(principal, project, catalog, id));
    if (!may_decide(principal, project, record))
        return fail(
            FailureCode::forbidden,
            fmt::format("submission {} is for others to decide about: it takes `approve` on all it touches", id.value));
    return record;
}

bool knows(const Principal& principal, std::string_view dataset) {
    return std::ranges::any_of(kPermissions, [&](Permission one) { return principal.may(one, dataset); });
}

bool knows(const Principal& principal, const Package& package) {
    return std::ranges::any_of(kPermissions, [&](Permission one) { return principal.may(one, package); });
}

} // namespace inlet
