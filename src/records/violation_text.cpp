// Rendering of flaws.
#include "records/violation_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr std::size_t kValueMax = 1000;      // bytes of a cell in a violation
constexpr std::size_t kRecordMax = 64 << 10; // bytes of a record in a violation

std::string_view cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
    return text.substr(0, bytes);
}

std::string key_text(const RecordBatch& batch, const std::vector<std::size_t>& fields, std::size_t record) {
    std::string text;
    for (std::size_t i = 0; i < fields.size(); ++i)
        text += (i == 0 ? "" : ", ") + value_text(batch.columns[fields[i]], record);
    return text;
}

std::string key_names(const Schema& schema) {
    std::string text;
    for (std::size_t i = 0; i < schema.primary_key.size(); ++i)
        text += (i == 0 ? "" : ",") + schema.fields[schema.primary_key[i]].name;
    return text;
}

const LateFlaw* find_late(const std::vector<LateFlaw>& late, std::uint64_t ordinal, const Flaw& flaw) {
    const RecordOrder order = RecordOrder::of(ordinal, flaw.record);
    auto at =
        std::lower_bound(late.begin(), late.end(), order, [](const LateFlaw& a, RecordOrder b) { return a.order < b; });
    for (; at != late.end() && at->order == order; ++at) {
        if (at->rule == flaw.rule && at->field == flaw.field) return &*at;
    }
    return nullptr;
}

std::string where_taken(const LateFlaw* late, const RenderContext& context) {
    if (late == nullptr) return "came before";
    if (late->in_dataset) return "is in the dataset already";
    const std::uint64_t ordinal = late->first.value >> 32;
    if (ordinal >= context.rows_before.size()) return "came before";
    return fmt::format("came before, in row {}", context.rows_before[ordinal] + (late->first.value & 0xFFFFFFFF) + 1);
}

Violation violation_of(const Chunk& chunk, const ParsedChunk& parsed, const RenderContext& context, const Flaw& flaw) {
    Violation violation{.code = code_of(flaw.rule)};
    violation.row = flaw.record;
    violation.byte = chunk.byte + parsed.starts[flaw.record];
    violation.column = flaw.column;
    const Field* field = flaw.field == kWholeRecord ? nullptr : &context.schema.fields[flaw.field];
    if (field != nullptr) violation.field = field->name;
    if (flaw.rule == Rule::key_taken) {
        violation.field = key_names(context.schema);
        violation.value = key_text(parsed.batch, context.schema.primary_key, flaw.record);
        violation.message = fmt::format("the primary key {} {}", cut(violation.value, 60),
                                        where_taken(find_late(context.late, chunk.ordinal, flaw), context));
    } else if (flaw.rule == Rule::unique && field != nullptr) {
        violation.value = value_text(parsed.batch.columns[flaw.field], flaw.record);
        violation.message =
            fmt::format("`{}` is `{}`, which {}; every value must be unique", field->name, cut(violation.value, 60),
                        where_taken(find_late(context.late, chunk.ordinal, flaw), context));
    } else {
        if (flaw.value.size != 0xFFFFFFFF) violation.value = cut(flaw.value.view(), kValueMax);
        violation.message = describe(flaw, field);
    }
    violation.record = cut(record_text(chunk, parsed, flaw.record), kRecordMax);
    return violation;
}

void append_error_line(RenderedChunk& out, const Violation& violation) {
    RenderedChunk::ErrorLine line;
    line.record = static_cast<std::uint32_t>(violation.row);
    line.line = violation.line;
    line.byte = violation.byte;
    out.error_text += "{\"code\":\"";
    out.error_text += failure_info(violation.code).code;
    out.error_text += "\",\"row\":";
    line.head_end = static_cast<std::uint32_t>(out.error_text.size());
    out.error_text += ",\"field\":";
    if (violation.field.empty()) {
        out.error_text += "null";
    } else {
        append_json_string(out.error_text, violation.field);
    }
    out.error_text += ",\"column\":";
    out.error_text += violation.column == 0 ? "null" : std::to_string(violation.column);
    out.error_text += ",\"value\":";
    append_json_string(out.error_text, violation.value);
    out.error_text += ",\"message\":";
    append_json_string(out.error_text, violation.message);
    out.error_text += ",\"record\":";
    append_json_string(out.error_text, violation.record);
    out.error_text += "}\n";
    line.tail_end = static_cast<std::uint32_t>(out.error_text.size());
    out.error_lines.push_back(line);
}

} // namespace

void RenderedChunk::clear() {
    violations.clear();
    error_lines.clear();
    error_text.clear();
    reject_lines.clear();
    reject_text.clear();
}

void append_csv_cell(std::string& out, std::string_view text, CsvFormat format) {
    const char quote = format.quote == '\0' ? '"' : format.quote;
    const char special[] = {format.delimiter, quote, '\n', '\r'};
    if (text.find_first_of(std::string_view(special, sizeof special)) == std::string_view::npos) {
        out += text;
        return;
    }
    out += quote;
    for (const char c : text) {
        if (c == quote) out += quote;
        out += c;
    }
    out += quote;
}

std::string violation_json(const Violation& violation) {
    RenderedChunk one;
    append_error_line(one, violation);
    const auto& line = one.error_lines.front();
    return fmt::format("{}{},\"line\":{},\"byte\":{}{}", one.error_text.substr(0, line.head_end), violation.row,
                       violation.line, violation.byte,
                       one.error_text.substr(line.head_end, line.tail_end - line.head_end - 1));
}

void render(const Chunk& chunk, const ParsedChunk& parsed, const RenderContext& context, const RenderLimits& limits,
            RenderedChunk& out) {
    out.clear();
    const std::vector<Flaw>& flaws = parsed.flaws.kept();
    std::uint64_t line = 0;    // lines before...
    std::uint32_t counted = 0; // ...this offset
    std::string codes;
    std::string fields;
    std::string messages;
    for (std::size_t i = 0; i < flaws.size();) {
        const std::uint32_t record = flaws[i].record;
        if (!limits.errors && !limits.rejects && out.violations.size() >= limits.violations) return;
        const std::uint32_t start = parsed.starts[record];
        line += static_cast<std::uint64_t>(std::count(chunk.text.begin() + counted, chunk.text.begin() + start, '\n'));
        counted = start;
        codes.clear();
        fields.clear();
        messages.clear();
        for (; i < flaws.size() && flaws[i].record == record; ++i) {
            Violation violation = violation_of(chunk, parsed, context, flaws[i]);
            violation.line = line;
            if (limits.rejects) {
                if (!codes.empty()) codes += "; ", fields += "; ", messages += "; ";
                codes += failure_info(violation.code).code;
                fields += violation.field;
                messages += violation.message;
            }
            if (limits.errors) append_error_line(out, violation);
            if (out.violations.size() < limits.violations) out.violations.push_back(std::move(violation));
        }
        if (limits.rejects) {
            for (const std::string* cell : {&codes, &fields, &messages}) {
                out.reject_text += context.format.delimiter;
                append_csv_cell(out.reject_text, *cell, context.format);
            }
            out.reject_text += context.format.delimiter;
            out.reject_text += record_text(chunk, parsed, record);
            out.reject_text += '\n';
            out.reject_lines.push_back({record, static_cast<std::uint32_t>(out.reject_text.size())});
        }
    }
}

} // namespace inlet
