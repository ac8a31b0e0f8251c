#include "pipeline/verify_work.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "objects/verified_object.hpp"
#include "pipeline/part_outputs.hpp"

namespace inlet {

namespace {

constexpr std::size_t kPage = 500;

bool is_removal(const VersionEntry& line) { return line.kind == "erase" || line.kind == "purge"; }

// Rows that the lines of a version say came, less those that went.
std::int64_t net_of(const ChangeCounts& counts) {
    return static_cast<std::int64_t>(counts.inserted) - static_cast<std::int64_t>(counts.deleted);
}

} // namespace

Result<Verification> VerifyWork::run() {
    TRY(read_versions());
    TRY(read_objects());
    TRY(check_submissions());
    TRY(check_counts());
    for (const auto& [id, good] : objects_) {
        if (!needed_.contains(id)) ++result_.unneeded_objects;
    }
    return std::move(result_);
}

Status VerifyWork::read_objects() {
    std::vector<ObjectInfo> all;
    TRY(parts_.objects.list([&](const ObjectInfo& object) -> Status {
        all.push_back(object);
        return {};
    }));
    for (const ObjectInfo& object : all) {
        auto opened = open_verified(parts_.objects, object.id);
        if (!opened && opened.error().code != FailureCode::object_corrupt) {
            if (opened.error().code == FailureCode::object_missing) continue; // removed since
            return fail(std::move(opened.error()));
        }
        objects_[object.id] = opened.has_value();
        ++result_.objects;
        result_.object_bytes += object.size;
        if (!opened) result_.findings.push_back(std::move(opened.error()));
    }
    return {};
}

Status VerifyWork::read_versions() {
    lines_ = TRY(parts_.warehouse.versions("", std::numeric_limits<std::int32_t>::max()));
    std::set<SubmissionId> taken; // by undos that are active
    for (const VersionEntry& line : lines_) {
        if (!line.submission) continue;
        const bool active = !taken.contains(line.submission);
        published_[line.submission] = {.version = line.number, .active = active};
        if (line.kind == "undo" && active) taken.insert(line.undoes.begin(), line.undoes.end());
    }
    return {};
}

Status VerifyWork::check_submissions() {
    SubmissionFilter filter;
    filter.limit = kPage;
    for (;;) {
        const std::vector<SubmissionRecord> page = TRY(parts_.catalog.list(filter));
        for (const SubmissionRecord& record : page) {
            ++result_.submissions;
            known_.insert(record.id);
            check_submission(record);
        }
        if (page.size() < kPage) break;
        filter.before = page.back().id;
    }
    for (const auto& [id, published] : published_) {
        if (known_.contains(id)) continue;
        find(FailureCode::stores_differ, fmt::format("version {} is of submission {}, which the catalog does not know",
                                                     published.version.value, id.value));
    }
    return {};
}

void VerifyWork::check_submission(const SubmissionRecord& record) {
    check_object(record, record.target, record.raw_sha256, "the bytes");
    for (const PartRecord& part : record.parts) {
        check_object(record, kOutputSpace, part.errors_sha256, "the errors");
        check_object(record, kOutputSpace, part.rejects_sha256, "the rejects");
    }
    const auto found = published_.find(record.id);
    const bool is_published = found != published_.end();
    const bool says_so = record.state == SubmissionState::published || record.state == SubmissionState::undone ||
                         (record.state == SubmissionState::purged && record.version);
    if (says_so && !is_published) {
        find(FailureCode::stores_differ,
             fmt::format("submission {} is {} in the catalog, and the warehouse knows nothing of it", record.id.value,
                         to_string(record.state)));
    } else if (says_so && found->second.version != record.version) {
        find(FailureCode::stores_differ,
             fmt::format("submission {} is of version {} in the catalog, and of version {} in the warehouse",
                         record.id.value, record.version.value, found->second.version.value));
    } else if (is_published && is_end(record.state) && !says_so) {
        find(FailureCode::stores_differ,
             fmt::format("submission {} is {} in the catalog, and version {} in the warehouse", record.id.value,
                         to_string(record.state), found->second.version.value));
    } else if (is_published && record.state != SubmissionState::purged && says_so &&
               found->second.active != (record.state == SubmissionState::published)) {
        find(FailureCode::stores_differ,
             fmt::format("submission {} is {} in the catalog, and {} in the warehouse", record.id.value,
                         to_string(record.state), found->second.active ? "not undone" : "undone"));
    }
}

void VerifyWork::check_object(const SubmissionRecord& record, const std::string& space, const std::string& sha256,
                              const char* what) {
    if (sha256.empty()) return;
    const ObjectId id{.space = space, .sha256 = sha256};
    needed_.insert(id);
    const auto found = objects_.find(id);
    if (found == objects_.end()) {
        find(FailureCode::object_missing, fmt::format("{} of submission {} ({}) are gone: object {}/{}", what,
                                                      record.id.value, record.file_name, space, sha256));
    } else if (!found->second) {
        find(FailureCode::object_corrupt, fmt::format("{} of submission {} ({}) are damaged: object {}/{}", what,
                                                      record.id.value, record.file_name, space, sha256));
    }
}

// Above what was pruned or erased, the rows that came and went with each version are those that its lines count.
Status VerifyWork::check_counts() {
    for (const TableInfo& table : TRY(parts_.warehouse.tables())) {
        Version floor = table.pruned_below;
        std::map<Version, std::int64_t> counted;
        for (const VersionEntry& line : lines_) {
            if (line.dataset != table.name) continue;
            if (is_removal(line)) floor = std::max(floor, line.number);
            counted[line.number] += net_of(line.counts);
        }
        std::map<Version, std::int64_t> found;
        for (const RowFlow& flow : TRY(parts_.warehouse.row_flows(table.name)))
            found[flow.version] = static_cast<std::int64_t>(flow.came) - static_cast<std::int64_t>(flow.went);
        for (const auto& [version, net] : found) counted.try_emplace(version, 0);
        for (const auto& [version, net] : counted) {
            if (version <= floor) continue;
            ++result_.versions;
            const auto stands = found.find(version);
            const std::int64_t rows = stands == found.end() ? 0 : stands->second;
            if (rows == net) continue;
            find(FailureCode::stores_differ,
                 fmt::format("version {} changed the number of rows of `{}` by {}, and the rows that are stored say {}",
                             version.value, table.name, net, rows));
        }
    }
    return {};
}

} // namespace inlet
