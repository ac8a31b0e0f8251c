#include "pipeline/erase_work.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/commit_point.hpp"
#include "base/json_writer.hpp"
#include "pipeline/byte_origins.hpp"
#include "pipeline/kept_object.hpp"
#include "pipeline/part_outputs.hpp"

namespace inlet {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::string_view kSearchFormat = "inlet erasure 1\n";
constexpr std::array<char, 4> kZipMark{'P', 'K', 3, 4};
constexpr std::size_t kSearchBytesMax = 1U << 20U;

// What an erasure looks for, as bytes: each text behind its length, as netstrings are.
void put(std::string& out, std::string_view text) { out += fmt::format("{}:{},", text.size(), text); }

std::optional<std::string> take(std::string_view& text) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || text.size() < digits + size + 2 || text[digits] != ':') return std::nullopt;
    std::string out(text.substr(digits + 1, size));
    text.remove_prefix(digits + size + 2);
    return out;
}

Result<bool> is_archive(const ObjectReader& raw) {
    std::array<char, 4> head{};
    const std::size_t count = TRY(raw.pread(std::as_writable_bytes(std::span(head)), 0));
    return count == head.size() && head == kZipMark;
}

} // namespace

// ---- what is asked for ---------------------------------------------------------------------------------------------

Result<EraseWork::Search> EraseWork::read_search(const Erasure& erasure) const {
    const Dataset* dataset = parts_.project->dataset(erasure.dataset);
    if (dataset == nullptr)
        return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", erasure.dataset));
    if (dataset->kind == DatasetKind::files) {
        return fail(
            FailureCode::not_supported,
            fmt::format("`{}` holds files: remove the file, and purge the submissions that brought it", dataset->name));
    }
    return Search{.dataset = erasure.dataset,
                  .wanted = TRY(read_wanted(dataset->schema, erasure.where)),
                  .drop_unreadable = erasure.drop_unreadable};
}

Result<EraseWork::Search> EraseWork::read_search(const SubmissionRecord& record) const {
    const auto object = TRY(open_kept(parts_.objects, record, {record.target, record.raw_sha256}));
    std::string text(std::min<std::uint64_t>(object->size(), kSearchBytesMax), '\0');
    text.resize(TRY(object->pread(std::as_writable_bytes(std::span(text)), 0)));
    std::string_view left(text);
    const auto broken = [&] {
        return fail(FailureCode::object_corrupt,
                    fmt::format("what submission {} is to erase cannot be read", record.id.value));
    };
    if (!left.starts_with(kSearchFormat)) return broken();
    left.remove_prefix(kSearchFormat.size());
    Erasure erasure;
    erasure.dataset = record.target;
    const auto flag = take(left);
    if (!flag) return broken();
    erasure.drop_unreadable = *flag == "drop";
    while (!left.empty()) {
        auto field = take(left);
        auto value = take(left);
        if (!field || !value) return broken();
        erasure.where.push_back({.field = std::move(*field), .value = std::move(*value)});
    }
    return read_search(erasure);
}

EraseRequest EraseWork::request_of(const Search& search, SubmissionId id, const std::string& by) const {
    EraseRequest request;
    request.id = id;
    request.dataset = search.dataset;
    for (const WantedValue& value : search.wanted) request.where.push_back(value.field);
    request.models = publisher_.models();
    request.by = by;
    return request;
}

Result<Pipeline::Erased> EraseWork::rehearse(const Erasure& erasure) {
    const Search search = TRY(read_search(erasure));
    outcome_ = {};
    std::vector<SubmissionId> unreadable;
    TRY(search_kept(search, SubmissionId(), true, unreadable));
    EraseRequest request = request_of(search, SubmissionId(), erasure.by);
    request.dry_run = true;
    outcome_.outcome = TRY(parts_.warehouse.erase(request));
    return take_outcome();
}

Result<SubmissionRecord> EraseWork::begin(const Erasure& erasure) {
    const Search search = TRY(read_search(erasure));
    outcome_ = {};
    std::vector<SubmissionId> unreadable;
    TRY(search_kept(search, SubmissionId(), true, unreadable));
    if (!unreadable.empty() && !search.drop_unreadable) {
        std::vector<std::int64_t> ids;
        for (const SubmissionId id : unreadable) ids.push_back(id.value);
        return fail(
            FailureCode::erasure_incomplete,
            fmt::format("the kept deliveries of submissions {} are archives or cannot be read record by record; "
                        "nothing was changed",
                        fmt::join(ids, ", ")));
    }
    std::string text(kSearchFormat);
    put(text, search.drop_unreadable ? "drop" : "");
    for (const FieldValue& item : erasure.where) {
        put(text, item.field);
        put(text, item.value);
    }
    const auto writer = TRY(parts_.objects.create(search.dataset));
    TRY(writer->write(std::as_bytes(std::span(text))));
    const FreshObjects::Stored stored = TRY(fresh_.finish(*writer));
    SubmissionRecord record;
    record.kind = SubmissionKind::erasure;
    record.state = SubmissionState::queued;
    record.target = search.dataset;
    record.raw_sha256 = stored.info.id.sha256;
    record.raw_bytes = stored.info.size;
    record.received_at = parts_.clock.now();
    record.by = erasure.by;
    TRY(log_.create(record));
    return record;
}

Result<Pipeline::Erased> EraseWork::rehearse_purge(const SubmissionRecord& target, const std::string& by) {
    if (target.kind != SubmissionKind::delivery) {
        return fail(FailureCode::bad_argument, fmt::format("submission {} is of kind {}; only deliveries are purged",
                                                           target.id.value, to_string(target.kind)));
    }
    if (!is_end(target.state) || target.state == SubmissionState::purged) {
        return fail(FailureCode::wrong_state, fmt::format("submission {} is {}; this can be done once it is at its end",
                                                          target.id.value, to_string(target.state)));
    }
    outcome_ = {};
    outcome_.deliveries = target.raw_sha256.empty() ? 0 : 1;
    for (const PartRecord& part : target.parts)
        outcome_.reports += (part.errors_sha256.empty() ? 0U : 1U) + (part.rejects_sha256.empty() ? 0U : 1U);
    if (TRY(parts_.warehouse.published(target.id, ""))) {
        EraseRequest request;
        request.brought_by = target.id;
        request.models = publisher_.models();
        request.by = by;
        request.dry_run = true;
        outcome_.outcome = TRY(parts_.warehouse.erase(request));
    }
    return take_outcome();
}

Result<SubmissionRecord> EraseWork::begin_purge(const SubmissionRecord& target, const std::string& by) {
    TRY(rehearse_purge(target, by));
    SubmissionRecord record;
    record.kind = SubmissionKind::purge;
    record.state = SubmissionState::queued;
    record.target = target.target;
    record.target_is_package = target.target_is_package;
    record.undoes = {target.id};
    record.received_at = parts_.clock.now();
    record.by = by;
    TRY(log_.create(record));
    return record;
}

// ---- doing it ------------------------------------------------------------------------------------------------------

Status EraseWork::carry_out(SubmissionRecord& record) {
    outcome_ = {};
    ++record.attempts;
    TRY(log_.move(record, SubmissionState::publishing));
    commit_point("pipeline.erasure-begun");
    return record.kind == SubmissionKind::purge ? purge(record) : erase(record);
}

Status EraseWork::erase(SubmissionRecord& record) {
    if (!record.raw_sha256.empty()) {
        const Search search = TRY(read_search(record));
        std::vector<SubmissionId> unreadable;
        TRY(search_kept(search, record.id, false, unreadable));
        commit_point("pipeline.erasure-kept-done");
        TRY(publish(record, request_of(search, record.id, record.by)));
        TRY(parts_.warehouse.compact());
        commit_point("pipeline.erasure-compacted");
        TRY(prove(record));
        // The condition last: as long as it is there, everything is done again.
        TRY(parts_.catalog.forget_raw(record.id));
    }
    commit_point("pipeline.erasure-forgotten");
    return finish(record);
}

Status EraseWork::purge(SubmissionRecord& record) {
    SubmissionRecord target = TRY(parts_.catalog.get(record.undoes.at(0)));
    outcome_.deliveries = target.raw_sha256.empty() ? 0 : 1;
    for (const PartRecord& part : target.parts)
        outcome_.reports += (part.errors_sha256.empty() ? 0U : 1U) + (part.rejects_sha256.empty() ? 0U : 1U);
    TRY(parts_.catalog.forget_raw(target.id));
    TRY(parts_.catalog.forget_rejects(target.id));
    TRY(parts_.catalog.requests().forget_about(submission_address(target.id)));
    commit_point("pipeline.erasure-kept-done");
    if (TRY(parts_.warehouse.published(target.id, ""))) {
        EraseRequest request;
        request.id = record.id;
        request.brought_by = target.id;
        request.models = publisher_.models();
        request.by = record.by;
        TRY(publish(record, request));
        TRY(parts_.warehouse.compact());
    }
    commit_point("pipeline.erasure-compacted");
    if (target.state != SubmissionState::purged) {
        target = TRY(parts_.catalog.get(target.id));
        TRY(log_.move(target, SubmissionState::purged, record.by));
    }
    TRY(prove(record));
    return finish(record);
}

Status EraseWork::publish(SubmissionRecord& record, const EraseRequest& request) {
    if (const auto version = TRY(parts_.warehouse.published(record.id, ""))) { // before a crash
        outcome_.outcome.version = *version;
        for (const VersionEntry& line : TRY(find_lines(parts_.warehouse, record.id, *version)))
            outcome_.outcome.parts.push_back({.dataset = line.dataset, .live = line.counts.deleted});
    } else {
        commit_point("pipeline.erasure-before-publish");
        outcome_.outcome = TRY(parts_.warehouse.erase(request));
        commit_point("pipeline.erasure-published");
    }
    record.version = outcome_.outcome.version;
    record.parts.clear();
    for (const ErasedRows& rows : outcome_.outcome.parts) {
        PartRecord part;
        part.dataset = rows.dataset;
        part.deleted = rows.live;
        record.parts.push_back(std::move(part));
    }
    return {};
}

// How much went, and the hash of what was looked for; never that itself.
Status EraseWork::prove(const SubmissionRecord& record) {
    std::uint64_t live = 0;
    std::uint64_t history = 0;
    for (const ErasedRows& rows : outcome_.outcome.parts) {
        live += rows.live;
        history += rows.history;
    }
    const bool is_purge = record.kind == SubmissionKind::purge;
    JsonWriter detail;
    detail.begin_object();
    if (is_purge)
        detail.member("submission", record.undoes.at(0).value);
    else
        detail.member("condition_sha256", record.raw_sha256);
    detail.member("rows", live).member("history_rows", history).member("deliveries", outcome_.deliveries);
    detail.member("records", outcome_.records).member("reports", outcome_.reports).member("by", record.by).end_object();
    CatalogEvent event;
    event.type = is_purge ? "submission.purge-done" : "submission.erasure-done";
    event.detail = detail.take();
    return parts_.catalog.update(record, record.state, event);
}

Status EraseWork::finish(SubmissionRecord& record) {
    TRY(retention_.remove_unneeded());
    TRY(log_.move(record, SubmissionState::published));
    commit_point("pipeline.finished");
    return {};
}

// ---- what is kept --------------------------------------------------------------------------------------------------

Status EraseWork::search_kept(const Search& search, SubmissionId self, bool dry_run,
                              std::vector<SubmissionId>& unreadable) {
    SubmissionFilter filter;
    filter.dataset = search.dataset;
    filter.limit = kPage;
    std::vector<SubmissionRecord> records;
    for (;;) {
        std::vector<SubmissionRecord> page = TRY(parts_.catalog.list(filter));
        const bool last = page.size() < kPage;
        if (!last) filter.before = page.back().id;
        for (SubmissionRecord& record : page) records.push_back(std::move(record));
        if (last) break;
    }
    // Packages that were not taken apart yet have no parts.
    for (SubmissionRecord& record : TRY(parts_.catalog.unfinished())) {
        const bool known = std::ranges::find(records, record.id, &SubmissionRecord::id) != records.end();
        if (!known && record.target_is_package) records.push_back(std::move(record));
    }
    for (SubmissionRecord& record : records) {
        const bool removes = record.kind == SubmissionKind::erasure || record.kind == SubmissionKind::purge;
        if (record.kind == SubmissionKind::records)
            TRY(search_small(record, search, dry_run));
        else if (record.id != self && !removes)
            TRY(search_submission(std::move(record), search, dry_run, unreadable));
    }
    return {};
}

// A small submission that holds such a record loses its bytes as a whole; what it published stays.
Status EraseWork::search_small(const SubmissionRecord& record, const Search& search, bool dry_run) {
    const Dataset* dataset = parts_.project->dataset(search.dataset);
    const auto kept = TRY(parts_.catalog.inbox().body(record.id));
    if (!kept || dataset == nullptr) return {};
    if (!TRY(holds_records(kept->body, kept->form, *dataset, search.wanted))) return {};
    ++outcome_.deliveries;
    if (dry_run) return {};
    return parts_.catalog.inbox().erase_body(record.id);
}

Status EraseWork::search_submission(SubmissionRecord record, const Search& search, bool dry_run,
                                    std::vector<SubmissionId>& unreadable) {
    std::vector<FreshObjects::Claim> claims; // until the catalog names what was written
    bool changed = false;
    bool drops_raw = false;
    const auto open = [&](const std::string& space, const std::string& sha256) {
        return open_kept(parts_.objects, record, {space, sha256});
    };
    if (!record.raw_sha256.empty()) {
        auto raw = open(record.target, record.raw_sha256);
        auto cuts = raw ? find_in_raw(record, search, std::shared_ptr<const ObjectReader>(std::move(*raw)))
                        : Result<Cuts>(fail(raw.error()));
        if (!cuts) {
            const FailureCode code = cuts.error().code;
            const bool is_gone = code == FailureCode::object_missing;
            if (failure_info(code).kind == FailureKind::system && !is_gone && code != FailureCode::object_corrupt)
                return fail(std::move(cuts.error()));
            unreadable.push_back(record.id);
            ++outcome_.deliveries;
            drops_raw = true;
        } else if (cuts->records > 0) {
            ++outcome_.deliveries;
            outcome_.records += cuts->records;
            if (!dry_run) {
                FreshObjects::Stored stored = TRY(write_anew({record.target, record.raw_sha256}, *cuts));
                record.raw_sha256 = stored.info.id.sha256;
                record.raw_bytes = stored.info.size;
                claims.push_back(std::move(stored.claim));
            }
            changed = true;
        }
    }
    for (PartRecord& part : record.parts) {
        for (std::string* sha256 : {&part.errors_sha256, &part.rejects_sha256}) {
            if (sha256->empty()) continue;
            auto report = open(kOutputSpace, *sha256);
            const bool is_damaged = !report && (report.error().code == FailureCode::object_corrupt ||
                                                report.error().code == FailureCode::object_missing);
            if (!report && !is_damaged) return fail(std::move(report.error()));
            std::optional<Cuts> cuts;
            if (report) {
                const auto bytes = TRY(ObjectOrigin(std::shared_ptr<const ObjectReader>(std::move(*report))).open());
                if (auto found = find_lines_with(*bytes, search.wanted)) cuts = std::move(*found);
            }
            if (cuts && cuts->records == 0) continue;
            ++outcome_.reports;
            changed = true;
            if (dry_run) continue;
            // A record in rejects.csv may go over several lines, of which only one holds the value.
            if (!cuts || sha256 == &part.rejects_sha256) {
                sha256->clear();
                continue;
            }
            FreshObjects::Stored stored = TRY(write_anew({kOutputSpace, *sha256}, *cuts));
            *sha256 = stored.info.id.sha256;
            claims.push_back(std::move(stored.claim));
        }
    }
    if (dry_run) return {};
    if (changed) {
        // What was checked is not what is kept any more.
        (void)memory_.take(record.id);
        (void)memory_.take_whole(record.id);
        TRY(log_.note(record, "records-erased"));
        TRY(parts_.catalog.requests().forget_about(submission_address(record.id)));
        commit_point("pipeline.erasure-rewritten");
    }
    if (drops_raw) TRY(parts_.catalog.forget_raw(record.id));
    return {};
}

Result<Cuts> EraseWork::find_in_raw(const SubmissionRecord& record, const Search& search,
                                    std::shared_ptr<const ObjectReader> raw) const {
    if (record.target_is_package || TRY(is_archive(*raw)))
        return fail(FailureCode::not_supported, "records are not taken out of archives");
    const Dataset* dataset = parts_.project->dataset(search.dataset);
    CHECK(dataset != nullptr);
    const auto bytes = TRY(ObjectOrigin(std::move(raw)).open());
    return find_records(*bytes, dataset->schema, dataset->dialect, search.wanted);
}

Result<FreshObjects::Stored> EraseWork::write_anew(const ObjectId& id, const Cuts& cuts) {
    const auto from = TRY(parts_.objects.open(id));
    const auto to = TRY(parts_.objects.create(id.space));
    TRY(write_without(*from, cuts, *to));
    return fresh_.finish(*to);
}

} // namespace inlet
