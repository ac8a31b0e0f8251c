#include "fronts/tus/upload_target.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace inlet::tus {

UploadCaller caller_of(const http::Request& request) {
    const Principal& principal = request.principal;
    return {.id = principal.id, .name = principal.name, .sees_all = principal.is_admin()};
}

bool has_body(const http::Request& request) {
    return request.body_bytes.value_or(0) > 0 || request.headers.find("Transfer-Encoding") != nullptr;
}

Status may_submit(const Project& project, const http::Request& request, UploadKind kind, const std::string& target,
                  bool is_package) {
    const Principal& principal = request.principal;
    const auto to_dataset = [&](const Dataset& one) { return principal.may(Permission::submit, one.name); };
    const auto to_package = [&](const Package& one) { return principal.may(Permission::submit, one); };
    bool may = false;
    bool sees = true;
    if (kind == UploadKind::partial) {
        may = std::ranges::any_of(project.datasets, to_dataset) || std::ranges::any_of(project.packages, to_package);
    } else if (is_package) {
        const Package* package = project.package(target);
        may = package != nullptr && to_package(*package);
        sees = package != nullptr && principal.may(Permission::read, *package);
    } else {
        const Dataset* dataset = project.dataset(target);
        may = dataset != nullptr && to_dataset(*dataset);
        sees = dataset != nullptr && principal.may(Permission::read, dataset->name);
    }
    if (may) return {};
    if (sees) return fail(FailureCode::forbidden, fmt::format("`{}` may not deliver there", principal.name));
    if (is_package) return fail(FailureCode::unknown_package, fmt::format("there is no package `{}`", target));
    return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", target));
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
    const Dataset* files = upload.target_is_package ? nullptr : project.dataset(upload.target);
    if (files != nullptr && files->kind == DatasetKind::files) {
        if (const std::string* path = said("path")) upload.file_name = *path;
    }
    return may_submit(project, request, upload.kind, upload.target, upload.target_is_package);
}

} // namespace inlet::tus
