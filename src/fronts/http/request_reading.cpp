#include "fronts/http/request_reading.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/sha256.hpp"

namespace inlet::http {

namespace {

constexpr std::chrono::seconds kWaitMost{60};
constexpr std::size_t kPageDefault = 50;
constexpr std::size_t kPageMost = 1000;

} // namespace

Result<std::int64_t> number(std::string_view name, std::string_view text, std::int64_t least) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least)
        return fail(FailureCode::bad_argument,
                    fmt::format("`{}` must be a whole number of at least {}, and is `{}`", name, least, text));
    return value;
}

Result<std::size_t> limit_of(const Request& request) {
    const std::string* text = request.parameter("limit");
    if (text == nullptr) return kPageDefault;
    return std::min(static_cast<std::size_t>(TRY(number("limit", *text, 1))), kPageMost);
}

Result<SubmissionId> id_of(const Request& request) {
    const std::string& text = request.values.at("id");
    const auto id = number("id", text, 1);
    if (!id) return fail(FailureCode::unknown_submission, fmt::format("there is no submission `{}`", text));
    return SubmissionId(*id);
}

std::string file_name_of(const Request& request, const std::string& fallback) {
    const std::string* name = request.parameter("name");
    if (name == nullptr) return fallback;
    const std::string last = name->substr(name->find_last_of("/\\") + 1);
    return last.empty() ? fallback : last;
}

bool flag(const Request& request, std::string_view name) {
    const std::string* text = request.parameter(name);
    return text != nullptr && *text != "false";
}

Result<std::optional<RequestKey>> request_key(const Request& request, std::string_view body) {
    constexpr std::size_t kMost = 255;
    const std::string* header = request.headers.find("Idempotency-Key");
    if (header == nullptr) return std::nullopt;
    std::string_view text = *header;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (text.empty() || text.size() > kMost) {
        return fail(FailureCode::bad_argument,
                    fmt::format("an Idempotency-Key has 1 to {} characters, and this has {}", kMost, text.size()));
    }
    const std::string* type = request.headers.find("Content-Type");
    RequestKey key;
    key.principal = request.principal.id.empty() ? request.principal.name : request.principal.id;
    key.key = text;
    key.sha256 = sha256_hex(fmt::format("{} {}\n{}\n{}", to_string(request.method), request.target_text,
                                        type == nullptr ? "" : *type, body));
    return key;
}

} // namespace inlet::http
