// See names.hpp.
#include "contract/reading/names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace inlet::reading {

namespace {

constexpr std::size_t kNameBytesMax = 63;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

void check_name(std::string_view kind, const std::string& name, bool dashes, Place place, const Page& page) {
    if (name.starts_with('_')) {
        page.wrong(place, fmt::format("{} `{}`: names that begin with `_` are reserved for Inlet", kind, name));
        return;
    }
    const bool fits = !name.empty() && name.size() <= kNameBytesMax && is_letter(name.front()) &&
                      std::ranges::all_of(name, [dashes](char c) { return is_word(c) || (dashes && c == '-'); });
    if (fits) return;
    page.wrong(
        place,
        fmt::format("{} `{}`: a name begins with a letter and goes on with letters, digits{} `_`, at most {} in all",
                    kind, name, dashes ? ", `-` and" : " and", kNameBytesMax));
}

} // namespace

void check_table_name(std::string_view kind, const std::string& name, Place place, const Page& page) {
    check_name(kind, name, false, place, page);
}

void check_plain_name(std::string_view kind, const std::string& name, Place place, const Page& page) {
    check_name(kind, name, true, place, page);
}

void TableNames::add(std::string_view kind, const std::string& name, Place place, const Page& page) {
    check_table_name(kind, name, place, page);
    const auto [other, is_new] = taken_.try_emplace(lower(name), Taken{std::string(kind), name, place.line});
    if (is_new) return;
    page.wrong(place, fmt::format("{} `{}` has the name of {} `{}` (line {}){}", kind, name, other->second.kind,
                                  other->second.name, other->second.line,
                                  other->second.name == name ? "" : ": SQL does not tell upper from lower case"));
}

std::string_view TableNames::kind_of(const std::string& name) const {
    const auto found = taken_.find(lower(name));
    return found != taken_.end() && found->second.name == name ? std::string_view(found->second.kind)
                                                               : std::string_view();
}

} // namespace inlet::reading
