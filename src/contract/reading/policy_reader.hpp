// Reads what a dataset does with its deliveries: write mode, rejects, deletions, retention. Floor 1, inside contract/;
// one thread.
#pragma once

#include "contract/project.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/mistakes.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

// Fills in the policies from the dataset's mapping, and checks them against each other. `keyless` is true when it is
// certain that the dataset has no primary key.
void read_policies(const Mapping& mapping, bool keyless, Dataset& dataset, const Page& page);
// Only how long things are kept.
void read_retention_of(const Mapping& mapping, Dataset& dataset, const Page& page);

// `duplicate`, of a dataset or a package.
void read_duplicates(const Mapping& mapping, Duplicates& duplicates, const Page& page);

} // namespace inlet::reading
