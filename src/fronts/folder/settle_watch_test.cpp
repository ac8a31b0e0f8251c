// By a clock that the test moves.
#include "fronts/folder/settle_watch.hpp"

#include <gtest/gtest.h>

namespace inlet::folder {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Moment kStart{minutes(100)};

FileMark mark(std::uint64_t inode, std::uint64_t size, std::int64_t modified = 5, std::int64_t changed = 6) {
    return {.inode = inode, .size = size, .modified_ns = modified, .changed_ns = changed};
}

class SettleWatchTest : public testing::Test {
protected:
    void look(std::vector<SeenFile> files) { watch_.look(files, now_); }
    std::vector<std::string> settled() const {
        std::vector<std::string> names;
        for (const SeenFile& file : watch_.settled(now_)) names.push_back(file.name);
        return names;
    }
    using Names = std::vector<std::string>;

    SettleWatch watch_{minutes(15)};
    Moment now_ = kStart;
};

TEST_F(SettleWatchTest, AFileSettlesOnceItHasLainStillForTheWholeTime) {
    look({{"a", mark(1, 10)}});
    EXPECT_EQ(settled(), Names{});
    EXPECT_EQ(watch_.next(now_), kStart + minutes(15));
    now_ += minutes(15) - seconds(1);
    look({{"a", mark(1, 10)}});
    EXPECT_EQ(settled(), Names{});
    now_ += seconds(1);
    EXPECT_EQ(settled(), Names{"a"});
    EXPECT_EQ(watch_.settled(now_).at(0).mark, mark(1, 10));
    EXPECT_EQ(watch_.next(now_), std::nullopt);
}

TEST_F(SettleWatchTest, AnyChangeBeginsAnew) {
    for (const FileMark& other : {mark(1, 11), mark(2, 10), mark(1, 10, 4), mark(1, 10, 5, 7)}) {
        watch_ = SettleWatch(minutes(15));
        look({{"a", mark(1, 10)}});
        now_ += minutes(14);
        look({{"a", other}});
        now_ += minutes(14);
        EXPECT_EQ(settled(), Names{});
        now_ += minutes(1);
        EXPECT_EQ(settled(), Names{"a"});
    }
}

TEST_F(SettleWatchTest, AFileThatGrowsNeverSettles) {
    for (std::uint64_t size = 0; size < 100; ++size) {
        look({{"a", mark(1, size)}});
        EXPECT_EQ(settled(), Names{});
        now_ += minutes(14);
    }
}

TEST_F(SettleWatchTest, AWriteThatTheMarkDoesNotShowBeginsAnew) {
    look({{"a", mark(1, 10)}, {"b", mark(2, 10)}});
    now_ += minutes(10);
    watch_.touch("a", now_);
    watch_.touch("never seen", now_);
    look({{"a", mark(1, 10)}, {"b", mark(2, 10)}});
    now_ += minutes(5);
    EXPECT_EQ(settled(), Names{"b"});
    EXPECT_EQ(watch_.next(now_), kStart + minutes(25));
    now_ += minutes(10);
    EXPECT_EQ(settled(), (Names{"b", "a"}));
    watch_.touch_all(now_);
    EXPECT_EQ(settled(), Names{});
}

TEST_F(SettleWatchTest, AFileThatVanishesIsForgottenAndBeginsAnewWhenItComesBack) {
    look({{"a", mark(1, 10)}});
    now_ += minutes(14);
    look({});
    EXPECT_EQ(watch_.next(now_), std::nullopt);
    look({{"a", mark(1, 10)}});
    now_ += minutes(14);
    EXPECT_EQ(settled(), Names{});
}

TEST_F(SettleWatchTest, TimesThatTheFileClaimsDoNotMatter) {
    const std::int64_t far = std::numeric_limits<std::int64_t>::max();
    look({{"future", mark(1, 10, far, far)}, {"past", mark(2, 10, -far, 0)}});
    EXPECT_EQ(settled(), Names{});
    now_ += minutes(15);
    EXPECT_EQ(settled(), (Names{"future", "past"}));
}

TEST_F(SettleWatchTest, TheLongestStillIsFirst) {
    look({{"b", mark(1, 1)}});
    now_ += seconds(1);
    look({{"b", mark(1, 1)}, {"a", mark(2, 1)}});
    now_ += minutes(20);
    EXPECT_EQ(settled(), (Names{"b", "a"}));
}

} // namespace
} // namespace inlet::folder
