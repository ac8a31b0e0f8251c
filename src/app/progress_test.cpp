// Tests of progress.hpp.
#include "app/progress.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "app/display_text.hpp"

namespace inlet {
namespace {

constexpr Timestamp kSecond = 1'000'000;

class TextSink final : public ByteSink {
public:
    Status write(std::span<const char> bytes) override {
        text.append(bytes.data(), bytes.size());
        return {};
    }
    std::string text;
};

TEST(RateMeter, NeedsATenthOfASecond) {
    RateMeter rate;
    EXPECT_EQ(rate.bytes_per_second(), std::nullopt);
    rate.add(0, 0);
    rate.add(kSecond / 20, 1000);
    EXPECT_EQ(rate.bytes_per_second(), std::nullopt);
    rate.add(kSecond / 10, 2000);
    EXPECT_DOUBLE_EQ(rate.bytes_per_second().value(), 20'000);
    EXPECT_DOUBLE_EQ(rate.seconds_left(22'000).value(), 1);
}

TEST(RateMeter, ForgetsWhatIsLongerAgoThanItsWindow) {
    RateMeter rate;
    for (int second = 0; second <= 10; ++second) rate.add(second * kSecond, static_cast<std::uint64_t>(second) * 100);
    EXPECT_DOUBLE_EQ(rate.bytes_per_second().value(), 100);
    std::uint64_t bytes = 1000;
    for (int second = 11; second <= 20; ++second) rate.add(second * kSecond, bytes += 1000);
    EXPECT_DOUBLE_EQ(rate.bytes_per_second().value(), 1000);
    EXPECT_DOUBLE_EQ(rate.seconds_left(bytes + 5000).value(), 5);
}

TEST(RateMeter, AStallShows) {
    RateMeter rate;
    rate.add(0, 0);
    rate.add(kSecond, 1000);
    for (int second = 2; second <= 10; ++second) rate.add(second * kSecond, 1000);
    EXPECT_DOUBLE_EQ(rate.bytes_per_second().value(), 0);
    EXPECT_EQ(rate.seconds_left(2000), std::nullopt);
}

TEST(RateMeter, KeepsFewPointsHoweverOftenItIsTold) {
    RateMeter rate;
    for (Timestamp at = 0; at < 20 * kSecond; at += 100) rate.add(at, static_cast<std::uint64_t>(at));
    EXPECT_NEAR(rate.bytes_per_second().value(), 1'000'000, 1000);
}

TEST(ProgressBar, ShowsShareRateAndTimeLeft) {
    RateMeter rate;
    rate.add(0, 0);
    rate.add(kSecond, 300'000'000);
    const ProgressState state{.doing = "checking", .bytes = 300'000'000, .bytes_total = 720'000'000, .rows = 0};
    EXPECT_EQ(progress_bar(state, rate, 100, Paint()),
              "checking    41 %  [############..................]  300 MB of 720 MB  300 MB/s  1 s left");
    EXPECT_EQ(progress_line(state, rate), "checking: 41 %, 300 MB of 720 MB, 300 MB/s, 1 s left");
}

TEST(ProgressBar, NeverWiderThanTheTerminal) {
    RateMeter rate;
    rate.add(0, 0);
    rate.add(kSecond, 300'000'000);
    for (const std::uint64_t total : {std::uint64_t{0}, std::uint64_t{720'000'000}}) {
        const ProgressState state{
            .doing = "publishing", .bytes = 300'000'000, .bytes_total = total, .rows = 26'024'289};
        for (std::size_t width = 16; width < 120; ++width) {
            EXPECT_LE(display_width(progress_bar(state, rate, width, Paint())), width);
        }
    }
}

TEST(ProgressBar, WithoutATotalThereIsNoShare) {
    const ProgressState state{.doing = "publishing", .bytes = 0, .bytes_total = 0, .rows = 1200};
    EXPECT_EQ(progress_line(state, RateMeter()), "publishing: 1,200 rows");
    EXPECT_EQ(progress_line({.doing = "waiting"}, RateMeter()), "waiting");
}

TEST(ProgressBar, MoreThanAllIsAll) {
    const ProgressState state{.doing = "checking", .bytes = 200, .bytes_total = 100, .rows = 0};
    EXPECT_EQ(progress_line(state, RateMeter()), "checking: 100 %, 200 B of 100 B");
}

// What is written to standard error when a second of work passes in steps of 50 ms, then five more.
std::string shown(ConsoleSettings settings, bool terminal) {
    TextSink out;
    TextSink err;
    Console console(settings, {.out = terminal, .err = terminal}, out, err);
    ManualClock clock;
    ProgressDisplay display(console, clock);
    for (int step = 0; step < 120; ++step) {
        display.show({.doing = "checking", .bytes = static_cast<std::uint64_t>(step), .bytes_total = 120, .rows = 0});
        clock.advance(kSecond / 20);
    }
    display.clear();
    EXPECT_EQ(out.text, "");
    return err.text;
}

TEST(ProgressDisplay, DrawsABarOnATerminalAndTakesItAway) {
    const std::string text = shown({}, true);
    EXPECT_TRUE(text.starts_with("\rchecking")) << text;
    EXPECT_TRUE(text.ends_with("\r\x1b[K")) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 0);
    EXPECT_LE(std::ranges::count(text, '\r'), 61);
    EXPECT_GE(std::ranges::count(text, '\r'), 50);
}

TEST(ProgressDisplay, WritesALineEveryFiveSecondsElsewhere) {
    EXPECT_EQ(shown({}, false), "checking: 83 %, 100 B of 120 B, 20 B/s, 1 s left\n");
}

TEST(ProgressDisplay, IsSilentWhenNobodyLooks) {
    EXPECT_EQ(shown({.quiet = true}, true), "");
    EXPECT_EQ(shown({.json = true}, false), "");
    EXPECT_NE(shown({.json = true}, true), "");
}

TEST(ProgressDisplay, ShortWorkNeedsNoBar) {
    TextSink out;
    TextSink err;
    Console console({}, {.out = true, .err = true}, out, err);
    ManualClock clock;
    ProgressDisplay display(console, clock);
    for (int step = 0; step < 5; ++step) {
        display.show({.doing = "checking", .bytes = 1, .bytes_total = 5, .rows = 0});
        clock.advance(kSecond / 20);
    }
    display.clear();
    EXPECT_EQ(err.text, "");
}

} // namespace
} // namespace inlet
