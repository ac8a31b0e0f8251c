// The system's file system, as far as a test can see it: contents, names, errors.
#include "base/disk.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

namespace inlet {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

class DiskTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(disk_->make_dirs(folder_)); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

    void write(std::string_view name, std::string_view text) {
        auto file = disk_->create(path(name));
        ASSERT_TRUE(file) << to_string(file.error());
        ASSERT_TRUE((*file)->append(bytes_of(text)));
    }

    std::string read(std::string_view name) {
        auto file = disk_->open(path(name));
        if (!file) return to_string(file.error());
        std::string text((*file)->size().value(), '?');
        EXPECT_EQ((*file)->pread(std::as_writable_bytes(std::span(text)), 0).value(), text.size());
        return text;
    }

    std::unique_ptr<Disk> disk_ = make_posix_disk();
    std::string folder_ = temporary_name(std::filesystem::temp_directory_path().string(), "inlet-disk-test");
};

TEST_F(DiskTest, AppendsOneAfterTheOtherAndReadsAnywhere) {
    auto file = disk_->create(path("a")).value();
    EXPECT_EQ(file->size().value(), 0U);
    ASSERT_TRUE(file->append(bytes_of("hello ")));
    ASSERT_TRUE(file->append(bytes_of("")));
    file->begin_writeback();
    ASSERT_TRUE(file->append(bytes_of("world")));
    file->begin_writeback();
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(file->size().value(), 11U);

    std::string part(5, '?');
    EXPECT_EQ(file->pread(std::as_writable_bytes(std::span(part)), 6).value(), 5U);
    EXPECT_EQ(part, "world");
    EXPECT_EQ(file->pread(std::as_writable_bytes(std::span(part)), 9).value(), 2U);
    EXPECT_EQ(part.substr(0, 2), "ld");
    EXPECT_EQ(file->pread(std::as_writable_bytes(std::span(part)), 11).value(), 0U);
}

TEST_F(DiskTest, CreateEmptiesWhatWasThere) {
    write("a", "long before");
    write("a", "new");
    EXPECT_EQ(read("a"), "new");
}

TEST_F(DiskTest, OpenOfNothingIsFileNotFound) {
    const auto file = disk_->open(path("none"));
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, FailureCode::file_not_found);
    EXPECT_NE(file.error().message.find(path("none")), std::string::npos);
}

TEST_F(DiskTest, ErrorsNameThePathAndWhatTheSystemSaid) {
    const auto file = disk_->create(path("no-such-folder/a"));
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, FailureCode::io_failed);
    EXPECT_NE(file.error().message.find(path("no-such-folder/a")), std::string::npos);
    EXPECT_NE(file.error().message.find(std::strerror(ENOENT)), std::string::npos);
}

TEST_F(DiskTest, AFileOpenedForReadingCannotBeWritten) {
    write("a", "x");
    auto file = disk_->open(path("a")).value();
    const Status status = file->append(bytes_of("y"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, FailureCode::io_failed);
    EXPECT_EQ(read("a"), "x");
}

TEST_F(DiskTest, AFullDeviceIsDiskFull) {
    if (!disk_->exists("/dev/full").value()) GTEST_FAIL() << "this system has no /dev/full";
    auto file = disk_->create("/dev/full").value();
    const Status status = file->append(bytes_of("x"));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, FailureCode::disk_full);
    EXPECT_NE(status.error().message.find("/dev/full"), std::string::npos);
}

// A limit on the file's size lets a write through in part, as a disk does that fills up.
TEST_F(DiskTest, AnAppendThatFailedHalfWayIsOverwrittenByTheNext) {
    auto file = disk_->create(path("a")).value();
    ASSERT_TRUE(file->append(bytes_of("0123")));

    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    rlimit small = old;
    small.rlim_cur = 8;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const Status status = file->append(bytes_of("abcdefgh"));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    std::signal(SIGXFSZ, before);

    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, FailureCode::io_failed);
    EXPECT_EQ(file->size().value(), 8U);
    ASSERT_TRUE(file->append(bytes_of("ABCDEF")));
    EXPECT_EQ(read("a"), "0123ABCDEF");
}

TEST_F(DiskTest, RenameReplaces) {
    write("a", "new");
    write("b", "old");
    ASSERT_TRUE(disk_->rename(path("a"), path("b")));
    ASSERT_TRUE(disk_->sync_dir(folder_));
    EXPECT_EQ(read("b"), "new");
    EXPECT_FALSE(disk_->exists(path("a")).value());
    EXPECT_FALSE(disk_->rename(path("a"), path("b")));
    EXPECT_EQ(read("b"), "new");
}

TEST_F(DiskTest, RemovingWhatIsAbsentIsNoError) {
    write("a", "x");
    ASSERT_TRUE(disk_->remove(path("a")));
    ASSERT_TRUE(disk_->remove(path("a")));
    ASSERT_TRUE(disk_->remove(path("a/below")));
    ASSERT_TRUE(disk_->remove_tree(path("a")));
    EXPECT_FALSE(disk_->exists(path("a")).value());
}

TEST_F(DiskTest, RemoveDoesNotTakeAFolder) {
    ASSERT_TRUE(disk_->make_dirs(path("d")));
    EXPECT_FALSE(disk_->remove(path("d")));
    EXPECT_TRUE(disk_->exists(path("d")).value());
}

TEST_F(DiskTest, TreesAreMadeAndRemovedWhole) {
    ASSERT_TRUE(disk_->make_dirs(path("x/y/z")));
    ASSERT_TRUE(disk_->make_dirs(path("x/y/z")));
    write("x/y/z/a", "1");
    write("x/b", "2");
    ASSERT_TRUE(disk_->remove_tree(path("x")));
    EXPECT_FALSE(disk_->exists(path("x")).value());

    write("plain", "");
    EXPECT_FALSE(disk_->make_dirs(path("plain/below")));
    EXPECT_FALSE(disk_->sync_dir(path("plain")));
}

TEST_F(DiskTest, RemoveTreeLeavesWhatALinkPointsTo) {
    ASSERT_TRUE(disk_->make_dirs(path("kept")));
    write("kept/a", "1");
    ASSERT_TRUE(disk_->make_dirs(path("gone")));
    std::filesystem::create_directory_symlink(path("kept"), path("gone/link"));
    ASSERT_TRUE(disk_->remove_tree(path("gone")));
    EXPECT_EQ(read("kept/a"), "1");
}

TEST_F(DiskTest, ListsByName) {
    write("b", "12345");
    write("a", "");
    ASSERT_TRUE(disk_->make_dirs(path("c/below")));
    const auto entries = disk_->list(folder_).value();
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].name, "a");
    EXPECT_EQ(entries[0].size, 0U);
    EXPECT_EQ(entries[1].name, "b");
    EXPECT_EQ(entries[1].size, 5U);
    EXPECT_FALSE(entries[1].is_directory);
    const auto written = std::filesystem::last_write_time(path("b"));
    const auto since = std::chrono::file_clock::to_sys(written).time_since_epoch();
    EXPECT_EQ(entries[1].modified_us, std::chrono::duration_cast<std::chrono::microseconds>(since).count());
    EXPECT_EQ(entries[2].name, "c");
    EXPECT_TRUE(entries[2].is_directory);
    EXPECT_EQ(entries[2].size, 0U);

    EXPECT_TRUE(disk_->list(path("none")).value().empty());
    EXPECT_FALSE(disk_->list(path("b")));
}

TEST(TemporaryName, IsBelowTheParentAndNew) {
    std::set<std::string> names;
    for (int i = 0; i < 100; ++i) names.insert(temporary_name("/some/where", "load"));
    EXPECT_EQ(names.size(), 100U);
    EXPECT_TRUE(names.begin()->starts_with("/some/where/load-"));
}

} // namespace
} // namespace inlet
