// Goes through a JSON text (RFC 8259) value by value, without building anything. Floor 2; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "records/record_batch.hpp"

namespace inlet {

struct JsonValue {
    enum class Kind : std::uint8_t { null, boolean, number, string, object, array };
    Kind kind = Kind::null;
    std::string_view text; // as written; of a string without its quotes
    bool escaped = false;  // a string that holds escapes
    bool truth = false;    // of a boolean
};

class JsonCursor {
public:
    static constexpr int kDepthMost = 100;

    explicit JsonCursor(std::string_view text) : text_(text) {}

    // The next character that is no white space; 0 at the end.
    char peek();
    // Takes the character if it is the next one.
    bool take(char wanted);
    // Takes one whole value, nested values included, all of it well formed. False if there is none: see error().
    bool value(JsonValue& out);

    std::size_t position() const { return position_; }
    // What is wrong at position(), once value() was false: "a value is expected".
    std::string_view error() const { return error_; }

private:
    bool value(JsonValue& out, int depth);
    bool string(JsonValue& out);
    bool number(JsonValue& out);
    bool word(std::string_view word);
    bool members(char end, bool named, int depth);
    bool wrong(std::string_view what) {
        if (error_.empty()) error_ = what;
        return false;
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::string_view error_;
};

// The text that a string's inner text, well formed, stands for; in the arena if it holds escapes. 16 bytes behind it
// are readable if they are behind `text`.
TextRef json_text(const JsonValue& string, TextArena& arena);

} // namespace inlet
