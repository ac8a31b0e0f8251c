// The DuckDB warehouse: the conformance suite against it, and what is its own: types, files, streams, limits, failures.
#include "warehouse/duckdb/duckdb_warehouse.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "warehouse/memory/memory_warehouse.hpp"
#include "warehouse/testing/conformance.hpp"
#include "warehouse/testing/random_play.hpp"

namespace inlet {

namespace {

namespace fs = std::filesystem;

class TempFolder {
public:
    TempFolder() {
        static std::atomic<int> count{0};
        path_ = fs::temp_directory_path() / ("inlet-duckdb-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
        fs::create_directories(path_);
    }
    ~TempFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

using Cell = std::optional<std::string>;
using TestRow = std::vector<Cell>; // values as text; the field's type says what they become

// Rows given as text, in batches of `batch_rows`; records listed in `rejected` are marked.
class TextRows final : public RowSource {
public:
    TextRows(Schema schema, std::vector<TestRow> rows, std::size_t batch_rows = 1000, std::vector<std::size_t> rejected = {}, std::uint64_t first_ordinal = 0)
        : schema_(std::move(schema)), rows_(std::move(rows)), batch_rows_(batch_rows), rejected_(std::move(rejected)), first_ordinal_(first_ordinal) {}

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
            case PhysicalType::boolean: column.values<std::uint8_t>()[r] = *cell == "true" ? 1 : 0; break;
            case PhysicalType::float64: column.values<double>()[r] = std::stod(*cell); break;
            case PhysicalType::date: column.values<std::int32_t>()[r] = std::stoi(*cell); break;
            case PhysicalType::int64:
            case PhysicalType::time:
            case PhysicalType::timestamp: column.values<std::int64_t>()[r] = std::stoll(*cell); break;
            case PhysicalType::text: column.values<TextRef>()[r] = batch.arena.store(*cell); break;
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
        case PhysicalType::boolean: return column.values<std::uint8_t>()[r] != 0 ? "true" : "false";
        case PhysicalType::float64: return std::to_string(column.values<double>()[r]);
        case PhysicalType::date: return std::to_string(column.values<std::int32_t>()[r]);
        case PhysicalType::int64:
        case PhysicalType::time:
        case PhysicalType::timestamp: return std::to_string(column.values<std::int64_t>()[r]);
        case PhysicalType::text: return std::string(column.values<TextRef>()[r].view());
        }
        return std::nullopt;
    }

    std::vector<ResultColumn> columns_;
    std::vector<TestRow> rows_;
};

class FixedJudge final : public PublishJudge {
public:
    explicit FixedJudge(Verdict verdict = Verdict::reject) : verdict_(verdict) {}
    Result<Verdict> conflicts(SubmissionId, const std::string&, FailureCode code, const std::vector<std::string>& fields,
                              const std::vector<RecordOrder>& orders) override {
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
        options.temp_folder = folder_.file("tmp");
        options.read_only = read_only;
        auto warehouse = open_duckdb_warehouse(options, clock_);
        EXPECT_TRUE(warehouse) << to_string(warehouse.error());
        return warehouse ? *std::move(warehouse) : nullptr;
    }

    PublishRequest request(Warehouse& warehouse, const Dataset& to, std::int64_t submission, std::shared_ptr<const RowSource> rows,
                           Effect effect = Effect::append) {
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

    TempFolder folder_;
    ManualClock clock_;
    FixedJudge judge_;
};

const std::vector<Field> kEveryType{field("s", FieldType::string), field("i", FieldType::integer), field("n", FieldType::number), field("b", FieldType::boolean),
                                    field("d", FieldType::date), field("dt", FieldType::datetime), field("t", FieldType::time), field("o", FieldType::object),
                                    field("a", FieldType::array), field("any", FieldType::any)};

std::vector<TestRow> rows_of_every_type(std::size_t count) {
    std::vector<TestRow> rows;
    for (std::size_t i = 0; i < count; i++) {
        TestRow row{std::string(i % 40, 'x') + std::to_string(i), std::to_string(i), std::to_string(static_cast<double>(i) + 0.5), i % 2 == 0 ? "true" : "false",
                    std::to_string(static_cast<long>(i) - 1000), std::to_string(1'700'000'000'000'000 + i), std::to_string(i * 1000), R"({"k":[1,"ü"]})", "[1,2]", "é"};
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

WarehouseFactory duckdb_factory() {
    const auto open = [](const Clock& clock, const std::string& folder) -> std::unique_ptr<Warehouse> {
        DuckdbOptions options;
        options.path = folder + "/warehouse.duckdb";
        options.temp_folder = folder + "/tmp";
        auto warehouse = open_duckdb_warehouse(options, clock);
        EXPECT_TRUE(warehouse) << to_string(warehouse.error());
        return warehouse ? *std::move(warehouse) : nullptr;
    };
    return {.name = "Duckdb", .open = open, .durable = true, .has_sql = true};
}

WarehouseFactory memory_factory() {
    return {.name = "Memory", .open = [](const Clock& clock, const std::string&) { return make_memory_warehouse(clock); }};
}

TEST(DuckdbWarehouse, PlaysAsTheMemoryWarehouseDoes) {
    const WarehouseFactory believed = memory_factory();
    const auto failure = random_play(play_options(), duckdb_factory(), &believed);
    EXPECT_FALSE(failure) << *failure;
}

INSTANTIATE_TEST_SUITE_P(Duckdb, WarehouseConformance, testing::ValuesIn(warehouse_cases(duckdb_factory())),
                         warehouse_case_name);

TEST_F(DuckdbWarehouseTest, EveryTypeComesBackAsItWentIn) {
    auto warehouse = open(folder_.file("w.duckdb"));
    const Dataset all = dataset("all", kEveryType);
    ASSERT_TRUE(warehouse->define({all}));
    const auto rows = rows_of_every_type(5000);
    const auto outcome = publish(*warehouse, request(*warehouse, all, 7, std::make_shared<TextRows>(all.schema, rows, 1777)));
    ASSERT_EQ(outcome.version, Version(1));
    ASSERT_EQ(outcome.submissions.at(0).parts.at(0).counts.inserted, 5000U);

    const Kept kept = read(*warehouse, "all");
    std::vector<TestRow> expected;
    for (const TestRow& row : rows) expected.push_back(with(row, 1, 7));
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(kept.sorted(), expected);
    std::vector<ResultKind> kinds;
    for (const ResultColumn& column : kept.columns()) kinds.push_back(column.kind);
    EXPECT_EQ(kinds, (std::vector<ResultKind>{ResultKind::text, ResultKind::int64, ResultKind::float64, ResultKind::boolean, ResultKind::date, ResultKind::timestamp,
                                              ResultKind::time, ResultKind::json, ResultKind::json, ResultKind::text, ResultKind::int64, ResultKind::int64}));
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
    const Dataset people = dataset("people", {field("id", FieldType::integer), field("na\"me", FieldType::string)}, {0});
    const std::string path = folder_.file("w.duckdb");
    {
        auto warehouse = open(path);
        ASSERT_TRUE(warehouse->define({people}));
        publish(*warehouse, request(*warehouse, people, 3, std::make_shared<TextRows>(people.schema, std::vector<TestRow>{{"1", "Ada"}, {"2", std::nullopt}})));
    }
    auto warehouse = open(path, true);
    EXPECT_EQ(read(*warehouse, "people").sorted(), (std::vector<TestRow>{{"1", "Ada", "1", "3"}, {"2", std::nullopt, "1", "3"}}));
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
    EXPECT_EQ(warehouse->define({dataset("more", {field("x", FieldType::string)})}).error().code, FailureCode::warehouse_failed);
}

class BrokenRows final : public RowSource {
public:
    explicit BrokenRows(Schema schema) : schema_(std::move(schema)) {}
    Result<std::unique_ptr<RowStream>> open() const override {
        class Stream final : public RowStream {
        public:
            explicit Stream(std::unique_ptr<RowStream> good, std::unique_ptr<TextRows> rows) : rows_(std::move(rows)), good_(std::move(good)) {}
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
    auto warehouse = open(folder_.file("w.duckdb"));
    const Dataset all = dataset("all", kEveryType);
    ASSERT_TRUE(warehouse->define({all}));
    const auto failed = warehouse->publish(request(*warehouse, all, 1, std::make_shared<BrokenRows>(all.schema)), judge_);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, FailureCode::object_corrupt);
    EXPECT_TRUE(read(*warehouse, "all").rows().empty());
    EXPECT_EQ(warehouse->published(SubmissionId(1), "").value(), std::nullopt);

    const auto outcome = publish(*warehouse, request(*warehouse, all, 1, std::make_shared<TextRows>(all.schema, rows_of_every_type(10))));
    EXPECT_EQ(outcome.version, Version(1));
    EXPECT_EQ(read(*warehouse, "all").rows().size(), 10U);
}

} // namespace

} // namespace inlet
