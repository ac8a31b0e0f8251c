// Rendering of submissions.
#include "app/record_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/command.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"

namespace inlet {

namespace {

std::string joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, ", ")); }

bool has_rejects(const SubmissionRecord& record) {
    return std::ranges::any_of(record.parts, [](const PartRecord& part) { return !part.rejects_sha256.empty(); });
}

void write_ids(JsonWriter& json, std::string_view name, const std::vector<SubmissionId>& ids) {
    json.key(name).begin_array();
    for (const SubmissionId id : ids) json.value(id.value);
    json.end_array();
}

void write_rows(JsonWriter& json, std::string_view name, const std::map<std::string, std::uint64_t>& rows) {
    json.key(name).begin_object();
    for (const auto& [dataset, count] : rows) json.member(dataset, count);
    json.end_object();
}

void write_text_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
    json.key(name);
    if (text.empty())
        json.null();
    else
        json.value(text);
}

void write_number_or_null(JsonWriter& json, std::string_view name, std::int64_t number) {
    json.key(name);
    if (number == 0)
        json.null();
    else
        json.value(number);
}

} // namespace

std::string painted_state(SubmissionState state, Paint paint) {
    const std::string_view text = to_string(state);
    switch (state) {
    case SubmissionState::published:
        return paint.green(text);
    case SubmissionState::held:
        return paint.yellow(text);
    case SubmissionState::rejected:
    case SubmissionState::failed:
        return paint.red(text);
    default:
        return std::string(text);
    }
}

std::string counts_text(const ChangeCounts& counts) {
    std::vector<std::string> parts;
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) parts.push_back(fmt::format("{} {}", show_count(count), what));
    };
    add(counts.inserted, "inserted");
    add(counts.updated, "updated");
    add(counts.deleted, "deleted");
    if (parts.empty()) parts.emplace_back("no change");
    add(counts.unchanged, "unchanged");
    return joined(parts);
}

ChangeCounts counts_of(const PartRecord& part) { return {part.inserted, part.updated, part.deleted, part.unchanged}; }

std::string part_text(const PartRecord& part, const std::vector<std::string>& errors, Paint paint) {
    std::string out = paint.bold(printable(part.name));
    if (!part.dataset.empty() && part.dataset != part.name) out += " -> " + paint.bold(part.dataset);
    out += "\n";
    std::string line = show_count(part.rows, "record") + ": " + paint.green(show_count(part.accepted) + " accepted");
    const std::string rejected = show_count(part.rejected) + " rejected";
    line += ", " + (part.rejected > 0 ? paint.red(rejected) : rejected);
    if (part.errors_total > part.rejected) line += fmt::format(" with {} errors", show_count(part.errors_total));
    // Deletions that were held are no records.
    if (part.rows > 0 || part.held_deletes + part.deleted == 0) out += "  " + line + "\n";
    if (part.inserted + part.updated + part.deleted + part.unchanged > 0)
        out += "  " + counts_text(counts_of(part)) + "\n";
    if (part.superseded > 0)
        out += "  " + show_count(part.superseded, "record") + " replaced by a later one with the same key\n";
    if (part.held_deletes > 0) {
        out += "  " + paint.yellow(show_count(part.held_deletes, "deletion") + " held for approval") + "\n";
    }
    if (part.skipped_deletes > 0) {
        out +=
            "  " + paint.yellow(show_count(part.skipped_deletes, "deletion") + " not made, as the policy says") + "\n";
    }
    for (const std::string& error : errors) out += "    " + printable(error) + "\n";
    return out;
}

std::string outcome_text(const SubmissionRecord& record, Paint paint, std::optional<double> seconds) {
    std::string out = painted_state(record.state, paint);
    if (record.version) out += fmt::format(" as version {}", record.version.value);
    out += record.id ? fmt::format(" (submission {})", record.id.value) : std::string(" (nothing was kept)");
    if (seconds) out += " in " + show_span(*seconds);
    if (!record.reason.empty()) out += ": " + printable(record.reason);
    return out;
}

std::string way_out_text(const SubmissionRecord& record, Paint paint) {
    const auto code = failure_from_code(record.reason_code);
    if (!code) return "";
    return fmt::format("  {} {}\n  {} {}\n", paint.dim("code:"), record.reason_code, paint.dim("what to do:"),
                       failure_info(*code).what_to_do);
}

int exit_code_for(const SubmissionRecord& record) {
    if (record.state == SubmissionState::published) return kDone;
    const auto code = failure_from_code(record.reason_code);
    return record.state == SubmissionState::failed && code ? exit_code_of(*code) : kNotPassed;
}

NextSteps next_steps(const SubmissionRecord& record) {
    NextSteps steps;
    const auto id = record.id.value;
    if (id == 0) return steps;
    if (has_rejects(record)) {
        const auto parts =
            std::ranges::count_if(record.parts, [](const PartRecord& part) { return !part.rejects_sha256.empty(); });
        if (parts == 1) {
            steps.emplace_back(fmt::format("inlet rejects {} > rejects.csv", id),
                               "the rejected records, to correct and send again");
        } else {
            for (std::size_t i = 0; i < record.parts.size(); ++i) {
                if (record.parts[i].rejects_sha256.empty()) continue;
                steps.emplace_back(fmt::format("inlet rejects {} --part {} > rejects-{}.csv", id, i + 1, i + 1),
                                   "rejected records of " + printable(record.parts[i].name));
            }
        }
        steps.emplace_back(fmt::format("inlet errors {}", id), "every error, one by one");
    }
    switch (record.state) {
    case SubmissionState::published:
        steps.emplace_back(fmt::format("inlet undo {}", id), "take it back");
        break;
    case SubmissionState::held:
        steps.emplace_back(fmt::format("inlet show {} --changes", id), "what it would change");
        steps.emplace_back(fmt::format("inlet approve {}", id), "publish it");
        steps.emplace_back(fmt::format("inlet cancel {}", id), "drop it");
        break;
    case SubmissionState::failed:
        steps.emplace_back(fmt::format("inlet retry {}", id), "try again");
        break;
    default:
        break;
    }
    return steps;
}

std::string next_steps_text(const NextSteps& steps, Paint paint) {
    std::size_t width = 0;
    for (const auto& [line, what] : steps) width = std::max(width, line.size());
    std::string out;
    for (const auto& [line, what] : steps)
        out += "  " + paint.cyan(line) + std::string(width - line.size() + 3, ' ') + what + "\n";
    return out;
}

void write_counts(JsonWriter& json, const std::vector<CodeCount>& counts) {
    json.begin_array();
    for (const CodeCount& count : counts) {
        json.begin_object().member("code", count.code);
        write_text_or_null(json, "field", count.field);
        json.member("count", count.count).end_object();
    }
    json.end_array();
}

void write_part(JsonWriter& json, const PartRecord& part) {
    json.begin_object().member("name", part.name).member("dataset", part.dataset);
    json.member("rows", part.rows).member("accepted", part.accepted).member("rejected", part.rejected);
    json.member("inserted", part.inserted).member("updated", part.updated).member("deleted", part.deleted);
    json.member("unchanged", part.unchanged).member("superseded", part.superseded);
    json.member("held_deletes", part.held_deletes).member("skipped_deletes", part.skipped_deletes);
    json.member("errors_total", part.errors_total).key("counts");
    write_counts(json, part.counts);
    json.end_object();
}

void write_outcome(JsonWriter& json, const SubmissionRecord& record) {
    json.key("submission");
    if (record.id)
        json.value(record.id.value);
    else
        json.null();
    json.member("state", to_string(record.state));
    write_number_or_null(json, "version", record.version.value);
    json.key("parts").begin_array();
    for (const PartRecord& part : record.parts) write_part(json, part);
    json.end_array();
    if (record.reason_code.empty()) return;
    json.key("reason").begin_object().member("code", record.reason_code).member("message", record.reason);
    if (const auto code = failure_from_code(record.reason_code))
        json.member("what_to_do", failure_info(*code).what_to_do);
    json.end_object();
}

void write_record(JsonWriter& json, const SubmissionRecord& record) {
    json.begin_object();
    write_outcome(json, record);
    json.member("kind", to_string(record.kind))
        .member("target", record.target)
        .member("target_is_package", record.target_is_package);
    json.member("file_name", record.file_name);
    write_text_or_null(json, "raw_sha256", record.raw_sha256);
    json.member("raw_bytes", record.raw_bytes);
    json.key("received_at");
    if (record.received_at == 0)
        json.null();
    else
        json.value(iso_moment(record.received_at));
    json.member("updated_at", iso_moment(record.updated_at))
        .member("by", record.by)
        .member("attempts", record.attempts);
    write_number_or_null(json, "parent", record.parent.value);
    write_ids(json, "undoes", record.undoes);
    json.member("cascade", record.cascade);
    write_rows(json, "asked_deletes", record.asked_deletes);
    write_rows(json, "delete_approvals", record.delete_approvals);
    json.member("rejects_approved", record.rejects_approved);
    json.end_object();
}

} // namespace inlet
