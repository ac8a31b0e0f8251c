// What a delivery consists of: the file itself, or the members of a zip, each with the dataset it goes to; or why it is
// refused before a record of it is read. Floor 5; plain functions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "contract/project.hpp"
#include "objects/object_store.hpp"
#include "pipeline/pipeline.hpp"
#include "records/byte_source.hpp"

namespace inlet {

// Where a delivery goes: exactly one of the two is set.
struct Target {
    const Dataset* dataset = nullptr; // the project's
    const Package* package = nullptr; // the project's

    const std::string& name() const { return dataset != nullptr ? dataset->name : package->name; }
};

// Errors: unknown-dataset, unknown-package.
Result<Target> find_target(const Project& project, const std::string& name, bool is_package);

struct SentPart {
    std::string name; // the file's, or the member's without the folder that all members share
    const Dataset* dataset = nullptr;
    std::shared_ptr<const ByteOrigin> origin; // shared with the row sources made from it
    std::uint64_t bytes = 0;                  // unpacked
};

// The parts, of a package in the order of their names. `raw` stays in use by them.
//
// What the content is counts, not the name. A dataset takes a text file, or a zip of one; a package takes a zip.
// Folders,
// `__MACOSX/` and `.DS_Store` in a zip are passed over. Members are compared with the package's by their whole name; if
// all files lie in one folder and that does not match, by their name below it. Errors: those of the kind `file`, which
// refuse the delivery, and of the object.
Result<std::vector<SentPart>> unpack(const Project& project, const Target& target, const std::string& file_name,
                                     std::shared_ptr<const ObjectReader> raw, const ArchiveLimits& limits);

} // namespace inlet
