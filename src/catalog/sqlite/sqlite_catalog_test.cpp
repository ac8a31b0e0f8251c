// The conformance suite, and what only a file can be asked: reopening, formats, other processes, a full disk.
#include "catalog/sqlite/sqlite_catalog.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/disk.hpp"
#include "catalog/event_log.hpp"
#include "catalog/sqlite/connection.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/testing/conformance.hpp"

namespace inlet {
namespace {

namespace fs = std::filesystem;
using sqlite::Connection;
using sqlite::kCatalogFormat;
using sqlite::prepare_schema;
using sqlite::Query;

class TemporaryFolder {
public:
    TemporaryFolder() : path_(temporary_name(fs::temp_directory_path().string(), "inlet-catalog-test")) {
        fs::create_directory(path_);
    }
    ~TemporaryFolder() { fs::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string catalog() const { return path_ + "/catalog.sqlite"; }

private:
    std::string path_;
};

class SqliteHarness final : public CatalogHarness {
public:
    SqliteHarness() : catalog_(open_sqlite_catalog(folder_.catalog(), clock_).value()) {}
    Catalog& catalog() override { return *catalog_; }
    ManualClock& clock() override { return clock_; }

private:
    TemporaryFolder folder_;
    ManualClock clock_;
    std::unique_ptr<Catalog> catalog_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, CatalogConformance,
                         testing::ValuesIn(catalog_cases([] { return std::make_unique<SqliteHarness>(); })),
                         catalog_case_name);

// Takes back what the fourth format added.
constexpr std::string_view kWithoutPickups = "DROP TABLE pickups; ALTER TABLE submissions DROP COLUMN source; ";

const CatalogEvent kEvent{.type = "submission.received", .detail = "{}"};

class SqliteCatalogTest : public testing::Test {
protected:
    Result<std::unique_ptr<Catalog>> open() { return open_sqlite_catalog(folder_.catalog(), clock_); }
    std::unique_ptr<Connection> connect() { return Connection::open(folder_.catalog()).value(); }
    void execute(const std::string& sql) {
        const Status status = connect()->execute(sql);
        ASSERT_TRUE(status) << to_string(status.error());
    }
    std::string bytes() const {
        std::ifstream file(folder_.catalog(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    TemporaryFolder folder_;
    ManualClock clock_;
};

TEST_F(SqliteCatalogTest, IsTheSameWhenOpenedAgain) {
    SubmissionRecord record = sample_with_everything();
    std::vector<CatalogEvent> events;
    {
        const auto catalog = open().value();
        record.id = catalog->create(record, kEvent).value();
        record = catalog->get(record.id).value();
    }
    const auto catalog = open().value();
    EXPECT_EQ(catalog->get(record.id), record);
    EXPECT_EQ(catalog->events(record.id)->size(), 1U);
    EXPECT_GT(catalog->create(record, kEvent).value(), record.id);
}

TEST_F(SqliteCatalogTest, WhatWasAnsweredIsThereThoughNobodyClosedIt) {
    const auto first = open().value();
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.id = first->create(record, kEvent).value();
    // The files as a kill would leave them: log and all, not folded together.
    const TemporaryFolder copy;
    for (const char* suffix : {"", "-wal"}) fs::copy_file(folder_.catalog() + suffix, copy.catalog() + suffix);
    const auto second = open_sqlite_catalog(copy.catalog(), clock_).value();
    EXPECT_EQ(second->get(record.id)->target, "ratings");
}

TEST_F(SqliteCatalogTest, TwoProcessesShareIt) {
    const auto first = open().value();
    const auto second = open().value();
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.id = first->create(record, kEvent).value();
    EXPECT_EQ(second->get(record.id)->target, "ratings");
    record.state = SubmissionState::queued;
    ASSERT_TRUE(second->update(record, SubmissionState::receiving, kEvent));
    EXPECT_EQ(first->get(record.id)->state, SubmissionState::queued);
    EXPECT_EQ(first->update(record, SubmissionState::receiving, kEvent).error().code, FailureCode::wrong_state);
}

TEST_F(SqliteCatalogTest, ManyMayMakeItAtOnce) {
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(6);
        for (int t = 0; t < 6; ++t) {
            threads.emplace_back([&] {
                const auto catalog = open();
                if (!catalog || !(*catalog)->create(sample_delivery("ratings", "ratings"), kEvent)) ++failures;
            });
        }
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(open().value()->list({})->size(), 6U);
}

TEST_F(SqliteCatalogTest, CommitsAreSyncedAndLogged) {
    ASSERT_TRUE(open());
    const auto connection = connect();
    ASSERT_TRUE(prepare_schema(*connection));
    EXPECT_EQ(connection->integer("PRAGMA synchronous"), 2) << "FULL";
    EXPECT_EQ(connection->integer("PRAGMA foreign_keys"), 1);
    Query mode = connection->query("PRAGMA journal_mode").value();
    ASSERT_EQ(mode.step(), true);
    EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(SqliteCatalogTest, ACopyWithoutALogGetsOneAgain) {
    ASSERT_TRUE(open());
    execute("PRAGMA journal_mode = DELETE");
    const auto catalog = open().value();
    ASSERT_TRUE(catalog->create(sample_delivery("ratings", "ratings"), kEvent));
    EXPECT_TRUE(fs::exists(folder_.catalog() + "-wal"));
}

constexpr const char* kWithoutLaterSteps =
    "DROP TABLE inbox; DROP TABLE requests; DROP TABLE audit; DROP INDEX submissions_by_sender; "
    "ALTER TABLE submissions DROP COLUMN sender; DROP TABLE uploads; DROP TABLE pickups; "
    "ALTER TABLE submissions DROP COLUMN source; DROP TABLE notifications; DROP TABLE notification_cursor; "
    "DROP TABLE receivers_off; DROP TABLE marks; ALTER TABLE submissions DROP COLUMN file_note; "
    "ALTER TABLE submissions DROP COLUMN trace; DROP TABLE jobs";

TEST_F(SqliteCatalogTest, BringsAnOlderFormatUpToDate) {
    const SubmissionId id = open().value()->create(sample_delivery("ratings", "ratings"), kEvent).value();
    execute(kWithoutLaterSteps);
    execute("ALTER TABLE parts DROP COLUMN superseded; DROP TABLE keys; UPDATE sqlite_sequence SET seq = 9 WHERE "
            "name = 'events'; PRAGMA user_version = 1");
    const auto catalog = open();
    ASSERT_TRUE(catalog) << to_string(catalog.error());
    EXPECT_EQ((*catalog)->events(id)->size(), 1U);
    EXPECT_EQ((*catalog)->event_log().last(), 9) << "numbers go on where they were";
    EXPECT_EQ((*catalog)->get(id)->parts.at(0).superseded, 0U);
}

TEST_F(SqliteCatalogTest, RefusesANewerFormatAndLeavesItAlone) {
    ASSERT_TRUE(open());
    execute(fmt::format("PRAGMA user_version = {}", kCatalogFormat + 1));
    const std::string before = bytes();
    const auto newer = open();
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, FailureCode::format_too_new);
    EXPECT_NE(newer.error().message.find(std::to_string(kCatalogFormat + 1)), std::string::npos);
    EXPECT_EQ(bytes(), before);
}

TEST_F(SqliteCatalogTest, BringsAFileOfTheSecondFormatUpToDate) {
    const SubmissionId id = open().value()->create(sample_delivery("ratings", "ratings"), kEvent).value();
    execute(kWithoutLaterSteps);
    execute("DROP TABLE keys; PRAGMA user_version = 2");
    const auto catalog = open().value();
    EXPECT_EQ(catalog->get(id)->target, "ratings");
    EXPECT_TRUE(catalog->keys().add({.id = "7f00", .name = "somebody's"}));
    EXPECT_EQ(connect()->integer("PRAGMA user_version"), kCatalogFormat);
}

TEST_F(SqliteCatalogTest, BringsKeysOfTheThirdFormatUpToDate) {
    ASSERT_TRUE(open());
    execute(kWithoutLaterSteps);
    execute("ALTER TABLE keys DROP COLUMN datasets; ALTER TABLE keys DROP COLUMN old_sha256; "
            "ALTER TABLE keys DROP COLUMN old_until; ALTER TABLE keys DROP COLUMN last_used_at; "
            "INSERT INTO keys VALUES (1, '7f00', 'a', 'x', 'admin', 5, 0, 0); PRAGMA user_version = 3");
    const auto catalog = open().value();
    EXPECT_EQ(*catalog->keys().all(),
              std::vector{(KeyRecord{.id = "7f00", .name = "a", .sha256 = "x", .roles = {"admin"}, .created_at = 5})});
    EXPECT_EQ(catalog->audit().append({.action = "x", .outcome = "done"})->number, 1);
}

// Two programs on one file: neither goes on from where the chain was when it last looked.
TEST_F(SqliteCatalogTest, TwoProgramsAddToOneAuditLog) {
    const auto one = open().value();
    const auto other = open().value();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(one->audit().append({.action = "x", .outcome = "done"}));
        ASSERT_TRUE(other->audit().append({.action = "y", .outcome = "done"}));
    }
    EXPECT_EQ(verify_audit(one->audit(), {})->number, 6);
}

TEST_F(SqliteCatalogTest, AKeyRevokedByAnotherProgramIsNoticed) {
    const auto one = open().value();
    const auto other = open().value();
    ASSERT_TRUE(one->keys().add({.id = "7f00", .name = "a"}));
    const std::uint64_t before = *one->keys().change_counter();
    EXPECT_EQ(*one->keys().change_counter(), before);
    ASSERT_TRUE(other->keys().revoke("7f00"));
    EXPECT_NE(*one->keys().change_counter(), before);
    EXPECT_NE((**one->keys().find("7f00")).revoked_at, 0);
}

TEST_F(SqliteCatalogTest, RefusesAnotherProgramsDatabaseAndLeavesItAlone) {
    execute("CREATE TABLE notes (text TEXT)");
    const std::string before = bytes();
    const auto foreign = open();
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, FailureCode::catalog_failed);
    EXPECT_EQ(bytes(), before);
    execute("PRAGMA user_version = 1");
    EXPECT_EQ(open().error().code, FailureCode::catalog_failed);
}

TEST_F(SqliteCatalogTest, RefusesAFileThatIsNoDatabase) {
    const std::string text(5000, 'x');
    std::ofstream(folder_.catalog()) << text;
    const auto broken = open();
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, FailureCode::catalog_failed);
    EXPECT_EQ(bytes(), text);
}

TEST_F(SqliteCatalogTest, SaysWhichFileCannotBeOpened) {
    const auto missing = open_sqlite_catalog(folder_.catalog() + "/nowhere/catalog.sqlite", clock_);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, FailureCode::catalog_failed);
    EXPECT_NE(to_string(missing.error()).find("nowhere"), std::string::npos) << to_string(missing.error());
}

TEST_F(SqliteCatalogTest, AFullDiskIsToldAndLeavesNothing) {
    ASSERT_TRUE(open().value()->create(sample_delivery("ratings", "ratings"), kEvent));
    const auto connection = connect();
    ASSERT_TRUE(prepare_schema(*connection));
    const std::int64_t pages = connection->integer("PRAGMA page_count").value();
    ASSERT_TRUE(connection->execute(fmt::format("PRAGMA max_page_count = {}", pages + 1)));
    ASSERT_TRUE(connection->begin_writing());
    Status status;
    for (int i = 0; i < 100 && status; ++i) {
        Query row = connection->query("INSERT INTO events (at, submission, type, detail) VALUES (0, 1, '', ?)").value();
        const std::string detail(5000, 'd');
        ASSERT_TRUE(row.bind(detail));
        status = row.run();
    }
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, FailureCode::disk_full) << to_string(status.error());
    connection->rollback();
    connection->rollback(); // of nothing
    EXPECT_EQ(connection->integer("SELECT count(*) FROM events"), 1);
    EXPECT_TRUE(open().value()->create(sample_delivery("ratings", "ratings"), kEvent)) << "room elsewhere";
}

TEST_F(SqliteCatalogTest, AChangeThatFailsHalfWayLeavesNothing) {
    const auto catalog = open().value();
    SubmissionRecord record = sample_with_everything();
    record.id = catalog->create(record, kEvent).value();
    record = catalog->get(record.id).value();
    // The event is the last row of a change.
    execute("CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'refused'); END");
    EXPECT_EQ(catalog->create(record, kEvent).error().code, FailureCode::catalog_failed);
    SubmissionRecord changed = sample_delivery("links", "links");
    changed.id = record.id;
    const Status refused = catalog->update(changed, record.state, kEvent);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("refused"), std::string::npos) << refused.error().message;
    EXPECT_EQ(catalog->list({})->size(), 1U);
    EXPECT_EQ(catalog->get(record.id), record);
    execute("DROP TRIGGER refuse");
    EXPECT_TRUE(catalog->update(changed, record.state, kEvent)) << "and goes on afterwards";
}

TEST_F(SqliteCatalogTest, TellsAStateItDoesNotKnow) {
    const auto catalog = open().value();
    SubmissionRecord record = sample_delivery("ratings", "ratings");
    record.id = catalog->create(record, kEvent).value();
    execute("UPDATE submissions SET state = 'dreaming'");
    const auto strange = catalog->get(record.id);
    ASSERT_FALSE(strange);
    EXPECT_EQ(strange.error().code, FailureCode::catalog_failed);
    EXPECT_NE(strange.error().message.find("dreaming"), std::string::npos);
    EXPECT_EQ(catalog->update(record, SubmissionState::receiving, kEvent).error().code, FailureCode::catalog_failed);
}

} // namespace
} // namespace inlet
