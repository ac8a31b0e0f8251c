// Digests of keys. Short keys are mapped one to one, so that they cannot meet by chance; long ones are hashed.
#include <bit>
#include <string>

#include <xxhash.h>

#include "records/key_set.hpp"

namespace inlet {

namespace {

constexpr std::size_t kBlock = 64; // records at a step: one word of the bitmaps

// The finalizer of splitmix64 (Stafford's variant 13): one to one, and every bit of the input moves every bit of the
// result.
std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

// The value's 64 bits; equal values have equal ones.
std::uint64_t word_of(bool value) { return value ? 1 : 0; }
std::uint64_t word_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }
std::uint64_t word_of(double value) {
    if (value == 0) value = 0; // -0.0 is 0.0
    if (value != value) return 0x7FF8'0000'0000'0000;
    return std::bit_cast<std::uint64_t>(value);
}

template <class T, class As>
void load_as(const Column& column, std::size_t begin, std::size_t count, std::uint64_t* words) {
    const T* values = column.values<T>() + begin;
    for (std::size_t i = 0; i < count; ++i) words[i] = word_of(static_cast<As>(values[i]));
}

// The words of `count` values of a column that is not text.
void load_words(const Column& column, std::size_t begin, std::size_t count, std::uint64_t* words) {
    switch (column.type) {
    case PhysicalType::boolean:
        return load_as<std::uint8_t, bool>(column, begin, count, words);
    case PhysicalType::date:
        return load_as<std::int32_t, std::int64_t>(column, begin, count, words);
    case PhysicalType::float64:
        return load_as<double, double>(column, begin, count, words);
    case PhysicalType::int64:
    case PhysicalType::time:
    case PhysicalType::timestamp:
        return load_as<std::int64_t, std::int64_t>(column, begin, count, words);
    case PhysicalType::text:
        CHECK(false);
    }
}

KeyDigest digest_of(std::uint64_t word, std::uint64_t seed) { return {.high = mix(word ^ seed), .low = 0}; }

// One to one: `low` gives the second word, and with it `high` gives the first. The second is spread before it is added,
// or keys that count up in both columns would meet in `high`.
KeyDigest digest_of(std::uint64_t first, std::uint64_t second, std::uint64_t seed) {
    return {.high = mix((first ^ seed) + second * 0x9E3779B97F4A7C15), .low = second};
}

KeyDigest digest_of(std::string_view bytes, std::uint64_t seed) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
    return {.high = hash.high64, .low = hash.low64};
}

// Appends the value so that the values of several columns, one after the other, can be told apart.
void append_value(std::string& bytes, const Column& column, std::size_t row) {
    const auto append = [&](const auto& item) { bytes.append(reinterpret_cast<const char*>(&item), sizeof item); };
    if (column.type == PhysicalType::text) {
        const TextRef text = column.values<TextRef>()[row];
        append(text.size);
        bytes.append(text.view());
        return;
    }
    std::uint64_t word = 0;
    load_words(column, row, 1, &word);
    append(word);
}

} // namespace

void digest_keys(const RecordBatch& batch, std::span<const std::size_t> columns, std::uint64_t seed,
                 std::vector<KeyEntry>& out) {
    CHECK(!columns.empty());
    out.reserve(out.size() + batch.rows - batch.rejected_count);
    bool short_key = columns.size() <= 2;
    for (const std::size_t column : columns) short_key = short_key && batch.columns[column].type != PhysicalType::text;
    const Column& first = batch.columns[columns.front()];
    const Column& last = batch.columns[columns.back()];

    std::uint64_t first_words[kBlock];
    std::uint64_t last_words[kBlock];
    std::string bytes;
    const auto digest = [&](std::size_t row) {
        const std::size_t i = row % kBlock;
        if (short_key)
            return columns.size() == 1 ? digest_of(first_words[i], seed)
                                       : digest_of(first_words[i], last_words[i], seed);
        if (columns.size() == 1) return digest_of(first.values<TextRef>()[row].view(), seed);
        bytes.clear();
        for (const std::size_t column : columns) append_value(bytes, batch.columns[column], row);
        return digest_of(bytes, seed);
    };

    for (std::size_t begin = 0; begin < batch.rows; begin += kBlock) {
        const std::size_t count = std::min(kBlock, batch.rows - begin);
        std::uint64_t wanted = count == kBlock ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
        if (batch.rejected.size() > 0) wanted &= ~batch.rejected.words()[begin / kBlock];
        for (const std::size_t column : columns) wanted &= batch.columns[column].present.words()[begin / kBlock];
        if (wanted == 0) continue;
        if (short_key) {
            load_words(first, begin, count, first_words);
            if (columns.size() == 2) load_words(last, begin, count, last_words);
        }
        for (; wanted != 0; wanted &= wanted - 1) {
            const std::size_t row = begin + static_cast<std::size_t>(std::countr_zero(wanted));
            out.push_back({.key = digest(row), .order = RecordOrder::of(batch.ordinal, row)});
        }
    }
}

} // namespace inlet
