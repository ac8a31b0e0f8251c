// Not a test: what the DuckDB warehouse costs beside bare DuckDB. Usage: duckdb_warehouse_bench FOLDER
// [append|upsert|sync|small|undo|find]... Rows come from memory, so that only the warehouse is measured. Built on
// request: see README.md.
#include <duckdb.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "warehouse/duckdb/duckdb_warehouse.hpp"

using namespace inlet;

namespace {

constexpr std::size_t kBatchRows = 50'000;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class T>
T must(Result<T> result) {
    if (result) return std::move(*result);
    std::fprintf(stderr, "%s\n", to_string(result.error()).c_str());
    std::exit(1);
}
void must(const Status& status) {
    if (status) return;
    std::fprintf(stderr, "%s\n", to_string(status.error()).c_str());
    std::exit(1);
}

double cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

// Ratings: user, movie, rating, timestamp. Row i has the key (i / 100, i % 100), spread by `step` when it is not 1.
// Rows whose number is a multiple of `changed` have another rating than the formula's.
struct Shape {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint64_t step = 1;
    std::uint64_t changed = 0;
    std::uint64_t missing = 0; // rows whose number is a multiple are not there
};

class Ratings final : public RowSource {
public:
    explicit Ratings(Shape shape) : shape_(shape) {}
    Result<std::unique_ptr<RowStream>> open() const override { return std::make_unique<Stream>(shape_); }
    std::uint64_t rows() const override {
        return shape_.missing == 0 ? shape_.count : shape_.count - (shape_.count - 1) / shape_.missing - 1;
    }

private:
    class Stream final : public RowStream {
    public:
        explicit Stream(const Shape& shape) : shape_(shape) {}
        Result<bool> next(RecordBatch& batch) override {
            const std::uint64_t ordinal = next_++;
            const std::uint64_t from = ordinal * kBatchRows;
            if (from >= shape_.count) return false;
            const std::size_t rows = std::min<std::uint64_t>(kBatchRows, shape_.count - from);
            batch.ordinal = ordinal;
            batch.rows = rows;
            batch.columns.resize(4);
            batch.rejected.assign(rows, false);
            batch.rejected_count = 0;
            const PhysicalType types[] = {PhysicalType::int64, PhysicalType::int64, PhysicalType::float64,
                                          PhysicalType::int64};
            for (std::size_t c = 0; c < 4; c++) batch.columns[c].reset(types[c], rows);
            for (std::size_t r = 0; r < rows; r++) {
                const std::uint64_t i = shape_.first + (from + r) * shape_.step;
                batch.columns[0].values<std::int64_t>()[r] = static_cast<std::int64_t>(i / 100);
                batch.columns[1].values<std::int64_t>()[r] = static_cast<std::int64_t>((i % 100) * 1009);
                const bool changed = shape_.changed != 0 && i % shape_.changed == 0;
                batch.columns[2].values<double>()[r] =
                    static_cast<double>((i * 2654435761u >> 7) % 10) * 0.5 + (changed ? 7 : 0);
                batch.columns[3].values<std::int64_t>()[r] =
                    static_cast<std::int64_t>(1'000'000'000 + (i * 2654435761u) % 100'000'000);
                if (shape_.missing != 0 && i % shape_.missing == 0) {
                    batch.rejected.set(r);
                    batch.rejected_count++;
                }
            }
            return true;
        }

    private:
        const Shape shape_;
        std::atomic<std::uint64_t> next_{0};
    };
    const Shape shape_;
};

class RejectAll final : public PublishJudge {
public:
    Result<Verdict> conflicts(SubmissionId, const std::string&, FailureCode, const std::vector<std::string>&,
                              const std::vector<RecordOrder>&) override {
        return Verdict::reject;
    }
};

Dataset ratings(bool keyed) {
    Dataset out;
    out.name = "ratings";
    for (const auto& [name, type] : std::vector<std::pair<std::string, FieldType>>{{"userId", FieldType::integer},
                                                                                   {"movieId", FieldType::integer},
                                                                                   {"rating", FieldType::number},
                                                                                   {"timestamp", FieldType::integer}}) {
        Field field;
        field.name = name;
        field.type = type;
        field.constraints.required = keyed && out.schema.fields.size() < 2;
        out.schema.fields.push_back(field);
    }
    if (keyed) out.schema.primary_key = {0, 1};
    return out;
}

class Bench {
public:
    explicit Bench(std::string folder) : folder_(std::move(folder)) {}

    std::string path() const { return folder_ + "/bench.duckdb"; }

    void fresh(bool keyed) {
        close();
        std::filesystem::remove(path());
        std::filesystem::remove(path() + ".wal");
        open();
        must(warehouse_->define({ratings(keyed)}));
    }
    void open() {
        DuckdbOptions options;
        options.path = path();
        options.temp_folder = folder_ + "/tmp";
        const double t = now();
        warehouse_ = must(open_duckdb_warehouse(options, clock_));
        std::printf("  open %.0f ms\n", (now() - t) * 1e3);
    }
    void close() {
        const double t = now();
        if (warehouse_ == nullptr) return;
        warehouse_.reset();
        std::printf("  close %.0f ms\n", (now() - t) * 1e3);
    }

    double publish(const char* what, Effect effect, Shape shape) {
        PublishPart part;
        part.dataset = "ratings";
        part.effect = effect;
        part.deletes.policy = DeletePolicy::Policy::missing;
        part.keys_distinct = distinct_;
        const SubmissionId id(++submission_);
        part.tokens.push_back(must(warehouse_->stage(id, "ratings", 0, 1, std::make_shared<Ratings>(shape))));
        PublishRequest request;
        request.by = "bench";
        request.submissions.push_back({id, {part}, {}});
        const double c = cpu();
        const double t = now();
        const PublishOutcome outcome = must(warehouse_->publish(request, judge_));
        const double seconds = now() - t;
        const auto& counts = outcome.submissions.at(0).parts.at(0).counts;
        std::printf("  %-40s %8.3f s (cpu %7.3f) inserted %lu updated %lu deleted %lu unchanged %lu, peak %.0f MiB\n",
                    what, seconds, cpu() - c, counts.inserted, counts.updated, counts.deleted, counts.unchanged,
                    peak_mib());
        std::fflush(stdout);
        must(warehouse_->discard(id));
        return seconds;
    }

    double find(const char* what, std::vector<std::pair<std::int64_t, std::int64_t>> keys) {
        RecordBatch batch;
        batch.rows = keys.size();
        batch.rejected.assign(keys.size(), false);
        batch.columns.resize(2);
        for (Column& column : batch.columns) column.reset(PhysicalType::int64, keys.size());
        for (std::size_t i = 0; i < keys.size(); i++) {
            batch.columns[0].values<std::int64_t>()[i] = keys[i].first;
            batch.columns[1].values<std::int64_t>()[i] = keys[i].second;
        }
        class Counting final : public ResultSink {
        public:
            Status begin(const std::vector<ResultColumn>&) override { return {}; }
            Status batch(const RecordBatch& rows) override {
                count += rows.rows;
                return {};
            }
            std::size_t count = 0;
        } sink;
        const double t = now();
        must(warehouse_->find("ratings", batch, sink));
        const double seconds = now() - t;
        std::printf("  %-40s %8.1f ms  %zu of %zu found\n", what, seconds * 1e3, sink.count, keys.size());
        return seconds;
    }

    void undo(const char* what) {
        UndoRequest request;
        request.id = SubmissionId(submission_ + 1);
        request.targets = {SubmissionId(submission_)};
        const double c = cpu();
        const double t = now();
        const auto outcome = warehouse_->undo(request);
        std::printf("  %-40s %8.3f s (cpu %7.3f) %s, peak %.0f MiB\n", what, now() - t, cpu() - c,
                    outcome ? "done" : to_string(outcome.error()).c_str(), peak_mib());
        submission_++;
    }

    void set_distinct(bool distinct) { distinct_ = distinct; }

private:
    std::string folder_;
    SystemClock clock_;
    RejectAll judge_;
    std::unique_ptr<Warehouse> warehouse_;
    std::int64_t submission_ = 0;
    bool distinct_ = true;
};

// Bare DuckDB on a file of its own, with the same threads and memory unless said.
class Bare {
public:
    Bare(const std::string& path, const char* memory) {
        duckdb_config config;
        duckdb_create_config(&config);
        duckdb_set_config(config, "threads", "2");
        if (memory != nullptr) duckdb_set_config(config, "memory_limit", memory);
        duckdb_set_config(config, "preserve_insertion_order", "false");
        char* error = nullptr;
        if (duckdb_open_ext(path.c_str(), &db_, config, &error) == DuckDBError) std::printf("bare: %s\n", error);
        duckdb_destroy_config(&config);
        duckdb_connect(db_, &connection_);
    }
    ~Bare() {
        duckdb_disconnect(&connection_);
        duckdb_close(&db_);
    }
    double run(const char* what, const std::string& sql) {
        const double c = cpu();
        const double t = now();
        duckdb_result result;
        if (duckdb_query(connection_, sql.c_str(), &result) == DuckDBError)
            std::printf("bare: %s\n", duckdb_result_error(&result));
        duckdb_destroy_result(&result);
        const double seconds = now() - t;
        if (what != nullptr)
            std::printf("  bare: %-34s %8.3f s (cpu %7.3f) peak %.0f MiB\n", what, seconds, cpu() - c, peak_mib());
        std::fflush(stdout);
        return seconds;
    }

private:
    duckdb_database db_ = nullptr;
    duckdb_connection connection_ = nullptr;
};

std::string formula(std::uint64_t count, std::uint64_t changed, std::uint64_t missing = 0, std::uint64_t step = 1) {
    return "SELECT i // 100 AS userId, (i % 100) * 1009 AS movieId, (((i * 2654435761) >> 7) % 10) * 0.5::DOUBLE + "
           "(CASE WHEN i % " +
           std::to_string(changed == 0 ? 1'000'000'000'000 : changed) +
           " = 0 THEN 7 ELSE 0 END) AS rating, 1000000000 + (i * 2654435761) % 100000000 AS timestamp FROM (SELECT "
           "range * " +
           std::to_string(step) + " AS i FROM range(" + std::to_string(count) + ")) WHERE i % " +
           std::to_string(missing == 0 ? 1'000'000'000'000 : missing) + " <> 0 OR " + (missing == 0 ? "true" : "false");
}

void append(Bench& bench, const std::string& folder) {
    std::printf("append of 26,024,289 rows\n");
    bench.fresh(false);
    bench.publish("append", Effect::append, {0, 26'024'289});
    bench.close();
    bench.fresh(true);
    bench.publish("append, keyed, into nothing", Effect::append, {0, 26'024'289});
    bench.publish("append 1 M, keyed, into 26 M", Effect::append, {26'100'000, 1'000'000});
    bench.close();
    bench.fresh(true);
    bench.publish("upsert, keyed, into nothing", Effect::upsert, {0, 26'024'289});
    bench.fresh(true);
    bench.set_distinct(false);
    bench.publish("the same, keys not known distinct", Effect::upsert, {0, 26'024'289});
    bench.set_distinct(true);
    bench.close();
    std::filesystem::remove(folder + "/bare.duckdb");
    Bare bare(folder + "/bare.duckdb", "256MB");
    bare.run("CREATE TABLE AS of a formula", "CREATE TABLE t AS " + formula(26'024'289, 0));
    bare.run("GROUP BY key HAVING",
             "SELECT count(*) FROM (SELECT userId, movieId FROM t GROUP BY ALL HAVING count(*) > 1)");
}

void upsert(Bench& bench, const std::string& folder, bool sync) {
    std::printf(sync ? "sync of 10 M, 2 %% changed\n" : "upsert of 1 M into 10 M\n");
    bench.fresh(true);
    bench.publish("append 10 M", Effect::append, {0, 10'000'000});
    if (sync) {
        bench.publish("sync 10 M, 1 % updated, 1 % deleted", Effect::sync, {0, 10'000'000, 1, 100, 99});
        bench.publish("sync 10 M, nothing changed", Effect::sync, {0, 10'000'000, 1, 100, 99});
    } else {
        bench.publish("upsert 1 M, half changed", Effect::upsert, {0, 1'000'000, 10, 20});
        bench.publish("upsert 1 M, the same again", Effect::upsert, {0, 1'000'000, 10, 20});
    }
    bench.close();
    for (const char* memory : {"256MB", static_cast<const char*>(nullptr)}) {
        std::filesystem::remove(folder + "/bare.duckdb");
        Bare bare(folder + "/bare.duckdb", memory);
        bare.run(nullptr, "CREATE TABLE l AS " + formula(10'000'000, 0));
        bare.run(nullptr,
                 "CREATE TEMP TABLE s AS " + (sync ? formula(10'000'000, 100, 99) : formula(1'000'000, 20, 0, 10)));
        bare.run(
            memory != nullptr ? "the join, 256 MB" : "the join, memory unlimited",
            std::string("CREATE TEMP TABLE d AS SELECT s.*, l.userId AS lu, l.rowid AS r FROM s ") +
                (sync ? "FULL" : "LEFT") +
                " JOIN l ON s.userId = l.userId AND s.movieId = l.movieId WHERE l.userId IS NULL OR s.userId IS NULL "
                "OR s.rating IS DISTINCT FROM l.rating OR s.timestamp IS DISTINCT FROM l.timestamp");
        bare.run(
            "the same, counted only",
            std::string("SELECT count(*) FROM s ") + (sync ? "FULL" : "LEFT") +
                " JOIN l ON s.userId = l.userId AND s.movieId = l.movieId WHERE l.userId IS NULL OR s.userId IS NULL "
                "OR s.rating IS DISTINCT FROM l.rating OR s.timestamp IS DISTINCT FROM l.timestamp");
    }
}

void small(Bench& bench) {
    std::printf("upsert of 1,000\n");
    for (const std::uint64_t rows : {100'000UL, 10'000'000UL}) {
        bench.fresh(true);
        bench.publish("append", Effect::append, {0, rows});
        bench.publish("upsert 1,000 spread", Effect::upsert, {0, 1000, rows / 1000, rows / 500});
        bench.publish("upsert 1,000 spread again", Effect::upsert, {rows / 5000, 1000, rows / 1000, rows / 500});
        bench.publish("upsert 1,000 spread again", Effect::upsert, {rows / 3000, 1000, rows / 1000, rows / 500});
        bench.publish("upsert 1,000 together", Effect::upsert, {rows / 2, 1000, 1, 2});
        bench.publish("upsert 1", Effect::upsert, {rows / 2, 1, 1, 1});
        bench.publish("upsert 1 again", Effect::upsert, {rows / 2, 1, 1, 1});
        bench.close();
        bench.open();
        bench.publish("upsert 1,000 spread, reopened", Effect::upsert, {rows / 7000, 1000, rows / 1000, rows / 500});
        bench.close();
    }
}

void undo(Bench& bench) {
    std::printf("undo\n");
    for (const bool keyed : {false, true}) {
        bench.fresh(keyed);
        bench.publish("append 10 M", Effect::append, {0, 10'000'000});
        bench.undo("undo of it");
        bench.close();
    }
    bench.fresh(true);
    bench.publish("append 10 M", Effect::append, {0, 10'000'000});
    bench.publish("upsert 1 M, half changed", Effect::upsert, {0, 1'000'000, 10, 20});
    bench.undo("undo of it");
    bench.close();
}

void find(Bench& bench) {
    std::printf("find\n");
    for (const std::uint64_t rows : {100'000UL, 10'000'000UL}) {
        bench.fresh(true);
        bench.publish("append", Effect::append, {0, rows});
        for (int i = 0; i < 3; i++) bench.find("1 key", {{static_cast<std::int64_t>(rows / 300), 1009}});
        std::vector<std::pair<std::int64_t, std::int64_t>> keys;
        for (std::uint64_t i = 0; i < 1000; i++) keys.emplace_back(i * rows / 1000 / 100, 1009 * 7);
        for (int i = 0; i < 3; i++) bench.find("1,000 keys", keys);
        bench.close();
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: duckdb_warehouse_bench FOLDER [append|upsert|sync|small|undo|find]...\n");
        return 2;
    }
    const std::string folder = argv[1];
    std::filesystem::create_directories(folder);
    std::vector<std::string_view> wanted(argv + 2, argv + argc);
    const auto want = [&](std::string_view name) {
        return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    };
    Bench bench(folder);
    if (want("append")) append(bench, folder);
    if (want("upsert")) upsert(bench, folder, false);
    if (want("sync")) upsert(bench, folder, true);
    if (want("small")) small(bench);
    if (want("undo")) undo(bench);
    if (want("find")) find(bench);
    bench.close();
    return 0;
}
