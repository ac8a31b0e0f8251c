// See row_code.hpp. All loops go column by column over the rows of a chunk.
#include "warehouse/duckdb/row_code.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/result.hpp"
#include "records/record_batch.hpp"
#include "warehouse/duckdb/row_feed.hpp"

namespace inlet::duck {

namespace {

constexpr std::uint64_t kSeed = 0x9E3779B97F4A7C15;

// Both halves of a 128-bit product, folded: every bit of the input reaches every bit of the result.
std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    const auto product = static_cast<unsigned __int128>(hash ^ value ^ 0xA0761D6478BD642F) * 0xE7037ED1A0B428DB;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ (hash << 1);
}

double canonical(double value) { return std::isnan(value) ? std::numeric_limits<double>::quiet_NaN() : value + 0.0; }

std::string_view text_at(duckdb_string_t* texts, std::size_t i) {
    return {duckdb_string_t_data(&texts[i]), duckdb_string_t_length(texts[i])};
}

bool valid(const std::uint64_t* validity, std::size_t i) {
    return validity == nullptr || (validity[i / 64] >> (i % 64) & 1) != 0;
}

template <class T>
void put(char*& cursor, T value) {
    std::memcpy(cursor, &value, sizeof value);
    cursor += sizeof value;
}

template <class T>
T take(const char*& cursor) {
    T value;
    std::memcpy(&value, cursor, sizeof value);
    cursor += sizeof value;
    return value;
}

template <class T>
void hash_fixed(const void* data, std::size_t count, std::vector<std::uint64_t>& hashes) {
    const auto* values = static_cast<const T*>(data);
    for (std::size_t i = 0; i < count; i++) hashes[i] = mix(hashes[i], static_cast<std::uint64_t>(values[i]));
}

template <class T>
void put_fixed(const void* data, const std::uint64_t* validity, std::size_t count, std::vector<char*>& cursors) {
    const auto* values = static_cast<const T*>(data);
    for (std::size_t i = 0; i < count; i++) put(cursors[i], valid(validity, i) ? values[i] : T{});
}

template <class T>
void take_fixed(std::vector<const char*>& cursors, T* to) {
    for (std::size_t i = 0; i < cursors.size(); i++) {
        if (cursors[i] == nullptr) continue;
        const T value = take<T>(cursors[i]);
        if (to != nullptr) to[i] = value;
    }
}

void set_invalid(duckdb_vector vector, std::size_t row) {
    duckdb_vector_ensure_validity_writable(vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

} // namespace

RowCode::RowCode(const Schema& schema) : keys_(schema.primary_key.size()) {
    order_ = schema.primary_key;
    for (std::size_t i = 0; i < schema.fields.size(); i++) {
        if (std::find(schema.primary_key.begin(), schema.primary_key.end(), i) == schema.primary_key.end())
            order_.push_back(i);
    }
    null_bytes_ = (order_.size() - keys_ + 7) / 8;
    fixed_bytes_ = CodedRow::kHeaderBytes + null_bytes_;
    for (std::size_t place = 0; place < order_.size(); place++) {
        const PhysicalType type = physical_type(schema.fields[order_[place]]);
        std::size_t bytes = Column::width(type);
        switch (type) {
        case PhysicalType::boolean:
            kinds_.push_back(Kind::fixed1);
            break;
        case PhysicalType::date:
            kinds_.push_back(Kind::fixed4);
            break;
        case PhysicalType::float64:
            kinds_.push_back(Kind::number);
            break;
        case PhysicalType::int64:
        case PhysicalType::time:
        case PhysicalType::timestamp:
            kinds_.push_back(Kind::fixed8);
            break;
        case PhysicalType::text:
            kinds_.push_back(Kind::text);
            bytes = sizeof(std::uint32_t);
            break;
        }
        fixed_bytes_ += bytes;
        if (place < keys_) fixed_key_bytes_ += bytes;
    }
}

std::size_t RowCode::row_bytes_about() const {
    constexpr std::size_t kTextBytesAbout = 32;
    return fixed_bytes_ + kTailBytes +
           kTextBytesAbout * static_cast<std::size_t>(std::count(kinds_.begin(), kinds_.end(), Kind::text));
}

void RowCode::measure(const std::vector<duckdb_vector>& vectors, std::size_t count, bool live, Work& work) const {
    work.hashes.assign(count, kSeed);
    work.sizes.assign(count, static_cast<std::uint32_t>(fixed_bytes_ + (live ? kTailBytes : 0)));
    work.key_sizes.assign(count, static_cast<std::uint32_t>(fixed_key_bytes_));
    for (std::size_t place = 0; place < kinds_.size(); place++) {
        void* data = duckdb_vector_get_data(vectors[place + 1]);
        const std::uint64_t* validity = duckdb_vector_get_validity(vectors[place + 1]);
        if (kinds_[place] == Kind::text) {
            auto* texts = static_cast<duckdb_string_t*>(data);
            for (std::size_t i = 0; i < count; i++) {
                if (!valid(validity, i)) continue;
                const auto bytes = duckdb_string_t_length(texts[i]);
                work.sizes[i] += bytes;
                if (place < keys_) work.key_sizes[i] += bytes;
            }
        }
        if (place >= keys_) continue;
        switch (kinds_[place]) {
        case Kind::fixed1:
            hash_fixed<std::uint8_t>(data, count, work.hashes);
            break;
        case Kind::fixed4:
            hash_fixed<std::uint32_t>(data, count, work.hashes);
            break;
        case Kind::fixed8:
            hash_fixed<std::uint64_t>(data, count, work.hashes);
            break;
        case Kind::number:
            for (std::size_t i = 0; i < count; i++) {
                const double value = canonical(static_cast<const double*>(data)[i]);
                std::uint64_t bits = 0;
                std::memcpy(&bits, &value, sizeof bits);
                work.hashes[i] = mix(work.hashes[i], bits);
            }
            break;
        case Kind::text:
            for (std::size_t i = 0; i < count; i++) {
                const std::string_view text = text_at(static_cast<duckdb_string_t*>(data), i);
                work.hashes[i] = mix(work.hashes[i], XXH3_64bits(text.data(), text.size()));
            }
            break;
        }
    }
}

void RowCode::write(const std::vector<duckdb_vector>& vectors, std::size_t count, bool live, Work& work) const {
    const auto* numbers = static_cast<const std::int64_t*>(duckdb_vector_get_data(vectors[0]));
    for (std::size_t i = 0; i < count; i++) {
        put(work.cursors[i], work.sizes[i]);
        put(work.cursors[i], work.key_sizes[i]);
        put(work.cursors[i], work.hashes[i]);
        put(work.cursors[i], numbers[i]);
    }
    std::vector<char*> nulls;
    for (std::size_t place = 0; place < kinds_.size(); place++) {
        if (place == keys_) {
            nulls = work.cursors;
            for (char*& cursor : work.cursors) {
                std::memset(cursor, 0, null_bytes_);
                cursor += null_bytes_;
            }
        }
        void* data = duckdb_vector_get_data(vectors[place + 1]);
        const std::uint64_t* validity = duckdb_vector_get_validity(vectors[place + 1]);
        switch (kinds_[place]) {
        case Kind::fixed1:
            put_fixed<std::uint8_t>(data, validity, count, work.cursors);
            break;
        case Kind::fixed4:
            put_fixed<std::uint32_t>(data, validity, count, work.cursors);
            break;
        case Kind::fixed8:
            put_fixed<std::uint64_t>(data, validity, count, work.cursors);
            break;
        case Kind::number:
            for (std::size_t i = 0; i < count; i++)
                put(work.cursors[i], valid(validity, i) ? canonical(static_cast<const double*>(data)[i]) : 0.0);
            break;
        case Kind::text:
            for (std::size_t i = 0; i < count; i++) {
                const std::string_view text =
                    valid(validity, i) ? text_at(static_cast<duckdb_string_t*>(data), i) : std::string_view();
                put(work.cursors[i], static_cast<std::uint32_t>(text.size()));
                if (!text.empty()) std::memcpy(work.cursors[i], text.data(), text.size());
                work.cursors[i] += text.size();
            }
            break;
        }
        if (place < keys_ || validity == nullptr) continue;
        const std::size_t bit = place - keys_;
        for (std::size_t i = 0; i < count; i++) {
            if (!valid(validity, i)) nulls[i][bit / 8] = static_cast<char>(nulls[i][bit / 8] | 1 << (bit % 8));
        }
    }
    if (!live) return;
    put_fixed<std::int64_t>(duckdb_vector_get_data(vectors[kinds_.size() + 1]), nullptr, count, work.cursors);
    put_fixed<std::int64_t>(duckdb_vector_get_data(vectors[kinds_.size() + 2]), nullptr, count, work.cursors);
}

void RowCode::begin_reading(const std::vector<const char*>& rows, Reading& reading) const {
    reading.cursors.resize(rows.size());
    reading.nulls.resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); i++) {
        reading.cursors[i] = rows[i] == nullptr ? nullptr : rows[i] + CodedRow::kHeaderBytes;
        reading.nulls[i] = rows[i] == nullptr ? nullptr : reading.cursors[i] + CodedRow(rows[i]).key_size();
    }
}

void RowCode::read_column(std::size_t place, Reading& reading, duckdb_vector to) const {
    if (place == keys_) {
        for (const char*& cursor : reading.cursors) {
            if (cursor != nullptr) cursor += null_bytes_;
        }
    }
    void* data = to == nullptr ? nullptr : duckdb_vector_get_data(to);
    switch (kinds_[place]) {
    case Kind::fixed1:
        take_fixed(reading.cursors, static_cast<std::uint8_t*>(data));
        break;
    case Kind::fixed4:
        take_fixed(reading.cursors, static_cast<std::uint32_t*>(data));
        break;
    case Kind::fixed8:
    case Kind::number:
        take_fixed(reading.cursors, static_cast<std::uint64_t*>(data));
        break;
    case Kind::text: {
        auto* texts = static_cast<duckdb_string_t*>(data);
        for (std::size_t i = 0; i < reading.cursors.size(); i++) {
            TextRef text;
            if (reading.cursors[i] != nullptr) {
                text.size = take<std::uint32_t>(reading.cursors[i]);
                text.data = reading.cursors[i];
                reading.cursors[i] += text.size;
            }
            if (texts != nullptr) texts[i] = borrowed_text(text);
        }
        break;
    }
    }
    if (to == nullptr) return;
    const std::size_t bit = place - keys_;
    for (std::size_t i = 0; i < reading.cursors.size(); i++) {
        const bool absent =
            reading.cursors[i] == nullptr || (place >= keys_ && (reading.nulls[i][bit / 8] >> (bit % 8) & 1) != 0);
        if (absent) set_invalid(to, i);
    }
}

} // namespace inlet::duck
