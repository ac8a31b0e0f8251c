// See row_feed.hpp. The callbacks at the end are DuckDB's table function protocol: bind, init, init per thread, one
// chunk.
#include "warehouse/duckdb/row_feed.hpp"

#include <algorithm>
#include <condition_variable>
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

// Rows that a row group of DuckDB's storage holds.
constexpr std::size_t kRowGroupRows = 122'880;

// A batch and which of its rows are stored; read only once it is pulled, so that threads may share it.
struct Pulled {
    RecordBatch batch;
    std::vector<std::uint32_t> accepted; // rows that are not rejected; unused when none is

    std::size_t count() const { return batch.rows - batch.rejected_count; }

    void list_accepted() {
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

// Rows [position, end) of a batch, by their number or their place in `accepted`.
struct Slice {
    std::shared_ptr<Pulled> pulled; // shared with the threads that hand out other slices of it
    std::size_t position = 0;
    std::size_t end = 0;
};

// What one of DuckDB's threads is handing out.
struct Puller {
    Slice slice;
    std::size_t quota = 0; // rows until the row group that the thread fills is full
    bool ended = false;
};

// One execution of a statement over a feed. The threads fill one row group each at a time, and only one is not full
// in the end: DuckDB joins row groups that are not full when it closes the file, by writing them and their neighbours
// anew on one thread.
class Scan {
public:
    explicit Scan(const RowFeed& feed) : unclaimed_(feed.rows()), pass_(feed) {}

    std::vector<idx_t> columns; // of the feed, in the order of the chunk's vectors

    // The next rows for a thread, no more than its quota; false at its end.
    Result<bool> next(Puller& puller) {
        if (puller.quota == 0 && !claim(puller)) return false;
        Slice& slice = puller.slice;
        bool pulling = !take_rest_or_pull(slice);
        if (pulling) {
            if (slice.pulled == nullptr || slice.pulled.use_count() != 1) slice.pulled = std::make_shared<Pulled>();
            const auto more = pass_.next(slice.pulled->batch);
            if (more && *more) {
                slice.pulled->list_accepted();
                slice.position = 0;
                slice.end = slice.pulled->count();
            } else {
                const bool found = take_rest_or_leave(puller);
                if (!more) return fail(more.error());
                if (!found) return false;
                pulling = false;
            }
        }
        const std::size_t count = std::min(slice.end - slice.position, puller.quota);
        const std::scoped_lock lock(mutex_);
        if (slice.position + count < slice.end) {
            rest_.push_back({slice.pulled, slice.position + count, slice.end});
            slice.end = slice.position + count;
        }
        puller.quota -= count;
        claimed_ -= count;
        if (pulling) stop_pulling();
        return true;
    }

private:
    // A row group's worth of rows, or what there is. Once all are claimed, a thread is not needed unless one that had a
    // claim left before it was met.
    bool claim(Puller& puller) {
        const std::scoped_lock lock(mutex_);
        if (unclaimed_ == 0 && claimed_ != 0) return false;
        puller.quota = kRowGroupRows;
        if (unclaimed_ != 0) puller.quota = static_cast<std::size_t>(std::min<std::uint64_t>(unclaimed_, puller.quota));
        unclaimed_ -= std::min<std::uint64_t>(unclaimed_, puller.quota);
        claimed_ += puller.quota;
        return true;
    }

    // False: the thread is to pull.
    bool take_rest_or_pull(Slice& slice) {
        const std::scoped_lock lock(mutex_);
        if (take_rest(slice)) return true;
        ++pulling_;
        return false;
    }

    // At the end of the feed. Another thread may have pulled rows just now that are beyond its own quota.
    bool take_rest_or_leave(Puller& puller) {
        std::unique_lock lock(mutex_);
        stop_pulling();
        pulled_.wait(lock, [&] { return !rest_.empty() || pulling_ == 0; });
        if (take_rest(puller.slice)) return true;
        claimed_ -= puller.quota;
        puller.quota = 0;
        return false;
    }

    // These two under mutex_.
    bool take_rest(Slice& slice) {
        if (rest_.empty()) return false;
        slice = std::move(rest_.back());
        rest_.pop_back();
        return true;
    }
    void stop_pulling() {
        --pulling_;
        pulled_.notify_all();
    }

    std::mutex mutex_;
    std::uint64_t unclaimed_;   // behind mutex_: rows that no thread is to take yet
    std::uint64_t claimed_ = 0; // behind mutex_: rows that threads are still to take
    std::vector<Slice> rest_;   // behind mutex_: beyond the quota of who pulled them
    std::size_t pulling_ = 0;   // behind mutex_: threads that are about to give back a rest, or not
    std::condition_variable pulled_;
    FeedPass pass_;
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
        const std::size_t shift = first % 64;
        const auto word = [&](std::size_t w) { // bits [64 w, 64 w + 64) of the slice
            const std::size_t at = first / 64 + w;
            const std::uint64_t low = words[at] >> shift;
            return shift == 0 || at + 1 == words.size() ? low : low | words[at + 1] << (64 - shift);
        };
        const std::size_t full = count / 64;
        const std::uint64_t rest_mask = (std::uint64_t{1} << (count % 64)) - 1;
        bool all = rest_mask == 0 || (word(full) & rest_mask) == rest_mask;
        for (std::size_t w = 0; all && w < full; w++) all = word(w) == ~std::uint64_t{0};
        if (all) return;
        duckdb_vector_ensure_validity_writable(vector);
        std::uint64_t* validity = duckdb_vector_get_validity(vector);
        for (std::size_t w = 0; w * 64 < count; w++) validity[w] = word(w);
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
    auto* scan = new Scan(*static_cast<Bound*>(duckdb_init_get_bind_data(info))->feed);
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

    if (!puller.ended && puller.slice.position == puller.slice.end) {
        auto more = scan.next(puller);
        if (!more) {
            feed.set_failure(more.error());
            duckdb_function_set_error(info, to_string(more.error()).c_str());
            return;
        }
        puller.ended = !*more;
    }
    if (puller.ended) {
        duckdb_data_chunk_set_size(chunk, 0);
        return;
    }
    const Pulled& pulled = *puller.slice.pulled;
    const std::size_t first = puller.slice.position;
    const std::size_t count = std::min<std::size_t>(duckdb_vector_size(), puller.slice.end - first);
    const std::uint32_t* rows = pulled.batch.rejected_count != 0 ? pulled.accepted.data() + first : nullptr;
    for (std::size_t i = 0; i < scan.columns.size(); i++) {
        const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        const idx_t c = scan.columns[i];
        if (c == feed.fields().size()) {
            fill_order(pulled.batch, first, rows, count, duckdb_vector_get_data(vector));
        } else if (c < feed.fields().size()) {
            const Column& column = pulled.batch.columns[c];
            fill_values(column, first, rows, count, duckdb_vector_get_data(vector));
            fill_validity(column.present, first, rows, count, vector);
        } // else: a count needs no column
    }
    puller.slice.position += count;
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
