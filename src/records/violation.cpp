// Violations folded into lines. They are grouped by code and field, as they are counted; a group whose violations are
// all at hand is split further by the rule they broke, which is what their messages say besides the value.
#include "records/violation.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kRulesMax = 4;  // into which a group is split
constexpr std::size_t kValueMax = 60; // bytes of a value in a line

struct Group {
    FailureCode code;
    std::string_view field;
    std::uint64_t count = 0;
    std::vector<const Violation*> kept; // by row
};

// A message of the form "`field` is VALUE; RULE" in its parts.
struct Parts {
    std::string_view value; // as the message shows it
    std::string_view rule;
};

std::optional<Parts> parts_of(const Violation& violation) {
    const std::string prefix = fmt::format("`{}` is ", violation.field);
    const std::string_view message = violation.message;
    if (violation.field.empty() || !message.starts_with(prefix)) return std::nullopt;
    // The value may hold a semicolon itself.
    std::size_t at = prefix.size();
    if (message.substr(at).starts_with('`')) ++at;
    for (const char c : violation.value) {
        if (at == message.size() || message[at] != c) break;
        ++at;
    }
    const std::size_t end = message.find("; ", at);
    if (end == std::string_view::npos) return std::nullopt;
    return Parts{.value = message.substr(prefix.size(), end - prefix.size()), .rule = message.substr(end + 2)};
}

std::string cut(std::string_view text) {
    if (text.size() <= kValueMax) return std::string(text);
    std::size_t end = kValueMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return std::string(text.substr(0, end)) + "...";
}

std::string with_commas(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

// "rows 17, 40-52 and 3 more"
std::string rows_of(const Group& group, std::size_t ranges_max) {
    const auto& kept = group.kept;
    std::size_t begin = 0;
    while (begin < kept.size() && kept[begin]->row == 0) ++begin; // of the file, not of a row
    if (begin > 0 && begin == group.count) return "the file";

    std::string text;
    std::size_t ranges = 0;
    std::uint64_t shown = 0; // violations in the rows that are named
    bool one_row = true;
    for (std::size_t end = begin; begin < kept.size() && ranges < ranges_max; begin = end, ++ranges) {
        const std::uint64_t first = kept[begin]->row;
        std::uint64_t last = first;
        for (; end < kept.size() && kept[end]->row <= last + 1; ++end) last = kept[end]->row;
        shown += end - begin;
        one_row = ranges == 0 && last == first;
        if (ranges > 0) text += ", ";
        text += last > first ? fmt::format("{}-{}", first, last) : std::to_string(first);
    }
    if (ranges == 0) return with_commas(group.count) + (group.count == 1 ? " row" : " rows");
    if (group.count > shown) return fmt::format("rows {} and {} more", text, with_commas(group.count - shown));
    return (one_row ? "row " : "rows ") + text;
}

// What a group has in common when its messages do not say.
std::string common_wording(const Group& group) {
    const std::string field = group.field.empty() ? "a value" : fmt::format("`{}`", group.field);
    switch (group.code) {
    case FailureCode::type_error:
        return field + " cannot be read as its type";
    case FailureCode::constraint_error:
        return field + " breaks a constraint";
    case FailureCode::unique_error:
        return field + " is not unique";
    case FailureCode::primary_key:
        return "the primary key is missing or came before";
    case FailureCode::missing_cell:
        return "the record has too few cells";
    case FailureCode::extra_cell:
        return "the record has more cells than the header";
    case FailureCode::blank_row:
        return "the record is empty";
    default:
        break;
    }
    std::string meaning(failure_info(group.code).meaning);
    if (meaning.ends_with('.')) meaning.pop_back();
    return group.field.empty() ? meaning : fmt::format("`{}`: {}", group.field, meaning);
}

std::string line_of(const Group& group, std::size_t ranges_max) {
    const std::string rows = rows_of(group, ranges_max);
    if (group.kept.empty()) return fmt::format("{}: {}", rows, common_wording(group));
    const Violation& sample = *group.kept.front();
    const auto same = [&](auto part) {
        return std::ranges::all_of(group.kept, [&](const Violation* other) { return part(*other) == part(sample); });
    };
    if (same([](const Violation& violation) -> std::string_view { return violation.message; }))
        return fmt::format("{}: {}", rows, sample.message);
    const auto where = sample.row == 0 ? std::string("the file") : fmt::format("row {}", sample.row);
    if (same([](const Violation& violation) { return parts_of(violation).value_or(Parts{}).rule; }) &&
        parts_of(sample)) {
        const Parts parts = *parts_of(sample);
        return fmt::format("{}: `{}`: {} ({} has {})", rows, group.field, parts.rule, where, cut(parts.value));
    }
    return fmt::format("{}: {} ({}: {})", rows, common_wording(group), where, sample.message);
}

// One group for each rule that was broken, if all that broke it are known and the rules are few; else the group itself.
std::vector<Group> by_rule(const Group& group) {
    if (group.kept.size() != group.count) return {group};
    std::map<std::string_view, Group> rules;
    for (const Violation* violation : group.kept) {
        const auto parts = parts_of(*violation);
        Group& rule =
            rules.try_emplace(parts ? parts->rule : std::string_view{}, Group{.code = group.code, .field = group.field})
                .first->second;
        rule.kept.push_back(violation);
        ++rule.count;
    }
    if (rules.size() > kRulesMax) return {group};
    std::vector<Group> groups;
    for (auto& [wording, rule] : rules) groups.push_back(std::move(rule));
    return groups;
}

} // namespace

std::vector<std::string> fold(const std::vector<Violation>& violations, const std::vector<ViolationCount>& counts,
                              std::size_t lines_max, std::size_t ranges_max) {
    std::map<std::pair<FailureCode, std::string_view>, Group> by_count;
    const auto group_of = [&](FailureCode code, std::string_view field) -> Group& {
        return by_count.try_emplace({code, field}, Group{.code = code, .field = field}).first->second;
    };
    for (const ViolationCount& count : counts) group_of(count.code, count.field).count += count.count;
    for (const Violation& violation : violations) group_of(violation.code, violation.field).kept.push_back(&violation);

    std::vector<Group> groups;
    for (auto& [key, group] : by_count) {
        std::ranges::stable_sort(group.kept, {}, &Violation::row);
        group.count = std::max<std::uint64_t>(group.count, group.kept.size());
        if (group.count == 0) continue;
        for (Group& part : by_rule(group)) groups.push_back(std::move(part));
    }
    std::ranges::stable_sort(groups, std::greater{}, &Group::count);

    std::vector<std::string> lines;
    const std::size_t shown = groups.size() <= lines_max ? groups.size() : std::max<std::size_t>(lines_max, 1) - 1;
    for (std::size_t i = 0; i < shown; ++i) lines.push_back(line_of(groups[i], ranges_max));
    if (shown < groups.size() && lines_max > 0) {
        std::uint64_t rest = 0;
        for (std::size_t i = shown; i < groups.size(); ++i) rest += groups[i].count;
        lines.push_back(fmt::format(
            fmt::runtime(shown > 0 ? "and {} more kinds of failure, {} in all" : "{} kinds of failure, {} in all"),
            groups.size() - shown, with_commas(rest)));
    }
    return lines;
}

} // namespace inlet
