#include "notify/event_detail.hpp"

#include <algorithm>

#include "base/failures.hpp"
#include "base/json_writer.hpp"

namespace inlet {

namespace {

// The length of the JSON string, quotes included, that the text begins with; 0: none.
std::size_t string_length(std::string_view text) {
    if (!text.starts_with('"')) return 0;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '\\')
            ++at;
        else if (text[at] == '"')
            return at + 1;
    }
    return 0;
}

// Of a string, number or word. Objects and lists are not written into details.
std::size_t value_length(std::string_view text) {
    if (text.starts_with('"')) return string_length(text);
    return std::min(text.find_first_of(",}"), text.size());
}

} // namespace

std::vector<DetailMember> detail_members(std::string_view detail) {
    std::vector<DetailMember> members;
    if (!detail.starts_with('{')) return members;
    detail.remove_prefix(1);
    for (;;) {
        const std::size_t name = string_length(detail);
        if (name == 0 || detail.size() <= name || detail[name] != ':') return members;
        const std::string_view rest = detail.substr(name + 1);
        const std::size_t value = value_length(rest);
        if (value == 0 || value >= rest.size()) return members;
        members.push_back({std::string(detail.substr(1, name - 2)), std::string(rest.substr(0, value))});
        if (rest[value] != ',') return members;
        detail = rest.substr(value + 1);
    }
}

std::vector<DetailMember> public_detail(std::string_view detail) {
    std::vector<DetailMember> members = detail_members(detail);
    const auto code = std::ranges::find(members, "code", &DetailMember::name);
    if (code == members.end() || code->json.size() < 2) return members;
    const auto failure = failure_from_code(code->json.substr(1, code->json.size() - 2));
    if (failure && failure_info(*failure).kind != FailureKind::system) return members;
    const auto reason = std::ranges::find(members, "reason", &DetailMember::name);
    if (reason == members.end()) return members;
    reason->json.clear();
    append_json_string(reason->json, failure ? failure_info(*failure).meaning : "The system failed.");
    return members;
}

} // namespace inlet
