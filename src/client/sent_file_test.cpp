#include "client/sent_file.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/disk.hpp"

namespace inlet::client {
namespace {

class SentFileTest : public testing::Test {
protected:
    SentFileTest() { std::filesystem::create_directories(folder_); }
    ~SentFileTest() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
    // As if the file had been written at that second.
    void touch(int second) const {
        std::filesystem::last_write_time(path_, std::filesystem::file_time_type(std::chrono::seconds(second)));
    }

    const std::string folder_ = temporary_name(std::filesystem::temp_directory_path().string(), "inlet-sent-file");
    const std::string path_ = folder_ + "/x.csv";
};

TEST_F(SentFileTest, TheSameFileHasTheSameIdentity) {
    write("abc");
    touch(1000);
    const std::string identity = SentFile::open(path_).value()->identity();
    EXPECT_EQ(SentFile::open(path_).value()->identity(), identity);
    touch(1001);
    EXPECT_NE(SentFile::open(path_).value()->identity(), identity) << "another time";
    write("abd");
    touch(1000);
    EXPECT_NE(SentFile::open(path_).value()->identity(), identity) << "another beginning";
    write("abcd");
    touch(1000);
    EXPECT_NE(SentFile::open(path_).value()->identity(), identity) << "another size";
}

TEST_F(SentFileTest, AFileThatChangesIsNotReadToItsEnd) {
    write(std::string(1000, 'a'));
    touch(1000);
    const auto file = SentFile::open(path_).value();
    std::vector<char> room(600);
    EXPECT_EQ(file->read(room, 0).value(), 600U);
    touch(1001);
    EXPECT_EQ(file->read(room, 0).value(), 600U) << "what does not end it may still be sent";
    EXPECT_EQ(file->read(room, 400).error().code, FailureCode::file_malformed);
    write("short");
    EXPECT_EQ(file->read(room, 400).error().code, FailureCode::file_malformed);
}

TEST_F(SentFileTest, WhatIsNotThere) { EXPECT_EQ(SentFile::open(path_).error().code, FailureCode::file_not_found); }

} // namespace
} // namespace inlet::client
