// See row_feed.hpp. The callbacks at the end are DuckDB's table function protocol: bind, init, init per thread, one
// chunk.
#include "warehouse/duckdb/row_feed.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace inlet::duck {

RowFeed::RowFeed(const Schema& schema, std::vector<std::shared_ptr<const RowSource>> sources)
    : fields_(schema.fields), sources_(std::move(sources)) {
    for (const auto& source : sources_) rows_ += source->rows();
}

Result<bool> FeedPass::next(RecordBatch& batch) {
    for (;;) {
        std::shared_ptr<RowStream> stream;
        {
            const std::scoped_lock lock(mutex_);
            if (current_ == nullptr) {
                if (opened_ == feed_.sources().size()) return false;
                current_ = TRY(feed_.sources()[opened_]->open());
                opened_++;
            }
            stream = current_;
        }
        if (TRY(stream->next(batch))) {
            if (batch.rows > batch.rejected_count) return true;
            continue;
        }
        const std::scoped_lock lock(mutex_);
        if (current_ == stream) current_.reset();
    }
}

void RowFeed::set_failure(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(error);
}

std::optional<Error> RowFeed::failure() const {
    const std::scoped_lock lock(mutex_);
    return failure_;
}

namespace {

idx_t connection_id(duckdb_client_context context) {
    const idx_t id = duckdb_client_context_get_connection_id(context);
    duckdb_destroy_client_context(&context);
    return id;
}

} // namespace

std::int64_t FeedRegistry::add(std::shared_ptr<RowFeed> feed, const Connection& connection) {
    duckdb_client_context context = nullptr;
    duckdb_connection_get_client_context(connection.handle(), &context);
    const std::scoped_lock lock(mutex_);
    feeds_.emplace(next_id_, Entry{std::move(feed), connection_id(context)});
    return next_id_++;
}

void FeedRegistry::remove(std::int64_t id) {
    const std::scoped_lock lock(mutex_);
    feeds_.erase(id);
}

std::shared_ptr<RowFeed> FeedRegistry::find(std::int64_t id, idx_t connection_id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = feeds_.find(id);
    return found == feeds_.end() || found->second.connection_id != connection_id ? nullptr : found->second.feed;
}

FeedScope::FeedScope(FeedRegistry& registry, const Connection& connection, const Schema& schema,
                     std::vector<std::shared_ptr<const RowSource>> sources)
    : registry_(registry), feed_(std::make_shared<RowFeed>(schema, std::move(sources))),
      id_(registry.add(feed_, connection)) {}

Error FeedScope::blame(Error error) const { return feed_->failure().value_or(std::move(error)); }

namespace {

bool is_json(const Field& field) { return field.type == FieldType::object || field.type == FieldType::array; }

} // namespace

std::string sql_type(const Field& field) {
    switch (physical_type(field)) {
    case PhysicalType::boolean:
        return "BOOLEAN";
    case PhysicalType::int64:
        return "BIGINT";
    case PhysicalType::float64:
        return "DOUBLE";
    case PhysicalType::date:
        return "DATE";
    case PhysicalType::time:
        return "TIME";
    case PhysicalType::timestamp:
        return "TIMESTAMP";
    case PhysicalType::text:
        return is_json(field) ? "JSON" : "VARCHAR";
    }
    CHECK(!"a physical type has a DuckDB type");
}

LogicalType logical_type(const Field& field) {
    switch (physical_type(field)) {
    case PhysicalType::boolean:
        return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN));
    case PhysicalType::int64:
        return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
    case PhysicalType::float64:
        return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE));
    case PhysicalType::date:
        return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_DATE));
    case PhysicalType::time:
        return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_TIME));
    case PhysicalType::timestamp:
        return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP));
    case PhysicalType::text:
        break;
    }
    LogicalType type(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
    // With the alias DuckDB takes the text as JSON without parsing it again: the checker has validated it.
    if (is_json(field)) duckdb_logical_type_set_alias(type.get(), "JSON");
    return type;
}

duckdb_string_t borrowed_text(TextRef text) {
    constexpr std::size_t kInlineBytes = 12; // texts up to this size lie inside duckdb_string_t, padded with zeros
    duckdb_string_t value;
    if (text.size <= kInlineBytes) {
        std::memset(&value, 0, sizeof value);
        value.value.inlined.length = text.size;
        if (text.size != 0) std::memcpy(value.value.inlined.inlined, text.data, text.size);
    } else {
        value.value.pointer.length = text.size;
        std::memcpy(value.value.pointer.prefix, text.data, sizeof value.value.pointer.prefix);
        value.value.pointer.ptr = const_cast<char*>(text.data);
    }
    return value;
}

namespace {

// What one of DuckDB's threads is handing out.
struct Puller {
    RecordBatch batch;
    std::size_t position = 0;            // next row, or next entry of `accepted`
    std::vector<std::uint32_t> accepted; // rows that are not rejected; unused when none is
    bool ended = false;

    std::size_t count() const { return batch.rows - batch.rejected_count; }

    void start() {
        position = 0;
        accepted.clear();
        if (batch.rejected_count == 0) return;
        accepted.reserve(count());
        const auto words = batch.rejected.words();
        for (std::size_t w = 0; w < words.size(); w++) {
            std::uint64_t bits = ~words[w];
            if ((w + 1) * 64 > batch.rows) bits &= (std::uint64_t{1} << (batch.rows % 64)) - 1;
            for (; bits != 0; bits &= bits - 1)
                accepted.push_back(
                    static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(__builtin_ctzll(bits))));
        }
        CHECK(accepted.size() == count());
    }
};

// One execution of a statement over a feed.
struct Scan {
    FeedPass pass;
    std::vector<idx_t> columns; // of the feed, in the order of the chunk's vectors
};

// A feed as bound to one statement; shared with the registry.
struct Bound {
    std::shared_ptr<RowFeed> feed;
};

template <class T>
void gather(const T* from, const std::uint32_t* rows, std::size_t count, T* to) {
    for (std::size_t i = 0; i < count; i++) to[i] = from[rows[i]];
}

// Rows [first, first + count) when `rows` is null, else the named ones.
void fill_values(const Column& column, std::size_t first, const std::uint32_t* rows, std::size_t count, void* to) {
    if (column.type == PhysicalType::text) {
        const auto* from = column.values<TextRef>();
        auto* out = static_cast<duckdb_string_t*>(to);
        for (std::size_t i = 0; i < count; i++) {
            const std::size_t row = rows != nullptr ? rows[i] : first + i;
            out[i] = borrowed_text(column.present.test(row) ? from[row] : TextRef{});
        }
        return;
    }
    if (column.type == PhysicalType::float64) {
        const auto* from = column.values<double>();
        auto* out = static_cast<double*>(to);
        // Adding 0 makes -0 to 0, as it is stored: DuckDB's compression does not keep the two apart.
        if (rows == nullptr) {
            for (std::size_t i = 0; i < count; i++) out[i] = from[first + i] + 0.0;
        } else {
            for (std::size_t i = 0; i < count; i++) out[i] = from[rows[i]] + 0.0;
        }
        return;
    }
    const std::size_t width = Column::width(column.type);
    if (rows == nullptr) {
        std::memcpy(to, column.values<char>() + first * width, count * width);
    } else if (width == 8) {
        gather(column.values<std::uint64_t>(), rows, count, static_cast<std::uint64_t*>(to));
    } else if (width == 4) {
        gather(column.values<std::uint32_t>(), rows, count, static_cast<std::uint32_t*>(to));
    } else {
        gather(column.values<std::uint8_t>(), rows, count, static_cast<std::uint8_t*>(to));
    }
}

void fill_validity(const Bitmap& present, std::size_t first, const std::uint32_t* rows, std::size_t count,
                   duckdb_vector vector) {
    const auto words = present.words();
    if (rows == nullptr) {
        // Slices begin at multiples of the vector size, so that words can be copied whole.
        CHECK(first % 64 == 0);
        const std::size_t begin = first / 64;
        const std::size_t full = count / 64;
        const std::size_t rest = count % 64;
        const std::uint64_t rest_mask = (std::uint64_t{1} << rest) - 1;
        bool all = rest == 0 || (words[begin + full] & rest_mask) == rest_mask;
        for (std::size_t w = 0; all && w < full; w++) all = words[begin + w] == ~std::uint64_t{0};
        if (all) return;
        duckdb_vector_ensure_validity_writable(vector);
        std::memcpy(duckdb_vector_get_validity(vector), words.data() + begin,
                    (full + (rest != 0 ? 1 : 0)) * sizeof(std::uint64_t));
        return;
    }
    std::uint64_t* validity = nullptr;
    for (std::size_t i = 0; i < count; i++) {
        if (present.test(rows[i])) continue;
        if (validity == nullptr) {
            duckdb_vector_ensure_validity_writable(vector);
            validity = duckdb_vector_get_validity(vector);
        }
        duckdb_validity_set_row_invalid(validity, i);
    }
}

void fill_order(const RecordBatch& batch, std::size_t first, const std::uint32_t* rows, std::size_t count, void* to) {
    auto* out = static_cast<std::uint64_t*>(to);
    for (std::size_t i = 0; i < count; i++)
        out[i] = RecordOrder::of(batch.ordinal, rows != nullptr ? rows[i] : first + i).value;
}

void bind_rows(duckdb_bind_info info) {
    auto& registry = *static_cast<FeedRegistry*>(duckdb_bind_get_extra_info(info));
    duckdb_client_context context = nullptr;
    duckdb_table_function_get_client_context(info, &context);
    duckdb_value value = duckdb_bind_get_parameter(info, 0);
    const std::int64_t id = duckdb_get_int64(value);
    duckdb_destroy_value(&value);

    std::shared_ptr<RowFeed> feed = registry.find(id, connection_id(context));
    if (feed == nullptr) {
        duckdb_bind_set_error(info, "inlet_rows is for Inlet itself");
        return;
    }
    for (std::size_t i = 0; i < feed->fields().size(); i++) {
        duckdb_bind_add_result_column(info, ("c" + std::to_string(i)).c_str(), logical_type(feed->fields()[i]).get());
    }
    const LogicalType order(duckdb_create_logical_type(DUCKDB_TYPE_UBIGINT));
    duckdb_bind_add_result_column(info, kOrderColumn, order.get());
    duckdb_bind_set_cardinality(info, feed->rows(), false);
    duckdb_bind_set_bind_data(info, new Bound{std::move(feed)}, [](void* data) { delete static_cast<Bound*>(data); });
}

void init_rows(duckdb_init_info info) {
    const auto& registry = *static_cast<FeedRegistry*>(duckdb_init_get_extra_info(info));
    auto* scan = new Scan{FeedPass(*static_cast<Bound*>(duckdb_init_get_bind_data(info))->feed), {}};
    for (idx_t i = 0; i < duckdb_init_get_column_count(info); i++)
        scan->columns.push_back(duckdb_init_get_column_index(info, i));
    duckdb_init_set_max_threads(info, registry.threads());
    duckdb_init_set_init_data(info, scan, [](void* data) { delete static_cast<Scan*>(data); });
}

void init_puller(duckdb_init_info info) {
    duckdb_init_set_init_data(info, new Puller, [](void* data) { delete static_cast<Puller*>(data); });
}

void fill_chunk(duckdb_function_info info, duckdb_data_chunk chunk) {
    RowFeed& feed = *static_cast<Bound*>(duckdb_function_get_bind_data(info))->feed;
    auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
    auto& puller = *static_cast<Puller*>(duckdb_function_get_local_init_data(info));

    if (!puller.ended && puller.position == puller.count()) {
        auto more = scan.pass.next(puller.batch);
        if (!more) {
            feed.set_failure(more.error());
            duckdb_function_set_error(info, to_string(more.error()).c_str());
            return;
        }
        puller.ended = !*more;
        if (*more) puller.start();
    }
    if (puller.ended) {
        duckdb_data_chunk_set_size(chunk, 0);
        return;
    }
    const std::size_t count = std::min<std::size_t>(duckdb_vector_size(), puller.count() - puller.position);
    const std::size_t first = puller.position;
    const std::uint32_t* rows = puller.batch.rejected_count != 0 ? puller.accepted.data() + first : nullptr;
    for (std::size_t i = 0; i < scan.columns.size(); i++) {
        const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        const idx_t c = scan.columns[i];
        if (c == feed.fields().size()) {
            fill_order(puller.batch, first, rows, count, duckdb_vector_get_data(vector));
        } else if (c < feed.fields().size()) {
            const Column& column = puller.batch.columns[c];
            fill_values(column, first, rows, count, duckdb_vector_get_data(vector));
            fill_validity(column.present, first, rows, count, vector);
        } // else: a count needs no column
    }
    puller.position += count;
    duckdb_data_chunk_set_size(chunk, count);
}

} // namespace

Status FeedRegistry::install(Connection& connection, std::size_t threads) {
    threads_ = threads;

    duckdb_table_function function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, "inlet_rows");
    const LogicalType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
    duckdb_table_function_add_parameter(function, number.get());
    duckdb_table_function_set_extra_info(function, this, nullptr);
    duckdb_table_function_set_bind(function, bind_rows);
    duckdb_table_function_set_init(function, init_rows);
    duckdb_table_function_set_local_init(function, init_puller);
    duckdb_table_function_set_function(function, fill_chunk);
    duckdb_table_function_supports_projection_pushdown(function, true);
    const bool failed = duckdb_register_table_function(connection.handle(), function) == DuckDBError;
    duckdb_destroy_table_function(&function);
    if (failed) return fail(FailureCode::warehouse_failed, "DuckDB refused the table function inlet_rows");
    return {};
}

} // namespace inlet::duck
