#include "http/router.hpp"

#include <optional>
#include <utility>

namespace inlet::http {

namespace {

bool is_name(std::string_view segment) { return segment.starts_with('{'); }
bool takes_rest(std::string_view segment) { return segment.ends_with("+}"); }

std::optional<std::map<std::string, std::string>> values_of(const std::vector<std::string>& pattern,
                                                            const std::vector<std::string>& segments) {
    if (segments.size() < pattern.size()) return std::nullopt;
    std::size_t more = segments.size() - pattern.size(); // segments that a {name+} takes beside its first
    std::map<std::string, std::string> values;
    std::size_t at = 0; // in the segments
    for (const std::string& part : pattern) {
        if (takes_rest(part)) {
            std::string& value = values[part.substr(1, part.size() - 3)];
            for (value = segments[at++]; more > 0; --more) value += "/" + segments[at++];
            if (value.empty()) return std::nullopt;
        } else if (is_name(part)) {
            if (segments[at].empty()) return std::nullopt;
            values[part.substr(1, part.size() - 2)] = segments[at++];
        } else if (part != segments[at++]) {
            return std::nullopt;
        }
    }
    if (more > 0) return std::nullopt;
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
