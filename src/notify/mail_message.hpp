// An e-mail as the bytes that go over the wire: RFC 5322, MIME (RFC 2045 to 2047, 2231), multipart/alternative with
// attachments. Whatever the texts hold, they cannot become headers or parts. Floor 5; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace inlet {

struct Attachment {
    std::string name;
    std::string type; // "text/csv; charset=utf-8"; not from outside
    std::string bytes;
};

struct MailMessage {
    std::string from; // addresses that were read by the project reader
    std::string to;
    std::string id;      // [A-Za-z0-9_]: the same for the same message
    std::string subject; // any text; control characters become spaces
    std::string text;
    std::string html;
    std::vector<Attachment> attachments;
};

// Lines end in CRLF and are at most 998 bytes; all is ASCII.
std::string wire_text(const MailMessage& message, Timestamp date);

// As the text of a header: itself if it is plain ASCII, else encoded words (RFC 2047, section 2), folded.
std::string header_text(std::string_view text);

// UTF-8 on one line of at most `most` characters: control characters become spaces, what is no UTF-8 becomes U+FFFD.
std::string one_line(std::string_view text, std::size_t most);

} // namespace inlet
