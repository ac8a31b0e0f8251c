// Queries and models, where the warehouse has SQL; where it has none, it says so.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "warehouse/testing/conformance.hpp"

namespace inlet {

void conformance_models() {}

namespace {

const Model kCities{
    "cities", "SELECT city, count(*) AS people FROM people WHERE city IS NOT NULL GROUP BY city", {"city"}};
const Model kSizes{"sizes", "SELECT people FROM cities", {}};

class Sql {
public:
    explicit Sql(Warehouse& warehouse) : warehouse_(warehouse) {}

    Lines query(const std::string& sql, std::optional<Version> as_of = std::nullopt,
                const std::vector<View>& views = {}) {
        RowCollector rows;
        const Status status = warehouse_.query(sql, views, as_of, rows);
        return status ? rows.sorted() : Lines{std::string(failure_info(status.error().code).code)};
    }

    // Publishes with the models; what became of them.
    std::string publish(const Datasets& datasets, const SubmissionText& text, const std::vector<Model>& models,
                        bool dry_run = false) {
        ToldJudge judge;
        PublishRequest request;
        auto staged = stage(warehouse_, datasets, text);
        if (!staged) return to_string(staged.error());
        request.submissions = {*staged};
        request.models = models;
        request.by = "tester";
        request.dry_run = dry_run;
        const auto outcome = warehouse_.publish(request, judge);
        if (!outcome) return std::string(failure_info(outcome.error().code).code);
        std::string out = fmt::format("{}", outcome->version.value);
        for (const ModelOutcome& model : outcome->models) {
            out += fmt::format(" {} {}/{}/{}", model.model, model.counts.inserted, model.counts.updated,
                               model.counts.deleted);
        }
        return out;
    }

private:
    Warehouse& warehouse_;
};

} // namespace

TEST_P(WarehouseConformance, QueriesReadDatasetsAndViews) {
    load(1, append("people", "1|ann|rome; 2|bob|rome; 3|cid|oslo"));
    load(2, upsert("people", "3|cid|rome"));
    Sql sql(warehouse());
    if (!GetParam().has_sql) {
        EXPECT_EQ(sql.query("SELECT 1"), Lines{"query-invalid"});
        EXPECT_EQ(code_of(warehouse().query_to_parquet("SELECT 1", {}, std::nullopt, "nowhere.parquet")),
                  "query-invalid");
        return;
    }
    EXPECT_EQ(sql.query("SELECT count(*) FROM people"), Lines{"3"});
    EXPECT_EQ(sql.query("SELECT name, _version, _submission FROM people WHERE id = 3"), Lines{"cid|2|2"});
    EXPECT_EQ(sql.query("SELECT city, count(*) FROM people GROUP BY 1", Version(1)), (Lines{"oslo|1", "rome|2"}));
    EXPECT_EQ(sql.query("SELECT count(*) FROM people", Version(0)), Lines{"0"});
    const std::vector<View> views{{"romans", "SELECT name FROM people WHERE city = 'rome'"},
                                  {"loud", "SELECT upper(name) AS name FROM romans"}};
    EXPECT_EQ(sql.query("SELECT name FROM loud", std::nullopt, views), (Lines{"ANN", "BOB", "CID"}));
    EXPECT_EQ(sql.query("SELECT name FROM loud", Version(1), views), (Lines{"ANN", "BOB"}));
}

TEST_P(WarehouseConformance, QueriesOnlyRead) {
    load(1, append("people", "1|ann|rome"));
    const std::string before = dump(warehouse());
    Sql sql(warehouse());
    const std::string refusal = GetParam().has_sql ? "query-not-read-only" : "query-invalid";
    for (const char* statement : {"DELETE FROM people", "DROP TABLE people", "CREATE TABLE x (a INTEGER)",
                                  "INSERT INTO log SELECT * FROM log"}) {
        EXPECT_EQ(sql.query(statement), Lines{refusal}) << statement;
    }
    EXPECT_EQ(sql.query("SELEKT 1"), Lines{"query-invalid"});
    EXPECT_EQ(sql.query("SELECT * FROM nobody"), Lines{"query-invalid"});
    EXPECT_EQ(sql.query("SELECT nothing FROM people"), Lines{"query-invalid"});
    EXPECT_NE(sql.query("SELECT 1; DROP TABLE people"), Lines{"1"});
    EXPECT_NE(sql.query(""), Lines{});
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, QueriesOfPrunedVersions) {
    load(1, append("people", "1|ann|rome"));
    load(2, upsert("people", "1|ann|oslo"));
    load(3, append("log", "a|1"));
    ASSERT_TRUE(warehouse().prune("people", Version(2)));
    Sql sql(warehouse());
    if (!GetParam().has_sql) {
        EXPECT_EQ(sql.query("SELECT city FROM people", Version(1)), Lines{"query-invalid"});
        return;
    }
    EXPECT_EQ(sql.query("SELECT city FROM people", Version(1)), Lines{"version-pruned"});
    EXPECT_EQ(sql.query("SELECT city FROM people", Version(2)), Lines{"oslo"});
    EXPECT_EQ(sql.query("SELECT count(*) FROM log", Version(1)), Lines{"0"}) << "only what it reads counts";
    EXPECT_EQ(sql.query("SELECT city FROM people", Version(4)), Lines{"unknown-version"});
}

TEST_P(WarehouseConformance, QueriesToParquet) {
    if (!GetParam().has_sql) {
        EXPECT_EQ(code_of(warehouse().query_to_parquet("SELECT 1", {}, std::nullopt, "nowhere.parquet")),
                  "query-invalid");
        return;
    }
    load(1, append("people", "1|ann|rome"));
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/it's here.parquet";
    ASSERT_EQ(code_of(warehouse().query_to_parquet("SELECT * FROM people", {}, std::nullopt, path)), "ok");
    std::ifstream file(path, std::ios::binary);
    std::string magic(4, '\0');
    file.read(magic.data(), 4);
    EXPECT_EQ(magic, "PAR1");
    EXPECT_EQ(code_of(warehouse().query_to_parquet("DROP TABLE people", {}, std::nullopt, path)),
              "query-not-read-only");
}

TEST_P(WarehouseConformance, ModelsFollowTheirTables) {
    Sql sql(warehouse());
    const std::vector<Model> models{kCities, kSizes};
    if (!GetParam().has_sql) {
        EXPECT_EQ(sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, models),
                  "not-supported");
        EXPECT_EQ(versions(), Lines{});
        return;
    }
    EXPECT_EQ(
        sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome; 2|bob|rome; 3|cid|oslo")}, {}}, models),
        "1 cities 2/0/0 sizes 2/0/0");
    EXPECT_EQ(stored("cities"), (Lines{"oslo|1|1|0", "rome|2|1|0"}));
    EXPECT_EQ(sql.publish(datasets_, {SubmissionId(2), {upsert("people", "3|cid|bern; 4|dan|rome")}, {}}, models),
              "2 cities 1/1/1 sizes 1/0/1");
    // Only what differs is written.
    EXPECT_EQ(stored("cities"), (Lines{"bern|1|2|0", "rome|3|2|0"}));
    EXPECT_EQ(stored("cities", Version(1)), (Lines{"oslo|1|1|0", "rome|2|1|0"}));
    EXPECT_EQ(stored("sizes"), (Lines{"1|1|0", "3|2|0"}));
    EXPECT_EQ(diff("cities", 1, 2),
              (Lines{"inserted  -> bern|1", "deleted oslo|1 -> ", "updated rome|2 -> rome|3", "1 1 1 0"}));
    EXPECT_EQ(versions("cities", 1).at(0).substr(std::to_string(clock_.now()).size() + 6),
              "cities by tester of 0: model inserted 1 updated 1 deleted 1 unchanged 0");
    EXPECT_EQ(undo_error(9, {0}), "not-undoable");
    EXPECT_EQ(sql.query("SELECT people FROM cities WHERE city = 'rome'", Version(1)), Lines{"2"});
    const auto tables = warehouse().tables();
    ASSERT_TRUE(tables);
    EXPECT_EQ(std::count_if(tables->begin(), tables->end(), [](const TableInfo& table) { return table.model; }), 2);
}

TEST_P(WarehouseConformance, ModelsThatDoNotChangeHaveNoLine) {
    Sql sql(warehouse());
    if (!GetParam().has_sql) {
        EXPECT_EQ(code_of(warehouse().query("SELECT 1", {}, std::nullopt, *std::make_unique<RowCollector>())),
                  "query-invalid");
        return;
    }
    sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, {kCities});
    sql.publish(datasets_, {SubmissionId(2), {upsert("people", "1|eve|rome")}, {}}, {kCities});
    sql.publish(datasets_, {SubmissionId(3), {append("log", "a|1")}, {}}, {kCities});
    EXPECT_EQ(stored("cities"), Lines{"rome|1|1|0"});
    EXPECT_EQ(versions("cities").size(), 1U);
    // A new text is computed though no table changed.
    Model other = kCities;
    other.sql = "SELECT city, count(*) * 10 AS people FROM people GROUP BY city";
    sql.publish(datasets_, {SubmissionId(4), {append("log", "b|1")}, {}}, {other});
    EXPECT_EQ(stored("cities"), Lines{"rome|10|4|0"});
}

TEST_P(WarehouseConformance, UndoRecomputesModels) {
    Sql sql(warehouse());
    UndoRequest request;
    request.id = SubmissionId(3);
    request.targets = {SubmissionId(2)};
    request.models = {kCities};
    request.by = "tester";
    if (!GetParam().has_sql) {
        load(1, append("people", "1|ann|rome"));
        load(2, upsert("people", "1|ann|oslo"));
        EXPECT_EQ(code_of(warehouse().undo(request)), "not-supported");
        EXPECT_FALSE(*warehouse().undone(SubmissionId(2)));
        return;
    }
    sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, {kCities});
    sql.publish(datasets_, {SubmissionId(2), {upsert("people", "1|ann|oslo")}, {}}, {kCities});
    const auto outcome = warehouse().undo(request);
    ASSERT_TRUE(outcome) << to_string(outcome.error());
    ASSERT_EQ(outcome->models.size(), 1U);
    EXPECT_EQ(outcome->models[0].counts, (ChangeCounts{1, 0, 1, 0}));
    EXPECT_EQ(stored("cities"), Lines{"rome|1|3|0"});
    EXPECT_EQ(stored("cities", Version(2)), Lines{"oslo|1|2|0"});
}

TEST_P(WarehouseConformance, AModelThatFailsStopsThePublication) {
    Sql sql(warehouse());
    const Model broken{"broken", "SELECT 1 // 0 AS x, error('no') AS y FROM people", {}};
    if (!GetParam().has_sql) {
        EXPECT_EQ(sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, {broken}),
                  "not-supported");
        return;
    }
    sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, {kCities});
    const std::string before = dump(warehouse());
    EXPECT_EQ(sql.publish(datasets_, {SubmissionId(2), {append("people", "2|bob|rome")}, {}}, {kCities, broken}),
              "model-failed");
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, ADryRunComputesModels) {
    Sql sql(warehouse());
    if (!GetParam().has_sql) {
        EXPECT_EQ(sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, {kCities}, true),
                  "not-supported");
        return;
    }
    EXPECT_EQ(sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, {kCities}, true),
              "0 cities 1/0/0");
    EXPECT_EQ(stored("cities"), Lines{"unknown-dataset"});
    sql.publish(datasets_, {SubmissionId(2), {append("people", "1|ann|rome")}, {}}, {kCities});
    const std::string before = dump(warehouse());
    EXPECT_EQ(sql.publish(datasets_, {SubmissionId(3), {append("people", "2|bob|bern")}, {}}, {kCities}, true),
              "0 cities 1/0/0");
    EXPECT_EQ(dump(warehouse()), before);
}

TEST_P(WarehouseConformance, AModelWithOtherColumnsStartsAnew) {
    Sql sql(warehouse());
    if (!GetParam().has_sql) {
        EXPECT_EQ(sql.query("SELECT * FROM cities"), Lines{"query-invalid"});
        return;
    }
    sql.publish(datasets_, {SubmissionId(1), {append("people", "1|ann|rome")}, {}}, {kCities});
    EXPECT_EQ(stored("cities", Version(0)), Lines{});
    EXPECT_EQ(diff("cities", 0, 1), (Lines{"inserted  -> rome|1", "1 0 0 0"}));
    Model wider = kCities;
    wider.sql = "SELECT city, count(*) AS people, max(name) AS last FROM people GROUP BY city";
    EXPECT_EQ(sql.publish(datasets_, {SubmissionId(2), {append("people", "2|bob|rome")}, {}}, {wider}),
              "2 cities 1/0/0");
    EXPECT_EQ(stored("cities"), Lines{"rome|2|bob|2|0"});
    EXPECT_EQ(stored("cities", Version(1)), Lines{"version-pruned"});
    EXPECT_EQ(stored("cities", Version(0)), Lines{"version-pruned"});
    EXPECT_EQ(stored("cities", Version(2)), Lines{"rome|2|bob|2|0"});
    Model later = kCities;
    later.name = "towns";
    sql.publish(datasets_, {SubmissionId(3), {append("people", "3|cid|rome")}, {}}, {wider, later});
    EXPECT_EQ(stored("towns", Version(2)), Lines{"version-pruned"}) << "what it would have been then nobody computed";
}

} // namespace inlet
