// The DuckDB warehouse: the conformance suite against it, and what is its own: types, files, streams, limits, failures.
#include "warehouse/duckdb/duckdb_warehouse.hpp"

#include <duckdb.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "warehouse/duckdb/connection.hpp"
#include "warehouse/testing/conformance.hpp"
#include "warehouse/testing/play_models.hpp"
#include "warehouse/testing/random_play.hpp"
#include "warehouse/testing/warehouse_factory.hpp"

namespace inlet {

namespace {

namespace fs = std::filesystem;

using Cell = std::optional<std::string>;
using TestRow = std::vector<Cell>; // values as text; the field's type says what they become

// Rows given as text, in batches of `batch_rows`; records listed in `rejected` are marked.
class TextRows final : public RowSource {
public:
    TextRows(Schema schema, std::vector<TestRow> rows, std::size_t batch_rows = 1000,
             std::vector<std::size_t> rejected = {}, std::uint64_t first_ordinal = 0)
        : schema_(std::move(schema)), rows_(std::move(rows)), batch_rows_(batch_rows), rejected_(std::move(rejected)),
          first_ordinal_(first_ordinal) {}

    Result<std::unique_ptr<RowStream>> open() const override { return std::make_unique<Stream>(*this); }
    std::uint64_t rows() const override { return rows_.size() - rejected_.size(); }

private:
    class Stream final : public RowStream {
    public:
        explicit Stream(const TextRows& source) : source_(source) {}
        Result<bool> next(RecordBatch& batch) override {
            const std::scoped_lock lock(mutex_);
            const std::size_t from = at_ * source_.batch_rows_;
            if (from >= source_.rows_.size()) return false;
            const std::size_t count = std::min(source_.batch_rows_, source_.rows_.size() - from);
            batch.ordinal = source_.first_ordinal_ + at_++;
            batch.rows = count;
            batch.arena.clear();
            batch.rejected.assign(count, false);
            batch.rejected_count = 0;
            batch.columns.resize(source_.schema_.fields.size());
            for (std::size_t c = 0; c < batch.columns.size(); c++) {
                batch.columns[c].reset(physical_type(source_.schema_.fields[c]), count);
                for (std::size_t r = 0; r < count; r++) put(source_.rows_[from + r][c], batch, c, r);
            }
            for (const std::size_t r : source_.rejected_) {
                if (r < from || r >= from + count) continue;
                batch.rejected.set(r - from);
                batch.rejected_count++;
            }
            return true;
        }

    private:
        static void put(const Cell& cell, RecordBatch& batch, std::size_t c, std::size_t r) {
            Column& column = batch.columns[c];
            if (!cell) {
                column.present.reset(r);
                return;
            }
            switch (column.type) {
            case PhysicalType::boolean:
                column.values<std::uint8_t>()[r] = *cell == "true" ? 1 : 0;
                break;
            case PhysicalType::float64:
                column.values<double>()[r] = std::stod(*cell);
                break;
            case PhysicalType::date:
                column.values<std::int32_t>()[r] = std::stoi(*cell);
                break;
            case PhysicalType::int64:
            case PhysicalType::time:
            case PhysicalType::timestamp:
                column.values<std::int64_t>()[r] = std::stoll(*cell);
                break;
            case PhysicalType::text:
                column.values<TextRef>()[r] = batch.arena.store(*cell);
                break;
            }
        }

        const TextRows& source_;
        std::mutex mutex_;
        std::size_t at_ = 0; // behind mutex_
    };

    const Schema schema_;
    const std::vector<TestRow> rows_;
    const std::size_t batch_rows_;
    const std::vector<std::size_t> rejected_;
    const std::uint64_t first_ordinal_;
};

// Keeps what it gets, values as text.
class Kept final : public ResultSink {
public:
    Status begin(const std::vector<ResultColumn>& columns) override {
        columns_ = columns;
        return {};
    }
    Status batch(const RecordBatch& batch) override {
        for (std::size_t r = 0; r < batch.rows; r++) {
            TestRow row;
            for (std::size_t c = 0; c < columns_.size(); c++) row.push_back(text(batch.columns[c], r));
            rows_.push_back(std::move(row));
        }
        return {};
    }
    std::vector<TestRow> sorted() const {
        auto rows = rows_;
        std::sort(rows.begin(), rows.end());
        return rows;
    }
    const std::vector<TestRow>& rows() const { return rows_; }
    const std::vector<ResultColumn>& columns() const { return columns_; }

private:
    static Cell text(const Column& column, std::size_t r) {
        if (!column.present.test(r)) return std::nullopt;
        switch (column.type) {
        case PhysicalType::boolean:
            return column.values<std::uint8_t>()[r] != 0 ? "true" : "false";
        case PhysicalType::float64:
            return std::to_string(column.values<double>()[r]);
        case PhysicalType::date:
            return std::to_string(column.values<std::int32_t>()[r]);
        case PhysicalType::int64:
        case PhysicalType::time:
        case PhysicalType::timestamp:
            return std::to_string(column.values<std::int64_t>()[r]);
        case PhysicalType::text:
            return std::string(column.values<TextRef>()[r].view());
        }
        return std::nullopt;
    }

    std::vector<ResultColumn> columns_;
    std::vector<TestRow> rows_;
};

class FixedJudge final : public PublishJudge {
public:
    explicit FixedJudge(Verdict verdict = Verdict::reject) : verdict_(verdict) {}
    Result<Verdict> conflicts(SubmissionId, const std::string&, FailureCode code,
                              const std::vector<std::string>& fields, const std::vector<RecordOrder>& orders) override {
        codes.push_back(code);
        last_fields = fields;
        last_orders = orders;
        return verdict_;
    }
    std::vector<FailureCode> codes;
    std::vector<std::string> last_fields;
    std::vector<RecordOrder> last_orders;

private:
    Verdict verdict_;
};

Field field(std::string name, FieldType type) {
    Field out;
    out.name = std::move(name);
    out.type = type;
    return out;
}

Dataset dataset(std::string name, std::vector<Field> fields, std::vector<std::size_t> key = {}) {
    Dataset out;
    out.name = std::move(name);
    out.schema.fields = std::move(fields);
    for (const std::size_t i : key) out.schema.fields[i].constraints.required = true;
    out.schema.primary_key = std::move(key);
    return out;
}

class DuckdbWarehouseTest : public ::testing::Test {
protected:
    std::unique_ptr<Warehouse> open(const std::string& path, bool read_only = false) {
        DuckdbOptions options;
        options.path = path;
        options.temp_folder = folder_.path() + "/tmp";
        options.read_only = read_only;
        auto warehouse = open_duckdb_warehouse(options, clock_);
        EXPECT_TRUE(warehouse) << to_string(warehouse.error());
        return warehouse ? *std::move(warehouse) : nullptr;
    }

    PublishRequest request(Warehouse& warehouse, const Dataset& to, std::int64_t submission,
                           std::shared_ptr<const RowSource> rows, Effect effect = Effect::append) {
        auto token = warehouse.stage(SubmissionId(submission), to.name, 0, 1, std::move(rows));
        EXPECT_TRUE(token) << to_string(token.error());
        PublishPart part;
        part.dataset = to.name;
        part.effect = effect;
        part.tokens = {*token};
        part.deletes.policy = DeletePolicy::Policy::missing;
        PublishRequest out;
        out.submissions.push_back({SubmissionId(submission), {part}, {}});
        out.by = "test";
        return out;
    }

    PublishOutcome publish(Warehouse& warehouse, const PublishRequest& what) {
        auto outcome = warehouse.publish(what, judge_);
        EXPECT_TRUE(outcome) << to_string(outcome.error());
        return outcome ? *std::move(outcome) : PublishOutcome{};
    }

    Kept read(Warehouse& warehouse, const std::string& name, std::optional<Version> as_of = std::nullopt) {
        Kept kept;
        const auto done = warehouse.read(name, as_of, kept);
        EXPECT_TRUE(done) << to_string(done.error());
        return kept;
    }

    TemporaryFolder folder_;
    ManualClock clock_;
    FixedJudge judge_;
};

const std::vector<Field> kEveryType{field("s", FieldType::string), field("i", FieldType::integer),
                                    field("n", FieldType::number), field("b", FieldType::boolean),
                                    field("d", FieldType::date),   field("dt", FieldType::datetime),
                                    field("t", FieldType::time),   field("o", FieldType::object),
                                    field("a", FieldType::array),  field("any", FieldType::any)};

std::vector<TestRow> rows_of_every_type(std::size_t count) {
    std::vector<TestRow> rows;
    for (std::size_t i = 0; i < count; i++) {
        TestRow row{std::string(i % 40, 'x') + std::to_string(i),
                    std::to_string(i),
                    std::to_string(static_cast<double>(i) + 0.5),
                    i % 2 == 0 ? "true" : "false",
                    std::to_string(static_cast<long>(i) - 1000),
                    std::to_string(1'700'000'000'000'000 + i),
                    std::to_string(i * 1000),
                    R"({"k":[1,"ü"]})",
                    "[1,2]",
                    "é"};
        row[i % row.size()].reset();
        rows.push_back(std::move(row));
    }
    return rows;
}

TestRow with(TestRow row, std::int64_t version, std::int64_t submission) {
    row.push_back(std::to_string(version));
    row.push_back(std::to_string(submission));
    return row;
}

// `partitions`: every comparison by key is made in partitions, tiny ones, which go to the file at once.
WarehouseFactory duckdb_factory(bool partitions = false) {
    const auto open = [partitions](const Clock& clock, const std::string& folder) -> std::unique_ptr<Warehouse> {
        DuckdbOptions options;
        if (partitions) {
            options.join_bytes_max = 0;
            options.partition_bytes = 100;
            options.partition_memory_bytes = 0;
        }
        options.path = folder + "/warehouse.duckdb";
        options.temp_folder = folder + "/tmp";
        auto warehouse = open_duckdb_warehouse(options, clock);
        EXPECT_TRUE(warehouse) << to_string(warehouse.error());
        return warehouse ? *std::move(warehouse) : nullptr;
    };
    return {.name = partitions ? "DuckdbInPartitions" : "Duckdb",
            .open = open,
            .durable = true,
            .has_sql = true,
            .file = "warehouse.duckdb"};
}

class DuckdbPlay : public ::testing::TestWithParam<bool> {};

TEST_P(DuckdbPlay, GoesAsInTheMemoryWarehouse) {
    const WarehouseFactory believed = play_memory();
    const auto failure = random_play(play_options(), duckdb_factory(GetParam()), &believed);
    EXPECT_FALSE(failure) << *failure;
}

INSTANTIATE_TEST_SUITE_P(Duckdb, DuckdbPlay, testing::Values(false, true));
INSTANTIATE_TEST_SUITE_P(DuckdbInPartitions, WarehouseConformance, testing::Values(duckdb_factory(true)),
                         warehouse_case_name);

INSTANTIATE_TEST_SUITE_P(Duckdb, WarehouseConformance, testing::ValuesIn(warehouse_cases(duckdb_factory())),
                         warehouse_case_name);

TEST_F(DuckdbWarehouseTest, EveryTypeComesBackAsItWentIn) {
    auto warehouse = open(folder_.path() + "/w.duckdb");
    const Dataset all = dataset("all", kEveryType);
    ASSERT_TRUE(warehouse->define({all}));
    const auto rows = rows_of_every_type(5000);
    const auto outcome =
        publish(*warehouse, request(*warehouse, all, 7, std::make_shared<TextRows>(all.schema, rows, 1777)));
    ASSERT_EQ(outcome.version, Version(1));
    ASSERT_EQ(outcome.submissions.at(0).parts.at(0).counts.inserted, 5000U);

    const Kept kept = read(*warehouse, "all");
    std::vector<TestRow> expected;
    for (const TestRow& row : rows) expected.push_back(with(row, 1, 7));
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(kept.sorted(), expected);
    std::vector<ResultKind> kinds;
    for (const ResultColumn& column : kept.columns()) kinds.push_back(column.kind);
    EXPECT_EQ(kinds,
              (std::vector<ResultKind>{ResultKind::text, ResultKind::int64, ResultKind::float64, ResultKind::boolean,
                                       ResultKind::date, ResultKind::timestamp, ResultKind::time, ResultKind::json,
                                       ResultKind::json, ResultKind::text, ResultKind::int64, ResultKind::int64}));
}

TEST_F(DuckdbWarehouseTest, RejectedRecordsAreLeftOut) {
    auto warehouse = open("");
    const Dataset all = dataset("all", kEveryType);
    ASSERT_TRUE(warehouse->define({all}));
    const auto rows = rows_of_every_type(7000);
    std::vector<std::size_t> rejected;
    std::vector<TestRow> expected;
    for (std::size_t i = 0; i < rows.size(); i++) {
        if (i % 3 == 1 || (i >= 2000 && i < 4000)) {
            rejected.push_back(i);
        } else {
            expected.push_back(with(rows[i], 1, 1));
        }
    }
    std::sort(expected.begin(), expected.end());
    publish(*warehouse, request(*warehouse, all, 1, std::make_shared<TextRows>(all.schema, rows, 1000, rejected)));
    EXPECT_EQ(read(*warehouse, "all").sorted(), expected);
}

TEST_F(DuckdbWarehouseTest, WhatWasPublishedIsThereAfterReopening) {
    const Dataset people =
        dataset("people", {field("id", FieldType::integer), field("na\"me", FieldType::string)}, {0});
    const std::string path = folder_.path() + "/w.duckdb";
    {
        auto warehouse = open(path);
        ASSERT_TRUE(warehouse->define({people}));
        publish(*warehouse, request(*warehouse, people, 3,
                                    std::make_shared<TextRows>(
                                        people.schema, std::vector<TestRow>{{"1", "Ada"}, {"2", std::nullopt}})));
    }
    auto warehouse = open(path, true);
    EXPECT_EQ(read(*warehouse, "people").sorted(),
              (std::vector<TestRow>{{"1", "Ada", "1", "3"}, {"2", std::nullopt, "1", "3"}}));
    EXPECT_EQ(warehouse->published(SubmissionId(3), "people").value(), Version(1));
    EXPECT_EQ(warehouse->published(SubmissionId(4), "").value(), std::nullopt);
    const auto versions = warehouse->versions("", 10).value();
    ASSERT_EQ(versions.size(), 1U);
    EXPECT_EQ(versions[0].published_at, clock_.now());
    EXPECT_EQ(versions[0].kind, "append");
    EXPECT_EQ(versions[0].counts.inserted, 2U);
    const auto tables = warehouse->tables().value();
    ASSERT_EQ(tables.size(), 1U);
    EXPECT_EQ(tables[0].rows, 2U);
    EXPECT_EQ(warehouse->define({dataset("more", {field("x", FieldType::string)})}).error().code,
              FailureCode::warehouse_failed);
}

class BrokenRows final : public RowSource {
public:
    explicit BrokenRows(Schema schema) : schema_(std::move(schema)) {}
    Result<std::unique_ptr<RowStream>> open() const override {
        class Stream final : public RowStream {
        public:
            explicit Stream(std::unique_ptr<RowStream> good, std::unique_ptr<TextRows> rows)
                : rows_(std::move(rows)), good_(std::move(good)) {}
            Result<bool> next(RecordBatch& batch) override {
                if (TRY(good_->next(batch))) return true;
                return fail(FailureCode::object_corrupt, "the file changed under us");
            }

        private:
            std::unique_ptr<TextRows> rows_;
            std::unique_ptr<RowStream> good_;
        };
        auto rows = std::make_unique<TextRows>(schema_, rows_of_every_type(3000));
        auto good = TRY(rows->open());
        return std::make_unique<Stream>(std::move(good), std::move(rows));
    }
    std::uint64_t rows() const override { return 3000; }

private:
    const Schema schema_;
};

TEST_F(DuckdbWarehouseTest, ASourceThatFailsLeavesNothingAndSaysWhy) {
    auto warehouse = open(folder_.path() + "/w.duckdb");
    const Dataset all = dataset("all", kEveryType);
    ASSERT_TRUE(warehouse->define({all}));
    const auto failed =
        warehouse->publish(request(*warehouse, all, 1, std::make_shared<BrokenRows>(all.schema)), judge_);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, FailureCode::object_corrupt);
    EXPECT_TRUE(read(*warehouse, "all").rows().empty());
    EXPECT_EQ(warehouse->published(SubmissionId(1), "").value(), std::nullopt);

    const auto outcome = publish(
        *warehouse, request(*warehouse, all, 1, std::make_shared<TextRows>(all.schema, rows_of_every_type(10))));
    EXPECT_EQ(outcome.version, Version(1));
    EXPECT_EQ(read(*warehouse, "all").rows().size(), 10U);
}

class DuckdbQueryTest : public DuckdbWarehouseTest {
protected:
    void SetUp() override {
        warehouse_ = open(folder_.path() + "/query.duckdb");
        films_ = dataset(
            "films",
            {field("id", FieldType::integer), field("title", FieldType::string), field("genres", FieldType::array)},
            {0});
        ASSERT_TRUE(warehouse_->define({films_}));
        publish(*warehouse_,
                request(*warehouse_, films_, 1,
                        std::make_shared<TextRows>(films_.schema, std::vector<TestRow>{{"1", "Alien", R"(["horror"])"},
                                                                                       {"2", "Heat", std::nullopt}})));
        publish(*warehouse_,
                request(*warehouse_, films_, 2,
                        std::make_shared<TextRows>(
                            films_.schema, std::vector<TestRow>{{"2", "Heat", R"(["crime"])"}, {"3", "Up", "[]"}}),
                        Effect::upsert));
    }
    std::vector<TestRow> rows(const std::string& sql, std::optional<Version> as_of = std::nullopt,
                              const std::vector<View>& views = {}) {
        Kept kept;
        const auto done = warehouse_->query(sql, views, as_of, kept);
        EXPECT_TRUE(done) << sql << ": " << (done ? "" : to_string(done.error()));
        kinds_.clear();
        names_.clear();
        for (const ResultColumn& column : kept.columns()) {
            kinds_.push_back(column.kind);
            names_.push_back(column.name);
        }
        return kept.rows();
    }
    FailureCode error(const std::string& sql, std::optional<Version> as_of = std::nullopt,
                      const std::vector<View>& views = {}) {
        Kept kept;
        const auto done = warehouse_->query(sql, views, as_of, kept);
        EXPECT_FALSE(done) << sql;
        return done ? FailureCode::internal : done.error().code;
    }

    std::unique_ptr<Warehouse> warehouse_;
    Dataset films_;
    std::vector<ResultKind> kinds_;
    std::vector<std::string> names_;
};

TEST_F(DuckdbQueryTest, EveryTypeHasAKind) {
    using enum ResultKind;
    const auto one = [&](const std::string& value) -> std::pair<Cell, ResultKind> {
        const auto row = rows("SELECT " + value);
        return row.size() == 1 && row[0].size() == 1 ? std::pair(row[0][0], kinds_[0])
                                                     : std::pair<Cell, ResultKind>("no row", text);
    };
    using Expected = std::pair<Cell, ResultKind>;
    EXPECT_EQ(one("true"), Expected("true", boolean));
    EXPECT_EQ(one("-5::TINYINT"), Expected("-5", int64));
    EXPECT_EQ(one("40000::USMALLINT"), Expected("40000", int64));
    EXPECT_EQ(one("4000000000::UINTEGER"), Expected("4000000000", int64));
    EXPECT_EQ(one("9007199254740993::BIGINT"), Expected("9007199254740993", int64));
    EXPECT_EQ(one("18446744073709551615::UBIGINT"), Expected("18446744073709551615", numeric));
    EXPECT_EQ(one("sum(id) FROM films"), Expected("6", numeric));
    EXPECT_EQ(one("12.50::DECIMAL(9,2)"), Expected("12.50", numeric));
    EXPECT_EQ(one("0.5::FLOAT"), Expected("0.500000", float64));
    EXPECT_EQ(one("DATE '1970-01-03'"), Expected("2", date));
    EXPECT_EQ(one("TIME '00:00:01'"), Expected("1000000", time));
    EXPECT_EQ(one("TIMESTAMP '1970-01-01 00:00:01'"), Expected("1000000", timestamp));
    EXPECT_EQ(one("TIMESTAMP_S '1970-01-01 00:00:01'"), Expected("1000000", timestamp));
    EXPECT_EQ(one("TIMESTAMP_NS '1970-01-01 00:00:01'"), Expected("1000000", timestamp));
    EXPECT_EQ(one("TIMESTAMPTZ '1970-01-01 00:00:01+00'"), Expected("1000000", timestamp));
    EXPECT_EQ(one("[1, 2]"), Expected("[1,2]", json));
    EXPECT_EQ(one("{'a': 1}"), Expected(R"({"a":1})", json));
    EXPECT_EQ(one("MAP {'a': 1}"), Expected(R"({"a":1})", json));
    EXPECT_EQ(one("genres FROM films WHERE id = 1"), Expected(R"(["horror"])", json));
    EXPECT_EQ(one("genres->>0 FROM films WHERE id = 1"), Expected("horror", text));
    EXPECT_EQ(one("'00000000-0000-0000-0000-000000000001'::UUID"),
              Expected("00000000-0000-0000-0000-000000000001", text));
    EXPECT_EQ(one("INTERVAL 3 DAY"), Expected("3 days", text));
    EXPECT_EQ(one("'a'::ENUM('a', 'b')"), Expected("a", text));
    EXPECT_EQ(one("NULL"), Expected(std::nullopt, int64));
}

TEST_F(DuckdbQueryTest, NamesOrderAndComments) {
    EXPECT_EQ(rows("SELECT title, id FROM films ORDER BY id DESC; -- the newest first"),
              (std::vector<TestRow>{{"Up", "3"}, {"Heat", "2"}, {"Alien", "1"}}));
    EXPECT_EQ(names_, (std::vector<std::string>{"title", "id"}));
    // A column that has to be cast makes the statement a subquery; its order must hold all the same.
    EXPECT_EQ(rows("SELECT [id] AS a, [id] AS a FROM films ORDER BY id DESC /* x */ ;"),
              (std::vector<TestRow>{{"[3]", "[3]"}, {"[2]", "[2]"}, {"[1]", "[1]"}}));
    EXPECT_EQ(names_, (std::vector<std::string>{"a", "a"}));
    EXPECT_EQ(rows("FROM films SELECT count(*)"), (std::vector<TestRow>{{"3"}}));
    EXPECT_EQ(rows("WITH films AS (SELECT 7 AS x) SELECT * FROM films"), (std::vector<TestRow>{{"7"}}));
    EXPECT_EQ(rows("SELECT * FROM FILMS WHERE id > 5").size(), 0U);
    EXPECT_EQ(names_.size(), 5U);
    EXPECT_EQ(rows("SELECT number, kind FROM _inlet.versions ORDER BY number"),
              (std::vector<TestRow>{{"1", "append"}, {"2", "upsert"}}));
    EXPECT_FALSE(rows("EXPLAIN SELECT * FROM films").empty());
    EXPECT_FALSE(rows("DESCRIBE films").empty());
}

TEST_F(DuckdbQueryTest, AsOfAVersion) {
    const std::string all = "SELECT id, genres FROM films ORDER BY id";
    EXPECT_EQ(rows(all, Version(1)), (std::vector<TestRow>{{"1", R"(["horror"])"}, {"2", std::nullopt}}));
    EXPECT_EQ(rows(all, Version(2)), rows(all));
    EXPECT_EQ(rows("SELECT count(*) FROM main.films", Version(1)), (std::vector<TestRow>{{"2"}}));
    EXPECT_EQ(rows("SELECT count(*) FROM query('SELECT * FROM films')", Version(1)), (std::vector<TestRow>{{"2"}}));
    EXPECT_EQ(rows("SELECT count(*) FROM films a, LATERAL (SELECT unnest([1, 2])) b, Films c", Version(1)),
              (std::vector<TestRow>{{"8"}}));
    EXPECT_FALSE(rows("EXPLAIN SELECT * FROM films", Version(1)).empty());
    EXPECT_EQ(error("SELECT * FROM \"query\".main.films", Version(1)), FailureCode::query_invalid);
    EXPECT_EQ(error(all, Version(3)), FailureCode::unknown_version);
}

TEST_F(DuckdbQueryTest, NothingIsWrittenOrReachedOutside) {
    for (const char* sql :
         {"CREATE TABLE t (a INTEGER)", "INSERT INTO films (id) VALUES (9)", "UPDATE films SET id = 9",
          "DELETE FROM films", "DROP TABLE films", "ATTACH ':memory:' AS other", "SET threads = 1",
          "COPY films TO '/tmp/films.csv'", "CHECKPOINT", "CALL pragma_version()", "EXPORT DATABASE '/tmp/x'",
          "INSTALL httpfs", "LOAD httpfs", "BEGIN", "EXPLAIN ANALYZE DELETE FROM films",
          "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')",
          "SELECT * FROM glob('/etc/*')", "SELECT * FROM read_parquet('/tmp/x.parquet')"}) {
        EXPECT_EQ(error(sql), FailureCode::query_not_read_only) << sql;
    }
    for (const char* sql : {"SELECT * FROM '/etc/passwd'", "SELECT * FROM inlet_rows(1)", "SELEC 1", "", "-- nothing",
                            "SELECT 1; SELECT 2", "SELECT * FROM nobody", "SELECT nothing FROM films", "SELECT ?",
                            "SELECT 1 / 'x'::INTEGER FROM films"}) {
        EXPECT_EQ(error(sql), FailureCode::query_invalid) << sql;
    }
    EXPECT_EQ(rows("SELECT count(*) FROM films"), (std::vector<TestRow>{{"3"}}));
}

TEST_F(DuckdbQueryTest, ViewsReadEachOtherAndVersions) {
    const std::vector<View> views{
        {"b", "SELECT id FROM a WHERE id > 1"}, {"a", "SELECT * FROM films"}, {"broken", "SELECT * FROM nobody"}};
    EXPECT_EQ(rows("SELECT count(*) FROM b", std::nullopt, views), (std::vector<TestRow>{{"2"}}));
    EXPECT_EQ(rows("SELECT count(*) FROM b", Version(1), views), (std::vector<TestRow>{{"1"}}));
    EXPECT_EQ(error("SELECT * FROM broken", std::nullopt, views), FailureCode::query_invalid);
    EXPECT_FALSE(rows("EXPLAIN SELECT * FROM b", std::nullopt, views).empty());
}

TEST_F(DuckdbQueryTest, AResultLargerThanMemoryIsStreamed) {
    class Counting final : public ResultSink {
    public:
        Status begin(const std::vector<ResultColumn>&) override { return {}; }
        Status batch(const RecordBatch& batch) override {
            for (std::size_t r = 0; r < batch.rows; r++) {
                count++;
                bytes += batch.columns[0].values<TextRef>()[r].size;
            }
            if (stop_after != 0 && count > stop_after) return fail(FailureCode::disk_full, "the terminal is full");
            return {};
        }
        std::uint64_t count = 0;
        std::uint64_t bytes = 0;
        std::uint64_t stop_after = 0;
    } sink;
    const std::string sql =
        "SELECT repeat('x', 400) || i FROM range(1000000) t(i)"; // beyond the 256 MiB that DuckDB may hold
    ASSERT_TRUE(warehouse_->query(sql, {}, std::nullopt, sink));
    EXPECT_EQ(sink.count, 1'000'000U);
    EXPECT_GT(sink.bytes, 400'000'000U);
    sink.count = 0;
    sink.stop_after = 5000;
    EXPECT_EQ(warehouse_->query(sql, {}, std::nullopt, sink).error().code, FailureCode::disk_full);
    EXPECT_LT(sink.count, 100'000U);
}

TEST_F(DuckdbQueryTest, ParquetHoldsTheSameRows) {
    const std::string path = folder_.path() + "/it's.parquet";
    ASSERT_TRUE(warehouse_->query_to_parquet("SELECT *, [id] AS list, id::DECIMAL(9,2) AS money FROM films ORDER BY id",
                                             {}, Version(1), path));
    EXPECT_FALSE(fs::exists(path + ".partial"));
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    ASSERT_EQ(duckdb_open(nullptr, &database), DuckDBSuccess);
    ASSERT_EQ(duckdb_connect(database, &connection), DuckDBSuccess);
    duckdb_result result;
    const std::string sql = "SELECT string_agg(concat_ws('|', id, title, genres, _version, list, money, "
                            "typeof(money)), ';' ORDER BY file_row_number) FROM read_parquet('" +
                            folder_.path() + "/it''s.parquet" + "', file_row_number = true)";
    ASSERT_EQ(duckdb_query(connection, sql.c_str(), &result), DuckDBSuccess) << duckdb_result_error(&result);
    char* text = duckdb_value_varchar(&result, 0, 0);
    EXPECT_STREQ(text, R"(1|Alien|["horror"]|1|[1]|1.00|DECIMAL(9,2);2|Heat|1|[2]|2.00|DECIMAL(9,2))");
    duckdb_free(text);
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);

    EXPECT_EQ(
        warehouse_
            ->query_to_parquet("SELECT 1 / 'x'::INTEGER FROM films", {}, std::nullopt, folder_.path() + "/no.parquet")
            .error()
            .code,
        FailureCode::query_invalid);
    EXPECT_FALSE(fs::exists(folder_.path() + "/no.parquet"));
    EXPECT_FALSE(fs::exists(folder_.path() + "/no.parquet.partial"));
    EXPECT_EQ(
        warehouse_->query_to_parquet("SELECT 1", {}, std::nullopt, folder_.path() + "/nowhere/no.parquet").error().code,
        FailureCode::io_failed);
    EXPECT_EQ(warehouse_->query_to_parquet("DELETE FROM films", {}, std::nullopt, path).error().code,
              FailureCode::query_not_read_only);
}

// DuckDB would join others when it closes the file, which costs it as much as writing them did.
TEST_F(DuckdbWarehouseTest, OnlyOneRowGroupIsNotFull) {
    const Dataset log = dataset("log", {field("n", FieldType::integer), field("text", FieldType::string)}, {});
    constexpr std::size_t kRows = 3 * 122'880 + 1234;
    std::vector<TestRow> rows;
    std::vector<std::size_t> rejected;
    for (std::size_t i = 0; rows.size() - rejected.size() < kRows; i++) {
        if (i % 1000 == 7) rejected.push_back(i);
        rows.push_back({std::to_string(i), i % 5 == 0 ? Cell() : Cell("t" + std::to_string(i))});
    }
    for (const std::size_t batch : {1777, 4096, 100'000, 1'000'000}) {
        for (const bool clean : {true, false}) {
            const std::string path = folder_.path() + fmt::format("/groups-{}-{}.duckdb", batch, clean);
            auto warehouse = open(path);
            ASSERT_TRUE(warehouse->define({log}));
            const auto source =
                std::make_shared<TextRows>(log.schema, rows, batch, clean ? std::vector<std::size_t>() : rejected);
            publish(*warehouse, request(*warehouse, log, 1, source));
            std::vector<TestRow> expected;
            for (std::size_t i = 0, r = 0; i < rows.size(); i++) {
                if (!clean && r < rejected.size() && rejected[r] == i) {
                    r++;
                } else {
                    expected.push_back(with(rows[i], 1, 1));
                }
            }
            std::sort(expected.begin(), expected.end());
            EXPECT_TRUE(read(*warehouse, "log").sorted() == expected);
            fs::copy_file(path, path + ".copy"); // as it stands before it is closed
            if (fs::exists(path + ".wal")) fs::copy_file(path + ".wal", path + ".copy.wal");
            auto instance =
                duck::Instance::open({.path = path + ".copy", .memory_bytes_max = 256 << 20, .read_only = true});
            ASSERT_TRUE(instance) << to_string(instance.error());
            auto db = duck::Connection::open(*instance);
            ASSERT_TRUE(db);
            const auto groups =
                (*db)->rows("SELECT sum(count)::BIGINT FROM pragma_storage_info('log') WHERE column_id = 0 AND "
                            "segment_type <> 'VALIDITY' GROUP BY row_group_id ORDER BY row_group_id");
            ASSERT_TRUE(groups);
            std::size_t not_full = 0;
            for (const auto& group : *groups) not_full += group[0].number < 122'880 ? 1 : 0;
            EXPECT_EQ(not_full, 1U) << groups->size() << " groups, batches of " << batch;
        }
    }
}

TEST_F(DuckdbWarehouseTest, AFileOfANewerFormatIsRefused) {
    const std::string path = folder_.path() + "/new.duckdb";
    open(path).reset();
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    ASSERT_EQ(duckdb_open(path.c_str(), &database), DuckDBSuccess);
    ASSERT_EQ(duckdb_connect(database, &connection), DuckDBSuccess);
    EXPECT_EQ(duckdb_query(connection, "UPDATE _inlet.format SET version = version + 1", nullptr), DuckDBSuccess);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    DuckdbOptions options;
    options.path = path;
    const auto opened = open_duckdb_warehouse(options, clock_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, FailureCode::format_too_new);
}

TEST_F(DuckdbWarehouseTest, WhatCannotBeOpenedSaysWhy) {
    DuckdbOptions options;
    options.path = folder_.path() + "/absent.duckdb";
    options.read_only = true;
    EXPECT_EQ(open_duckdb_warehouse(options, clock_).error().code, FailureCode::file_not_found);
    options.read_only = false;
    options.path = folder_.path() + "/no/such/folder/w.duckdb";
    EXPECT_EQ(open_duckdb_warehouse(options, clock_).error().code, FailureCode::warehouse_failed);
}

TEST_F(DuckdbWarehouseTest, ReadersSeeOneVersionWhileAnotherIsPublished) {
    auto warehouse = open(folder_.path() + "/w.duckdb");
    const Dataset all = dataset("all", kEveryType);
    ASSERT_TRUE(warehouse->define({all}));
    publish(*warehouse, request(*warehouse, all, 1, std::make_shared<TextRows>(all.schema, rows_of_every_type(5000))));
    // In the middle of a read another version is published.
    class Meanwhile final : public ResultSink {
    public:
        explicit Meanwhile(std::function<void()> act) : act_(std::move(act)) {}
        Status begin(const std::vector<ResultColumn>&) override { return {}; }
        Status batch(const RecordBatch& batch) override {
            if (count == 0) act_();
            count += batch.rows;
            return {};
        }
        std::size_t count = 0;

    private:
        std::function<void()> act_;
    } sink([&] {
        publish(*warehouse,
                request(*warehouse, all, 2, std::make_shared<TextRows>(all.schema, rows_of_every_type(5000))));
    });
    ASSERT_TRUE(warehouse->read("all", std::nullopt, sink));
    EXPECT_EQ(sink.count, 5000U);
    EXPECT_EQ(read(*warehouse, "all").rows().size(), 10000U);
}

// Long and short texts, absent values and repeated keys, in more rows than one chunk or one block of a partition holds.
TEST_F(DuckdbWarehouseTest, PartitionsFindWhatTheJoinFinds) {
    const Dataset notes = dataset(
        "notes", {field("name", FieldType::string), field("text", FieldType::string), field("n", FieldType::number)},
        {0});
    const auto rows = [](std::size_t from, std::size_t to, std::size_t changed) {
        std::vector<TestRow> out;
        for (std::size_t i = from; i < to; i++) {
            const std::string key = std::string(i % 30, 'k') + std::to_string(i % 9000);
            Cell text;
            if (i % 7 != 0) text = std::string(i % 500, 't') + (i % changed == 0 ? "changed" : "");
            out.push_back({key, text, std::to_string(static_cast<double>(i % 100) / 4)});
        }
        return out;
    };
    std::vector<std::vector<TestRow>> ends;
    std::vector<ChangeCounts> counts;
    for (const bool partitions : {false, true}) {
        DuckdbOptions options;
        options.path = folder_.path() + (partitions ? "/partitions.duckdb" : "/join.duckdb");
        options.temp_folder = folder_.path() + "/tmp";
        if (partitions) {
            options.join_bytes_max = 0;
            options.partition_bytes = 64 << 10;
            options.partition_memory_bytes = 128 << 10;
        }
        auto opened = open_duckdb_warehouse(options, clock_);
        ASSERT_TRUE(opened);
        Warehouse& warehouse = **opened;
        ASSERT_TRUE(warehouse.define({notes}));
        std::int64_t id = 0;
        for (const auto& [effect, from, to, changed] :
             std::vector<std::tuple<Effect, std::size_t, std::size_t, std::size_t>>{
                 {Effect::upsert, 0, 12000, 1'000'000},
                 {Effect::upsert, 500, 11000, 11},
                 {Effect::sync, 100, 8000, 13},
                 {Effect::replace, 50, 9500, 17}}) {
            const auto source = std::make_shared<TextRows>(notes.schema, rows(from, to, changed), 1777);
            const auto outcome = publish(warehouse, request(warehouse, notes, ++id, source, effect));
            counts.push_back(outcome.submissions.at(0).parts.at(0).counts);
            for (std::int64_t v = 0; v <= id; v++) ends.push_back(read(warehouse, "notes", Version(v)).sorted());
        }
        ASSERT_FALSE(ends.back().empty());
    }
    const std::size_t half = ends.size() / 2;
    for (std::size_t i = 0; i < half; i++) EXPECT_EQ(ends[i], ends[half + i]) << i;
    EXPECT_EQ(std::vector(counts.begin(), counts.begin() + 4), std::vector(counts.begin() + 4, counts.end()));
    EXPECT_FALSE(counts[1] == ChangeCounts{});
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/tmp"))
        ADD_FAILURE() << "left behind: " << entry.path();
}

TEST_F(DuckdbQueryTest, WhatIsPrunedIsNeverReadByAnotherWay) {
    ASSERT_TRUE(warehouse_->prune("films", Version(2)));
    EXPECT_EQ(error("SELECT * FROM films", Version(1)), FailureCode::version_pruned);
    EXPECT_EQ(error("SELECT * FROM query('SELECT * FROM films')", Version(1)), FailureCode::query_invalid);
    EXPECT_EQ(rows("SELECT 1", Version(1)), (std::vector<TestRow>{{"1"}}));
}

} // namespace

} // namespace inlet
