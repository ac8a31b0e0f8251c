// A ledger as a file, and read again.
#include "simulate/ledger.hpp"

#include <unistd.h>

#include <filesystem>
#include <span>

#include <gtest/gtest.h>

#include "simulate/tally.hpp"

namespace inlet::simulate {
namespace {

class JournalFile : public testing::Test {
protected:
    JournalFile() : disk_(make_posix_disk()), folder_(temporary_name(testing::TempDir(), "journal")) {
        EXPECT_TRUE(disk_->make_dirs(folder_));
        path_ = folder_ + "/run.ndjson";
    }
    ~JournalFile() override { EXPECT_TRUE(disk_->remove_tree(folder_)); }

    static LedgerHead head() {
        return {.run = {77},
                .seed = 12'345'678'901'234'567'890U,
                .datasets = {{"a \"b\" \u00e4", {"x", true}, 3}, {"log", {"text", false}, 0}}};
    }
    static std::vector<LedgerEntry> entries() {
        return {{.deed = Deed::sent, .dataset = 1, .submission = SubmissionId(4), .first = 0, .count = 2, .mistake = 0},
                {.deed = Deed::undone, .dataset = 0, .submission = SubmissionId(4)},
                {.deed = Deed::asked, .dataset = 0, .submission = SubmissionId(4)},
                {.deed = Deed::abandoned, .dataset = 1, .first = 2, .count = 100},
                {.deed = Deed::unsettled, .dataset = 0, .first = 102, .count = 1}};
    }
    void write(bool complete) {
        auto journal = Journal::create(*disk_, path_, head());
        ASSERT_TRUE(journal) << journal.error().message;
        Ledger ledger(head(), *std::move(journal));
        for (const LedgerEntry& entry : entries()) ASSERT_TRUE(ledger.add(entry));
        if (complete) {
            ASSERT_TRUE(ledger.complete_run());
        }
    }
    void append(std::string_view text) {
        auto file = disk_->reopen(path_, std::filesystem::file_size(path_));
        ASSERT_TRUE(file);
        ASSERT_TRUE((*file)->append(std::as_bytes(std::span(text))));
    }

    std::unique_ptr<Disk> disk_;
    std::string folder_;
    std::string path_;
};

TEST_F(JournalFile, IsReadAsItWasWritten) {
    for (const bool complete : {false, true}) {
        write(complete);
        const auto read = Journal::read(*disk_, path_);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->entries(), entries());
        EXPECT_EQ(read->head().run.id, 77U);
        EXPECT_EQ(read->head().seed, head().seed);
        EXPECT_EQ(read->head().datasets, head().datasets);
        EXPECT_EQ(read->complete(), complete);
        ASSERT_TRUE(disk_->remove(path_));
    }
}

TEST_F(JournalFile, ALineThatWasCutOffIsLeftOut) {
    write(false);
    append(R"({"deed":"sent","dataset":"log","submi)");
    const auto read = Journal::read(*disk_, path_);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->entries(), entries());
}

TEST_F(JournalFile, WhatMakesNoSenseIsRefused) {
    write(false);
    append("{\"deed\":\"sent\",\"dataset\":\"nothing\",\"first\":0,\"count\":1}\n");
    EXPECT_EQ(Journal::read(*disk_, path_).error().code, FailureCode::format_error);
    EXPECT_EQ(Journal::read(*disk_, folder_ + "/none").error().code, FailureCode::file_not_found);
    EXPECT_EQ(Journal::create(*disk_, path_, head()).error().code, FailureCode::bad_argument);
}

TEST(Latencies, PercentilesAreWithinASixteenth) {
    Latencies latencies;
    EXPECT_EQ(latencies.percentile(0.5), 0);
    for (int i = 1; i <= 1000; ++i) latencies.add(std::chrono::milliseconds(i));
    EXPECT_NEAR(latencies.percentile(0.5), 500, 500.0 / 16);
    EXPECT_NEAR(latencies.percentile(0.99), 990, 990.0 / 16);
    EXPECT_EQ(latencies.most(), 1000);
    EXPECT_EQ(latencies.percentile(1), 1000);
    Latencies one;
    one.add(std::chrono::microseconds(7));
    EXPECT_EQ(one.percentile(0.001), 0.007);
    one.add(std::chrono::hours(500'000));
    EXPECT_EQ(one.percentile(1), one.most());
}

} // namespace
} // namespace inlet::simulate
