// What a file is by its first bytes, whatever its name says: text, a zip, or something that is refused. Floor 5; a
// plain function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace inlet {

enum class ContentKind : std::uint8_t {
    text, // anything not recognised as one of the others
    zip,
    archive,    // of another kind, or a compressed file
    executable, // a program, a library, a script with an interpreter line
    recoded,    // text in UTF-16 or UTF-32
    other,      // an image, a database, an office document ...
};

struct Content {
    ContentKind kind = ContentKind::text;
    std::string_view name = "text"; // for a person: "a gzip file"; a constant
};

// How much of the beginning is looked at.
inline constexpr std::size_t kRecognisedBytes = 1024;

// Why text in another encoding is refused, and what to do about it. `content` is recoded.
Error wrong_encoding(std::string_view name, const Content& content);

// By the magic numbers of file(1). Where one is also likely as text (MZ, BM), more than the number is asked for.
Content recognise(std::span<const char> head);

} // namespace inlet
