// JSON records become cells, which the same field readers convert as those of CSV. See small_records.hpp.
#include "records/small_records.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include <fmt/format.h>

#include "records/csv_reader.hpp"
#include "records/csv_scan.hpp"
#include "records/key_set.hpp"
#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kRecordShown = 64 << 10; // bytes of a record's text in a violation
constexpr std::size_t kValueShown = 1000;      // of a value's

std::shared_ptr<char[]> padded(std::string_view text) {
    std::shared_ptr<char[]> bytes(new char[text.size() + kScanPadding]);
    std::memcpy(bytes.get(), text.data(), text.size());
    std::memset(bytes.get() + text.size(), 0, kScanPadding);
    return bytes;
}

std::string pointer_part(std::string_view name) {
    std::string out = "/";
    for (const char c : name) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

std::string cut(std::string_view text, std::size_t most) {
    if (text.size() > most) {
        while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
        text = text.substr(0, most);
    }
    return std::string(text);
}

struct Place {
    std::uint64_t line = 1;
    std::uint64_t column = 1; // in bytes
};

Place place_of(std::string_view text, std::size_t position) {
    Place place;
    for (std::size_t i = 0; i < position; ++i) {
        ++place.column;
        if (text[i] != '\n') continue;
        ++place.line;
        place.column = 1;
    }
    return place;
}

std::vector<ViolationCount> fold(const Schema& schema, const FlawList& flaws) {
    std::map<std::pair<FailureCode, std::string>, std::uint64_t> totals;
    for (std::size_t i = 0; i < flaws.counts().size(); ++i) {
        const std::uint64_t count = flaws.counts()[i];
        if (count == 0) continue;
        const std::size_t field = i / kRules;
        totals[{code_of(static_cast<Rule>(i % kRules)),
                field < schema.fields.size() ? schema.fields[field].name : ""}] += count;
    }
    std::vector<ViolationCount> counts;
    for (const auto& [key, count] : totals) counts.push_back({key.first, key.second, count});
    std::ranges::stable_sort(counts, std::ranges::greater(), &ViolationCount::count);
    return counts;
}

// Records whose key, or unique field, came before in the body.
void judge_repeats(const Schema& schema, const RecordBatch& batch, bool repeated_keys, FlawList& flaws) {
    const auto judge = [&](std::span<const std::size_t> columns, Rule rule, std::uint32_t field) {
        std::vector<KeyEntry> entries;
        digest_keys(batch, columns, 0, entries);
        std::ranges::sort(entries, [](const KeyEntry& a, const KeyEntry& b) {
            return std::pair(a.key, a.order) < std::pair(b.key, b.order);
        });
        std::vector<std::uint32_t> repeats;
        for (std::size_t i = 1; i < entries.size(); ++i) {
            if (entries[i].key == entries[i - 1].key)
                repeats.push_back(static_cast<std::uint32_t>(entries[i].order.value));
        }
        std::ranges::sort(repeats);
        for (const std::uint32_t record : repeats) flaws.add({record, field, 0, rule, {}});
    };
    const auto& key = schema.primary_key;
    if (repeated_keys && !key.empty()) judge(key, Rule::key_taken, kWholeRecord);
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
        const bool is_key = key.size() == 1 && key.front() == i && repeated_keys;
        if (schema.fields[i].constraints.unique && !is_key) judge({{i}}, Rule::unique, static_cast<std::uint32_t>(i));
    }
}

void settle(FlawList& flaws, RecordBatch& batch) {
    flaws.sort();
    batch.rejected = flaws.rejected();
    batch.rejected_count = batch.rejected.count();
}

std::string words(const Flaw& flaw, const Schema& schema, SmallForm form) {
    if (form != SmallForm::csv && flaw.rule == Rule::extra_cell)
        return fmt::format("there is no field `{}`, or it stands twice in the record", cut(flaw.value.view(), 60));
    if (form != SmallForm::csv && flaw.rule == Rule::quoting)
        return fmt::format("the record is no JSON object: {}", flaw.value.view());
    if (flaw.rule == Rule::key_taken) return "a record before it has the same primary key";
    if (flaw.rule == Rule::unique)
        return fmt::format("a record before it has the same `{}`", schema.fields[flaw.field].name);
    return describe(flaw, flaw.field == kWholeRecord ? nullptr : &schema.fields[flaw.field]);
}

} // namespace

std::string_view to_string(SmallForm form) {
    switch (form) {
    case SmallForm::json:
        return "json";
    case SmallForm::ndjson:
        return "ndjson";
    case SmallForm::csv:
        return "csv";
    }
    std::unreachable();
}

std::optional<SmallForm> small_form_from(std::string_view name) {
    for (const SmallForm form : {SmallForm::json, SmallForm::ndjson, SmallForm::csv}) {
        if (name == to_string(form)) return form;
    }
    return std::nullopt;
}

// The records of a body on their way to columns.
struct SmallReader::Json {
    struct Record {
        std::string_view text;
        std::uint64_t line = 1;
    };
    std::string_view body;
    bool is_array = false;
    SmallForm form = SmallForm::json;
    std::vector<Record> records{};
    std::vector<std::vector<TextRef>> cells{}; // by field, then record
    std::vector<Flaw> early{};                 // found before the columns are read, by record
    TextArena& arena;                          // the batch's
};

Result<std::unique_ptr<SmallReader>> SmallReader::make(const Schema& schema, const Dialect& dialect) {
    std::unique_ptr<SmallReader> reader(new SmallReader(schema, dialect));
    for (const Field& field : schema.fields)
        reader->readers_.push_back(TRY(FieldReader::make(field, schema.missing_values)));
    return reader;
}

Result<SmallRecords> SmallReader::read(std::string_view body, SmallForm form, const SmallOptions& options) const {
    if (form == SmallForm::csv) return read_csv(body, options);
    if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
    SmallRecords out;
    const std::shared_ptr<char[]> bytes = padded(body);
    out.batch.bytes = bytes;
    Json json{.body = {bytes.get(), body.size()}, .form = form, .arena = out.batch.arena};
    json.cells.resize(schema_.fields.size());
    TRY(read_json(json.body, form, json));
    finish_json(json, options, out);
    return out;
}

Status SmallReader::read_json(std::string_view text, SmallForm form, Json& json) const {
    if (form == SmallForm::ndjson) {
        std::uint64_t line = 0;
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            std::string_view one = text.substr(begin, end - begin);
            if (one.ends_with('\r')) one.remove_suffix(1);
            begin = end + 1;
            ++line;
            JsonCursor cursor(one);
            if (cursor.peek() == '\0') continue;
            json.records.push_back({one, line});
            JsonValue value;
            const bool read = cursor.value(value);
            if (read && cursor.peek() == '\0') {
                take_record(value, json);
                continue;
            }
            const std::string what = fmt::format(
                "{} at column {}", read ? "the line goes on after the object" : cursor.error(), cursor.position() + 1);
            for (auto& cells : json.cells) cells.push_back({one.data(), kNoCell});
            json.early.push_back({static_cast<std::uint32_t>(json.records.size() - 1), kWholeRecord, 0, Rule::quoting,
                                  json.arena.store(what)});
        }
        return {};
    }
    JsonCursor cursor(text);
    const auto refuse = [&](std::string_view what) {
        const Place place = place_of(text, std::min(cursor.position(), text.size()));
        return fail(Error(FailureCode::format_error, fmt::format("the body is no JSON: {} at line {}, column {}", what,
                                                                 place.line, place.column)));
    };
    const auto one = [&](JsonValue& value) {
        const std::size_t begin = cursor.position();
        if (!cursor.value(value)) return false;
        const std::string_view whole = text.substr(begin, cursor.position() - begin);
        json.records.push_back({whole, 1});
        take_record(value, json);
        return true;
    };
    JsonValue value;
    if (cursor.peek() == '[') {
        json.is_array = true;
        (void)cursor.take('[');
        if (!cursor.take(']')) {
            do {
                (void)cursor.peek();
                if (!one(value)) return refuse(cursor.error());
            } while (cursor.take(','));
            if (!cursor.take(']')) return refuse("`,` or `]` is expected");
        }
    } else if (!one(value)) {
        return refuse(cursor.error());
    }
    if (cursor.peek() != '\0' || cursor.position() != text.size()) return refuse("nothing more is expected");
    std::uint64_t line = 1;
    const char* at = text.data();
    for (Json::Record& record : json.records) {
        line += static_cast<std::uint64_t>(std::count(at, record.text.data(), '\n'));
        at = record.text.data();
        record.line = line;
    }
    return {};
}

std::optional<std::size_t> SmallReader::find(std::string_view name, std::size_t expected) const {
    const auto& fields = schema_.fields;
    if (expected < fields.size() && fields[expected].name == name) return expected;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) return i;
    }
    return std::nullopt;
}

void SmallReader::take_record(const JsonValue& value, Json& json) const {
    const auto record = static_cast<std::uint32_t>(json.records.size() - 1);
    static constexpr TextRef kAbsent{nullptr, kNoCell};
    for (auto& cells : json.cells) cells.push_back(kAbsent);
    if (value.kind != JsonValue::Kind::object) {
        json.early.push_back({record, kWholeRecord, 0, Rule::quoting, {"another value", 13}});
        return;
    }
    JsonCursor cursor(value.text);
    (void)cursor.take('{');
    std::size_t expected = 0;
    std::vector<bool> seen(schema_.fields.size(), false);
    while (!cursor.take('}')) {
        JsonValue name;
        JsonValue member;
        (void)cursor.value(name); // it was gone through before
        (void)cursor.take(':');
        (void)cursor.value(member);
        (void)cursor.take(',');
        const TextRef text = json_text(name, json.arena);
        const auto field = find(text.view(), expected);
        if (!field || seen[*field]) {
            json.early.push_back({record, kWholeRecord, 0, Rule::extra_cell, text});
            continue;
        }
        seen[*field] = true;
        expected = *field + 1;
        take_member(*field, member, record, json);
    }
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
        const bool absent = json.cells[i].back().data == nullptr;
        if (absent && schema_.fields[i].constraints.required)
            json.early.push_back({record, static_cast<std::uint32_t>(i), 0, Rule::required, {}});
    }
}

void SmallReader::take_member(std::size_t index, const JsonValue& value, std::uint32_t record, Json& json) const {
    const Field& field = schema_.fields[index];
    TextRef& cell = json.cells[index].back();
    const auto raw = [&] { return TextRef{value.text.data(), static_cast<std::uint32_t>(value.text.size())}; };
    const auto wrong = [&] {
        json.early.push_back({record, static_cast<std::uint32_t>(index), 0, Rule::type, raw()});
        cell = {json.body.data(), kNoCell};
    };
    const bool nested = field.type == FieldType::object || field.type == FieldType::array;
    switch (value.kind) {
    case JsonValue::Kind::null:
        return;
    case JsonValue::Kind::string: {
        cell = json_text(value, json.arena);
        if (utf8_error(cell.view()) == std::string_view::npos) return;
        json.early.push_back({record, static_cast<std::uint32_t>(index), 0, Rule::encoding, cell});
        cell = {json.body.data(), kNoCell};
        return;
    }
    case JsonValue::Kind::number: {
        const bool is_number = field.type == FieldType::integer || field.type == FieldType::number;
        if (!is_number && field.type != FieldType::any) return wrong();
        cell = raw();
        const std::size_t point = value.text.find('.');
        if (field.decimal_char == "." || point == std::string_view::npos) return;
        // The field's own notation, which its reader expects.
        std::string text(value.text);
        text.replace(point, 1, field.decimal_char);
        text.append(kScanPadding, '\0');
        cell = json.arena.store(text);
        cell.size -= static_cast<std::uint32_t>(kScanPadding);
        return;
    }
    case JsonValue::Kind::boolean: {
        if (field.type == FieldType::any) {
            cell = raw();
            return;
        }
        const auto& texts = value.truth ? field.true_values : field.false_values;
        if (field.type != FieldType::boolean || texts.empty()) return wrong();
        std::string text = texts.front();
        text.append(kScanPadding, '\0');
        cell = json.arena.store(text);
        cell.size -= static_cast<std::uint32_t>(kScanPadding);
        return;
    }
    case JsonValue::Kind::object:
    case JsonValue::Kind::array: {
        const bool fits = (value.kind == JsonValue::Kind::object) == (field.type == FieldType::object);
        if (!nested || !fits) return wrong();
        cell = raw();
        return;
    }
    }
}

void SmallReader::finish_json(Json& json, const SmallOptions& options, SmallRecords& out) const {
    RecordBatch& batch = out.batch;
    batch.rows = json.records.size();
    batch.columns.resize(schema_.fields.size());
    FlawList flaws;
    flaws.reset(schema_.fields.size(), batch.rows, options.violations_max);
    for (const Flaw& flaw : json.early) flaws.add(flaw);
    for (auto& cells : json.cells) {
        for (TextRef& cell : cells) {
            if (cell.data == nullptr) cell = {json.body.data(), kNoCell};
        }
    }
    for (std::size_t i = 0; i < schema_.fields.size(); ++i)
        readers_[i]->read({json.cells[i], static_cast<std::uint32_t>(i), 0}, batch.columns[i], batch.arena, flaws);
    for (const std::size_t i : schema_.primary_key) {
        const Column& column = batch.columns[i];
        if (schema_.fields[i].constraints.required) continue;
        for (std::size_t record = 0; record < batch.rows; ++record) {
            if (column.present.test(record) || flaws.rejected().test(record)) continue;
            flaws.add({static_cast<std::uint32_t>(record), static_cast<std::uint32_t>(i), 0, Rule::key_missing, {}});
        }
    }
    settle(flaws, batch);
    judge_repeats(schema_, batch, options.repeated_keys, flaws);
    settle(flaws, batch);
    out.counts = fold(schema_, flaws);
    for (const ViolationCount& count : out.counts) out.errors_total += count.count;
    for (const Flaw& flaw : flaws.kept()) {
        const Json::Record& record = json.records[flaw.record];
        SmallViolation& one = out.violations.emplace_back();
        Violation& violation = one.violation;
        violation.code = code_of(flaw.rule);
        violation.row = flaw.record + 1;
        violation.line = record.line;
        violation.byte = static_cast<std::uint64_t>(record.text.data() - json.body.data());
        if (flaw.field != kWholeRecord) violation.field = schema_.fields[flaw.field].name;
        if (flaw.rule != Rule::quoting) violation.value = cut(flaw.value.view(), kValueShown);
        violation.message = words(flaw, schema_, json.form);
        violation.record = cut(record.text, kRecordShown);
        if (json.is_array) one.pointer = fmt::format("/{}", flaw.record);
        if (!violation.field.empty()) one.pointer += pointer_part(violation.field);
        if (flaw.rule == Rule::extra_cell) one.pointer += pointer_part(flaw.value.view());
    }
}

Result<SmallRecords> SmallReader::read_csv(std::string_view body, const SmallOptions& options) const {
    SmallRecords out;
    ReaderLimits limits;
    limits.chunk_bytes = body.size() + kScanPadding; // one chunk
    const auto reader = TRY(make_csv_reader({schema_, dialect_, limits}));
    ParsedChunk parsed;
    Chunk whole;
    bool any = false;
    const auto take = [&](Chunk&& chunk) {
        CHECK(!any);
        any = true;
        whole = std::move(chunk);
    };
    feed(*reader, body, take);
    reader->finish();
    for (Chunk chunk; reader->take(chunk);) take(std::move(chunk));
    if (any && reader->file_violations().empty()) {
        reader->parse(whole, parsed, options.violations_max);
        judge_repeats(schema_, parsed.batch, options.repeated_keys, parsed.flaws);
        settle(parsed.flaws, parsed.batch);
        out.counts = fold(schema_, parsed.flaws);
        for (const Flaw& flaw : parsed.flaws.kept()) {
            Violation& violation = out.violations.emplace_back().violation;
            const std::string_view text = record_text(whole, parsed, flaw.record);
            const auto begin = static_cast<std::size_t>(text.data() - whole.text.data());
            violation.code = code_of(flaw.rule);
            violation.row = flaw.record + 1;
            violation.line = reader->header_lines() + place_of(whole.text, begin).line;
            violation.byte = whole.byte + begin;
            if (flaw.field != kWholeRecord) violation.field = schema_.fields[flaw.field].name;
            violation.column = flaw.column;
            violation.value = cut(flaw.value.view(), kValueShown);
            violation.message = words(flaw, schema_, SmallForm::csv);
            violation.record = cut(text, kRecordShown);
        }
        out.batch = std::move(parsed.batch);
    } else {
        for (const Violation& violation : reader->file_violations()) {
            out.violations.push_back({violation, ""});
            out.counts.push_back({violation.code, violation.field, 1});
        }
    }
    for (const ViolationCount& count : out.counts) out.errors_total += count.count;
    out.batch.ordinal = 0;
    return out;
}

} // namespace inlet
