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

} // namespace inlet
