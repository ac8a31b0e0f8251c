// Which tables a piece of SQL names, and models in the order in which they can be computed. Floor 5; plain functions.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contract/project.hpp"

namespace inlet {

// Every identifier of the SQL in lower case: words and "quoted names", outside of strings and comments. More than the
// tables it reads, but all of them.
std::set<std::string> names_in_sql(std::string_view sql);

// Each model after those whose names stand in its SQL; otherwise in the order given, also where models name each other
// in a circle.
std::vector<Model> in_dependency_order(const std::vector<Model>& models);

// The datasets that the model reads, directly or through other models, in the order of the project.
std::vector<const Dataset*> datasets_read(const Project& project, const Model& model);

} // namespace inlet
