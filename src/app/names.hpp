// Finds what a person names in the project, or says what is nearest to it. Floor 7; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "contract/project.hpp"

namespace inlet {

Result<const Dataset*> find_dataset(const Project& project, const std::string& name); // unknown-dataset
Result<const Package*> find_package(const Project& project, const std::string& name); // unknown-package
// That it is a dataset or a model: what has rows and versions.
Status check_table(const Project& project, const std::string& name); // unknown-dataset

// Where deliveries can go.
struct Targets {
    std::vector<std::string> datasets;
    std::vector<std::pair<std::string, std::string>> packages; // name, pattern of file names
};
Targets targets_of(const Project& project);

struct Target {
    std::string name;
    bool is_package = false;

    bool operator==(const Target&) const = default;
};
// Where a file goes when nobody says: the package whose pattern its name matches, else the dataset that is called as
// the file is without its ending, else the only dataset. Error: ambiguous-target, listing the choices.
Result<Target> target_for(const Targets& targets, std::string_view file_name);

} // namespace inlet
