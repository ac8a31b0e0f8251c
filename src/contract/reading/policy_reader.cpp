// Policies, and which of them go together. See policy_reader.hpp.
#include "contract/reading/policy_reader.hpp"

#include <array>
#include <optional>

#include <fmt/format.h>

namespace inlet::reading {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

struct Context {
    const std::string& thing; // "dataset `ratings`"
    bool keyless;
    const Page& page;
};

// Whether the mode is known.
bool read_write_mode(const Element& node, const Context& context, Dataset& dataset) {
    static const Words<WriteMode> kModes{{"append", WriteMode::append},
                                         {"upsert", WriteMode::upsert},
                                         {"replace", WriteMode::replace},
                                         {"sync", WriteMode::sync}};
    static constexpr std::array<Pair, 8> kSynonyms{{{"insert", "append"},
                                                    {"add", "append"},
                                                    {"update", "upsert"},
                                                    {"merge", "upsert"},
                                                    {"overwrite", "replace"},
                                                    {"truncate", "replace"},
                                                    {"snapshot", "sync"},
                                                    {"mirror", "sync"}}};
    const auto mode = read_word(node, "`write`", kModes, context.page, kSynonyms);
    if (!mode) return false;
    dataset.write = *mode;
    if (context.keyless && (*mode == WriteMode::upsert || *mode == WriteMode::sync)) {
        context.page.wrong(node.place, fmt::format("`write: {}` needs a `primaryKey` in the schema of {}",
                                                   to_string(*mode), context.thing));
    }
    return true;
}

void read_rejects(const Element& node, const Context& context, RejectPolicy& policy) {
    using Then = RejectPolicy::Then;
    static constexpr KeySet kKeys{keys::kRejects};
    static const Words<Then> kThen{
        {"reject", Then::reject}, {"hold", Then::hold}, {"publish_rest", Then::publish_rest}};
    static constexpr std::array<Pair, 3> kSynonyms{
        {{"publish", "publish_rest"}, {"continue", "publish_rest"}, {"fail", "reject"}}};
    const Page& page = context.page;
    const Mapping mapping(node, node.place, fmt::format("`rejects` of {}", context.thing), page, &kKeys);
    if (const Element* one = mapping.find("max_rows")) policy.max_rows = read_count(*one, "`max_rows`", page);
    if (const Element* one = mapping.find("max_share")) policy.max_share = read_share(*one, "`max_share`", page);
    if (const Element* one = mapping.find("keep")) policy.keep = read_count(*one, "`keep`", page).value_or(policy.keep);

    const Element* limit = mapping.find("max_rows") != nullptr ? mapping.find("max_rows") : mapping.find("max_share");
    const Element* then = mapping.find("then");
    if (then != nullptr) {
        const auto word = read_word(*then, "`then`", kThen, page, kSynonyms);
        policy.then = word.value_or(policy.then);
        if (word && *word != Then::reject && limit == nullptr) {
            page.wrong(
                then->place,
                fmt::format("`then` of {} says what happens within `max_rows` or `max_share`, and neither is set",
                            mapping.thing()),
                "add `max_share: 100%` to allow any number");
        }
    } else if (limit != nullptr) {
        page.wrong(limit->place, fmt::format("{} sets a limit, but not what happens within it", mapping.thing()),
                   "add `then: publish_rest` or `then: hold`");
    }
}

void read_deletes(const Element& node, const Context& context, bool mode_known, Dataset& dataset) {
    using Policy = DeletePolicy::Policy;
    using OnRejects = DeletePolicy::OnRejects;
    using OverLimit = DeletePolicy::OverLimit;
    static constexpr KeySet kKeys{keys::kDeletes};
    static const Words<Policy> kPolicies{{"none", Policy::none}, {"missing", Policy::missing}};
    static const Words<OnRejects> kOnRejects{{"nothing", OnRejects::delete_nothing},
                                             {"keep_broken", OnRejects::keep_broken_keys}};
    static const Words<OverLimit> kOverLimit{
        {"hold", OverLimit::hold}, {"reject", OverLimit::reject}, {"skip", OverLimit::skip}};
    const Page& page = context.page;
    DeletePolicy& policy = dataset.deletes;
    const Mapping mapping(node, node.place, fmt::format("`deletes` of {}", context.thing), page, &kKeys);
    if (const Element* one = mapping.find("max_rows")) policy.max_rows = read_count(*one, "`max_rows`", page);
    if (const Element* one = mapping.find("max_share")) policy.max_share = read_share(*one, "`max_share`", page);
    if (const Element* one = mapping.find("allow_empty"))
        policy.allow_empty = read_truth(*one, "`allow_empty`", page).value_or(false);
    if (const Element* one = mapping.find("over_limit")) {
        policy.over_limit = read_word(*one, "`over_limit`", kOverLimit, page).value_or(policy.over_limit);
    }
    if (const Element* one = mapping.find("on_rejects")) {
        policy.on_rejects = read_word(*one, "`on_rejects`", kOnRejects, page).value_or(policy.on_rejects);
        if (policy.on_rejects == OnRejects::keep_broken_keys && context.keyless) {
            page.wrong(one->place, fmt::format("`on_rejects: keep_broken` needs a `primaryKey` in the schema of {}",
                                               context.thing));
        }
    }
    const Element* one = mapping.find("policy");
    if (one == nullptr) return;
    const auto word = read_word(*one, "`policy`", kPolicies, page);
    if (!word) return;
    policy.policy = *word;
    if (*word == Policy::missing && mode_known &&
        (dataset.write == WriteMode::append || dataset.write == WriteMode::upsert)) {
        page.wrong(one->place, fmt::format("`policy: missing` needs `write: sync` or `write: replace`; {} has `write: "
                                           "{}`, whose deliveries do not "
                                           "say what is gone",
                                           context.thing, to_string(dataset.write)));
    }
}

void read_retention(const Element& node, const Context& context, Retention& retention) {
    static constexpr KeySet kKeys{keys::kRetention};
    const Mapping mapping(node, node.place, fmt::format("`retention` of {}", context.thing), context.page, &kKeys);
    if (const Element* one = mapping.find("raw")) retention.raw = read_duration(*one, "`raw`", context.page);
    if (const Element* one = mapping.find("rejects"))
        retention.rejects = read_duration(*one, "`rejects`", context.page);
    if (const Element* one = mapping.find("history"))
        retention.history = read_duration(*one, "`history`", context.page);
}

} // namespace

void read_duplicates(const Mapping& mapping, Duplicates& duplicates, const Page& page) {
    static const Words<Duplicates> kWords{
        {"ignore", Duplicates::ignore}, {"reject", Duplicates::reject}, {"accept", Duplicates::accept}};
    static constexpr std::array<Pair, 4> kSynonyms{
        {{"skip", "ignore"}, {"refuse", "reject"}, {"allow", "accept"}, {"load", "accept"}}};
    if (const Element* node = mapping.find("duplicate"))
        duplicates = read_word(*node, "`duplicate`", kWords, page, kSynonyms).value_or(duplicates);
}

void read_policies(const Mapping& mapping, bool keyless, Dataset& dataset, const Page& page) {
    const Context context{mapping.thing(), keyless, page};
    bool mode_known = true;
    if (const Element* node = mapping.find("write")) mode_known = read_write_mode(*node, context, dataset);
    read_duplicates(mapping, dataset.duplicates, page);
    if (dataset.write == WriteMode::sync) dataset.deletes.policy = DeletePolicy::Policy::missing;
    if (const Element* node = mapping.find("rejects")) read_rejects(*node, context, dataset.rejects);
    if (const Element* node = mapping.find("deletes")) read_deletes(*node, context, mode_known, dataset);
    if (const Element* node = mapping.find("retention")) read_retention(*node, context, dataset.retention);
}

void read_retention_of(const Mapping& mapping, Dataset& dataset, const Page& page) {
    const Context context{mapping.thing(), false, page};
    if (const Element* node = mapping.find("retention")) read_retention(*node, context, dataset.retention);
}

} // namespace inlet::reading
