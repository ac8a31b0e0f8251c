#include "base/log.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace inlet {

namespace {

// Whether it can stand in a line of text as it is.
bool is_plain(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '='; });
}

} // namespace

std::string_view to_string(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return "debug";
    case LogLevel::info:
        return "info";
    case LogLevel::warning:
        return "warning";
    case LogLevel::error:
        return "error";
    }
    std::unreachable();
}

LogLine& LogLine::with(std::string_view name, std::string_view text) {
    fields_.push_back({std::string(name), std::string(text), true});
    return *this;
}

LogLine& LogLine::raw(std::string_view name, std::string value) {
    fields_.push_back({std::string(name), std::move(value), false});
    return *this;
}

std::string LogLine::number_text(double number) {
    JsonWriter json;
    json.value(number);
    return json.take();
}

LogLine& LogLine::with(const Error& error) {
    with("code", failure_info(error.code).code);
    for (const auto& [name, value] : error.context) with(name, value);
    std::string why;
    for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get())
        why += fmt::format("{}{} ({})", why.empty() ? "" : "; ", cause->message, failure_info(cause->code).code);
    return with_any("because", why);
}

void Log::write(const LogLine& line) {
    if (!takes(line.level_)) return;
    const std::string time = iso_moment(clock_.now());
    std::string text;
    if (format_ == LogFormat::json) {
        JsonWriter json;
        json.begin_object()
            .member("time", time)
            .member("level", to_string(line.level_))
            .member("message", line.message_);
        for (const LogLine::Field& field : line.fields_) {
            json.key(field.name);
            if (field.is_text)
                json.value(field.value);
            else
                json.raw(field.value);
        }
        json.end_object();
        text = json.take();
    } else {
        text = fmt::format("{} {:<7} {}", time, to_string(line.level_), line.message_);
        for (const LogLine::Field& field : line.fields_) {
            text += fmt::format(" {}=", field.name);
            if (!field.is_text || is_plain(field.value))
                text += field.value;
            else
                append_json_string(text, field.value); // no line end, and no control character, gets through
        }
    }
    text += '\n';
    const std::scoped_lock lock(writing_);
    write_(text);
}

} // namespace inlet
