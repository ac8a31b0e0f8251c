// Progress: rates from a sliding window, and two ways to draw them.
#include "app/progress.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/display_text.hpp"
#include "app/figures.hpp"

namespace inlet {

namespace {

constexpr Timestamp kSecond = 1'000'000;
constexpr Timestamp kWindow = 4 * kSecond;
constexpr Timestamp kShortest = kSecond / 10;
constexpr Timestamp kBarPause = kSecond / 10;
constexpr Timestamp kBarDelay = kSecond * 3 / 10; // what is done sooner needs no bar
constexpr Timestamp kLinePause = 5 * kSecond;
constexpr std::size_t kBarMax = 30;

std::optional<unsigned> percent(const ProgressState& state) {
    if (state.bytes_total == 0) return std::nullopt;
    return static_cast<unsigned>(100.0 * static_cast<double>(std::min(state.bytes, state.bytes_total)) /
                                 static_cast<double>(state.bytes_total));
}

std::vector<std::string> facts(const ProgressState& state, const RateMeter& rate) {
    std::vector<std::string> out;
    if (state.bytes_total > 0) {
        out.push_back(fmt::format("{} of {}", show_bytes(state.bytes), show_bytes(state.bytes_total)));
    } else if (state.bytes > 0) {
        out.push_back(show_bytes(state.bytes));
    }
    if (state.rows > 0) out.push_back(show_count(state.rows, "row"));
    if (const auto speed = rate.bytes_per_second(); speed && *speed >= 1) {
        out.push_back(show_bytes(static_cast<std::uint64_t>(*speed)) + "/s");
    }
    if (const auto left = rate.seconds_left(state.bytes_total)) {
        out.push_back(*left < 60 ? fmt::format("{:.0f} s left", *left) : show_span(*left) + " left");
    }
    return out;
}

} // namespace

void RateMeter::add(Timestamp now, std::uint64_t bytes_done) {
    // Points closer together than a tenth of the window add nothing but work.
    if (points_.size() > 1 && now - points_[points_.size() - 2].at < kWindow / 40) points_.pop_back();
    points_.push_back({now, bytes_done});
    while (points_.size() > 2 && now - points_[1].at >= kWindow) points_.pop_front();
}

std::optional<double> RateMeter::bytes_per_second() const {
    if (points_.size() < 2) return std::nullopt;
    const Timestamp span = points_.back().at - points_.front().at;
    if (span < kShortest) return std::nullopt;
    return static_cast<double>(points_.back().bytes - points_.front().bytes) * kSecond / static_cast<double>(span);
}

std::optional<double> RateMeter::seconds_left(std::uint64_t bytes_total) const {
    const auto speed = bytes_per_second();
    if (!speed || *speed <= 0 || points_.back().bytes > bytes_total) return std::nullopt;
    return static_cast<double>(bytes_total - points_.back().bytes) / *speed;
}

std::string progress_bar(const ProgressState& state, const RateMeter& rate, std::size_t width, Paint paint) {
    std::string head = pad_right(state.doing, 10);
    std::string tail;
    for (const std::string& fact : facts(state, rate)) tail += "  " + fact;
    std::string bar;
    std::size_t bar_columns = 0;
    if (const auto share = percent(state)) {
        head += fmt::format("{:>4} %", *share);
        const std::size_t taken = display_width(head) + display_width(tail) + 4;
        const std::size_t room = width > taken ? std::min(kBarMax, width - taken) : 0;
        if (room >= 5) {
            const std::size_t full = room * *share / 100;
            bar_columns = room + 4;
            bar = "  [" + paint.green(std::string(full, '#')) + paint.dim(std::string(room - full, '.')) + "]";
        }
    }
    // Text is cut, the bar with its colours is not: it was made to fit.
    const std::size_t used = display_width(head) + bar_columns;
    return head + bar + cut_to_width(tail, width > used ? width - used : 0);
}

std::string progress_line(const ProgressState& state, const RateMeter& rate) {
    std::vector<std::string> parts;
    if (const auto share = percent(state)) parts.push_back(fmt::format("{} %", *share));
    for (std::string& fact : facts(state, rate)) parts.push_back(std::move(fact));
    return parts.empty() ? std::string(state.doing) : fmt::format("{}: {}", state.doing, fmt::join(parts, ", "));
}

ProgressDisplay::ProgressDisplay(Console& console, const Clock& clock)
    : console_(console), clock_(clock), shown_(!console.quiet() && (!console.json() || console.terminal().err)),
      bar_(console.terminal().err) {}

void ProgressDisplay::show(const ProgressState& state) {
    if (!shown_) return;
    const std::lock_guard lock(mutex_);
    const Timestamp now = clock_.now();
    if (state.doing != doing_) {
        doing_ = state.doing;
        rate_ = RateMeter();
        // Lines for a log tell of each stage that lasts; the bar waits once, at the beginning of all.
        if (started_ == 0 || !bar_) started_ = drawn_ = now;
    }
    rate_.add(now, state.bytes);
    if (bar_) {
        if (now - started_ < kBarDelay || now - drawn_ < kBarPause) return;
        const std::size_t width = console_.terminal().width;
        console_.warn("\r" + progress_bar(state, rate_, width > 1 ? width - 1 : 0, console_.err_paint()) + "\x1b[K");
        standing_ = true;
    } else {
        if (now - drawn_ < kLinePause) return;
        console_.warn(progress_line(state, rate_) + "\n");
    }
    drawn_ = now;
}

void ProgressDisplay::silence() { shown_ = false; }

void ProgressDisplay::clear() {
    const std::lock_guard lock(mutex_);
    if (standing_) console_.warn("\r\x1b[K");
    standing_ = false;
}

} // namespace inlet
