#include "notify/mail_message.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "records/scalars.hpp"

namespace inlet {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kBase64Line = 76;   // RFC 2045, section 6.8
constexpr std::size_t kEncodedBytes = 45; // of text in an encoded word: 75 characters at most (RFC 2047, section 2)

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

// Characters of three bytes that change how the others are shown, or are not seen: U+200B to U+200F, U+2028 to U+202E,
// U+2060 to U+2069, U+FEFF.
bool is_unseen(std::string_view character) {
    if (character.size() == 2) return character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
    if (character == "\xEF\xBB\xBF") return true;
    if (!character.starts_with("\xE2\x80") && !character.starts_with("\xE2\x81")) return false;
    const auto last = static_cast<unsigned char>(character[2]);
    if (character[1] == '\x81') return last >= 0xA0 && last <= 0xA9;
    return (last >= 0x8B && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE);
}

// RFC 5322, section 3.3, in UTC.
std::string mail_date(Timestamp moment) {
    static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = moment / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", kDays.at(static_cast<std::size_t>(parts.tm_wday)),
                       parts.tm_mday, kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append(kLineEnd);
}

void append_base64(std::string& out, std::string_view bytes) {
    const std::string text = base64(bytes);
    for (std::size_t at = 0; at < text.size(); at += kBase64Line) out.append(text, at, kBase64Line).append(kLineEnd);
}

void append_text_part(std::string& out, std::string_view boundary, std::string_view type, std::string_view text) {
    out.append("--").append(boundary).append(kLineEnd);
    append_header(out, "Content-Type", fmt::format("{}; charset=utf-8", type));
    append_header(out, "Content-Transfer-Encoding", "base64");
    out.append(kLineEnd);
    append_base64(out, text);
}

void append_attachment(std::string& out, std::string_view boundary, const Attachment& attachment) {
    std::string name = one_line(attachment.name, 100);
    std::ranges::replace_if(name, [](char c) { return c == '"' || c == '\\' || c < ' ' || c > '~'; }, '_');
    out.append("--").append(boundary).append(kLineEnd);
    append_header(out, "Content-Type", attachment.type);
    append_header(out, "Content-Disposition", fmt::format("attachment; filename=\"{}\"", name));
    append_header(out, "Content-Transfer-Encoding", "base64");
    out.append(kLineEnd);
    append_base64(out, attachment.bytes);
}

} // namespace

std::string one_line(std::string_view text, std::size_t most) {
    std::string out;
    std::size_t characters = 0;
    while (!text.empty()) {
        if (characters++ == most) return out + "\xE2\x80\xA6"; // an ellipsis
        std::size_t size = 1;
        while (size < text.size() && size < 4 && is_continuation(text[size])) ++size;
        const std::string_view character = text.substr(0, size);
        if (utf8_error(character) != std::string_view::npos) {
            out += "\xEF\xBF\xBD";
            size = 1;
        } else if (static_cast<unsigned char>(text[0]) < ' ' || text[0] == '\x7F' ||
                   (size > 1 && is_unseen(character))) {
            out += ' ';
        } else {
            out += character;
        }
        text.remove_prefix(size);
    }
    return out;
}

std::string header_text(std::string_view text) {
    constexpr std::size_t kPlainMost = 60;
    const std::string line = one_line(text, 900);
    if (is_plain(line) && line.size() <= kPlainMost && line.find("=?") == std::string::npos) return line;
    std::string out;
    for (std::size_t at = 0; at < line.size();) {
        std::size_t size = std::min(kEncodedBytes, line.size() - at);
        while (at + size < line.size() && is_continuation(line[at + size])) --size; // whole characters (section 5)
        if (!out.empty()) out += "\r\n ";
        out += "=?utf-8?B?" + base64(std::string_view(line).substr(at, size)) + "?=";
        at += size;
    }
    return out;
}

std::string wire_text(const MailMessage& message, Timestamp date) {
    const std::string outer = "=_inlet_mixed_" + message.id;
    const std::string inner = "=_inlet_text_" + message.id;
    const std::size_t at = message.from.rfind('@');
    std::string out;
    append_header(out, "Date", mail_date(date));
    append_header(out, "From", fmt::format("<{}>", message.from));
    append_header(out, "To", fmt::format("<{}>", message.to));
    append_header(out, "Message-ID", fmt::format("<{}@{}>", message.id, message.from.substr(at + 1)));
    append_header(out, "Subject", header_text(message.subject));
    append_header(out, "Auto-Submitted", "auto-generated"); // RFC 3834: answer nothing to this
    append_header(out, "MIME-Version", "1.0");
    append_header(out, "Content-Type", fmt::format("multipart/mixed; boundary=\"{}\"", outer));
    out.append(kLineEnd).append("--").append(outer).append(kLineEnd);
    append_header(out, "Content-Type", fmt::format("multipart/alternative; boundary=\"{}\"", inner));
    out.append(kLineEnd);
    append_text_part(out, inner, "text/plain", message.text);
    append_text_part(out, inner, "text/html", message.html);
    out.append("--").append(inner).append("--").append(kLineEnd);
    for (const Attachment& attachment : message.attachments) append_attachment(out, outer, attachment);
    out.append("--").append(outer).append("--").append(kLineEnd);
    return out;
}

} // namespace inlet
