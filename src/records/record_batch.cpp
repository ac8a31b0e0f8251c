// Storage of batches.
#include "records/record_batch.hpp"

#include <algorithm>

#include "records/scalars.hpp"

namespace inlet {

PhysicalType physical_type(const Field& field) {
    switch (field.type) {
    case FieldType::integer:
        return PhysicalType::int64;
    case FieldType::number:
        return PhysicalType::float64;
    case FieldType::boolean:
        return PhysicalType::boolean;
    case FieldType::date:
        return PhysicalType::date;
    case FieldType::time:
        return PhysicalType::time;
    case FieldType::datetime:
        return PhysicalType::timestamp;
    case FieldType::string:
    case FieldType::object:
    case FieldType::array:
    case FieldType::any:
        return PhysicalType::text;
    }
    return PhysicalType::text;
}

std::string value_text(const Column& column, std::size_t row) {
    switch (column.type) {
    case PhysicalType::boolean:
        return column.values<std::uint8_t>()[row] != 0 ? "true" : "false";
    case PhysicalType::int64:
        return std::to_string(column.values<std::int64_t>()[row]);
    case PhysicalType::float64:
        return format_number(column.values<double>()[row]);
    case PhysicalType::date:
        return format_date(column.values<std::int32_t>()[row]);
    case PhysicalType::time:
        return format_time(column.values<std::int64_t>()[row]);
    case PhysicalType::timestamp:
        return format_datetime(column.values<std::int64_t>()[row]);
    case PhysicalType::text:
        return std::string(column.values<TextRef>()[row].view());
    }
    CHECK(!"a physical type has a text");
}

std::size_t Bitmap::count() const {
    std::size_t total = 0;
    for (const std::uint64_t word : words_) total += static_cast<std::size_t>(__builtin_popcountll(word));
    return total;
}

char* TextArena::reserve(std::size_t bytes) {
    constexpr std::size_t kBlockBytes = 64 << 10;
    while (current_ < blocks_.size() && blocks_[current_].size - used_ < bytes) {
        ++current_;
        used_ = 0;
    }
    if (current_ == blocks_.size()) {
        const std::size_t size = std::max(kBlockBytes, bytes);
        blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
        used_ = 0;
    }
    char* const at = blocks_[current_].bytes.get() + used_;
    used_ += bytes;
    return at;
}

void TextArena::clear() {
    // What one unusual batch needed is not kept for ever.
    constexpr std::size_t kBlocksKept = 64;
    if (blocks_.size() > kBlocksKept) blocks_.resize(kBlocksKept);
    current_ = 0;
    used_ = 0;
}

} // namespace inlet
