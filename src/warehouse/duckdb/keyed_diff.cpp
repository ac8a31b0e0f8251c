// See keyed_diff.hpp.
#include "warehouse/duckdb/keyed_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "warehouse/duckdb/change_set.hpp"
#include "warehouse/duckdb/names.hpp"
#include "warehouse/duckdb/row_feed.hpp"

namespace inlet::duck {

namespace {

constexpr std::size_t kPartitionBitsMax = 10;
constexpr std::size_t kKeptBytes = 256 << 10; // of live rows kept at a time

idx_t id_of(duckdb_client_context context) {
    const idx_t id = duckdb_client_context_get_connection_id(context);
    duckdb_destroy_client_context(&context);
    return id;
}

} // namespace

KeyedDiff::KeyedDiff(Connection& db, DiffRegistry& registry, const StoredTable& table, const DiffSettings& settings)
    : db_(db), registry_(registry), table_(table), settings_(settings), code_(table.schema),
      id_(registry.add(this, db)) {}

KeyedDiff::~KeyedDiff() { registry_.remove(id_); }

void KeyedDiff::set_failure(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(error);
}

Error KeyedDiff::blame(Error error) const {
    const std::scoped_lock lock(mutex_);
    return failure_.value_or(std::move(error));
}

Status KeyedDiff::gather(const std::string& source, std::uint64_t sent, std::uint64_t live) {
    const std::uint64_t bytes = std::max(sent, live) * code_.row_bytes_about();
    const auto wanted =
        static_cast<std::uint64_t>(std::bit_width(bytes / std::max<std::size_t>(settings_.partition_bytes, 1)));
    PartitionedRows::Options options;
    options.folder = settings_.folder;
    options.partition_bits = std::min<std::uint64_t>(wanted, kPartitionBitsMax);
    options.memory_bytes_max = settings_.memory_bytes_max;
    sent_ = std::make_unique<PartitionedRows>(options);
    live_ = std::make_unique<PartitionedRows>(options);
    std::string sent_columns;
    std::string live_columns;
    for (const std::size_t i : code_.order()) {
        sent_columns += fmt::format(", c{}", i);
        live_columns += ", " + quote_name(table_.columns()[i].name);
    }
    const auto take = [&](PartitionedRows& side, const std::string& sql) -> Status {
        taking_ = &side;
        auto taken = db_.run(sql);
        if (!taken) return fail(blame(std::move(taken.error())));
        return side.finish();
    };
    TRY(take(*sent_,
             fmt::format("SELECT max(inlet_scatter({}, {}{})) FROM {}", id_, kOrderColumn, sent_columns, source)));
    if (live == 0) return live_->finish();
    return take(*live_, fmt::format("SELECT max(inlet_scatter({}, rowid{}, _version, _submission)) FROM {}", id_,
                                    live_columns, live_table(table_.name)));
}

void KeyedDiff::begin_pass(Wanted wanted) {
    wanted_ = wanted;
    next_ = 0;
    repeats_ = 0;
}

// Puts the part's rows of a partition into the table, the last one of each key.
Status KeyedDiff::load(std::size_t partition, Matcher& matcher, std::uint64_t& repeats) const {
    matcher.memory.clear();
    matcher.sent.clear();
    std::size_t rows_at_most = 0;
    std::vector<std::string_view> blocks;
    for (std::size_t b = 0; b < sent_->blocks(partition); b++) {
        std::vector<char> buffer;
        std::string_view bytes = TRY(sent_->read(partition, b, buffer));
        if (bytes.data() == buffer.data()) {
            matcher.memory.push_back(std::make_unique_for_overwrite<char[]>(bytes.size()));
            std::memcpy(matcher.memory.back().get(), bytes.data(), bytes.size());
            bytes = {matcher.memory.back().get(), bytes.size()};
        }
        blocks.push_back(bytes);
        for (const char* at = bytes.data(); at < bytes.data() + bytes.size(); at += CodedRow(at).size()) rows_at_most++;
    }
    CHECK(rows_at_most < std::numeric_limits<std::uint32_t>::max());
    matcher.table.assign(std::bit_ceil(rows_at_most * 2 + 1), 0);
    const std::size_t mask = matcher.table.size() - 1;
    for (const std::string_view bytes : blocks) {
        for (const char* at = bytes.data(); at < bytes.data() + bytes.size(); at += CodedRow(at).size()) {
            const CodedRow row(at);
            std::size_t slot = row.hash() & mask;
            for (;; slot = (slot + 1) & mask) {
                if (matcher.table[slot] == 0) {
                    matcher.sent.push_back(at);
                    matcher.table[slot] = static_cast<std::uint32_t>(matcher.sent.size());
                    break;
                }
                const char*& other = matcher.sent[matcher.table[slot] - 1];
                if (CodedRow(other).hash() != row.hash() || CodedRow(other).key() != row.key()) continue;
                repeats++;
                if (static_cast<std::uint64_t>(CodedRow(other).number()) < static_cast<std::uint64_t>(row.number()))
                    other = at;
                break;
            }
        }
    }
    return {};
}

const char* KeyedDiff::keep(Matcher& matcher, CodedRow row) const {
    if (matcher.kept_used + row.size() > matcher.kept_size) {
        matcher.kept_size = std::max<std::size_t>(kKeptBytes, row.size());
        matcher.kept.push_back(std::make_unique_for_overwrite<char[]>(matcher.kept_size));
        matcher.kept_used = 0;
    }
    char* to = matcher.kept.back().get() + matcher.kept_used;
    std::memcpy(to, row.bytes(), row.size());
    matcher.kept_used += row.size();
    return to;
}

// Holds the live rows of a partition against the table.
Status KeyedDiff::probe(std::size_t partition, Matcher& matcher) const {
    const std::size_t mask = matcher.table.size() - 1;
    matcher.met.assign(matcher.sent.size(), false);
    for (std::size_t b = 0; b < live_->blocks(partition); b++) {
        const std::string_view bytes = TRY(live_->read(partition, b, matcher.buffer));
        for (const char* at = bytes.data(); at < bytes.data() + bytes.size(); at += CodedRow(at).size()) {
            const CodedRow row(at);
            std::uint32_t position = 0;
            for (std::size_t slot = row.hash() & mask; matcher.table[slot] != 0; slot = (slot + 1) & mask) {
                const CodedRow other(matcher.sent[matcher.table[slot] - 1]);
                if (other.hash() != row.hash() || other.key() != row.key()) continue;
                position = matcher.table[slot];
                break;
            }
            if (position == 0) {
                if (wanted_.removals)
                    matcher.found.push_back({static_cast<std::int8_t>(DeltaKind::remove), nullptr, keep(matcher, row)});
                continue;
            }
            const char* sent = matcher.sent[position - 1];
            matcher.met[position - 1] = true;
            if (CodedRow(sent).values(0) == row.values(RowCode::kTailBytes)) {
                if (wanted_.same)
                    matcher.found.push_back({static_cast<std::int8_t>(DeltaKind::same), sent, keep(matcher, row)});
            } else if (wanted_.changes) {
                matcher.found.push_back({static_cast<std::int8_t>(DeltaKind::update), sent, keep(matcher, row)});
            }
        }
    }
    if (!wanted_.changes) return {};
    for (std::size_t i = 0; i < matcher.sent.size(); i++) {
        if (!matcher.met[i])
            matcher.found.push_back({static_cast<std::int8_t>(DeltaKind::insert), matcher.sent[i], nullptr});
    }
    return {};
}

Result<bool> KeyedDiff::match_next(Matcher& matcher) {
    for (;;) {
        const std::size_t partition = next_++;
        if (partition >= sent_->partitions()) return false;
        matcher.kept.clear();
        matcher.kept_used = 0;
        matcher.kept_size = 0;
        matcher.found.clear();
        matcher.given = 0;
        std::uint64_t repeats = 0;
        TRY(load(partition, matcher, repeats));
        repeats_ += repeats;
        TRY(probe(partition, matcher));
        if (!matcher.found.empty()) return true;
    }
}

// DuckDB's side: the callbacks of the two functions.
struct DiffFunctions {
    struct Execution {
        KeyedDiff* diff;
        std::vector<idx_t> columns; // in the order of the chunk's vectors
    };

    static void bind_scatter(duckdb_bind_info info) {
        const auto& registry = *static_cast<DiffRegistry*>(duckdb_scalar_function_bind_get_extra_info(info));
        duckdb_client_context context = nullptr;
        duckdb_scalar_function_get_client_context(info, &context);
        duckdb_expression argument = duckdb_scalar_function_bind_get_argument(info, 0);
        KeyedDiff* diff = nullptr;
        if (argument != nullptr && duckdb_expression_is_foldable(argument)) {
            duckdb_value value = nullptr;
            duckdb_error_data error = duckdb_expression_fold(context, argument, &value);
            if (!duckdb_error_data_has_error(error))
                diff = registry.find(duckdb_get_int64(value), duckdb_client_context_get_connection_id(context));
            duckdb_destroy_error_data(&error);
            duckdb_destroy_value(&value);
        }
        duckdb_destroy_expression(&argument);
        duckdb_destroy_client_context(&context);
        if (diff == nullptr) {
            duckdb_scalar_function_bind_set_error(info, "inlet_scatter is for Inlet itself");
            return;
        }
        duckdb_scalar_function_set_bind_data(info, new KeyedDiff*(diff),
                                             [](void* data) { delete static_cast<KeyedDiff**>(data); });
        duckdb_scalar_function_set_bind_data_copy(
            info, [](void* data) -> void* { return new KeyedDiff*(*static_cast<KeyedDiff**>(data)); });
    }

    static void scatter(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
        KeyedDiff& diff = **static_cast<KeyedDiff**>(duckdb_scalar_function_get_bind_data(info));
        const std::size_t count = duckdb_data_chunk_get_size(input);
        std::vector<duckdb_vector> vectors;
        for (idx_t i = 1; i < duckdb_data_chunk_get_column_count(input); i++)
            vectors.push_back(duckdb_data_chunk_get_vector(input, i));
        auto done = diff.taking_->add(diff.code_, vectors, count, diff.taking_ == diff.live_.get());
        if (!done) {
            diff.set_failure(done.error());
            duckdb_scalar_function_set_error(info, done.error().message.c_str());
            return;
        }
        std::memset(duckdb_vector_get_data(output), 0, count * sizeof(std::int64_t));
    }

    static void bind_delta(duckdb_bind_info info) {
        const auto& registry = *static_cast<DiffRegistry*>(duckdb_bind_get_extra_info(info));
        duckdb_client_context context = nullptr;
        duckdb_table_function_get_client_context(info, &context);
        duckdb_value value = duckdb_bind_get_parameter(info, 0);
        KeyedDiff* diff = registry.find(duckdb_get_int64(value), id_of(context));
        duckdb_destroy_value(&value);
        if (diff == nullptr) {
            duckdb_bind_set_error(info, "inlet_delta is for Inlet itself");
            return;
        }
        const auto column = [&](const std::string& name, const LogicalType& type) {
            duckdb_bind_add_result_column(info, name.c_str(), type.get());
        };
        const LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
        column("_kind", LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_TINYINT)));
        column("_rid", bigint);
        column("_order", LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_UBIGINT)));
        const auto& fields = diff->table_.schema.fields;
        for (const char* side : {"n", "o"}) {
            for (std::size_t i = 0; i < fields.size(); i++) column(side + std::to_string(i), logical_type(fields[i]));
        }
        column("_over", bigint);
        column("_osub", bigint);
        duckdb_bind_set_bind_data(info, new KeyedDiff*(diff),
                                  [](void* data) { delete static_cast<KeyedDiff**>(data); });
    }

    static void init_delta(duckdb_init_info info) {
        KeyedDiff* diff = *static_cast<KeyedDiff**>(duckdb_init_get_bind_data(info));
        auto* execution = new Execution{diff, {}};
        for (idx_t i = 0; i < duckdb_init_get_column_count(info); i++)
            execution->columns.push_back(duckdb_init_get_column_index(info, i));
        duckdb_init_set_max_threads(info, diff->settings_.threads);
        duckdb_init_set_init_data(info, execution, [](void* data) { delete static_cast<Execution*>(data); });
    }

    static void init_matcher(duckdb_init_info info) {
        duckdb_init_set_init_data(info, new KeyedDiff::Matcher,
                                  [](void* data) { delete static_cast<KeyedDiff::Matcher*>(data); });
    }

    static void next_chunk(duckdb_function_info info, duckdb_data_chunk chunk) {
        auto& execution = *static_cast<Execution*>(duckdb_function_get_init_data(info));
        auto& matcher = *static_cast<KeyedDiff::Matcher*>(duckdb_function_get_local_init_data(info));
        if (matcher.given == matcher.found.size()) {
            auto more = execution.diff->match_next(matcher);
            if (!more) {
                execution.diff->set_failure(more.error());
                duckdb_function_set_error(info, more.error().message.c_str());
                return;
            }
            if (!*more) {
                duckdb_data_chunk_set_size(chunk, 0);
                return;
            }
        }
        const std::size_t count = std::min<std::size_t>(duckdb_vector_size(), matcher.found.size() - matcher.given);
        fill(execution, matcher, count, chunk);
        matcher.given += count;
        duckdb_data_chunk_set_size(chunk, count);
    }

    static void fill(const Execution& execution, const KeyedDiff::Matcher& matcher, std::size_t count,
                     duckdb_data_chunk chunk) {
        const RowCode& code = execution.diff->code_;
        const std::size_t width = code.order().size();
        const auto vector_of = [&](std::size_t column) -> duckdb_vector {
            const auto at = std::find(execution.columns.begin(), execution.columns.end(), column);
            return at == execution.columns.end()
                       ? nullptr
                       : duckdb_data_chunk_get_vector(chunk, static_cast<idx_t>(at - execution.columns.begin()));
        };
        std::vector<const char*> sent(count);
        std::vector<const char*> live(count);
        for (std::size_t i = 0; i < count; i++) {
            sent[i] = matcher.found[matcher.given + i].sent;
            live[i] = matcher.found[matcher.given + i].live;
        }
        if (const duckdb_vector kinds = vector_of(0)) {
            for (std::size_t i = 0; i < count; i++)
                static_cast<std::int8_t*>(duckdb_vector_get_data(kinds))[i] = matcher.found[matcher.given + i].kind;
        }
        fill_numbers(live, vector_of(1));
        fill_numbers(sent, vector_of(2));
        RowCode::Reading reading;
        code.begin_reading(sent, reading);
        for (std::size_t place = 0; place < width; place++)
            code.read_column(place, reading, vector_of(3 + code.order()[place]));
        code.begin_reading(live, reading);
        for (std::size_t place = 0; place < width; place++)
            code.read_column(place, reading, vector_of(3 + width + code.order()[place]));
        for (const std::size_t tail : {0, 1}) {
            if (const duckdb_vector vector = vector_of(3 + 2 * width + tail)) {
                fill_tail(live, tail * sizeof(std::int64_t), vector);
            }
        }
    }

    static void set_absent(duckdb_vector vector, std::size_t row) {
        duckdb_vector_ensure_validity_writable(vector);
        duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
    }

    static void fill_numbers(const std::vector<const char*>& rows, duckdb_vector vector) {
        if (vector == nullptr) return;
        for (std::size_t i = 0; i < rows.size(); i++) {
            if (rows[i] == nullptr) {
                set_absent(vector, i);
            } else {
                static_cast<std::int64_t*>(duckdb_vector_get_data(vector))[i] = CodedRow(rows[i]).number();
            }
        }
    }

    static void fill_tail(const std::vector<const char*>& rows, std::size_t offset, duckdb_vector vector) {
        for (std::size_t i = 0; i < rows.size(); i++) {
            if (rows[i] == nullptr) {
                set_absent(vector, i);
            } else {
                const char* at = rows[i] + CodedRow(rows[i]).size() - RowCode::kTailBytes + offset;
                std::memcpy(static_cast<std::int64_t*>(duckdb_vector_get_data(vector)) + i, at, sizeof(std::int64_t));
            }
        }
    }

    static bool register_scatter(duckdb_connection connection, DiffRegistry* registry) {
        duckdb_scalar_function function = duckdb_create_scalar_function();
        duckdb_scalar_function_set_name(function, "inlet_scatter");
        const LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
        const LogicalType any(duckdb_create_logical_type(DUCKDB_TYPE_ANY));
        duckdb_scalar_function_add_parameter(function, bigint.get());
        duckdb_scalar_function_set_varargs(function, any.get());
        duckdb_scalar_function_set_return_type(function, bigint.get());
        duckdb_scalar_function_set_special_handling(function);
        duckdb_scalar_function_set_volatile(function);
        duckdb_scalar_function_set_extra_info(function, registry, nullptr);
        duckdb_scalar_function_set_bind(function, bind_scatter);
        duckdb_scalar_function_set_function(function, scatter);
        const bool done = duckdb_register_scalar_function(connection, function) == DuckDBSuccess;
        duckdb_destroy_scalar_function(&function);
        return done;
    }

    static bool register_delta(duckdb_connection connection, DiffRegistry* registry) {
        duckdb_table_function function = duckdb_create_table_function();
        duckdb_table_function_set_name(function, "inlet_delta");
        const LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
        duckdb_table_function_add_parameter(function, bigint.get());
        duckdb_table_function_set_extra_info(function, registry, nullptr);
        duckdb_table_function_set_bind(function, bind_delta);
        duckdb_table_function_set_init(function, init_delta);
        duckdb_table_function_set_local_init(function, init_matcher);
        duckdb_table_function_set_function(function, next_chunk);
        duckdb_table_function_supports_projection_pushdown(function, true);
        const bool done = duckdb_register_table_function(connection, function) == DuckDBSuccess;
        duckdb_destroy_table_function(&function);
        return done;
    }
};

Status DiffRegistry::install(Connection& connection) {
    if (DiffFunctions::register_scatter(connection.handle(), this) &&
        DiffFunctions::register_delta(connection.handle(), this))
        return {};
    return fail(FailureCode::warehouse_failed, "DuckDB refused the functions inlet_scatter and inlet_delta");
}

std::int64_t DiffRegistry::add(KeyedDiff* diff, const Connection& connection) {
    duckdb_client_context context = nullptr;
    duckdb_connection_get_client_context(connection.handle(), &context);
    const std::scoped_lock lock(mutex_);
    diffs_.emplace(next_id_, Entry{diff, id_of(context)});
    return next_id_++;
}

void DiffRegistry::remove(std::int64_t id) {
    const std::scoped_lock lock(mutex_);
    diffs_.erase(id);
}

KeyedDiff* DiffRegistry::find(std::int64_t id, idx_t connection_id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = diffs_.find(id);
    return found == diffs_.end() || found->second.connection_id != connection_id ? nullptr : found->second.diff;
}

} // namespace inlet::duck
