#include "pipeline/record_cuts.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "records/csv_reader.hpp"
#include "records/field_reader.hpp"
#include "records/small_records.hpp"

namespace inlet {

namespace {

constexpr std::size_t kBlockBytes = 256U << 10U;
constexpr std::size_t kPadding = 64; // readable bytes that readers of cells may look at
constexpr std::size_t kLineBytesMax = 64U << 20U;

// As it stands in a JSON text, without its quotes.
std::string in_json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out.substr(1, out.size() - 2);
}

bool holds_texts(std::string_view text, const std::vector<WantedValue>& wanted) {
    return std::ranges::all_of(wanted, [&](const WantedValue& value) {
        return text.find(value.sent) != std::string_view::npos ||
               text.find(value.field.value) != std::string_view::npos ||
               text.find(in_json(value.sent)) != std::string_view::npos;
    });
}

void add(Cuts& cuts, std::uint64_t from, std::uint64_t to) {
    ++cuts.records;
    if (!cuts.ranges.empty() && cuts.ranges.back().second == from)
        cuts.ranges.back().second = to;
    else
        cuts.ranges.emplace_back(from, to);
}

bool holds_values(const RecordBatch& batch, std::size_t record, const std::vector<std::size_t>& positions,
                  const std::vector<WantedValue>& wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const Column& column = batch.columns[positions[i]];
        if (!column.present.test(record) || value_text(column, record) != wanted[i].field.value) return false;
    }
    return true;
}

std::unexpected<Error> unreadable(std::string_view why) {
    return fail(FailureCode::file_malformed, fmt::format("the file cannot be read record by record: {}", why));
}

} // namespace

Result<std::vector<WantedValue>> read_wanted(const Schema& schema, const std::vector<FieldValue>& where) {
    std::vector<WantedValue> wanted;
    for (const FieldValue& item : where) {
        const auto position = schema.find(item.field);
        if (!position) return fail(FailureCode::bad_argument, fmt::format("there is no field `{}`", item.field));
        Field field = schema.fields[*position];
        field.constraints = {}; // a value that none may have any more may still be stored
        const auto reader = TRY(FieldReader::make(field, {}));
        std::string padded = item.value + std::string(kPadding, '\0');
        const std::array<TextRef, 1> cell{TextRef{padded.data(), static_cast<std::uint32_t>(item.value.size())}};
        Column column;
        column.reset(physical_type(field), 1);
        TextArena arena;
        FlawList flaws;
        flaws.reset(1, 1, 1);
        reader->read({.text = cell, .field = 0, .column = 1}, column, arena, flaws);
        if (flaws.rejected().test(0) || !column.present.test(0)) {
            return fail(FailureCode::bad_argument, fmt::format("`{}` is no value of `{}`, which is of type {}",
                                                               item.value, item.field, to_string(field.type)));
        }
        wanted.push_back({.field = {.field = item.field, .value = value_text(column, 0)}, .sent = item.value});
    }
    if (wanted.empty()) return fail(FailureCode::bad_argument, "an erasure needs at least one value to go by");
    return wanted;
}

Result<Cuts> find_records(ByteSource& bytes, const Schema& schema, const Dialect& dialect,
                          const std::vector<WantedValue>& wanted) {
    const auto reader = TRY(make_csv_reader({.schema = schema, .dialect = dialect}));
    Cuts cuts;
    ParsedChunk parsed;
    std::vector<std::size_t> positions;
    for (const WantedValue& value : wanted) {
        const auto position = schema.find(value.field.field);
        if (!position) return unreadable(fmt::format("there is no field `{}`", value.field.field));
        positions.push_back(*position);
    }
    const auto take_chunks = [&]() -> Status {
        for (Chunk chunk; reader->take(chunk);) {
            if (chunk.too_long) return unreadable("a record is too long");
            reader->parse(chunk, parsed, 0);
            for (std::size_t record = 0; record < parsed.batch.rows; ++record) {
                const bool broken = parsed.batch.rejected.test(record);
                const bool goes = broken ? holds_texts(record_text(chunk, parsed, record), wanted)
                                         : holds_values(parsed.batch, record, positions, wanted);
                if (goes) add(cuts, chunk.byte + parsed.starts[record], chunk.byte + parsed.starts[record + 1]);
            }
        }
        return {};
    };
    for (;;) {
        const std::span<char> room = reader->prepare();
        const std::size_t count = TRY(bytes.read(room));
        if (count == 0) break;
        reader->commit(count);
        TRY(take_chunks());
    }
    reader->finish();
    TRY(take_chunks());
    if (!reader->file_violations().empty()) return unreadable(reader->file_violations().front().message);
    return cuts;
}

Result<bool> holds_records(std::string_view body, std::string_view form, const Dataset& dataset,
                           const std::vector<WantedValue>& wanted) {
    const auto known = small_form_from(form);
    const auto reader = TRY(SmallReader::make(dataset.schema, dataset.dialect));
    std::vector<std::size_t> positions;
    for (const WantedValue& value : wanted) {
        const auto position = dataset.schema.find(value.field.field);
        if (!position) return true;
        positions.push_back(*position);
    }
    if (!known) return true;
    const auto read = reader->read(body, *known, {.repeated_keys = false, .violations_max = 0});
    if (!read || read->batch.rows == 0) return true;
    const RecordBatch& batch = read->batch;
    for (std::size_t record = 0; record < batch.rows; ++record) {
        // A text may be written with escapes in a record that breaks the contract: then nobody looks closer.
        const bool goes = batch.rejected.test(record)
                              ? body.find('\\') != std::string_view::npos || holds_texts(body, wanted)
                              : holds_values(batch, record, positions, wanted);
        if (goes) return true;
    }
    return false;
}

Result<Cuts> find_lines_with(ByteSource& bytes, const std::vector<WantedValue>& wanted) {
    Cuts cuts;
    std::string waiting; // the beginning of a line that goes on
    std::uint64_t at = 0;
    std::vector<char> room(kBlockBytes);
    for (;;) {
        const std::size_t count = TRY(bytes.read(room));
        waiting.append(room.data(), count);
        std::size_t begun = 0;
        for (std::size_t end = waiting.find('\n'); end != std::string::npos; end = waiting.find('\n', begun)) {
            const std::size_t size = end + 1 - begun;
            if (holds_texts(std::string_view(waiting).substr(begun, size), wanted)) add(cuts, at, at + size);
            at += size;
            begun = end + 1;
        }
        waiting.erase(0, begun);
        if (count == 0) {
            if (!waiting.empty() && holds_texts(waiting, wanted)) add(cuts, at, at + waiting.size());
            return cuts;
        }
        if (waiting.size() > kLineBytesMax) return unreadable("a line is too long");
    }
}

Status write_without(const ObjectReader& from, const Cuts& cuts, ObjectWriter& to) {
    std::vector<std::byte> block(kBlockBytes);
    std::uint64_t at = 0;
    const auto copy_until = [&](std::uint64_t end) -> Status {
        while (at < end) {
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - at));
            const std::size_t count = TRY(from.pread(std::span(block).first(most), at));
            if (count == 0) return {};
            TRY(to.write(std::span(block).first(count)));
            at += count;
        }
        return {};
    };
    for (const auto& [begin, end] : cuts.ranges) {
        TRY(copy_until(begin));
        at = end;
    }
    return copy_until(from.size());
}

} // namespace inlet
