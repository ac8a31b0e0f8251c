// See submissions.hpp.
#include "warehouse/testing/submissions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace inlet {

namespace {

std::string name_of(const DeletePolicy& policy) {
    std::string out = policy.policy == DeletePolicy::Policy::missing ? "missing" : "none";
    if (policy.max_rows) out += fmt::format(" max_rows={}", *policy.max_rows);
    if (policy.max_share) out += fmt::format(" max_share={}", *policy.max_share);
    if (policy.allow_empty) out += " allow_empty";
    if (policy.on_rejects == DeletePolicy::OnRejects::keep_broken_keys) out += " keep_broken";
    if (policy.over_limit == DeletePolicy::OverLimit::reject) out += " over=reject";
    if (policy.over_limit == DeletePolicy::OverLimit::skip) out += " over=skip";
    return out;
}

std::string join(const std::vector<TextCells>& rows) {
    std::string out;
    for (const TextCells& row : rows) out += (out.empty() ? "" : "; ") + to_string(row);
    return out;
}

std::string numbers(const std::vector<SubmissionId>& ids) {
    std::vector<std::int64_t> out;
    for (const SubmissionId id : ids) out.push_back(id.value);
    return fmt::format("{}", fmt::join(out, ", "));
}

std::string lines_of(const std::vector<PartOutcome>& parts, const std::vector<ModelOutcome>& models) {
    std::string out;
    for (const PartOutcome& part : parts) {
        out += fmt::format("  {}: {}, held {} skipped {}\n", part.dataset, to_string(part.counts), part.held_deletes,
                           part.skipped_deletes);
    }
    for (const ModelOutcome& model : models)
        out += fmt::format("  model {}: {}\n", model.model, to_string(model.counts));
    return out;
}

// Key cells as a row of the whole schema.
std::vector<TextCells> widened(const Schema& schema, const std::vector<TextCells>& keys) {
    std::vector<TextCells> out;
    for (const TextCells& key : keys) {
        CHECK(key.size() == schema.primary_key.size());
        TextCells row(schema.fields.size());
        for (std::size_t i = 0; i < key.size(); ++i) row[schema.primary_key[i]] = key[i];
        out.push_back(std::move(row));
    }
    return out;
}

} // namespace

std::string to_string(const ChangeCounts& counts) {
    return fmt::format("inserted {} updated {} deleted {} unchanged {}", counts.inserted, counts.updated,
                       counts.deleted, counts.unchanged);
}

std::string to_string(const PartText& part) {
    std::string out = fmt::format("{} {}", to_string(part.effect), part.dataset);
    if (part.effect == Effect::sync || part.effect == Effect::replace)
        out += fmt::format(" [{}]", name_of(part.deletes));
    if (part.rejected > 0) {
        out += fmt::format(" rejected={}{} broken=({})", part.rejected, part.broken_keys_readable ? "" : " unreadable",
                           join(part.broken_keys));
    }
    if (part.keys_distinct) out += " distinct";
    if (part.delete_before) out += fmt::format(" before={}", part.delete_before->value);
    return out + ": " + join(part.rows);
}

std::string to_string(const SubmissionText& submission) {
    std::string out = fmt::format("submission {}", submission.id.value);
    for (const auto& [dataset, deletes] : submission.approved_deletes)
        out += fmt::format(" approved {}={}", dataset, deletes);
    for (const PartText& part : submission.parts) out += "\n    " + to_string(part);
    return out;
}

Result<PublishSubmission> stage(Warehouse& warehouse, const Datasets& datasets, const SubmissionText& submission,
                                RowLayout layout) {
    PublishSubmission out;
    out.id = submission.id;
    out.approved_deletes = submission.approved_deletes;
    std::uint64_t batch = 0; // numbered through the submission, so that no two are taken for attempts at one
    for (const PartText& text : submission.parts) {
        const Schema& schema = datasets.at(text.dataset).schema;
        PublishPart part;
        part.dataset = text.dataset;
        part.effect = text.effect;
        part.deletes = text.deletes;
        part.rejected = text.rejected;
        part.broken_keys_readable = text.broken_keys_readable;
        part.delete_before = text.delete_before;
        part.keys_distinct = text.keys_distinct;
        if (!text.broken_keys.empty()) part.broken_keys = make_rows(schema, widened(schema, text.broken_keys));
        // The second half is staged first: the order of the tokens is not the order of the records.
        const std::size_t half = text.rows.size() / 2 / layout.batch_rows * layout.batch_rows;
        const auto middle = text.rows.begin() + static_cast<std::ptrdiff_t>(half);
        RowLayout second = layout;
        second.first_ordinal += half / layout.batch_rows;
        part.tokens.push_back(TRY(warehouse.stage(submission.id, text.dataset, batch + 1, 0,
                                                  make_rows(schema, {middle, text.rows.end()}, second))));
        part.tokens.push_back(TRY(warehouse.stage(submission.id, text.dataset, batch, 0,
                                                  make_rows(schema, {text.rows.begin(), middle}, layout))));
        batch += 2;
        out.parts.push_back(std::move(part));
    }
    return out;
}

std::string to_string(const ToldJudge::Question& question) {
    std::vector<std::uint64_t> orders;
    for (const RecordOrder order : question.orders) orders.push_back(order.value);
    return fmt::format("judge of {}: {} in {}.{}: {}", question.submission.value, failure_info(question.code).code,
                       question.dataset, fmt::join(question.fields, ","), fmt::join(orders, " "));
}

std::string to_string(const PublishOutcome& outcome) {
    std::string out = fmt::format("version {}\n", outcome.version.value);
    for (const SubmissionOutcome& submission : outcome.submissions) {
        constexpr std::string_view kStates[] = {"published", "held", "rejected"};
        out += fmt::format("submission {} {}{}\n", submission.id.value, kStates[static_cast<int>(submission.state)],
                           submission.reason ? " " + told(*submission.reason) : "");
        out += lines_of(submission.parts, {});
    }
    return out + lines_of({}, outcome.models);
}

std::string to_string(const UndoOutcome& outcome) {
    return fmt::format("version {} undid {}\n", outcome.version.value, numbers(outcome.undone)) +
           lines_of(outcome.parts, outcome.models);
}

std::string to_string(const VersionEntry& entry) {
    return fmt::format("{} at {} {} by {} of {}: {} {}{}", entry.number.value, entry.published_at, entry.dataset,
                       entry.by, entry.submission.value, entry.kind, to_string(entry.counts),
                       entry.undoes.empty() ? "" : " undoes " + numbers(entry.undoes));
}

std::string to_string(const ChangedRow& row) {
    constexpr std::string_view kChanges[] = {"inserted", "updated", "deleted"};
    const auto side = [](const TextCells& cells) { return cells.empty() ? std::string() : to_string(cells); };
    return fmt::format("{} {} -> {}", kChanges[static_cast<int>(row.change)], side(row.before), side(row.after));
}

std::string told(const Error& error) {
    std::string out(failure_info(error.code).code);
    for (const auto& [name, value] : error.context) {
        const bool conflict = error.code == FailureCode::undo_conflict && (name == "submission" || name == "key");
        if (conflict || name == "deletes") out += fmt::format(" {}={}", name, value);
    }
    return out;
}

std::string dump(Warehouse& warehouse, Version from) {
    std::string out;
    Version last;
    const auto lines = warehouse.versions("", SIZE_MAX);
    if (!lines) return to_string(lines.error());
    for (const VersionEntry& line : *lines) {
        last = std::max(last, line.number);
        out += to_string(line) + "\n";
    }
    const auto tables = warehouse.tables();
    if (!tables) return to_string(tables.error());
    std::vector<TableInfo> sorted = *tables;
    std::sort(sorted.begin(), sorted.end(), [](const TableInfo& a, const TableInfo& b) { return a.name < b.name; });
    for (const TableInfo& table : sorted) {
        out += fmt::format("table {}{}: {} rows, version {}, pruned below {}\n", table.name,
                           table.model ? " (model)" : "", table.rows, table.version.value, table.pruned_below.value);
        const auto read = [&](std::optional<Version> as_of) {
            RowCollector rows;
            const Status status = warehouse.read(table.name, as_of, rows);
            out += fmt::format(" {}{}:", table.name, as_of ? fmt::format(" at {}", as_of->value) : "");
            if (!status) out += " " + told(status.error());
            for (const ResultColumn& column : rows.columns()) out += " " + column.name;
            for (const std::string& row : rows.sorted()) out += "\n  " + row;
            out += "\n";
        };
        for (std::int64_t v = from.value; v <= last.value; ++v) read(Version(v));
        read(std::nullopt);
    }
    return out;
}

} // namespace inlet
