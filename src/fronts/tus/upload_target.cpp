#include "fronts/tus/upload_target.hpp"

namespace inlet::tus {

UploadCaller caller_of(const http::Request& request) { return {.name = request.principal}; }

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
    return {};
}

} // namespace inlet::tus
