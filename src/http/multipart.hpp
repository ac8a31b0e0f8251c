// Reads multipart/form-data (RFC 7578, on RFC 2046 section 5.1) while it arrives, in a fixed amount of memory. Floor 5;
// one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "records/byte_source.hpp"

namespace inlet::http {

// Whether a Content-Type is multipart/form-data.
bool is_multipart(std::string_view content_type);
// Its parameter `boundary` (RFC 2046: 1 to 70 characters). multipart-malformed.
Result<std::string> boundary_of(std::string_view content_type);

struct FormPart {
    std::string name;
    // Set for a file, also an empty one: a form whose file input was left alone sends one. `filename*` (RFC 8187, in
    // UTF-8) counts before `filename`, whose %22, %0D and %0A are what browsers write for characters that it cannot
    // hold.
    std::optional<std::string> file_name;
    std::string type; // media type as sent; empty: not told
};

class MultipartReader {
public:
    static constexpr std::size_t kHeaderBytesMax = 16 << 10; // of one part

    // The body is borrowed. `boundary` as boundary_of() gave it.
    MultipartReader(ByteSource& body, std::string_view boundary);

    // The next part; what was not read of the one before is passed over. Nothing: it was the last, and all of the body
    // is read. Errors: multipart-malformed, those of the body. Nothing may be called after an error.
    Result<std::optional<FormPart>> next();
    // At least one byte of the part's content, unless at its end: then 0. Errors as above.
    Result<std::size_t> read(std::span<char> room);

private:
    // Reads on until there are `bytes` unread ones, or the body ends; whether there are.
    Result<bool> fill(std::size_t bytes);
    std::string_view unread() const { return std::string_view(block_).substr(begin_, end_ - begin_); }
    Result<bool> after_delimiter(); // whether another part begins
    Result<FormPart> headers();
    Result<std::string> line(std::size_t& left);

    ByteSource& body_;
    const std::string delimiter_; // CRLF, --, the boundary
    std::string block_;
    std::size_t begin_ = 0; // of what is unread in the block
    std::size_t end_ = 0;
    bool at_end_ = false; // the body is
    bool in_part_ = true; // at first in the preamble, which is passed over as a part is
    bool is_over_ = false;
};

} // namespace inlet::http
