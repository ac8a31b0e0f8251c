// What the server writes is what the command line reads: every member of a record, there and back.
#include "client/record_reading.hpp"

#include <gtest/gtest.h>

#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"

namespace inlet {

// The suites that every store is held to may be linked along with the stores' testing libraries; here there is nothing
// to hold to them.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ObjectStoreConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WarehouseConformance);

} // namespace inlet

namespace inlet::client {
namespace {

SubmissionRecord full_record() {
    SubmissionRecord record;
    record.id = SubmissionId(7);
    record.kind = SubmissionKind::undo;
    record.state = SubmissionState::held;
    record.reason_code = "deletes-over-limit";
    record.reason = "5 rows \"would\" go";
    record.target = "items";
    record.target_is_package = true;
    record.file_name = "a\tb.csv";
    record.raw_sha256 = std::string(64, 'a');
    record.raw_bytes = 9'000'000'000;
    record.received_at = 1'763'633'923'250'001;
    record.updated_at = 1'763'633'924'000'000;
    record.by = "ann";
    record.source = "http";
    record.version = Version(3);
    record.attempts = 2;
    record.parent = SubmissionId(5);
    record.undoes = {SubmissionId(1), SubmissionId(2)};
    record.cascade = true;
    record.delete_approvals = {{"items", 5}};
    record.asked_deletes = {{"items", 6}, {"log", 1}};
    record.rejects_approved = true;
    PartRecord part;
    part.name = "items.csv";
    part.dataset = "items";
    part.rows = 1;
    part.accepted = 2;
    part.rejected = 3;
    part.inserted = 4;
    part.updated = 5;
    part.deleted = 6;
    part.unchanged = 7;
    part.superseded = 8;
    part.held_deletes = 9;
    part.skipped_deletes = 10;
    part.errors_total = 11;
    part.counts = {{"type-error", "id", 12}, {"blank-row", "", 13}};
    part.errors_sha256 = std::string(64, 'b');
    part.rejects_sha256 = std::string(64, 'c');
    record.parts = {part};
    return record;
}

Result<SubmissionRecord> there_and_back(const SubmissionRecord& record) {
    JsonWriter json;
    write_record(json, record);
    return read_record(*JsonTree::parse(json.str()));
}

TEST(RecordReading, EveryMemberComesBack) {
    const auto back = there_and_back(full_record());
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(*back, full_record());
    for (int state = 0; state <= static_cast<int>(SubmissionState::purged); ++state) {
        SubmissionRecord record;
        record.state = static_cast<SubmissionState>(state);
        EXPECT_EQ(there_and_back(record).value(), record);
    }
}

TEST(RecordReading, AStateOfANewerServerIsAnError) {
    const auto read = read_record(*JsonTree::parse(R"({"submission":1,"state":"dreaming"})"));
    EXPECT_EQ(read.error().code, FailureCode::server_unreachable);
}

TEST(RecordReading, Moments) {
    for (const Timestamp moment : {Timestamp{0}, Timestamp{1'763'633'923'250'001}, Timestamp{4'102'444'799'999'999}})
        EXPECT_EQ(read_moment(iso_moment(moment)), moment);
    for (const char* wrong : {"", "2026-11-20", "2026-13-20T10:18:43.250000Z", "2026-11-20T10:18:43.25000xZ"})
        EXPECT_EQ(read_moment(wrong), std::nullopt) << wrong;
}

} // namespace
} // namespace inlet::client
