#include "fronts/http/request_reading.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include <fmt/format.h>

namespace inlet::http {

namespace {

constexpr std::size_t kPageDefault = 50;
constexpr std::size_t kPageMost = 1000;
constexpr std::size_t kFormBytesMax = 64 << 10;

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

Result<std::vector<std::pair<std::string, std::string>>> parameters_of(const Request& request, ByteSource& body) {
    auto parameters = request.target.parameters;
    std::string text(kFormBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const std::size_t count = TRY(body.read(std::span(text).subspan(size)));
        if (count == 0) break;
        size += count;
    }
    if (size > kFormBytesMax) return fail(FailureCode::bad_argument, "the form is larger than 64 KiB");
    text.resize(size);
    const Target form = TRY(Target::parse("/?" + text));
    parameters.insert(parameters.end(), form.parameters.begin(), form.parameters.end());
    return parameters;
}

} // namespace inlet::http
