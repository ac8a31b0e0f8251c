#include "http/preferences.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace inlet::http {

namespace {

constexpr std::chrono::seconds kWaitMost{60};

} // namespace

std::chrono::seconds wait_of(const Request& request) {
    const std::string* prefer = request.headers.find("Prefer");
    if (prefer == nullptr) return {};
    std::string_view rest = *prefer;
    while (!rest.empty()) {
        std::string_view one = rest.substr(0, std::min(rest.find_first_of(",;"), rest.size()));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (!one.starts_with("wait=")) continue;
        one.remove_prefix(5);
        std::int64_t seconds = 0;
        const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), seconds);
        if (error == std::errc() && end == one.data() + one.size() && seconds >= 0)
            return std::min(kWaitMost, std::chrono::seconds(seconds));
    }
    return {};
}

std::string http_date(std::time_t moment) {
    std::tm parts{};
    gmtime_r(&moment, &parts);
    char text[64];
    // In the C locale, which the program does not leave.
    const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text, size};
}

} // namespace inlet::http
