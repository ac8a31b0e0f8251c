// Writing to the terminal, and how an error looks there.
#include "app/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

namespace inlet {

namespace {

// A message of several lines keeps its shape below the first word of the first one.
std::string indented(std::string_view text, std::size_t columns) {
    std::string out;
    for (const char c : text) {
        out += c;
        if (c == '\n') out.append(columns, ' ');
    }
    return out;
}

} // namespace

DescriptorSink::~DescriptorSink() { (void)flush(); }

Status DescriptorSink::write(std::span<const char> bytes) {
    buffer_.append(bytes.data(), bytes.size());
    return buffer_.size() < buffer_bytes_ ? Status{} : flush();
}

Status DescriptorSink::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t wrote = ::write(descriptor_, rest.data(), rest.size());
        if (wrote >= 0) {
            written_ = true;
            rest.remove_prefix(static_cast<std::size_t>(wrote));
        } else if (errno != EINTR) {
            const int error = errno;
            reader_gone_ = error == EPIPE;
            buffer_.clear();
            return fail(error == ENOSPC || error == EDQUOT ? FailureCode::disk_full : FailureCode::io_failed,
                        fmt::format("cannot write the output: {}", std::generic_category().message(error)));
        }
    }
    buffer_.clear();
    return {};
}

bool DescriptorSink::take_back() {
    if (written_) return false;
    buffer_.clear();
    return true;
}

Terminal find_terminal() {
    Terminal terminal;
    terminal.out = ::isatty(STDOUT_FILENO) == 1;
    terminal.err = ::isatty(STDERR_FILENO) == 1;
    winsize size{};
    if (::ioctl(terminal.out ? STDOUT_FILENO : STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        terminal.width = size.ws_col;
        terminal.height = size.ws_row;
    }
    return terminal;
}

ConsoleSettings console_settings(bool json, bool quiet, ColorMode color, const Terminal& terminal) {
    ConsoleSettings settings{.json = json, .quiet = quiet};
    if (color == ColorMode::always) settings.out_colors = settings.err_colors = true;
    if (color == ColorMode::automatic) {
        const char* no_color = std::getenv("NO_COLOR");
        const char* kind = std::getenv("TERM");
        const bool plain =
            (no_color != nullptr && *no_color != '\0') || (kind != nullptr && std::strcmp(kind, "dumb") == 0);
        settings.out_colors = terminal.out && !plain;
        settings.err_colors = terminal.err && !plain;
    }
    return settings;
}

Status Console::flush() { return out_.flush(); }

Status Console::print(std::string_view text) { return out_.write(text); }

Status Console::print(JsonWriter& json) { return out_.write(json.take() + "\n"); }

Status Console::tell(std::string_view text) { return settings_.quiet ? Status{} : out_.write(text); }

void Console::note(std::string_view line) {
    if (!settings_.quiet) warn(std::string(line) + "\n");
}

void Console::warn(std::string_view text) { (void)err_.write(text); }

std::string error_text(const Error& error, Paint paint) {
    const FailureInfo& info = failure_info(error.code);
    std::string out = fmt::format("{} {}\n", paint.bold(paint.red("error:")), indented(error.message, 7));
    out += fmt::format("  {} {}\n", paint.dim("code:"), info.code);
    for (const auto& [name, value] : error.context)
        out += fmt::format("  {} {}\n", paint.dim(name + ":"), indented(value, 4));
    for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get()) {
        out += fmt::format("  {} {} ({})\n", paint.dim("because:"), indented(cause->message, 4),
                           failure_info(cause->code).code);
        for (const auto& [name, value] : cause->context)
            out += fmt::format("    {} {}\n", paint.dim(name + ":"), value);
    }
    out += fmt::format("  {} {}\n", paint.dim("what to do:"), info.what_to_do);
    return out;
}

void write_error(JsonWriter& json, const Error& error) {
    const FailureInfo& info = failure_info(error.code);
    json.begin_object();
    json.member("code", info.code).member("message", error.message).member("what_to_do", info.what_to_do);
    json.member("kind", failure_kind_name(info.kind)).member("exit_code", failure_kind_exit_code(info.kind));
    json.key("context").begin_object();
    for (const auto& [name, value] : error.context) json.member(name, value);
    json.end_object();
    if (error.cause) {
        json.key("because");
        write_error(json, *error.cause);
    }
    json.end_object();
}

int exit_code_of(FailureCode code) { return failure_kind_exit_code(failure_info(code).kind); }

} // namespace inlet
