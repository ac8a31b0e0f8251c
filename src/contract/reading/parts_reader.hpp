// Reads the named parts of a project: datasets, packages, models and views. Floor 1, inside contract/; one thread.
#pragma once

#include <span>
#include <vector>

#include "contract/project.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/files.hpp"
#include "contract/reading/mistakes.hpp"
#include "contract/reading/names.hpp"

namespace inlet::reading {

// Each reads one section (a mapping of names), as far as it is right.
std::vector<Dataset> read_datasets(const Element& node, Place place, TableNames& tables, const ProjectFiles& files,
                                   const Page& page);
std::vector<Model> read_models(const Element& node, Place place, TableNames& tables, const ProjectFiles& files,
                               const Page& page);
std::vector<View> read_views(const Element& node, Place place, TableNames& tables, const ProjectFiles& files,
                             const Page& page);

// After the others, as its members name datasets.
std::vector<Package> read_packages(const Element& node, Place place, std::span<const Dataset> datasets,
                                   const TableNames& tables, const Page& page);

} // namespace inlet::reading
