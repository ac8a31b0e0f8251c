#include "fronts/http/datasets_reach.hpp"

#include <fmt/format.h>

#include "access/submission_rights.hpp"

namespace inlet::http {

namespace {

std::unexpected<Error> lacks(Permission permission, std::string_view kind, std::string_view name) {
    return fail(FailureCode::forbidden,
                fmt::format("this takes the grant `{}` on {} `{}`", to_string(permission), kind, name));
}

} // namespace

Result<const Dataset*> find_dataset(const Project& project, const Request& request, Permission permission) {
    const std::string& name = request.values.at("dataset");
    const Dataset* dataset = project.dataset(name);
    if (dataset == nullptr || !knows(request.principal, name))
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", name));
    if (!request.principal.may(permission, name)) return lacks(permission, "dataset", name);
    return dataset;
}

Result<const Package*> find_package(const Project& project, const Request& request, Permission permission) {
    const std::string& name = request.values.at("package");
    const Package* package = project.package(name);
    if (package == nullptr || !knows(request.principal, *package))
        return fail(FailureCode::unknown_package, fmt::format("there is no package `{}`", name));
    if (!request.principal.may(permission, *package)) return lacks(permission, "package", name);
    return package;
}

} // namespace inlet::http
