// The wrapper itself: that it fails when told, and that a cut leaves what POSIX promises and no more.
#include "base/testing/fault_disk.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace inlet {
namespace {

using Bytes = FaultDisk::Survival::Bytes;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

class FaultDiskTest : public ::testing::Test {
protected:
    FaultDiskTest()
        : folder_(temporary_name(std::filesystem::temp_directory_path().string(), "inlet-fault-disk-test")) {
        std::filesystem::create_directories(folder_ + "/root");
        disk_ = std::make_unique<FaultDisk>(*real_, folder_ + "/root");
    }
    ~FaultDiskTest() override {
        disk_.reset();
        EXPECT_EQ(real_->list(folder_)->size(), 1U) << "the wrapper left something beside its root";
        std::filesystem::remove_all(folder_);
    }

    std::string path(std::string_view name) const { return folder_ + "/root/" + std::string(name); }
    std::string root() const { return folder_ + "/root"; }

    void write_unsynced(std::string_view name, std::string_view text) {
        auto file = disk_->create(path(name));
        ASSERT_TRUE(file) << to_string(file.error());
        ASSERT_TRUE((*file)->append(bytes_of(text)));
    }
    void write_synced(std::string_view name, std::string_view text) {
        auto file = disk_->create(path(name)).value();
        ASSERT_TRUE(file->append(bytes_of(text)));
        ASSERT_TRUE(file->sync());
    }
    void sync_names(std::string_view name = "") { ASSERT_TRUE(disk_->sync_dir(path(name))); }

    // The file's text, or "absent".
    std::string read(std::string_view name) const {
        auto file = real_->open(path(name));
        if (!file) return "absent";
        std::string text((*file)->size().value(), '?');
        EXPECT_EQ((*file)->pread(std::as_writable_bytes(std::span(text)), 0).value(), text.size());
        return text;
    }

    std::unique_ptr<Disk> real_ = make_posix_disk();
    std::string folder_;
    std::unique_ptr<FaultDisk> disk_;
};

TEST_F(FaultDiskTest, BehavesAsTheRealOneWithoutFaults) {
    ASSERT_TRUE(disk_->make_dirs(path("a/b")));
    write_unsynced("a/b/x", "hello");
    write_unsynced("a/b/x", "hi");
    ASSERT_TRUE(disk_->rename(path("a/b/x"), path("a/y")));
    EXPECT_EQ(read("a/y"), "hi");
    EXPECT_EQ(disk_->list(path("a"))->size(), 2U);
    EXPECT_TRUE(disk_->exists(path("a/y")).value());
    EXPECT_EQ(disk_->open(path("a/b/x")).error().code, FailureCode::file_not_found);
    auto file = disk_->open(path("a/y")).value();
    EXPECT_EQ(file->size().value(), 2U);
    ASSERT_TRUE(disk_->remove(path("a/y")));
    ASSERT_TRUE(disk_->remove(path("a/y")));
    ASSERT_TRUE(disk_->remove_tree(path("a")));
    EXPECT_TRUE(disk_->list(root())->empty());
}

TEST_F(FaultDiskTest, FailsTheNthChange) {
    disk_->fail_at({.nth = 3, .code = FailureCode::disk_full});
    auto file = disk_->create(path("a")).value();
    ASSERT_TRUE(file->append(bytes_of("one")));
    ASSERT_TRUE(disk_->exists(path("a"))); // looking does not count
    EXPECT_FALSE(disk_->fired());
    const Status third = file->append(bytes_of("two"));
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, FailureCode::disk_full);
    EXPECT_TRUE(disk_->fired());
    ASSERT_TRUE(file->append(bytes_of("three")));
    EXPECT_EQ(read("a"), "onethree");
}

TEST_F(FaultDiskTest, FailsTheNthOfChosenKinds) {
    write_synced("a", "x");
    disk_->fail_at({.nth = 2, .counted = {DiskOperation::pread, DiskOperation::list}});
    EXPECT_TRUE(disk_->list(root()));
    auto file = disk_->open(path("a")).value();
    char byte = 0;
    EXPECT_FALSE(file->pread(std::as_writable_bytes(std::span(&byte, 1)), 0));
    EXPECT_TRUE(file->pread(std::as_writable_bytes(std::span(&byte, 1)), 0));
    EXPECT_EQ(byte, 'x');
}

TEST_F(FaultDiskTest, FailsFromTheNthOnUntilHealed) {
    disk_->fail_at({.nth = 2, .counted = all_operations(), .onwards = true});
    EXPECT_TRUE(disk_->make_dirs(path("a")));
    EXPECT_FALSE(disk_->make_dirs(path("b")));
    EXPECT_FALSE(disk_->exists(path("a")));
    EXPECT_FALSE(disk_->create(path("c")));
    disk_->heal();
    EXPECT_TRUE(disk_->exists(path("a")).value());
    EXPECT_FALSE(disk_->exists(path("b")).value());
    EXPECT_EQ(read("c"), "absent");
}

TEST_F(FaultDiskTest, WritesHalfBeforeItFails) {
    disk_->fail_at({.counted = {DiskOperation::append}, .half_write = true});
    auto file = disk_->create(path("a")).value();
    EXPECT_FALSE(file->append(bytes_of("abcdef")));
    EXPECT_EQ(read("a"), "abc");
}

TEST_F(FaultDiskTest, EveryKindCanFailAndThenHasDoneNothing) {
    ASSERT_TRUE(disk_->make_dirs(path("d")));
    write_synced("a", "old");
    auto file = disk_->create(path("open")).value();
    auto to_read = disk_->open(path("a")).value();
    const auto attempt = [&](DiskOperation operation) -> bool {
        char byte = 0;
        switch (operation) {
        case DiskOperation::create:
            return disk_->create(path("a")).has_value();
        case DiskOperation::append:
            return file->append(bytes_of("x")).has_value();
        case DiskOperation::sync:
            return file->sync().has_value();
        case DiskOperation::rename:
            return disk_->rename(path("a"), path("b")).has_value();
        case DiskOperation::remove:
            return disk_->remove(path("a")).has_value();
        case DiskOperation::remove_tree:
            return disk_->remove_tree(path("d")).has_value();
        case DiskOperation::make_dirs:
            return disk_->make_dirs(path("e")).has_value();
        case DiskOperation::sync_dir:
            return disk_->sync_dir(root()).has_value();
        case DiskOperation::open:
            return disk_->open(path("a")).has_value();
        case DiskOperation::pread:
            return to_read->pread(std::as_writable_bytes(std::span(&byte, 1)), 0).has_value();
        case DiskOperation::size:
            return file->size().has_value();
        case DiskOperation::list:
            return disk_->list(root()).has_value();
        case DiskOperation::exists:
            return disk_->exists(path("a")).has_value();
        }
        return false;
    };
    for (const DiskOperation operation : all_operations()) {
        const auto before = disk_->count(operation);
        disk_->fail_at({.counted = {operation}});
        EXPECT_FALSE(attempt(operation)) << static_cast<int>(operation);
        EXPECT_TRUE(disk_->fired());
        EXPECT_EQ(disk_->count(operation), before + 1);
    }
    EXPECT_EQ(read("a"), "old");
    EXPECT_EQ(read("open"), "");
    EXPECT_EQ(real_->list(root())->size(), 3U);
    for (const DiskOperation operation : all_operations()) {
        if (operation == DiskOperation::rename || operation == DiskOperation::remove)
            continue; // would take `a` from the others
        EXPECT_TRUE(attempt(operation)) << static_cast<int>(operation);
    }
}

TEST_F(FaultDiskTest, CountsChangesApartFromLooks) {
    write_synced("a", "x"); // create, append, sync
    EXPECT_TRUE(disk_->exists(path("a")));
    EXPECT_TRUE(disk_->list(root()));
    EXPECT_EQ(disk_->count_changes(), 3U);
    EXPECT_EQ(disk_->count(DiskOperation::append), 1U);
    EXPECT_EQ(disk_->count(DiskOperation::list), 1U);
}

TEST_F(FaultDiskTest, ACutKeepsWhatWasSyncedBytesAndNameBoth) {
    write_synced("both", "1");
    sync_names();
    write_synced("bytes-only", "2");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("both"), "1");
    EXPECT_EQ(read("bytes-only"), "absent");
}

TEST_F(FaultDiskTest, ACutDropsBytesThatCameAfterTheLastSync) {
    const auto prepare = [&] {
        auto file = disk_->create(path("a")).value();
        ASSERT_TRUE(file->append(bytes_of("synced")));
        ASSERT_TRUE(file->sync());
        ASSERT_TRUE(file->append(bytes_of("1234")));
        sync_names();
    };
    prepare();
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "synced");
    prepare();
    ASSERT_TRUE(disk_->cut_power({.bytes = Bytes::half}));
    EXPECT_EQ(read("a"), "synced12");
    prepare();
    ASSERT_TRUE(disk_->cut_power({.bytes = Bytes::zeroed}));
    EXPECT_EQ(read("a"), std::string("synced\0\0\0\0", 10));
}

TEST_F(FaultDiskTest, AnUnsyncedFileWithASyncedNameIsEmptyOrZeros) {
    write_unsynced("a", "abcd");
    sync_names();
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "");
    write_unsynced("b", "abcd");
    sync_names();
    ASSERT_TRUE(disk_->cut_power({.bytes = Bytes::zeroed}));
    EXPECT_EQ(read("b"), std::string(4, '\0'));
}

TEST_F(FaultDiskTest, AnEmptiedFileHoldsItsOldBytesUntilTheNewAreSynced) {
    write_synced("a", "old");
    sync_names();
    write_unsynced("a", "newer");
    EXPECT_EQ(read("a"), "newer");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "old");

    write_unsynced("a", "newer");
    ASSERT_TRUE(disk_->cut_power({.bytes = Bytes::half}));
    EXPECT_EQ(read("a"), "ne");

    write_synced("a", "newest");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "newest");
}

TEST_F(FaultDiskTest, ARenameIsUndoneUntilItsFolderIsSynced) {
    write_synced("a", "new");
    write_synced("b", "old");
    sync_names();
    ASSERT_TRUE(disk_->rename(path("a"), path("b")));
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "new");
    EXPECT_EQ(read("b"), "old");

    ASSERT_TRUE(disk_->rename(path("a"), path("b")));
    sync_names();
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "absent");
    EXPECT_EQ(read("b"), "new");
}

TEST_F(FaultDiskTest, ARenameThatReachedTheDiskBeforeItsBytesDid) {
    write_synced("a", "old");
    sync_names();
    write_unsynced("a.tmp", "new");
    ASSERT_TRUE(disk_->rename(path("a.tmp"), path("a")));
    ASSERT_TRUE(disk_->cut_power({.bytes = Bytes::lost, .names_kept = true}));
    EXPECT_EQ(read("a"), "");
}

TEST_F(FaultDiskTest, ARenameBetweenFoldersNeedsBothSynced) {
    ASSERT_TRUE(disk_->make_dirs(path("x")));
    ASSERT_TRUE(disk_->make_dirs(path("y")));
    sync_names();
    write_synced("x/a", "1");
    write_synced("x/b", "2");
    sync_names("x");
    ASSERT_TRUE(disk_->rename(path("x/a"), path("y/a")));
    ASSERT_TRUE(disk_->rename(path("x/b"), path("y/b")));
    sync_names("y");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("x/a"), "1");
    EXPECT_EQ(read("y/a"), "1");

    ASSERT_TRUE(disk_->rename(path("y/b"), path("x/c")));
    sync_names("y");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("y/b"), "absent");
    EXPECT_EQ(read("x/c"), "absent");
    EXPECT_EQ(read("x/b"), "2");
}

TEST_F(FaultDiskTest, ARemovalIsUndoneUntilItsFolderIsSynced) {
    ASSERT_TRUE(disk_->make_dirs(path("d/e")));
    write_synced("d/a", "1");
    write_synced("d/e/b", "2");
    sync_names("d/e");
    sync_names("d");
    sync_names();
    ASSERT_TRUE(disk_->remove(path("d/a")));
    EXPECT_EQ(read("d/a"), "absent");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("d/a"), "1");

    ASSERT_TRUE(disk_->remove_tree(path("d")));
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("d/a"), "1");
    EXPECT_EQ(read("d/e/b"), "2");

    ASSERT_TRUE(disk_->remove_tree(path("d")));
    sync_names();
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_FALSE(real_->exists(path("d")).value());
}

TEST_F(FaultDiskTest, AFolderNeedsItsParentSynced) {
    ASSERT_TRUE(disk_->make_dirs(path("d/e")));
    write_synced("d/e/a", "1");
    sync_names("d/e");
    sync_names("d");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_FALSE(real_->exists(path("d")).value());

    ASSERT_TRUE(disk_->make_dirs(path("d/e")));
    write_synced("d/e/a", "1");
    sync_names("d/e");
    sync_names();
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_TRUE(real_->exists(path("d")).value());
    EXPECT_FALSE(real_->exists(path("d/e")).value());
}

TEST_F(FaultDiskTest, AFolderIsRenamedWhole) {
    ASSERT_TRUE(disk_->make_dirs(path("d")));
    write_synced("d/a", "1");
    sync_names("d");
    sync_names();
    ASSERT_TRUE(disk_->rename(path("d"), path("e")));
    EXPECT_EQ(read("e/a"), "1");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("d/a"), "1");
    EXPECT_FALSE(real_->exists(path("e")).value());
    ASSERT_TRUE(disk_->rename(path("d"), path("e")));
    sync_names();
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_FALSE(real_->exists(path("d")).value());
    EXPECT_EQ(read("e/a"), "1");
}

TEST_F(FaultDiskTest, AFailedSyncSyncsNothing) {
    auto file = disk_->create(path("a")).value();
    ASSERT_TRUE(file->append(bytes_of("x")));
    disk_->fail_at({.counted = {DiskOperation::sync}});
    EXPECT_FALSE(file->sync());
    sync_names();
    disk_->fail_at({.counted = {DiskOperation::sync_dir}});
    write_synced("b", "x");
    EXPECT_FALSE(disk_->sync_dir(root()));
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "");
    EXPECT_EQ(read("b"), "absent");
}

TEST_F(FaultDiskTest, OpenFilesFailAfterACutAndTheDiskGoesOn) {
    auto file = disk_->create(path("a")).value();
    ASSERT_TRUE(file->sync());
    sync_names();
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_FALSE(file->append(bytes_of("late")));
    EXPECT_FALSE(file->sync());
    EXPECT_FALSE(file->size());
    EXPECT_EQ(read("a"), "");
    write_synced("a", "again");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("a"), "again");
}

TEST_F(FaultDiskTest, WhatWasThereBeforeIsSyncedAndOthersFilesAreLeftAlone) {
    const auto write_by_another = [&](std::string_view name, std::string_view text) {
        std::ofstream(path(name), std::ios::app) << text;
    };
    std::filesystem::create_directories(path("old"));
    write_by_another("old/a", "1");
    write_by_another("engine.db", "pages");
    ASSERT_TRUE(disk_->remove(path("old/a")));
    write_by_another("engine.db", " and more");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_EQ(read("old/a"), "1");
    EXPECT_EQ(read("engine.db"), "pages and more");

    ASSERT_TRUE(disk_->make_dirs(path("new")));
    write_by_another("new/engine.db", "pages");
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_FALSE(real_->exists(path("new")).value());
}

TEST_F(FaultDiskTest, ElsewhereOnlyCountsAndFails) {
    const std::string elsewhere = folder_ + "/elsewhere";
    auto file = disk_->create(elsewhere).value();
    ASSERT_TRUE(file->append(bytes_of("x")));
    ASSERT_TRUE(disk_->cut_power());
    EXPECT_TRUE(real_->exists(elsewhere).value());
    disk_->fail_at({.counted = {DiskOperation::remove}});
    EXPECT_FALSE(disk_->remove(elsewhere));
    EXPECT_TRUE(disk_->remove(elsewhere));
}

// The common way to replace a file, cut after each of its steps, under each way the rest may survive: old or new, never
// anything else.
TEST_F(FaultDiskTest, WriteSyncRenameSyncIsAtomic) {
    for (const Bytes bytes : {Bytes::lost, Bytes::half, Bytes::zeroed}) {
        for (const bool names_kept : {false, true}) {
            bool reached_new = false;
            for (std::uint64_t step = 1;; ++step) {
                write_synced("a", "old");
                sync_names();
                disk_->fail_at({.nth = step, .half_write = true, .onwards = true});
                const auto replace = [&]() -> Status {
                    auto file = TRY(disk_->create(path("a.tmp")));
                    TRY(file->append(bytes_of("new!")));
                    TRY(file->sync());
                    TRY(disk_->rename(path("a.tmp"), path("a")));
                    return disk_->sync_dir(root());
                };
                const Status status = replace();
                const bool fired = disk_->fired();
                disk_->heal();
                ASSERT_TRUE(disk_->cut_power({.bytes = bytes, .names_kept = names_kept}));
                const std::string left = read("a");
                EXPECT_TRUE(left == "old" || left == "new!") << left << " after step " << step;
                EXPECT_TRUE(!status || left == "new!");
                reached_new = reached_new || left == "new!";
                if (!fired) break;
            }
            EXPECT_TRUE(reached_new);
        }
    }
}

} // namespace
} // namespace inlet
