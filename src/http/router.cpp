#include "http/router.hpp"

#include <optional>
#include <utility>

namespace inlet::http {

namespace {

bool is_name(std::string_view segment) { return segment.starts_with('{'); }

std::optional<std::map<std::string, std::string>> values_of(const std::vector<std::string>& pattern,
                                                            const std::vector<std::string>& segments) {
    if (pattern.size() != segments.size()) return std::nullopt;
    std::map<std::string, std::string> values;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_name(pattern[i])) {
            if (segments[i].empty()) return std::nullopt;
            values[pattern[i].substr(1, pattern[i].size() - 2)] = segments[i];
        } else if (pattern[i] != segments[i]) {
            return std::nullopt;
        }
    }
    return values;
}

} // namespace

Status admit(const Route& route, const Principal& principal) {
    if (route.needs.what != Needs::admin || principal.is_admin()) return {};
    return fail(FailureCode::forbidden, "this call is for those who may do everything");
}

void Router::add(Route route) {
    auto target = Target::parse(route.path);
    CHECK(target);
    segments_.push_back(std::move(target->segments));
    routes_.push_back(std::move(route));
}

Router::Match Router::match(Method method, const Target& target) const {
    Match match;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const Route& route = routes_[i];
        auto values = values_of(segments_[i], target.segments);
        if (!values) continue;
        if (route.method == method) return {&route, &route, *std::move(values), ""};
        if (route.method == Method::get && method == Method::head) {
            match.route = &route;
            match.values = *std::move(values);
        }
        match.address = &route;
        if (!match.allowed.empty()) match.allowed += ", ";
        match.allowed += to_string(route.method);
        if (route.method == Method::get) match.allowed += ", HEAD";
    }
    if (match.route != nullptr) match.allowed.clear();
    return match;
}

} // namespace inlet::http
