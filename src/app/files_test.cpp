// Tests of what writes and reads files: out_file.hpp, spooled_lines.hpp, byte_files.hpp and project_file.hpp.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "app/byte_files.hpp"
#include "app/out_file.hpp"
#include "app/project_file.hpp"
#include "app/spooled_lines.hpp"
#include "base/disk.hpp"

namespace inlet {
namespace {

class FilesTest : public testing::Test {
protected:
    FilesTest() { EXPECT_TRUE(disk_->make_dirs(folder_)); }
    ~FilesTest() override { EXPECT_TRUE(disk_->remove_tree(folder_)); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    void write(const std::string& name, const std::string& text) {
        auto file = OutFile::create(*disk_, path(name));
        ASSERT_TRUE(file);
        ASSERT_TRUE((*file)->write(text));
        ASSERT_TRUE((*file)->commit());
    }
    std::string read(const std::string& name) const {
        const auto text = read_small_file(*disk_, path(name));
        return text ? *text : to_string(text.error());
    }
    std::size_t files() const { return disk_->list(folder_)->size(); }

    std::unique_ptr<Disk> disk_ = make_posix_disk();
    std::string folder_ = temporary_name(testing::TempDir(), "inlet-files");
};

using OutFileTest = FilesTest;
using SpooledLinesTest = FilesTest;
using ByteFilesTest = FilesTest;
using ProjectFileTest = FilesTest;

TEST_F(OutFileTest, IsThereWholeOrNotAtAll) {
    write("a", "old");
    {
        auto file = OutFile::create(*disk_, path("a"));
        ASSERT_TRUE(file);
        ASSERT_TRUE((*file)->write(std::string(1 << 20, 'x')));
        EXPECT_EQ(read("a"), "old");
        EXPECT_EQ(files(), 2U);
    }
    EXPECT_EQ(read("a"), "old");
    EXPECT_EQ(files(), 1U) << "what was not committed goes";
    write("a", "new");
    EXPECT_EQ(read("a"), "new");
    EXPECT_EQ(files(), 1U);
}

TEST_F(OutFileTest, ALinkStaysOne) {
    write("real", "old");
    std::filesystem::create_symlink("real", path("link"));
    std::filesystem::create_symlink("link", path("further"));
    std::filesystem::create_symlink("new", path("dangling"));
    write("further", "text");
    write("dangling", "more");
    EXPECT_TRUE(std::filesystem::is_symlink(path("link")) && std::filesystem::is_symlink(path("further")));
    EXPECT_EQ(read("real"), "text");
    EXPECT_TRUE(std::filesystem::is_symlink(path("dangling")));
    EXPECT_EQ(read("new"), "more");
    EXPECT_EQ(files(), 5U);
}

TEST_F(OutFileTest, APipeIsWrittenTo) {
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    const int reader = ::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    write("pipe", "text");
    std::array<char, 16> room{};
    EXPECT_EQ(::read(reader, room.data(), room.size()), 4);
    ::close(reader);
    EXPECT_EQ(files(), 1U);
    EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
}

TEST_F(OutFileTest, ADescriptorIsWrittenWhereItStands) {
    const int file = ::open(path("a").c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_EQ(::write(file, "one ", 4), 4);
    auto out = OutFile::create(*disk_, fmt::format("/dev/fd/{}", file));
    ASSERT_TRUE(out);
    ASSERT_TRUE((*out)->write(std::string_view("two")));
    ASSERT_TRUE((*out)->commit());
    ::close(file);
    EXPECT_EQ(read("a"), "one two");
    const auto closed = OutFile::create(*disk_, "/dev/fd/987");
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, FailureCode::io_failed);
}

TEST_F(OutFileTest, IsNotTheFileThatIsRead) {
    write("a", "text");
    std::filesystem::create_symlink("a", path("link"));
    EXPECT_EQ(check_apart(path("link"), path("a")).error().code, FailureCode::bad_argument);
    EXPECT_TRUE(check_apart(path("b"), path("a")));
    EXPECT_TRUE(check_apart("/dev/null", "/dev/null"));
    EXPECT_TRUE(check_apart("", path("a")));
}

TEST_F(OutFileTest, AFolderIsNoFile) {
    const auto file = OutFile::create(*disk_, folder_ + "/");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, FailureCode::bad_argument);
    const auto nowhere = OutFile::create(*disk_, path("none/a"));
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, FailureCode::file_not_found);
}

TEST_F(OutFileTest, PathsInTheirParts) {
    EXPECT_EQ(folder_of("a.csv"), ".");
    EXPECT_EQ(folder_of("/a.csv"), "/");
    EXPECT_EQ(folder_of("b/c/a.csv"), "b/c");
    EXPECT_EQ(name_of("b/c/a.csv"), "a.csv");
    EXPECT_EQ(name_of("a.csv"), "a.csv");
}

// The lines that come back of those written in pieces of some size.
std::vector<std::string> spooled(Disk& disk, const std::string& path, std::uint64_t lines_max, const std::string& text,
                                 std::size_t piece) {
    SpooledLines lines(disk, lines_max, [&]() -> Result<std::string> { return path; });
    for (std::size_t at = 0; at < text.size(); at += piece) {
        EXPECT_TRUE(lines.write(std::string_view(text).substr(at, piece)));
    }
    std::vector<std::string> out;
    EXPECT_TRUE(lines.each([&](std::string_view line) -> Status {
        out.emplace_back(line);
        return {};
    }));
    return out;
}

TEST_F(SpooledLinesTest, KeepsTheFirstLinesHoweverTheyCome) {
    for (const std::size_t piece : {1, 2, 3, 100}) {
        EXPECT_EQ(spooled(*disk_, path("s"), 2, "one\ntwo\nthree\n", piece), (std::vector<std::string>{"one", "two"}));
        EXPECT_EQ(spooled(*disk_, path("s"), 9, "one\ntwo\nthree\n", piece),
                  (std::vector<std::string>{"one", "two", "three"}));
    }
    EXPECT_TRUE(spooled(*disk_, path("s"), 9, "", 1).empty());
    EXPECT_EQ(files(), 0U) << "a short text needs no file";
}

TEST_F(SpooledLinesTest, LongTextsGoThroughAFile) {
    std::string text;
    std::vector<std::string> expected;
    for (int i = 0; i < 40'000; ++i) {
        expected.push_back("line " + std::to_string(i) + std::string(60, '.'));
        text += expected.back() + "\n";
    }
    EXPECT_EQ(spooled(*disk_, path("s"), 1'000'000, text, 777), expected);
    EXPECT_EQ(files(), 1U);
    expected.resize(30'000);
    EXPECT_EQ(spooled(*disk_, path("s"), 30'000, text, 65'536), expected);
}

TEST_F(ByteFilesTest, LinesAcrossBlocks) {
    std::string text;
    std::vector<std::string> expected;
    for (int i = 0; i < 3; ++i) {
        expected.emplace_back(200'000, static_cast<char>('a' + i));
        text += expected.back() + "\n";
    }
    expected.emplace_back("end without a line end");
    write("lines", text + expected.back());
    const auto source = FileOrigin(*disk_, path("lines")).open();
    ASSERT_TRUE(source);
    std::vector<std::string> lines;
    ASSERT_TRUE(each_line(**source, [&](std::string_view line) -> Result<bool> {
        lines.emplace_back(line);
        return true;
    }));
    EXPECT_EQ(lines, expected);
}

TEST_F(ByteFilesTest, ReadingStopsWhenItIsEnough) {
    write("lines", "a\nb\nc\n");
    const auto source = FileOrigin(*disk_, path("lines")).open();
    int seen = 0;
    ASSERT_TRUE(each_line(**source, [&](std::string_view) -> Result<bool> { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
}

TEST_F(ProjectFileTest, IsFoundByFolderOrByName) {
    write("inlet.yaml", "project: x");
    write("other.yaml", "project: y");
    EXPECT_EQ(find_project_file(folder_).value(), path("inlet.yaml"));
    EXPECT_EQ(find_project_file(folder_ + "/").value(), folder_ + "/inlet.yaml");
    EXPECT_EQ(find_project_file(path("other.yaml")).value(), path("other.yaml"));
    for (const std::string& wrong : {path("none.yaml"), path("none") + "/"}) {
        const auto found = find_project_file(wrong);
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().code, FailureCode::project_not_found);
    }
}

TEST_F(ProjectFileTest, WhatCannotBeReadIsSaidPlainly) {
    EXPECT_EQ(check_readable(path("none")).error().code, FailureCode::file_not_found);
    EXPECT_EQ(check_readable(folder_).error().code, FailureCode::bad_argument);
    write("big", std::string(5000, 'x'));
    EXPECT_EQ(read_small_file(*disk_, path("big"), 4999).error().code, FailureCode::bad_argument);
    EXPECT_EQ(read_small_file(*disk_, path("big"), 5000)->size(), 5000U);
}

} // namespace
} // namespace inlet
