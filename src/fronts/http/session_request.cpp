#include "fronts/http/session_request.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/json_writer.hpp"
#include "contract/files_schema.hpp"
#include "fronts/http/request_reading.hpp"
#include "records/json_object.hpp"

namespace inlet::http {

namespace {

using Members = std::map<std::string, JsonMember>;

constexpr std::size_t kBodyBytesMax = 64 << 10;
constexpr std::int64_t kPartsMax = 10'000;

Result<std::string> text_of(const Members& members, const std::string& name) {
    const auto found = members.find(name);
    if (found == members.end() || found->second.kind == JsonValue::Kind::null) return std::string();
    if (found->second.kind != JsonValue::Kind::string)
        return fail(FailureCode::bad_argument, fmt::format("`{}` must be a text", name));
    return found->second.text;
}

Result<std::optional<std::int64_t>> number_of(const Members& members, const std::string& name, std::int64_t least) {
    const auto found = members.find(name);
    if (found == members.end() || found->second.kind == JsonValue::Kind::null) return std::nullopt;
    if (found->second.kind != JsonValue::Kind::number)
        return fail(FailureCode::bad_argument, fmt::format("`{}` must be a number", name));
    return TRY(number(name, found->second.text, least));
}

Result<std::string> sha256_of(const Members& members) {
    std::string text = TRY(text_of(members, "sha256"));
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (!text.empty() && (text.size() != 64 || !std::ranges::all_of(text, is_digit)))
        return fail(FailureCode::bad_argument, "`sha256` must be 64 hexadecimal digits in lower case");
    return text;
}

// name, type, comment, and what `fields` holds.
Status read_fields(const Members& members, std::map<std::string, std::string>& fields) {
    if (const auto own = members.find("fields"); own != members.end() && own->second.kind != JsonValue::Kind::null) {
        if (own->second.kind != JsonValue::Kind::object)
            return fail(FailureCode::bad_argument, "`fields` must be an object");
        for (const auto& [name, value] : TRY(read_json_object(own->second.text)))
            if (value.kind != JsonValue::Kind::null) fields[name] = value.text;
    }
    for (const std::string_view name : {files_field::kName, files_field::kType, files_field::kComment}) {
        std::string text = TRY(text_of(members, std::string(name)));
        if (!text.empty()) fields[std::string(name)] = std::move(text);
    }
    return {};
}

Status only(const Members& members, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : members) {
        if (std::ranges::find(known, name) == known.end())
            return fail(FailureCode::bad_argument,
                        fmt::format("there is no member `{}`; known are {}", name, fmt::join(known, ", ")));
    }
    return {};
}

Result<std::vector<std::uint64_t>> split(std::uint64_t bytes, std::optional<std::int64_t> parts,
                                         std::optional<std::int64_t> part_bytes) {
    if (parts && part_bytes)
        return fail(FailureCode::bad_argument, "either `parts` or `part_bytes` says how the file is cut, not both");
    std::uint64_t each = bytes;
    if (part_bytes) each = static_cast<std::uint64_t>(*part_bytes);
    if (parts) each = (bytes + static_cast<std::uint64_t>(*parts) - 1) / static_cast<std::uint64_t>(*parts);
    const std::uint64_t count = bytes == 0 ? 1 : (bytes + each - 1) / each;
    if (count > kPartsMax)
        return fail(FailureCode::bad_argument, fmt::format("a session has at most {} parts", kPartsMax));
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t left = bytes; sizes.size() < count; left -= sizes.back()) sizes.push_back(std::min(each, left));
    return sizes;
}

} // namespace

std::uint64_t SessionRequest::bytes() const { return std::accumulate(parts.begin(), parts.end(), std::uint64_t{0}); }

Result<SessionRequest> read_session_request(std::string_view json) {
    const Members members = TRY(read_json_object(json));
    TRY(only(members, {"dataset", "path", "bytes", "name", "type", "comment", "fields", "parts", "part_bytes", "sha256",
                       "expires_in"}));
    SessionRequest request;
    request.dataset = TRY(text_of(members, "dataset"));
    request.note.path = TRY(text_of(members, "path"));
    if (request.dataset.empty() || request.note.path.empty())
        return fail(FailureCode::bad_argument, "a session needs `dataset` and `path`");
    const auto bytes = TRY(number_of(members, "bytes", 0));
    if (!bytes) return fail(FailureCode::bad_argument, "a session needs `bytes`, the size of the file");
    const auto parts = TRY(number_of(members, "parts", 1));
    const auto part_bytes = TRY(number_of(members, "part_bytes", 1));
    request.parts = TRY(split(static_cast<std::uint64_t>(*bytes), parts, part_bytes));
    request.sha256 = TRY(sha256_of(members));
    request.expires_in = TRY(number_of(members, "expires_in", 1));
    TRY(read_fields(members, request.note.fields));
    return request;
}

Result<Acknowledgement> read_acknowledgement(std::string_view json) {
    const Members members = TRY(read_json_object(json));
    TRY(only(members, {"session", "bytes", "sha256", "name", "type", "comment", "fields"}));
    Acknowledgement told;
    told.session = TRY(text_of(members, "session"));
    if (told.session.empty()) return fail(FailureCode::bad_argument, "`session` must say which upload session it is");
    if (const auto bytes = TRY(number_of(members, "bytes", 0))) told.bytes = static_cast<std::uint64_t>(*bytes);
    told.sha256 = TRY(sha256_of(members));
    TRY(read_fields(members, told.fields));
    return told;
}

std::string session_note_json(const SessionNote& note) {
    JsonWriter json;
    json.begin_object().key("note").raw(file_note_json(note.note)).member("sha256", note.sha256);
    json.member("bytes", note.bytes).end_object();
    return json.take();
}

std::optional<SessionNote> read_session_note(std::string_view json) {
    const auto members = read_json_object(json);
    if (!members || !members->contains("note") || !members->contains("sha256") || !members->contains("bytes"))
        return std::nullopt;
    auto note = read_file_note(members->at("note").text);
    if (!note) return std::nullopt;
    SessionNote read{.note = std::move(*note), .sha256 = members->at("sha256").text};
    const std::string& bytes = members->at("bytes").text;
    std::from_chars(bytes.data(), bytes.data() + bytes.size(), read.bytes);
    return read;
}

Result<std::string> read_small_body(ByteSource& body) {
    std::string text(kBodyBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const std::size_t count = TRY(body.read(std::span(text).subspan(size)));
        if (count == 0) break;
        size += count;
    }
    if (size > kBodyBytesMax)
        return fail(FailureCode::file_too_large, fmt::format("this call takes at most {} bytes", kBodyBytesMax));
    text.resize(size);
    return text;
}

} // namespace inlet::http
