// Checks the parts of a submission against their contracts and keeps what is wrong with them. Floor 5. Safe from many
// threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/thread_pool.hpp"
#include "catalog/catalog.hpp"
#include "pipeline/fresh_objects.hpp"
#include "pipeline/part_outputs.hpp"
#include "pipeline/unpack.hpp"
#include "records/part_check.hpp"

namespace inlet {

// A folder for what a check spills; goes with the object.
class SpillFolder {
public:
    SpillFolder(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
    ~SpillFolder() { (void)disk_.remove_tree(path_); } // what stays is swept at the next start
    SpillFolder(const SpillFolder&) = delete;
    SpillFolder& operator=(const SpillFolder&) = delete;
    const std::string& path() const { return path_; }

private:
    Disk& disk_;
    std::string path_;
};

struct CheckedPart {
    SentPart sent;
    std::unique_ptr<SpillFolder> spill; // before the report, whose late flaws may lie in it
    PartFormat format;                  // as it was read: to be used to read it again
    CheckReport report;
    std::optional<Error>
        failure; // of the kind `file`: its bytes could not be read to the end; the report is empty then
    KeptOutputs outputs;

    std::string dataset_name() const { return sent.dataset->name; }
};

class PartChecker {
public:
    // All borrowed. Spill goes below `temp_folder`. Parts are read within `limits`, now and when they are published.
    // `key_memory_bytes`: for one check.
    PartChecker(ObjectStore& objects, FreshObjects& fresh, ThreadPool& pool, Disk& disk, std::string temp_folder,
                const ReaderLimits& limits, std::size_t key_memory_bytes)
        : objects_(objects), fresh_(fresh), pool_(pool), disk_(disk), temp_folder_(std::move(temp_folder)),
          limits_(limits), key_memory_bytes_(key_memory_bytes) {}

    // Checks sent.origin's bytes. `first`: the same bytes to read first, or null. `keep`: whether errors and rejects
    // are stored. Damage of the part's bytes is told in `failure`. Errors: of the stores and the disk; schema-error.
    Result<CheckedPart> check(SentPart sent, ByteSource* first, bool keep) const;

    // Checks a part once more that was checked already, with flaws that only the dataset could tell of; replaces report
    // and outputs. `extra` holds all late flaws, those of the report too.
    Status recheck(CheckedPart& part, std::shared_ptr<const LateFlaws> extra, bool keep) const;

private:
    Status run(CheckedPart& part, ByteSource* first, std::shared_ptr<const LateFlaws> extra, bool keep) const;

    ObjectStore& objects_;
    FreshObjects& fresh_;
    ThreadPool& pool_;
    Disk& disk_;
    std::string temp_folder_;
    ReaderLimits limits_;
    std::size_t key_memory_bytes_;
};

// What the catalog keeps of it.
PartRecord part_record(const CheckedPart& part);

// Why the part cannot go on whatever its policy: it could not be read, or its labels are wrong. Nothing if it can.
std::optional<Error> failure_of(const CheckedPart& part);

} // namespace inlet
