// Looking names up, with help for those that are nearly right.
#include "app/names.hpp"

#include <fmt/format.h>

#include "contract/reading/nearest.hpp"

namespace inlet {

namespace {

template <class Items>
std::vector<std::string_view> names_of(const Items& items) {
    std::vector<std::string_view> names;
    for (const auto& item : items) names.push_back(item.name);
    return names;
}

std::unexpected<Error> unknown(FailureCode code, std::string_view kind, const std::string& name,
                               const std::vector<std::string_view>& known) {
    std::string message = fmt::format("there is no {} `{}`", kind, name);
    const std::string hint = reading::did_you_mean(name, known);
    if (!hint.empty()) {
        message += "; " + hint;
    } else if (!known.empty() && known.size() <= 10) {
        message += fmt::format("; there is {}", fmt::join(known, ", "));
    }
    return fail(code, std::move(message));
}

} // namespace

Result<const Dataset*> find_dataset(const Project& project, const std::string& name) {
    if (const Dataset* dataset = project.dataset(name)) return dataset;
    return unknown(FailureCode::unknown_dataset, "dataset", name, names_of(project.datasets));
}

Result<const Package*> find_package(const Project& project, const std::string& name) {
    if (const Package* package = project.package(name)) return package;
    return unknown(FailureCode::unknown_package, "package", name, names_of(project.packages));
}

Status check_table(const Project& project, const std::string& name) {
    if (project.dataset(name) != nullptr || project.model(name) != nullptr) return {};
    std::vector<std::string_view> known = names_of(project.datasets);
    for (const Model& model : project.models) known.push_back(model.name);
    return unknown(FailureCode::unknown_dataset, "dataset or model", name, known);
}

Result<FileTarget> target_for(const Project& project, std::string_view file_name) {
    std::vector<const Package*> packages;
    for (const Package& package : project.packages) {
        if (name_matches(package.match, file_name)) packages.push_back(&package);
    }
    if (packages.size() == 1) return FileTarget{.package = packages.front()};
    std::vector<std::string> choices;
    if (packages.empty()) {
        const std::string_view stem = file_name.substr(0, file_name.rfind('.'));
        if (const Dataset* dataset = project.dataset(stem)) return FileTarget{.dataset = dataset};
        if (project.datasets.size() == 1) return FileTarget{.dataset = &project.datasets.front()};
        for (const Dataset& dataset : project.datasets) choices.push_back("--dataset " + dataset.name);
        for (const Package& package : project.packages) choices.push_back("--package " + package.name);
    } else {
        for (const Package* package : packages) choices.push_back("--package " + package->name);
    }
    return fail(FailureCode::ambiguous_target,
                fmt::format("{} could go to several places; say which: {}", file_name, fmt::join(choices, ", ")));
}

} // namespace inlet
