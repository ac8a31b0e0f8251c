// What the program says about its own work: a line for each thing, as JSON or as text for people. Floor 0. Safe from
// many threads.
#pragma once

#include <atomic>
#include <concepts>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json_writer.hpp"
#include "base/log_level.hpp"
#include "base/result.hpp"

namespace inlet {

// The line about to be written: its fields in the order in which they are given.
class LogLine {
public:
    LogLine(LogLevel level, std::string_view message) : level_(level), message_(message) {}

    LogLine& with(std::string_view name, std::string_view text);
    LogLine& with(std::string_view name, const char* text) { return with(name, std::string_view(text)); }
    LogLine& with(std::string_view name, double number) { return raw(name, number_text(number)); }
    LogLine& with(std::string_view name, bool truth) { return raw(name, truth ? "true" : "false"); }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    LogLine& with(std::string_view name, T number) {
        return raw(name, std::to_string(number));
    }
    // Only what says something: no empty text, no 0.
    template <class T>
    LogLine& with_any(std::string_view name, const T& item) {
        return item == T() ? *this : with(name, item);
    }
    // Its code and why; its message is the line's.
    LogLine& with(const Error& error);

private:
    friend class Log;
    struct Field {
        std::string name;
        std::string value;
        bool is_text = false; // else a value of JSON
    };
    static std::string number_text(double number);
    LogLine& raw(std::string_view name, std::string value);

    LogLevel level_;
    std::string message_;
    std::vector<Field> fields_;
};

class Log {
public:
    // `write` is given whole lines, one at a time. The clock is borrowed.
    Log(const Clock& clock, std::function<void(std::string_view line)> write)
        : clock_(clock), write_(std::move(write)) {}

    void set(LogFormat format, LogLevel least) {
        format_ = format;
        least_ = least;
    }
    bool takes(LogLevel level) const { return level >= least_; }
    // {"time":"2026-11-20T10:18:43.250000Z","level":"info","message":"...",...}, or the same for people:
    // 2026-11-20T10:18:43.250000Z info    ... name=value name="other value"
    void write(const LogLine& line);

private:
    const Clock& clock_;
    const std::function<void(std::string_view)> write_;
    std::atomic<LogFormat> format_ = LogFormat::json;
    std::atomic<LogLevel> least_ = LogLevel::info;
    std::mutex writing_;
};

} // namespace inlet
