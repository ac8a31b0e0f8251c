// Looking names up, with help for those that are nearly right.
#include "app/names.hpp"

#include <algorithm>

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

Targets targets_of(const Project& project) {
    Targets targets;
    for (const Dataset& dataset : project.datasets) targets.datasets.push_back(dataset.name);
    for (const Package& package : project.packages) targets.packages.emplace_back(package.name, package.match);
    return targets;
}

Result<Target> target_for(const Targets& targets, std::string_view file_name) {
    std::vector<std::string> packages;
    for (const auto& [name, match] : targets.packages) {
        if (name_matches(match, file_name)) packages.push_back(name);
    }
    if (packages.size() == 1) return Target{packages.front(), true};
    std::vector<std::string> choices;
    if (packages.empty()) {
        const std::string stem(file_name.substr(0, file_name.rfind('.')));
        if (std::ranges::find(targets.datasets, stem) != targets.datasets.end()) return Target{stem};
        if (targets.datasets.size() == 1) return Target{targets.datasets.front()};
        for (const std::string& dataset : targets.datasets) choices.push_back("--dataset " + dataset);
        for (const auto& [name, match] : targets.packages) choices.push_back("--package " + name);
    } else {
        for (const std::string& package : packages) choices.push_back("--package " + package);
    }
    std::ranges::sort(choices);
    if (choices.empty()) choices.emplace_back("--dataset NAME, or --package NAME");
    return fail(FailureCode::ambiguous_target,
                fmt::format("{} could go to several places; say which: {}", file_name, fmt::join(choices, ", ")));
}

} // namespace inlet
