// Where a command speaks: results on standard output, everything about the run (notes, progress, errors) on standard
// error. Floor 7; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "app/paint.hpp"
#include "base/json_writer.hpp"
#include "base/result.hpp"
#include "records/byte_source.hpp"

namespace inlet {

// A file descriptor that is written to through a buffer, or, with none, at once. Does not own the descriptor.
class DescriptorSink final : public ByteSink {
public:
    explicit DescriptorSink(int descriptor, std::size_t buffer_bytes = 64 << 10)
        : descriptor_(descriptor), buffer_bytes_(buffer_bytes) {}
    ~DescriptorSink() override;
    Status write(std::span<const char> bytes) override; // io-failed, disk-full
    Status flush() override;
    // Drops what is in the buffer, if nothing was written before it: whether that was so.
    bool take_back();
    // The reader at the other end went away (`| head`): not worth an error message.
    bool reader_gone() const { return reader_gone_; }

private:
    int descriptor_;
    std::size_t buffer_bytes_;
    std::string buffer_;
    bool written_ = false; // anything
    bool reader_gone_ = false;
};

// What the two outputs are connected to.
struct Terminal {
    bool out = false;        // standard output is a terminal
    bool err = false;        // standard error is one
    std::size_t width = 80;  // columns
    std::size_t height = 24; // lines
};
Terminal find_terminal();

struct ConsoleSettings {
    bool json = false;
    bool quiet = false;
    bool out_colors = false;
    bool err_colors = false;
};
// Colours as asked for, else where a person looks and NO_COLOR (https://no-color.org) is not set.
ConsoleSettings console_settings(bool json, bool quiet, ColorMode color, const Terminal& terminal);

class Console {
public:
    Console(ConsoleSettings settings, Terminal terminal, ByteSink& out, ByteSink& err)
        : settings_(settings), terminal_(terminal), out_(out), err_(err) {}

    bool json() const { return settings_.json; }
    bool quiet() const { return settings_.quiet; }
    const Terminal& terminal() const { return terminal_; }
    Paint paint() const { return Paint(settings_.out_colors); }
    Paint err_paint() const { return Paint(settings_.err_colors); }
    ByteSink& out() { return out_; }

    // What was asked for: always written.
    Status print(std::string_view text);
    Status print(JsonWriter& json); // and a line end
    Status flush();                 // of what was printed: while the program goes on
    // The report of an act for a person: written unless --quiet. Commands answer --json with print() instead.
    Status tell(std::string_view text);
    // A line beside the result, to standard error, unless --quiet.
    void note(std::string_view line);
    // To standard error, always; what cannot be written there is lost.
    void warn(std::string_view text);

private:
    ConsoleSettings settings_;
    Terminal terminal_;
    ByteSink& out_;
    ByteSink& err_;
};

// "error: what happened", code, context, causes and what to do, each on its line.
std::string error_text(const Error& error, Paint paint);
// {"code","message","what_to_do","kind","exit_code","context":{},"because":{...}}
void write_error(JsonWriter& json, const Error& error);
// The exit code that an error ends the program with.
int exit_code_of(FailureCode code);

} // namespace inlet
