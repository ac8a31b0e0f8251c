#include "pipeline/retention.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "contract/files_schema.hpp"
#include "pipeline/model_order.hpp"
#include "pipeline/part_outputs.hpp"

namespace inlet {

namespace {

constexpr std::size_t kPage = 500;
// An object may be stored some time before the catalog names it, by a process that knows nothing of this one.
constexpr Timestamp kGrace = Timestamp{3600} * 1'000'000;

// The longer of two: nothing is for ever.
std::optional<std::chrono::seconds> longer(std::optional<std::chrono::seconds> a,
                                           std::optional<std::chrono::seconds> b) {
    if (!a || !b) return std::nullopt;
    return std::max(*a, *b);
}

} // namespace

Result<Pipeline::Pruned> RetentionWork::prune(bool dry_run) { return work(dry_run); }

Result<Pipeline::Pruned> RetentionWork::purge(const std::string& dataset, bool dry_run) {
    if (!dataset.empty() && parts_.project->dataset(dataset) == nullptr)
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", dataset));
    now_ = dataset;
    auto purged = work(dry_run);
    now_.reset();
    return purged;
}

Status RetentionWork::remove_unneeded() {
    Pipeline::Pruned pruned;
    now_ = "";
    Status removed = remove_objects(false, pruned, {});
    now_.reset();
    return removed;
}

bool RetentionWork::goes_now(const SubmissionRecord& record) const {
    if (!now_) return false;
    return goes_now(record.target) ||
           std::ranges::any_of(record.parts, [&](const PartRecord& part) { return goes_now(part.dataset); });
}

Result<Pipeline::Pruned> RetentionWork::work(bool dry_run) {
    Pipeline::Pruned pruned;
    Dropped dropped;
    TRY(prune_history(dry_run, pruned));
    TRY(read_standing());
    TRY(forget_deliveries(dry_run, pruned, dropped));
    TRY(forget_small(dry_run, pruned));
    TRY(remove_objects(dry_run, pruned, dropped));
    return pruned;
}

namespace {

// The hashes of a dataset of files.
class HashSink final : public ResultSink {
public:
    explicit HashSink(std::set<std::string>& hashes) : hashes_(hashes) {}
    Status begin(const std::vector<ResultColumn>& columns) override {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].name == files_field::kSha256) column_ = i;
        }
        return {};
    }
    Status batch(const RecordBatch& rows) override {
        const Column& column = rows.columns[column_];
        for (std::size_t i = 0; i < rows.rows; ++i) {
            if (column.present.test(i)) hashes_.emplace(column.values<TextRef>()[i].view());
        }
        return {};
    }

private:
    std::set<std::string>& hashes_;
    std::size_t column_ = 0;
};

} // namespace

Status RetentionWork::read_standing() {
    standing_.clear();
    const std::vector<TableInfo> tables = TRY(parts_.warehouse.tables());
    for (const Dataset& dataset : parts_.project->datasets) {
        if (dataset.kind != DatasetKind::files) continue;
        const auto table = std::ranges::find(tables, dataset.name, &TableInfo::name);
        if (table == tables.end()) continue;
        Standing& standing = standing_[dataset.name];
        standing.pruned_below = table->pruned_below;
        HashSink sink(standing.sha256);
        TRY(parts_.warehouse.read(dataset.name, std::nullopt, sink));
        TRY(parts_.warehouse.read(dataset.name, table->pruned_below, sink));
    }
    return {};
}

bool RetentionWork::stands(const SubmissionRecord& record) const {
    if (!record.file || !record.version) return false; // was never published
    const auto found = standing_.find(record.target);
    if (found == standing_.end()) return true; // the project knows the dataset no more
    return record.version > found->second.pruned_below || found->second.sha256.contains(record.raw_sha256);
}

// The bytes of small submissions, by the same rule as raw deliveries.
Status RetentionWork::forget_small(bool dry_run, Pipeline::Pruned& pruned) {
    for (const Dataset& dataset : parts_.project->datasets) {
        const Kept& kept = dataset.retention.raw;
        const Timestamp now = parts_.clock.now();
        Timestamp before = 0;
        if (goes_now(dataset.name))
            before = now + 1;
        else if (kept)
            before = now - std::chrono::microseconds(*kept).count();
        if (before > 0) pruned.raw += TRY(parts_.catalog.inbox().forget_bodies(dataset.name, before, dry_run));
    }
    return {};
}

Status RetentionWork::forget_deliveries(bool dry_run, Pipeline::Pruned& pruned, Dropped& dropped) {
    SubmissionFilter filter;
    filter.limit = kPage;
    for (;;) {
        const std::vector<SubmissionRecord> page = TRY(parts_.catalog.list(filter));
        for (const SubmissionRecord& record : page) {
            if (is_end(record.state)) TRY(forget_delivery(record, dry_run, pruned, dropped));
        }
        if (page.size() < kPage) return {};
        filter.before = page.back().id;
    }
}

Status RetentionWork::forget_delivery(const SubmissionRecord& record, bool dry_run, Pipeline::Pruned& pruned,
                                      Dropped& dropped) {
    // The bytes of a file are kept with its row, for as long as that can be read.
    const bool is_file = record.file && record.version && record.state != SubmissionState::purged;
    const Kept raw_kept = is_file ? Kept(std::chrono::seconds(0)) : this->raw_kept(record);
    if (!record.raw_sha256.empty() && !stands(record) && is_over(record.received_at, raw_kept)) {
        ++pruned.raw;
        ++dropped[{record.target, record.raw_sha256}];
        if (!dry_run) TRY(parts_.catalog.forget_raw(record.id));
        commit_point("pipeline.raw-forgotten");
    }
    bool has_rejects = false;
    for (const PartRecord& part : record.parts) {
        has_rejects = has_rejects || !part.errors_sha256.empty() || !part.rejects_sha256.empty();
    }
    if (has_rejects && is_over(record.received_at, rejects_kept(record))) {
        ++pruned.rejects;
        for (const PartRecord& part : record.parts) {
            if (!part.errors_sha256.empty()) ++dropped[{kOutputSpace, part.errors_sha256}];
            if (!part.rejects_sha256.empty()) ++dropped[{kOutputSpace, part.rejects_sha256}];
        }
        if (!dry_run) TRY(parts_.catalog.forget_rejects(record.id));
        commit_point("pipeline.rejects-forgotten");
    }
    return {};
}

Status RetentionWork::prune_history(bool dry_run, Pipeline::Pruned& pruned) {
    for (const Dataset& dataset : parts_.project->datasets) {
        const Kept kept = goes_now(dataset.name) ? std::chrono::seconds(0) : dataset.retention.history;
        TRY(prune_table(dataset.name, now_ && !goes_now(dataset.name) ? std::nullopt : kept, dry_run, pruned));
    }
    for (const Model& model : parts_.project->models) {
        Kept kept = std::chrono::seconds(0);
        const std::vector<const Dataset*> read = datasets_read(*parts_.project, model);
        for (const Dataset* dataset : read)
            kept = now_ ? Kept(std::chrono::seconds(0)) : longer(kept, dataset->retention.history);
        const bool concerned =
            !now_ || std::ranges::any_of(read, [&](const Dataset* dataset) { return goes_now(dataset->name); });
        if (concerned && !read.empty()) TRY(prune_table(model.name, kept, dry_run, pruned));
    }
    return {};
}

// Every moment that is not older than what is kept can still be looked at: the version that stood when that began is
// the last one below which nothing is needed.
Status RetentionWork::prune_table(const std::string& name, Kept kept, bool dry_run, Pipeline::Pruned& pruned) {
    if (!kept) return {};
    std::optional<Version> pruned_below;
    for (const TableInfo& table : TRY(parts_.warehouse.tables())) {
        if (table.name == name) pruned_below = table.pruned_below;
    }
    if (!pruned_below) return {}; // a model that was never computed
    for (std::size_t limit = 64;; limit *= 4) {
        const std::vector<VersionEntry> newest = TRY(parts_.warehouse.versions(name, limit));
        for (const VersionEntry& line : newest) {
            if (!is_over(line.published_at, kept)) continue;
            if (line.number <= *pruned_below) return {};
            pruned.history_rows += dry_run ? TRY(parts_.warehouse.prunable(name, line.number))
                                           : TRY(parts_.warehouse.prune(name, line.number));
            return {};
        }
        if (newest.size() < limit) return {};
    }
}

Status RetentionWork::remove_objects(bool dry_run, Pipeline::Pruned& pruned, const Dropped& dropped) {
    std::vector<ObjectInfo> unneeded;
    const auto collect = [&](const ObjectInfo& object) -> Status {
        std::uint64_t references = TRY(parts_.catalog.references(object.id.space, object.id.sha256));
        const auto found = dropped.find(object.id);
        if (dry_run && found != dropped.end()) references -= std::min(references, found->second);
        if (references > 0) return {};
        if (now_ || object.stored_at <= parts_.clock.now() - kGrace) {
            unneeded.push_back(object);
        } else {
            ++pruned.young_objects;
            pruned.young_bytes += object.size;
        }
        return {};
    };
    TRY(parts_.objects.list(collect));
    for (const ObjectInfo& object : unneeded) {
        bool removed = dry_run;
        if (!dry_run) {
            // Asked again: since then a delivery of the same bytes may have come.
            const auto remove = [&]() -> Status {
                if (TRY(parts_.catalog.references(object.id.space, object.id.sha256)) > 0) return {};
                TRY(parts_.objects.remove(object.id));
                removed = true;
                return {};
            };
            TRY(fresh_.unless_claimed(object.id, remove));
            commit_point("pipeline.object-removed");
        }
        if (removed) {
            ++pruned.objects;
            pruned.bytes += object.size;
        }
    }
    return {};
}

RetentionWork::Kept RetentionWork::raw_kept(const SubmissionRecord& record) const {
    if (now_) return goes_now(record) ? Kept(std::chrono::seconds(0)) : std::nullopt;
    if (!record.target_is_package) {
        const Dataset* dataset = parts_.project->dataset(record.target);
        return dataset == nullptr ? std::nullopt : dataset->retention.raw;
    }
    const Package* package = parts_.project->package(record.target);
    if (package == nullptr) return std::nullopt;
    Kept kept = std::chrono::seconds(0);
    for (const auto& [member, name] : package->members) {
        const Dataset* dataset = parts_.project->dataset(name);
        kept = longer(kept, dataset == nullptr ? std::nullopt : dataset->retention.raw);
    }
    return kept;
}

RetentionWork::Kept RetentionWork::rejects_kept(const SubmissionRecord& record) const {
    if (now_) return goes_now(record) ? Kept(std::chrono::seconds(0)) : std::nullopt;
    Kept kept = std::chrono::seconds(0);
    for (const PartRecord& part : record.parts) {
        const Dataset* dataset = parts_.project->dataset(part.dataset);
        kept = longer(kept, dataset == nullptr ? std::nullopt : dataset->retention.rejects);
    }
    return kept;
}

bool RetentionWork::is_over(Timestamp since, Kept kept) const {
    return kept && since <= parts_.clock.now() - std::chrono::microseconds(*kept).count();
}

} // namespace inlet
