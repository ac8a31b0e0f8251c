// The interface to the data itself: datasets, their versions and history. What it means, rule by rule, is in
// docs/versions.md; the memory warehouse (warehouse/memory) is that text as plain code, and every other implementation
// must agree with it. Floor 3. One Warehouse is safe from many threads; publishing is one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "contract/project.hpp"
#include "records/record_batch.hpp"

namespace inlet {

// ---- what goes in
// ---------------------------------------------------------------------------------------------------------------

// Names one staged batch and the attempt that staged it. What is not named in a publication is never seen.
struct StageToken {
    std::string value;

    friend auto operator<=>(const StageToken&, const StageToken&) = default;
};

// What a part does to its dataset.
enum class Effect : std::uint8_t {
    append,         // adds its rows; with a primary key, a row whose key is live already is a conflict
    upsert,         // by primary key: inserts or replaces; of equal keys in the part the last one (by RecordOrder) wins
    replace,        // the part is the new content; only differences are written
    sync,           // upsert, and deletes live rows whose key is missing from the part, under the delete policy
    delete_missing, // deletes live rows whose key is missing from the part and that no later version wrote: deletions
                    // that were held
    remove,         // deletes the live rows whose key is in the part, of which only the key counts
};
std::string_view to_string(Effect effect); // as VersionEntry::kind

struct PublishPart {
    std::string dataset;
    Effect effect = Effect::append;
    std::vector<StageToken> tokens;               // all batches of the part
    DeletePolicy deletes;                         // for sync and replace
    std::uint64_t rejected = 0;                   // records of the part that broke the contract
    bool broken_keys_readable = true;             // whether the key of each of them could be read
    std::shared_ptr<const RowSource> broken_keys; // their keys (only key columns are set); null when there are none
    std::optional<Version> delete_before;         // delete_missing: only rows with _version below this go
    bool keys_distinct =
        false; // the checker saw that no key repeats in the part: the warehouse need not look for repeats
};

struct PublishSubmission {
    SubmissionId id;
    std::vector<PublishPart> parts; // parts for one dataset apply in this order
    // Deletions (and the empty snapshot) that a person approved, by dataset: carried out whatever the limits if exactly
    // as many rows would go; otherwise the submission is held again with `approval-changed`.
    std::map<std::string, std::uint64_t> approved_deletes;
    std::string by; // who; empty: the request's
};

// Decides, inside the publishing transaction, on records whose key turned out to be taken.
class PublishJudge {
public:
    enum class Verdict : std::uint8_t { publish_rest, reject, hold };
    virtual ~PublishJudge() = default;
    // `orders`: ascending RecordOrder values of the part's records that conflict with live rows on `fields`
    // (the primary key: code primary-key; one unique field: code unique-error).
    virtual Result<Verdict> conflicts(SubmissionId submission, const std::string& dataset, FailureCode code,
                                      const std::vector<std::string>& fields,
                                      const std::vector<RecordOrder>& orders) = 0;
};

struct PublishRequest {
    std::vector<PublishSubmission> submissions; // in the order of their receipt; each succeeds or fails by itself
    std::vector<Model>
        models;           // recomputed in the same transaction when a table they read has changed; in dependency order
    std::string by;       // who
    bool dry_run = false; // compute everything, change nothing
    std::size_t sample_rows = 0; // changed rows to return per part
};

// ---- what comes out
// -------------------------------------------------------------------------------------------------------------

enum class ResultKind : std::uint8_t {
    boolean,
    int64,
    float64,
    date,
    time,
    timestamp,
    text,
    json,
    numeric
}; // json, numeric: held as text

struct ResultColumn {
    std::string name;
    ResultKind kind = ResultKind::text;
};
PhysicalType physical_type(ResultKind kind); // how a column of the kind lies in memory

// Receives a result batch by batch. In result batches no row is rejected.
class ResultSink {
public:
    virtual ~ResultSink() = default;
    virtual Status begin(const std::vector<ResultColumn>& columns) = 0; // called once, before any batch
    virtual Status batch(const RecordBatch& rows) = 0;
};

enum class Change : std::uint8_t { inserted, updated, deleted };

struct ChangeCounts {
    std::uint64_t inserted = 0;
    std::uint64_t updated = 0;
    std::uint64_t deleted = 0;
    std::uint64_t unchanged = 0; // sent again as they stood

    bool operator==(const ChangeCounts&) const = default;
};

// A changed row for a person to look at: values as text in the order of the schema's fields; nothing = no value.
struct ChangedRow {
    Change change = Change::inserted;
    std::vector<std::optional<std::string>> before; // empty for inserted
    std::vector<std::optional<std::string>> after;  // empty for deleted

    bool operator==(const ChangedRow&) const = default;
};

struct PartOutcome {
    std::string dataset;
    ChangeCounts counts;
    std::uint64_t held_deletes = 0; // rows that would have gone; the pipeline makes a delete_missing submission of them
    std::uint64_t skipped_deletes = 0; // rows left in place by policy (over_limit: skip, or broken records)
    std::vector<ChangedRow> sample;
};

struct SubmissionOutcome {
    enum class State : std::uint8_t { published, held, rejected };
    SubmissionId id;
    State state = State::published;
    std::optional<Error> reason; // why held or rejected: deletes-over-limit, empty-snapshot, approval-changed,
                                 // primary-key, unique-error ...
    std::vector<PartOutcome> parts;
};

struct ModelOutcome {
    std::string model;
    ChangeCounts counts;
};

struct PublishOutcome {
    Version version; // 0 when nothing was published (all rejected or held, or dry run)
    std::vector<SubmissionOutcome> submissions;
    std::vector<ModelOutcome> models;
};

struct UndoRequest {
    SubmissionId id;                   // of the undo itself: it is a submission too
    std::vector<SubmissionId> targets; // submissions or undos to take back (a version: all of its submissions)
    bool cascade = false;              // also take back later submissions that wrote or repeated a key of the targets
    std::vector<Model> models;
    std::string by;
    bool dry_run = false;
    std::size_t sample_rows = 0;
};

struct UndoOutcome {
    Version version;
    std::vector<SubmissionId> undone; // the targets and what the cascade added, ascending
    std::vector<PartOutcome> parts;   // by dataset
    std::vector<ModelOutcome> models;
};

// A field and the value it must hold, as text in the way of ChangedRow.
struct FieldValue {
    std::string field;
    std::string value;
};

// Which rows are to be removed for good, live and past: those of a dataset that hold certain values, or those that a
// submission brought.
struct EraseRequest {
    SubmissionId id;               // of the erasure itself: it is a submission too
    std::string dataset;           // with `where`
    std::vector<FieldValue> where; // all of them must hold
    SubmissionId brought_by;       // instead of both above: whatever it brought, in every dataset it published to
    std::vector<Model> models;
    std::string by;
    bool dry_run = false;
};

struct ErasedRows {
    std::string dataset;
    std::uint64_t live = 0;
    std::uint64_t history = 0;

    bool operator==(const ErasedRows&) const = default;
};

struct EraseOutcome {
    Version version;               // 0: dry run
    std::vector<ErasedRows> parts; // by dataset
    std::vector<ModelOutcome> models;
};

// How many rows of a table a version made visible and took away; what was there only in passing is not counted.
struct RowFlow {
    Version version;
    std::uint64_t came = 0;
    std::uint64_t went = 0;

    bool operator==(const RowFlow&) const = default;
};

// One line of `_inlet.versions`.
struct VersionEntry {
    Version number;
    Timestamp published_at = 0;
    std::string dataset;
    SubmissionId submission;
    std::string kind;    // append, upsert, replace, sync, delete_missing, remove, undo, model, erase, purge
    ChangeCounts counts; // unchanged is not kept
    std::string by;
    std::vector<SubmissionId> undoes; // for kind undo; for purge: what was purged

    bool operator==(const VersionEntry&) const = default;
};

struct DiffSummary {
    std::string dataset;
    ChangeCounts counts;
};

// A dataset or model as stored.
struct TableInfo {
    std::string name;
    bool model = false;
    std::uint64_t rows = 0;
    Version version;      // of the last change; 0: none
    Version pruned_below; // as-of reads below this are refused
};

class Warehouse {
public:
    virtual ~Warehouse() = default;

    // Makes the tables of new datasets and records contract revisions. A contract under which stored rows no longer fit
    // is refused as contract-changed, naming the dataset and the difference; nothing is changed then. Datasets that are
    // no longer defined stay as they are.
    virtual Status define(const std::vector<Dataset>& datasets) = 0;

    // Takes a batch in. `rows` may be read now or in publish() (a lazy token). `attempt` tells retries of one batch
    // apart.
    virtual Result<StageToken> stage(SubmissionId submission, const std::string& dataset, std::uint64_t batch,
                                     std::uint32_t attempt, std::shared_ptr<const RowSource> rows) = 0;
    virtual Status discard(SubmissionId submission) = 0; // all that is staged for it
    virtual Status discard_all() = 0;                    // at start: whatever a crash left

    // One transaction: everything that passes its guards becomes visible at once as one version, or nothing does.
    virtual Result<PublishOutcome> publish(const PublishRequest& request, PublishJudge& judge) = 0;
    // Errors: undo-conflict, superseded-by-snapshot, version-pruned, already-undone, not-undoable, unique-error.
    virtual Result<UndoOutcome> undo(const UndoRequest& request) = 0;
    // Removes rows from what is live and from history, so that no reading and no undo finds them again, and publishes
    // that as a version (docs/versions.md, Erasing). Files may hold them still: see compact(). Errors: unknown-dataset,
    // bad-argument (no such field, no value of its type, nothing to go by), already-published.
    virtual Result<EraseOutcome> erase(const EraseRequest& request) = 0;
    // Writes the store's files anew, so that they hold nothing that was removed. Readings that run are waited for, a
    // minute at most, and new ones wait. What fails leaves the files as they were.
    virtual Status compact() = 0;

    // The version that published the submission in the dataset; nothing if it is not published there. An empty dataset:
    // in any.
    virtual Result<std::optional<Version>> published(SubmissionId submission, std::string_view dataset) = 0;
    virtual Result<std::vector<VersionEntry>> versions(std::string_view dataset,
                                                       std::size_t limit) = 0; // newest first; empty: all datasets
    virtual Result<std::vector<TableInfo>> tables() = 0;
    virtual Result<bool> undone(SubmissionId submission) = 0;
    // By version, ascending. Complete for versions above the table's pruned_below. unknown-dataset.
    virtual Result<std::vector<RowFlow>> row_flows(std::string_view dataset) = 0;

    // The dataset's (or model's) rows as of a version (nothing: now): the contract's columns, then _version and
    // _submission. No order. Errors: unknown-dataset, unknown-version (later than the last), version-pruned.
    virtual Status read(std::string_view dataset, std::optional<Version> as_of, ResultSink& sink) = 0;
    // Live rows by primary key; what lies outside the range of the keys is not read. `keys`: one column per key field,
    // in key order.
    virtual Status find(std::string_view dataset, const RecordBatch& keys, ResultSink& sink) = 0;
    // What changed between the versions: (b's rows) minus (a's rows). By primary key, else as a bag of rows (no updates
    // then). `each` gets up to `limit` rows, ordered by key.
    virtual Result<DiffSummary> diff(std::string_view dataset, Version a, Version b, std::size_t limit,
                                     const std::function<void(const ChangedRow&)>& each) = 0;

    // Forgets history rows that were superseded at or before `version`. Returns rows removed.
    virtual Result<std::uint64_t> prune(std::string_view dataset, Version version) = 0;
    // How many prune() would remove.
    virtual Result<std::uint64_t> prunable(std::string_view dataset, Version version) = 0;

    // Writes all that is committed to a new file, from which the same kind of warehouse can be opened; nothing is
    // published meanwhile. Returns once the file would survive a power cut, its name aside. not-supported.
    virtual Status copy_to(const std::string& path) = 0;

    // One read-only statement of the user's own, over datasets, models and `views` by their names, as of a version
    // (nothing: now). Errors: query-invalid, query-not-read-only, version-pruned.
    virtual Status query(const std::string& sql, const std::vector<View>& views, std::optional<Version> as_of,
                         ResultSink& sink) = 0;
    // The same, written to a Parquet file.
    virtual Status query_to_parquet(const std::string& sql, const std::vector<View>& views,
                                    std::optional<Version> as_of, const std::string& path) = 0;
};

} // namespace inlet
