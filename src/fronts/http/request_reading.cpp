#include "fronts/http/request_reading.hpp"

#include <charconv>

#include <fmt/format.h>

namespace inlet::http {

Result<std::int64_t> number(std::string_view name, std::string_view text, std::int64_t least) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least)
        return fail(FailureCode::bad_argument,
                    fmt::format("`{}` must be a whole number of at least {}, and is `{}`", name, least, text));
    return value;
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

} // namespace inlet::http
