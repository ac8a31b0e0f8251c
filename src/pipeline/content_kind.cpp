#include "pipeline/content_kind.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace inlet {

namespace {

using std::string_view_literals::operator""sv;

struct Magic {
    std::size_t offset;
    std::string_view bytes;
    ContentKind kind;
    std::string_view name;
    bool needs_nul = false; // the number alone is likely in text: a zero byte must follow soon
};

constexpr std::size_t kNulWithin = 64;

constexpr std::array kMagics{
    Magic{0, "PK\x03\x04"sv, ContentKind::zip, "a zip archive"},
    Magic{0, "PK\x05\x06"sv, ContentKind::zip, "an empty zip archive"},
    Magic{0,
          "\x7f"
          "ELF"sv,
          ContentKind::executable, "a Linux program (ELF)"},
    Magic{0, "MZ"sv, ContentKind::executable, "a Windows program (PE)", true},
    Magic{0, "\xfe\xed\xfa\xce"sv, ContentKind::executable, "a macOS program (Mach-O)"},
    Magic{0, "\xfe\xed\xfa\xcf"sv, ContentKind::executable, "a macOS program (Mach-O)"},
    Magic{0, "\xce\xfa\xed\xfe"sv, ContentKind::executable, "a macOS program (Mach-O)"},
    Magic{0, "\xcf\xfa\xed\xfe"sv, ContentKind::executable, "a macOS program (Mach-O)"},
    Magic{0, "\xca\xfe\xba\xbe"sv, ContentKind::executable, "a program (Mach-O or Java class)"},
    Magic{0, "\0asm"sv, ContentKind::executable, "a WebAssembly program"},
    Magic{0, "\x1f\x8b"sv, ContentKind::archive, "a gzip file"},
    Magic{0,
          "\xfd"
          "7zXZ\0"sv,
          ContentKind::archive, "an xz file"},
    Magic{0, "\x28\xb5\x2f\xfd"sv, ContentKind::archive, "a zstd file"},
    Magic{0, "\x04\x22\x4d\x18"sv, ContentKind::archive, "an lz4 file"},
    Magic{0, "7z\xbc\xaf\x27\x1c"sv, ContentKind::archive, "a 7z archive"},
    Magic{0, "Rar!\x1a\x07"sv, ContentKind::archive, "a RAR archive"},
    Magic{0, "MSCF\0\0\0\0"sv, ContentKind::archive, "a cabinet archive"},
    Magic{0, "!<arch>\n"sv, ContentKind::archive, "an ar archive"},
    Magic{257, "ustar"sv, ContentKind::archive, "a tar archive"},
    Magic{0, "\x89PNG\r\n\x1a\n"sv, ContentKind::other, "a PNG image"},
    Magic{0, "\xff\xd8\xff"sv, ContentKind::other, "a JPEG image"},
    Magic{0, "GIF87a"sv, ContentKind::other, "a GIF image"},
    Magic{0, "GIF89a"sv, ContentKind::other, "a GIF image"},
    Magic{8, "WEBPVP8"sv, ContentKind::other, "a WebP image"},
    Magic{0, "II*\0"sv, ContentKind::other, "a TIFF image"},
    Magic{0, "MM\0*"sv, ContentKind::other, "a TIFF image"},
    Magic{0, "BM"sv, ContentKind::other, "a BMP image", true},
    Magic{0, "%PDF-"sv, ContentKind::other, "a PDF document"},
    Magic{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, ContentKind::other, "an old Office document"},
    Magic{0, "SQLite format 3\0"sv, ContentKind::other, "an SQLite database"},
    Magic{8, "DUCK"sv, ContentKind::other, "a DuckDB database", true},
    Magic{0, "PAR1"sv, ContentKind::other, "a Parquet file", true},
    Magic{0, "ARROW1\0\0"sv, ContentKind::other, "an Arrow file"},
};

bool has_nul(std::string_view head) { return head.substr(0, kNulWithin).find('\0') != std::string_view::npos; }

// "BZh", the block size, and the digits of pi that begin each block.
bool is_bzip2(std::string_view head) { return head.starts_with("BZh") && head.substr(4).starts_with("1AY&SY"); }

// "#!/bin/sh", "#! /usr/bin/env python3"
bool is_script(std::string_view head) {
    if (!head.starts_with("#!")) return false;
    const std::size_t path = head.find_first_not_of(' ', 2);
    return path != std::string_view::npos && head[path] == '/';
}

constexpr std::size_t kEncodingTold = 64;

// With a byte order mark (RFC 3629, RFC 2781), or without one by the zero bytes that Latin text has in every other
// place.
std::optional<std::string_view> encoding(std::string_view head) {
    if (head.starts_with("\xff\xfe\0\0"sv) || head.starts_with("\0\0\xfe\xff"sv)) return "UTF-32";
    if (head.starts_with("\xff\xfe"sv) || head.starts_with("\xfe\xff"sv)) return "UTF-16";
    head = head.substr(0, kEncodingTold);
    if (head.size() < 4) return std::nullopt;
    std::array<std::size_t, 2> zeros{};
    for (std::size_t i = 0; i < head.size(); ++i) zeros[i % 2] += head[i] == '\0' ? 1 : 0;
    const std::size_t places = head.size() / 2;
    for (const std::size_t side : {0U, 1U}) {
        if (zeros[1 - side] == 0 && zeros[side] * 4 >= places * 3) return "UTF-16";
    }
    return std::nullopt;
}

} // namespace

Error wrong_encoding(std::string_view name, const Content& content) {
    return {FailureCode::encoding_error,
            fmt::format("`{}` is text in {} from its first byte on, and UTF-8 is read: save it as UTF-8, or convert it "
                        "with `iconv -f {} -t UTF-8`",
                        name, content.name, content.name)};
}

Content recognise(std::span<const char> head) {
    const std::string_view bytes(head.data(), std::min(head.size(), kRecognisedBytes));
    for (const Magic& magic : kMagics) {
        if (bytes.size() < magic.offset || !bytes.substr(magic.offset).starts_with(magic.bytes)) continue;
        if (!magic.needs_nul || has_nul(bytes)) return {magic.kind, magic.name};
    }
    if (is_bzip2(bytes)) return {ContentKind::archive, "a bzip2 file"};
    if (is_script(bytes)) return {ContentKind::executable, "a script"};
    if (const auto name = encoding(bytes)) return {ContentKind::recoded, *name};
    return {};
}

} // namespace inlet
