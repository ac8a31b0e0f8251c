// What the headers of tus 1.0.0 say. Floor 6; plain functions. Where nothing else is said, what does not follow the
// specification is answered with bad-argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/uploads.hpp"
#include "http/message.hpp"

namespace inlet::tus {

// Base64 with padding (RFC 4648, section 4); nothing if it is none.
std::optional<std::string> base64_decoded(std::string_view text);

// The header's value as a number that is not negative; nothing if there is no such header.
Result<std::optional<std::uint64_t>> number_of(const http::Request& request, std::string_view name);

// Upload-Metadata: keys, which are unique, with their decoded values. An empty header has none.
using Metadata = std::vector<std::pair<std::string, std::string>>;
Result<Metadata> parse_metadata(std::string_view text);
const std::string* find(const Metadata& metadata, std::string_view key);

// Upload-Concat: "partial", or "final;URL URL ...", of which only the last segments count: an upload's address may be
// absolute, relative, or changed by a proxy.
struct Concat {
    UploadKind kind = UploadKind::partial;
    std::vector<std::string> partials; // ids
};
Result<Concat> parse_concat(std::string_view text);

// Upload-Checksum: the name of an algorithm and the bytes of the checksum.
struct Checksum {
    std::string algorithm;
    std::string bytes;
};
Result<Checksum> parse_checksum(std::string_view text);

// Whether Content-Type is that media type, parameters aside.
bool has_media_type(const http::Request& request, std::string_view type);

} // namespace inlet::tus
