// What commands ask about submissions and do to them, whoever has the data: this process (local_deliveries), or a
// server (remote_deliveries). Floor 7; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/given_file.hpp"
#include "app/names.hpp"
#include "catalog/catalog.hpp"
#include "pipeline/pipeline.hpp"
#include "records/byte_source.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

struct DatasetSummary {
    std::string name;
    std::string title;
    std::string write; // append, upsert, replace, sync
    Version version;   // of the last change; 0: none
    std::uint64_t records = 0;
};

struct Loaded {
    SubmissionRecord record;          // at its end, or held
    bool duplicate = false;           // the same bytes were delivered before
    bool hidden = false;              // that by somebody else, and no more than its id may be known
    std::vector<ModelOutcome> models; // that it refreshed
};

enum class Decision : std::uint8_t { approve, cancel, retry };
std::string_view to_string(Decision decision);

struct UndoOrder {
    std::optional<SubmissionId> submission;
    std::optional<Version> version; // instead: all its submissions
    bool cascade = false;
    bool dry_run = false;
};

// Errors besides those named: the stores', or the server's and server-unreachable. What changes something is in the
// audit log when it returns.
class Deliveries {
public:
    virtual ~Deliveries() = default;

    virtual Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) = 0;
    virtual Result<SubmissionRecord> get(SubmissionId id) = 0; // unknown-submission
    virtual Result<std::vector<CatalogEvent>> events(SubmissionId id) = 0;
    // As Pipeline's functions of these names; parts count from 0.
    virtual Result<std::unique_ptr<ByteSource>> open_raw(SubmissionId id) = 0;
    virtual Result<std::unique_ptr<ByteSource>> open_errors(SubmissionId id, std::size_t part) = 0;
    virtual Result<std::unique_ptr<ByteSource>> open_rejects(SubmissionId id, std::size_t part) = 0;

    virtual Result<SubmissionRecord> decide(Decision decision, SubmissionId id) = 0;
    virtual Result<Pipeline::Undone> undo(const UndoOrder& order) = 0; // unknown-version

    virtual Result<std::vector<DatasetSummary>> datasets() = 0;
    // Newest first; of one dataset or model, or of all if `table` is empty. unknown-dataset.
    virtual Result<std::vector<VersionEntry>> versions(const std::string& table, std::size_t limit) = 0;

    virtual Result<Targets> targets() = 0;
    // Takes the file in, and waits for its outcome. Errors: unknown-dataset, unknown-package, the file's.
    virtual Result<Loaded> load(const Target& target, bool again, GivenFile& file) = 0;

    // What publishing a file, or what is held, would do. Errors: not-supported, by a server.
    virtual Result<Pipeline::DryRun> rehearse(const Target& target, GivenFile& file, std::size_t sample_rows) = 0;
    virtual Result<Pipeline::DryRun> preview(SubmissionId id, std::size_t sample_rows) = 0;
};

} // namespace inlet
