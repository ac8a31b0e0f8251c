// Finds what a person names in the project, or says what is nearest to it. Floor 7; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "contract/project.hpp"

namespace inlet {

Result<const Dataset*> find_dataset(const Project& project, const std::string& name); // unknown-dataset
Result<const Package*> find_package(const Project& project, const std::string& name); // unknown-package
// That it is a dataset or a model: what has rows and versions.
Status check_table(const Project& project, const std::string& name); // unknown-dataset

// Where a file goes when nobody says: the package whose pattern its name matches, else the dataset that is called as
// the file is without its ending, else the only dataset. Exactly one of the two is set.
struct FileTarget {
    const Dataset* dataset = nullptr;
    const Package* package = nullptr;
};
Result<FileTarget> target_for(const Project& project,
                              std::string_view file_name); // ambiguous-target, listing the choices

} // namespace inlet
