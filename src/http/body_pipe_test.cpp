// A body on its way between two threads.
#include "http/body_pipe.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace inlet::http {

namespace {

std::vector<char> block(std::string_view text) { return {text.begin(), text.end()}; }

std::string read_all(BodyPipe& pipe, std::size_t room) {
    std::string out;
    std::vector<char> buffer(room);
    for (;;) {
        const auto got = pipe.read(buffer);
        if (!got) return out + "!" + got.error().message;
        if (*got == 0) return out;
        out.append(buffer.data(), *got);
    }
}

TEST(BodyPipe, GivesWhatCameInAnySizes) {
    for (const std::size_t room : {1, 3, 100}) {
        BodyPipe pipe([] {});
        for (const char* text : {"abc", "", "d", "efghij"}) pipe.push(block(text));
        pipe.end();
        EXPECT_EQ(read_all(pipe, room), "abcdefghij");
    }
}

TEST(BodyPipe, HasRoomOnlyOnceItIsReadAndNotFull) {
    int wanted = 0;
    BodyPipe pipe([&] { ++wanted; });
    EXPECT_FALSE(pipe.has_room()) << "nobody reads yet";
    pipe.push(block("a"));
    std::vector<char> buffer(1);
    EXPECT_EQ(*pipe.read(buffer), 1U);
    EXPECT_EQ(wanted, 1);
    EXPECT_TRUE(pipe.has_room());
    EXPECT_EQ(pipe.spare(), block("a"));
    for (std::size_t i = 0; i < BodyPipe::kBlocksMax; ++i) pipe.push(block("b"));
    EXPECT_FALSE(pipe.has_room());
    EXPECT_EQ(*pipe.read(buffer), 1U);
    EXPECT_EQ(wanted, 2) << "there is room again";
    EXPECT_TRUE(pipe.has_room());
}

TEST(BodyPipe, WhatBreaksOffIsToldBehindWhatCame) {
    BodyPipe pipe([] {});
    pipe.push(block("ab"));
    pipe.break_off(Error(FailureCode::incomplete_upload, "gone"));
    EXPECT_EQ(read_all(pipe, 10), "ab!gone");
}

TEST(BodyPipe, AReaderWaitsForAWriter) {
    BodyPipe pipe([] {});
    std::string expected;
    std::string got;
    std::thread reader([&] { got = read_all(pipe, 7); });
    for (int i = 0; i < 1000; ++i) {
        while (!pipe.has_room()) std::this_thread::yield();
        const std::string text = std::to_string(i);
        expected += text;
        pipe.push(block(text));
    }
    pipe.end();
    reader.join();
    EXPECT_EQ(got, expected);
}

} // namespace

} // namespace inlet::http
