#include "notify/report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/failures.hpp"
#include "notify/event_detail.hpp"
#include "objects/verified_object.hpp"
#include "records/violation.hpp"
#include "records/violation_line.hpp"

namespace inlet {

namespace {

constexpr std::size_t kErrorLines = 8;           // of folded errors a part, as the command line shows them
constexpr std::size_t kFoldedFrom = 1000;        // the first errors of a part
constexpr std::size_t kErrorBytesMost = 1 << 20; // of the list of them that is read
constexpr std::size_t kPartsMost = 20;           // shown one by one
constexpr std::size_t kNameMost = 120;           // characters of a name from outside
constexpr std::size_t kLineMost = 400;
constexpr std::string_view kPartsSpace = "_inlet";

std::string name(std::string_view text) { return one_line(text, kNameMost); }

std::optional<std::string> read_object(const ObjectStore& objects, const std::string& sha256, std::uint64_t most) {
    const auto object = open_verified(objects, {.space = std::string(kPartsSpace), .sha256 = sha256});
    if (!object) return std::nullopt;
    std::string bytes(std::min((*object)->size(), most), '\0');
    const auto got = (*object)->pread(std::as_writable_bytes(std::span(bytes)), 0);
    if (!got || *got != bytes.size()) return std::nullopt;
    return bytes;
}

std::vector<std::string> folded(const ObjectStore& objects, const PartRecord& part) {
    std::vector<ViolationCount> counts;
    for (const CodeCount& count : part.counts) {
        if (const auto code = failure_from_code(count.code)) counts.push_back({*code, count.field, count.count});
    }
    if (counts.empty()) return {};
    std::vector<Violation> violations;
    const auto lines =
        part.errors_sha256.empty() ? std::nullopt : read_object(objects, part.errors_sha256, kErrorBytesMost);
    std::string_view rest = lines ? std::string_view(*lines) : std::string_view();
    while (violations.size() < kFoldedFrom) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) break;
        if (auto violation = read_violation(rest.substr(0, end))) violations.push_back(std::move(*violation));
        rest.remove_prefix(end + 1);
    }
    std::vector<std::string> out = fold(violations, counts, kErrorLines);
    for (std::string& line : out) line = one_line(line, kLineMost);
    return out;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

// Text and HTML written side by side, so that they say the same.
class Pages {
public:
    void title(std::string_view words) {
        text_.append(words).append("\n");
        html_ += "<h1 style=\"font-size:1.2em\">" + escaped(words) + "</h1>\n";
    }
    void paragraph(std::string_view words) {
        text_.append("\n").append(words).append("\n");
        html_ += "<p>" + escaped(words) + "</p>\n";
    }
    void link(std::string_view words, const std::string& url) {
        text_ += fmt::format("\n{}: {}\n", words, url);
        html_ += fmt::format("<p>{}: <a href=\"{}\">{}</a></p>\n", escaped(words), escaped(url), escaped(url));
    }
    void lines(std::string_view head, const std::vector<std::string>& all) {
        text_.append("\n").append(head).append("\n");
        html_ += "<p>" + escaped(head) + "</p>\n";
        if (all.empty()) return;
        html_ += "<ul>\n";
        for (const std::string& line : all) {
            text_ += "  " + line + "\n";
            html_ += "<li>" + escaped(line) + "</li>\n";
        }
        html_ += "</ul>\n";
    }
    std::string text() && { return std::move(text_); }
    std::string html() && {
        return "<!DOCTYPE html>\n<html><body style=\"font-family:sans-serif\">\n" + html_ + "</body></html>\n";
    }

private:
    std::string text_;
    std::string html_;
};

// "was rejected"; of a dataset's event what it is.
std::string_view in_words(std::string_view type) {
    static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
        {"submission.received", "was received"},
        {"submission.published", "was published"},
        {"submission.rejected", "was rejected"},
        {"submission.held", "waits for approval"},
        {"submission.undone", "was taken back"},
        {"submission.expired", "expired before it was complete"},
        {"submission.failed", "could not be processed"},
        {"submission.cancelled", "was cancelled"},
        {"delivery.late", "is late"},
        {"delivery.missing", "did not come"},
        {"volume.unusual", "has an unusual size"}};
    for (const auto& [event, words] : kWords) {
        if (event == type) return words;
    }
    return type;
}

std::string part_line(const PartRecord& part) {
    std::string line = fmt::format("{} to {}: {} records, {} accepted, {} rejected", name(part.name),
                                   name(part.dataset), part.rows, part.accepted, part.rejected);
    if (part.inserted + part.updated + part.deleted > 0)
        line += fmt::format("; {} inserted, {} updated, {} deleted", part.inserted, part.updated, part.deleted);
    return line;
}

void write_reason(Pages& pages, const LoggedEvent& event) {
    for (const DetailMember& member : public_detail(event.event.detail)) {
        if (member.name == "reason" || member.name == "code") {
            const bool is_code = member.name == "code";
            std::string value = read_json_string(member.json).value_or("");
            if (!is_code) {
                pages.paragraph("Why: " + one_line(value, kLineMost));
            } else if (const auto code = failure_from_code(value)) {
                pages.paragraph(fmt::format("Code: {}. What to do: {}", value, failure_info(*code).what_to_do));
            }
        }
    }
}

void write_figures(Pages& pages, const LoggedEvent& event) {
    std::vector<std::string> lines;
    for (const DetailMember& member : public_detail(event.event.detail)) {
        const auto text = read_json_string(member.json);
        std::string label = member.name;
        std::ranges::replace(label, '_', ' ');
        lines.push_back(fmt::format("{}: {}", label, one_line(text ? *text : member.json, kLineMost)));
    }
    pages.lines("What is known:", lines);
}

} // namespace

KeptParts read_kept(const ObjectStore& objects, const SubmissionRecord& record) {
    KeptParts kept;
    std::uint64_t attached = 0;
    const std::size_t parts = std::min(record.parts.size(), kPartsMost);
    for (std::size_t i = 0; i < parts; ++i) {
        const PartRecord& part = record.parts[i];
        kept.errors.push_back(folded(objects, part));
        if (part.rejects_sha256.empty()) continue;
        auto bytes = read_object(objects, part.rejects_sha256, kAttachedBytesMost + 1);
        if (!bytes || attached + bytes->size() > kAttachedBytesMost) continue;
        attached += bytes->size();
        kept.rejects.push_back({.name = record.parts.size() == 1 ? "rejects.csv" : fmt::format("rejects-{}.csv", i + 1),
                                .type = "text/csv; charset=utf-8",
                                .bytes = *std::move(bytes)});
    }
    return kept;
}

Report report_of(const LoggedEvent& event, const std::optional<SubmissionRecord>& record, const KeptParts& kept,
                 const std::string& project, const std::string& base_url) {
    const std::string_view verb = in_words(event.event.type);
    Report report;
    Pages pages;
    if (!record) {
        const std::string title = fmt::format("The delivery for {} {}", name(event.event.dataset), verb);
        report.subject = fmt::format("[{}] {}", project, title);
        pages.title(title + ".");
        write_figures(pages, event);
        report.text = std::move(pages).text();
        report.html = std::move(pages).html();
        return report;
    }
    const std::string file =
        event.kind == SubmissionKind::delivery ? name(event.file_name) : std::string(to_string(event.kind));
    report.subject = fmt::format("[{}] {} {} ({})", project, file, verb, name(event.target));
    pages.title(fmt::format("{} {}.", file, verb));
    pages.paragraph(fmt::format("Submission {} to {} {}, {}", record->id.value,
                                event.target_is_package ? "package" : "dataset", name(event.target),
                                iso_moment(event.event.at)));
    write_reason(pages, event);
    for (std::size_t i = 0; i < kept.errors.size() && i < record->parts.size(); ++i)
        pages.lines(part_line(record->parts[i]), kept.errors[i]);
    if (record->parts.size() > kept.errors.size() && !kept.errors.empty())
        pages.paragraph(fmt::format("and {} parts more.", record->parts.size() - kept.errors.size()));
    if (!kept.rejects.empty()) pages.paragraph("The rejected records are attached: correct them and send them again.");
    if (!base_url.empty()) pages.link("More", fmt::format("{}/v1/submissions/{}", base_url, record->id.value));
    report.text = std::move(pages).text();
    report.html = std::move(pages).html();
    return report;
}

} // namespace inlet
