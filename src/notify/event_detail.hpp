// The detail of an event taken apart: a flat JSON object as the floors below wrote it. Floor 5; pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace inlet {

struct DetailMember {
    std::string name; // without quotes
    std::string json; // its value, as written
};

// The members in their order, up to the first that is not of the form that JsonWriter gives them.
std::vector<DetailMember> detail_members(std::string_view detail);

// The same for strangers: where `code` says that the system failed, `reason` is what that code means, and no more.
std::vector<DetailMember> public_detail(std::string_view detail);

} // namespace inlet
