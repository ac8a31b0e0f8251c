// Rows of DuckDB's vectors as bytes, so that equal keys and equal values are equal bytes, and back. What a KeyedDiff
// keeps and compares. A value: stateless after construction, safe on any thread.
//
// A row is: size of all (4 bytes), size of the key (4), hash of the key (8), a number (8: a rowid or a record's order),
// the key's columns, one bit for each other column that has no value, the other columns, and for live rows _version and
// _submission. A text is its length (4) and its bytes; -0 is 0, and every NaN is one.
#pragma once

#include <duckdb.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "contract/field.hpp"

namespace inlet::duck {

// A row's place in memory; borrowed.
class CodedRow {
public:
    explicit CodedRow(const char* bytes) : bytes_(bytes) {}
    const char* bytes() const { return bytes_; }
    std::uint32_t size() const { return load<std::uint32_t>(0); }
    std::uint32_t key_size() const { return load<std::uint32_t>(4); }
    std::uint64_t hash() const { return load<std::uint64_t>(8); }
    std::int64_t number() const { return load<std::int64_t>(16); }
    std::string_view key() const { return {bytes_ + kHeaderBytes, key_size()}; }
    // All after the key but the last `tail` bytes.
    std::string_view values(std::size_t tail) const {
        return {bytes_ + kHeaderBytes + key_size(), size() - kHeaderBytes - key_size() - tail};
    }

    static constexpr std::size_t kHeaderBytes = 24;

private:
    template <class T>
    T load(std::size_t at) const {
        T value;
        std::memcpy(&value, bytes_ + at, sizeof value);
        return value;
    }
    const char* bytes_;
};

class RowCode {
public:
    static constexpr std::size_t kTailBytes = 16; // _version and _submission of a live row

    explicit RowCode(const Schema& schema);

    // Positions in the schema in the order they are coded: the key's, then the others.
    const std::vector<std::size_t>& order() const { return order_; }
    std::size_t row_bytes_about() const; // for planning; texts are guessed

    // A chunk's rows as they are being written. The vectors are: numbers, the columns in order(), and for live rows
    // _version and _submission.
    struct Work {
        std::vector<std::uint64_t> hashes;
        std::vector<std::uint32_t> sizes;
        std::vector<std::uint32_t> key_sizes;
        std::vector<char*> cursors;
    };
    // Fills hashes and sizes.
    void measure(const std::vector<duckdb_vector>& vectors, std::size_t count, bool live, Work& work) const;
    // Writes row i to work.cursors[i], which has room for work.sizes[i] bytes.
    void write(const std::vector<duckdb_vector>& vectors, std::size_t count, bool live, Work& work) const;

    // Fills a vector with one column of rows; a null row gives no value. `cursors` stand at the column in each row and
    // are moved behind it.
    struct Reading {
        std::vector<const char*> cursors; // null: no row
        std::vector<const char*> nulls;   // the bits of each row
    };
    void begin_reading(const std::vector<const char*>& rows, Reading& reading) const;
    // Columns have to be read in order(); `to` is null for one that is not wanted. Texts are borrowed from the rows.
    void read_column(std::size_t place, Reading& reading, duckdb_vector to) const;

private:
    enum class Kind : std::uint8_t { fixed1, fixed4, fixed8, number, text };
    std::vector<std::size_t> order_;
    std::vector<Kind> kinds_; // in that order
    std::size_t keys_ = 0;
    std::size_t null_bytes_ = 0;
    std::size_t fixed_bytes_ = 0; // of a row without texts' bytes and tail
    std::size_t fixed_key_bytes_ = 0;
};

} // namespace inlet::duck
