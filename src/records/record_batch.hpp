// A batch of records as typed columns: what the readers produce, the checker judges and the warehouse stores.
// Floor 2. A batch belongs to one thread at a time; it is reused, so that a steady state allocates nothing.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "contract/field.hpp"

namespace inlet {

// How a value lies in memory and which engine type it becomes.
enum class PhysicalType : std::uint8_t {
    boolean,   // std::uint8_t 0 or 1
    int64,     // std::int64_t
    float64,   // double
    date,      // std::int32_t, days since 1970-01-01 (proleptic Gregorian)
    time,      // std::int64_t, microseconds since midnight
    timestamp, // std::int64_t, microseconds since 1970-01-01T00:00:00, no zone (a zone in the text is converted to UTC)
    text,      // TextRef, valid UTF-8; object and array are JSON text
};

PhysicalType physical_type(const Field& field);

// Borrowed text; lives as long as the batch's chunk or arena.
struct TextRef {
    const char* data = nullptr;
    std::uint32_t size = 0;

    std::string_view view() const { return {data, size}; }
};

// Bits, one per record.
class Bitmap {
public:
    void assign(std::size_t bits, bool value) {
        bits_ = bits;
        words_.assign((bits + 63) / 64, value ? ~std::uint64_t{0} : 0);
        if (value && bits % 64 != 0) words_.back() = (std::uint64_t{1} << (bits % 64)) - 1;
    }
    bool test(std::size_t i) const { return (words_[i / 64] >> (i % 64)) & 1; }
    void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
    void reset(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
    std::size_t size() const { return bits_; }
    std::size_t count() const;
    std::span<std::uint64_t> words() { return words_; }
    std::span<const std::uint64_t> words() const { return words_; } // bits beyond size() are 0

private:
    std::size_t bits_ = 0;
    std::vector<std::uint64_t> words_;
};

class Column {
public:
    PhysicalType type = PhysicalType::text;
    Bitmap present; // 0: no value (NULL)

    void reset(PhysicalType physical, std::size_t rows) { // all present, values unset
        type = physical;
        const std::size_t words = (rows * width(physical) + 7) / 8;
        if (values_.size() < words) values_.resize(words);
        present.assign(rows, true);
    }
    template <class T>
    T* values() {
        return reinterpret_cast<T*>(values_.data());
    }
    template <class T>
    const T* values() const {
        return reinterpret_cast<const T*>(values_.data());
    }

    static constexpr std::size_t width(PhysicalType physical) { // bytes per value
        switch (physical) {
        case PhysicalType::boolean:
            return 1;
        case PhysicalType::date:
            return 4;
        case PhysicalType::text:
            return sizeof(TextRef);
        default:
            return 8;
        }
    }

private:
    std::vector<std::uint64_t> values_; // 8-byte aligned storage
};

// A value that is present, as text: numbers and moments as the format_ functions of scalars.hpp write them.
std::string value_text(const Column& column, std::size_t row);

// Text the batch owns (unescaped or converted); stable addresses until clear().
class TextArena {
public:
    char* reserve(std::size_t bytes); // room for `bytes` that stays put until clear()
    TextRef store(std::string_view text) {
        char* to = reserve(text.size());
        std::memcpy(to, text.data(), text.size());
        return {to, static_cast<std::uint32_t>(text.size())};
    }
    void clear();

private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };
    std::vector<Block> blocks_;
    std::size_t current_ = 0;
    std::size_t used_ = 0;
};

// Where a record stands in its file. Orders records of one part: compare as a number.
struct RecordOrder {
    std::uint64_t value = 0; // chunk ordinal << 32 | record within the chunk, 0-based

    static RecordOrder of(std::uint64_t chunk, std::uint64_t record) { return {chunk << 32 | record}; }
    friend auto operator<=>(RecordOrder, RecordOrder) = default;
};

struct RecordBatch {
    std::uint64_t ordinal = 0;   // of the chunk it came from; batches of one part are numbered 0, 1, 2 ... without gaps
    std::size_t rows = 0;        // records, rejected ones included
    std::vector<Column> columns; // one per schema field, in the schema's order
    Bitmap rejected;             // 1: broke the contract; its values are unspecified and must not be stored
    std::size_t rejected_count = 0;
    TextArena arena;
    std::shared_ptr<const char[]> bytes; // what TextRefs outside the arena point into; shared with the chunk being read
};

// Accepted rows of one part, in batches, to be stored. Several threads may pull at once; each batch is handed out once.
class RowStream {
public:
    virtual ~RowStream() = default;
    // Fills `batch` and returns true, or false at the end. Thread-safe. Order across threads: by batch.ordinal.
    virtual Result<bool> next(RecordBatch& batch) = 0;
};

// Something that can be read from its beginning any number of times, always with the same rows (a part of a kept
// delivery).
class RowSource {
public:
    virtual ~RowSource() = default;
    virtual Result<std::unique_ptr<RowStream>> open() const = 0;
    virtual std::uint64_t rows() const = 0; // accepted rows
};

} // namespace inlet
