#include "client/record_reading.hpp"

#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace inlet::client {

namespace {

std::uint64_t count_of(const JsonTree& json, std::string_view name) {
    return static_cast<std::uint64_t>(json.integer_of(name));
}

Timestamp moment_of(const JsonTree& json, std::string_view name) { return read_moment(json.text_of(name)).value_or(0); }

std::vector<SubmissionId> ids_of(const JsonTree& json, std::string_view name) {
    std::vector<SubmissionId> ids;
    for (const JsonTree& id : json.items_of(name)) ids.emplace_back(id.integer());
    return ids;
}

std::map<std::string, std::uint64_t> rows_of(const JsonTree& json, std::string_view name) {
    std::map<std::string, std::uint64_t> rows;
    if (const JsonTree* object = json.find(name)) {
        for (const auto& [dataset, count] : object->members)
            rows.emplace(dataset, static_cast<std::uint64_t>(count.integer()));
    }
    return rows;
}

PartRecord read_part(const JsonTree& json) {
    PartRecord part;
    part.name = json.text_of("name");
    part.dataset = json.text_of("dataset");
    part.rows = count_of(json, "rows");
    part.accepted = count_of(json, "accepted");
    part.rejected = count_of(json, "rejected");
    part.inserted = count_of(json, "inserted");
    part.updated = count_of(json, "updated");
    part.deleted = count_of(json, "deleted");
    part.unchanged = count_of(json, "unchanged");
    part.superseded = count_of(json, "superseded");
    part.held_deletes = count_of(json, "held_deletes");
    part.skipped_deletes = count_of(json, "skipped_deletes");
    part.errors_total = count_of(json, "errors_total");
    for (const JsonTree& count : json.items_of("counts"))
        part.counts.push_back({count.text_of("code"), count.text_of("field"), count_of(count, "count")});
    part.errors_sha256 = json.text_of("errors_sha256");
    part.rejects_sha256 = json.text_of("rejects_sha256");
    return part;
}

std::unexpected<Error> not_known(std::string_view what, const std::string& word) {
    return fail(
        FailureCode::server_unreachable,
        fmt::format("the server tells of a submission whose {} is `{}`, which this Inlet does not know", what, word));
}

} // namespace

Result<SubmissionRecord> read_record(const JsonTree& json) {
    SubmissionRecord record;
    record.id = SubmissionId(json.integer_of("submission"));
    const std::string state = json.text_of("state");
    const auto known = submission_state_from(state);
    if (!known) return not_known("state", state);
    record.state = *known;
    record.version = Version(json.integer_of("version"));
    for (const JsonTree& part : json.items_of("parts")) record.parts.push_back(read_part(part));
    if (const JsonTree* reason = json.find("reason")) {
        record.reason_code = reason->text_of("code");
        record.reason = reason->text_of("message");
    }
    if (json.find("kind") != nullptr) {
        const auto kind = submission_kind_from(json.text_of("kind"));
        if (!kind) return not_known("kind", json.text_of("kind"));
        record.kind = *kind;
    }
    record.target = json.text_of("target");
    record.target_is_package = json.truth_of("target_is_package");
    record.file_name = json.text_of("file_name");
    record.raw_sha256 = json.text_of("raw_sha256");
    record.raw_bytes = count_of(json, "raw_bytes");
    record.received_at = moment_of(json, "received_at");
    record.updated_at = moment_of(json, "updated_at");
    record.by = json.text_of("by");
    record.source = json.text_of("source");
    record.attempts = static_cast<std::uint32_t>(json.integer_of("attempts"));
    record.parent = SubmissionId(json.integer_of("parent"));
    record.undoes = ids_of(json, "undoes");
    record.cascade = json.truth_of("cascade");
    record.asked_deletes = rows_of(json, "asked_deletes");
    record.delete_approvals = rows_of(json, "delete_approvals");
    record.rejects_approved = json.truth_of("rejects_approved");
    return record;
}

CatalogEvent read_event(const JsonTree& json, SubmissionId submission) {
    CatalogEvent event{
        .at = moment_of(json, "at"), .submission = submission, .type = json.text_of("type"), .detail = {}};
    const JsonTree* detail = json.find("detail");
    if (detail != nullptr && detail->kind == JsonValue::Kind::object) event.detail = detail->text;
    return event;
}

ChangeCounts read_counts(const JsonTree& json) {
    return {count_of(json, "inserted"), count_of(json, "updated"), count_of(json, "deleted"),
            count_of(json, "unchanged")};
}

VersionEntry read_version(const JsonTree& json) {
    VersionEntry entry;
    entry.number = Version(json.integer_of("version"));
    entry.published_at = moment_of(json, "published_at");
    entry.dataset = json.text_of("dataset");
    entry.submission = SubmissionId(json.integer_of("submission"));
    entry.kind = json.text_of("kind");
    entry.counts = read_counts(json);
    entry.by = json.text_of("by");
    entry.undoes = ids_of(json, "undoes");
    return entry;
}

std::optional<Timestamp> read_moment(std::string_view text) {
    // "2026-11-20T10:18:43.250000Z": where each number stands, and how long it is.
    static constexpr std::array<std::pair<std::size_t, std::size_t>, 7> kPlaces{
        {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 6}}};
    if (text.size() != 27 || text.back() != 'Z') return std::nullopt;
    std::array<int, 7> numbers{};
    for (std::size_t i = 0; i < kPlaces.size(); ++i) {
        const char* begin = text.data() + kPlaces[i].first;
        const char* end = begin + kPlaces[i].second;
        const auto [stop, error] = std::from_chars(begin, end, numbers[i]);
        if (error != std::errc() || stop != end) return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(numbers[0]),
                                           std::chrono::month(static_cast<unsigned>(numbers[1])),
                                           std::chrono::day(static_cast<unsigned>(numbers[2]))};
    if (!date.ok()) return std::nullopt;
    const auto at = std::chrono::sys_days(date) + std::chrono::hours(numbers[3]) + std::chrono::minutes(numbers[4]) +
                    std::chrono::seconds(numbers[5]) + std::chrono::microseconds(numbers[6]);
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

} // namespace inlet::client
