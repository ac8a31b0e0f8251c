#include "fronts/tus/upload_target.hpp"

#include <fmt/format.h>

#include "access/submission_rights.hpp"

namespace inlet::tus {

namespace {

// What somebody does not know of is not there for them.
Status may_send(const Project& project, const Principal& principal, const NewUpload& upload) {
    const Package* package = upload.target_is_package ? project.package(upload.target) : nullptr;
    if (upload.target_is_package && (package == nullptr || !knows(principal, *package)))
        return fail(FailureCode::unknown_package, fmt::format("there is no package `{}`", upload.target));
    const bool is_dataset = !upload.target_is_package;
    if (is_dataset && (project.dataset(upload.target) == nullptr || !knows(principal, upload.target)))
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", upload.target));
    const bool may = is_dataset ? principal.may(Permission::submit, upload.target)
                                : principal.may(Permission::submit, *package);
    if (may) return {};
    return fail(FailureCode::forbidden, fmt::format("this takes the grant `submit` on `{}`", upload.target));
}

} // namespace

UploadCaller caller_of(const http::Request& request) {
    const Principal& principal = request.principal;
    return {.name = principal.name,
            .id = principal.id.empty() ? principal.name : principal.id,
            .sees_all = principal.is_admin()};
}

bool has_body(const http::Request& request) {
    return request.body_bytes.value_or(0) > 0 || request.headers.find("Transfer-Encoding") != nullptr;
}

Status set_target(const Project& project, const http::Request& request, const Metadata& metadata, NewUpload& upload) {
    const auto said = [&](std::string_view key) {
        const std::string* value = find(metadata, key);
        return value != nullptr ? value : request.parameter(key);
    };
    const std::string* dataset = said("dataset");
    const std::string* package = said("package");
    if (dataset != nullptr && package != nullptr)
        return fail(FailureCode::ambiguous_target, "the upload names both a dataset and a package");
    if (dataset != nullptr || package != nullptr) {
        upload.target = dataset != nullptr ? *dataset : *package;
        upload.target_is_package = package != nullptr;
    } else if (project.datasets.size() == 1 && project.packages.empty()) {
        upload.target = project.datasets.front().name;
    } else {
        return fail(FailureCode::ambiguous_target,
                    "the upload does not say where it goes: name a `dataset` or a `package` in Upload-Metadata, or as "
                    "a parameter of the address");
    }
    const std::string* name = said("filename");
    if (name == nullptr) name = said("name");
    if (name != nullptr) upload.file_name = name->substr(name->find_last_of("/\\") + 1);
    return may_send(project, request.principal, upload);
}

} // namespace inlet::tus
