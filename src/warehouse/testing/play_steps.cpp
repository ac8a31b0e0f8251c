// See play_steps.hpp.
#include "warehouse/testing/play_steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "warehouse/testing/play_models.hpp"

namespace inlet {

namespace {

std::string numbers(const std::vector<SubmissionId>& ids) {
    std::vector<std::int64_t> out;
    for (const SubmissionId id : ids) out.push_back(id.value);
    return fmt::format("{}", fmt::join(out, ", "));
}

std::string tell(const PublishStep& step) {
    constexpr std::string_view kVerdicts[] = {"publish the rest", "reject", "hold"};
    std::string out = fmt::format("publish{}, the judge says {}", step.dry_run ? " dry" : "",
                                  kVerdicts[static_cast<int>(step.verdict)]);
    for (const SubmissionText& submission : step.submissions) out += "\n  " + to_string(submission);
    return out;
}

std::string tell(const UndoStep& step) {
    return fmt::format("undo{} {} as {}{}", step.dry_run ? " dry" : "", numbers(step.targets), step.id.value,
                       step.cascade ? " with cascade" : "");
}

std::string tell(const PruneStep& step) { return fmt::format("prune {} at {}", step.dataset, step.version.value); }
std::string tell(const ClockStep& step) { return fmt::format("clock {:+}", step.microseconds); }
std::string tell(const DiffStep& step) {
    return fmt::format("diff {} from {} to {}", step.dataset, step.a.value, step.b.value);
}
std::string tell(const ReopenStep&) { return "reopen"; }

std::string tell(const FindStep& step) {
    std::string out = fmt::format("find {}:", step.dataset);
    for (const TextCells& key : step.keys) out += " " + to_string(key) + ";";
    return out;
}

} // namespace

std::string to_string(const Step& step) {
    return std::visit([](const auto& one) { return tell(one); }, step);
}

Datasets play_datasets() {
    Datasets out;
    const auto add = [&](Dataset dataset) { out[dataset.name] = std::move(dataset); };
    add(make_dataset("bag", "text:string, n:number"));
    add(make_dataset("items", "id:integer key, name:string, n:number"));
    add(make_dataset("links", "b:integer key, value:boolean, a:string key"));
    add(make_dataset("notes", "text:string"));
    add(make_dataset("users", "id:integer key, email:string unique"));
    return out;
}

std::vector<std::string> play_tables() {
    std::vector<std::string> out;
    for (const auto& [name, dataset] : play_datasets()) out.push_back(name);
    for (const Model& model : play_models()) out.push_back(model.name);
    return out;
}

std::string StepMaker::any_table() {
    if (!focus_.empty() && chance(70)) return focus_;
    return tables_[below(tables_.size())];
}

const std::string& StepMaker::any_dataset() {
    if (!focus_.empty()) return focus_;
    return std::next(datasets_.begin(), static_cast<std::ptrdiff_t>(below(datasets_.size())))->first;
}

std::optional<std::string> StepMaker::cell(const Field& field, bool key) {
    if (!key && chance(15)) return std::nullopt;
    switch (field.type) {
    case FieldType::boolean:
        return chance(50) ? "true" : "false";
    case FieldType::integer:
        return std::to_string(below(key && field.name == "id" ? keys_ : values_));
    case FieldType::number: {
        constexpr const char* kNumbers[] = {"0", "-0", "1.5", "-2"};
        return kNumbers[below(values_)];
    }
    default: {
        constexpr const char* kTexts[] = {"", "a", "b", "ä", "A", "a b"};
        return kTexts[below(field.constraints.unique ? 6 : values_)];
    }
    }
}

TextCells StepMaker::row(const Dataset& dataset) {
    TextCells out;
    for (std::size_t i = 0; i < dataset.schema.fields.size(); ++i) {
        const auto& keys = dataset.schema.primary_key;
        out.push_back(cell(dataset.schema.fields[i], std::find(keys.begin(), keys.end(), i) != keys.end()));
    }
    return out;
}

// Records as a checker lets them pass: of an append no key twice, and no unique value twice.
void StepMaker::fill(PartText& part) {
    const Dataset& dataset = datasets_.at(part.dataset);
    const Schema& schema = dataset.schema;
    const bool keyed = !schema.primary_key.empty();
    const bool snapshot =
        part.effect == Effect::replace || part.effect == Effect::sync || part.effect == Effect::delete_missing;
    const std::uint64_t usual = focus_.empty() ? 7 : 4;
    const std::uint64_t wanted = snapshot ? (chance(8) ? 0 : usual / 2 + below(usual * 2)) : below(usual);
    bool distinct = keyed;
    std::set<TextCells> keys;
    std::set<std::pair<std::size_t, std::string>> unique;
    for (std::uint64_t i = 0; i < wanted; ++i) {
        if (chance(4)) {
            part.rows.emplace_back(); // a rejected record among the others
            continue;
        }
        TextCells next = row(dataset);
        TextCells key;
        for (const std::size_t at : schema.primary_key) key.push_back(next[at]);
        if (keyed && !keys.insert(key).second) {
            if (part.effect == Effect::append) continue;
            distinct = false;
        }
        for (std::size_t at = 0; at < next.size(); ++at) {
            const bool repeats =
                schema.fields[at].constraints.unique && next[at] && !unique.emplace(at, *next[at]).second;
            if (repeats) next[at] = std::nullopt;
        }
        part.rows.push_back(std::move(next));
    }
    part.keys_distinct = distinct && chance(50);
}

PartText StepMaker::part(const std::string& dataset, bool may_ask) {
    const Schema& schema = datasets_.at(dataset).schema;
    const bool keyed = !schema.primary_key.empty();
    PartText out;
    out.dataset = dataset;
    const std::uint64_t kind = below(100);
    if (!keyed) {
        // One of the two is seldom replaced, so that long chains of undos stay possible.
        out.effect = kind < (dataset == "bag" ? 25 : 2) ? Effect::replace : Effect::append;
    } else if (kind < 15 && may_ask) {
        out.effect = Effect::append;
    } else if (kind < 72) {
        out.effect = Effect::upsert;
    } else if (kind < 90) {
        out.effect = Effect::sync;
    } else if (kind < 95) {
        out.effect = Effect::replace;
    } else {
        out.effect = Effect::delete_missing;
        if (chance(50)) out.delete_before = Version(last_.value + 1 - static_cast<std::int64_t>(below(4)));
    }
    fill(out);
    DeletePolicy& policy = out.deletes;
    policy.policy = chance(60) ? DeletePolicy::Policy::missing : DeletePolicy::Policy::none;
    if (chance(40)) policy.max_rows = static_cast<std::int64_t>(below(5));
    if (chance(30)) policy.max_share = chance(50) ? 0.25 : 0.5;
    policy.allow_empty = chance(30);
    policy.on_rejects =
        chance(50) ? DeletePolicy::OnRejects::keep_broken_keys : DeletePolicy::OnRejects::delete_nothing;
    constexpr DeletePolicy::OverLimit kOver[] = {DeletePolicy::OverLimit::hold, DeletePolicy::OverLimit::reject,
                                                 DeletePolicy::OverLimit::skip};
    policy.over_limit = kOver[below(3)];
    if (keyed && chance(out.effect == Effect::sync ? 40 : 15)) {
        out.rejected = 1 + below(3);
        out.broken_keys_readable = chance(75);
        for (std::uint64_t i = 0; i < out.rejected; ++i) {
            TextCells key;
            const TextCells broken = row(datasets_.at(dataset));
            for (const std::size_t at : schema.primary_key) key.push_back(broken[at]);
            out.broken_keys.push_back(std::move(key));
        }
    }
    return out;
}

SubmissionText StepMaker::submission() {
    SubmissionText out;
    out.id = SubmissionId(++next_id_);
    std::set<std::string> used;
    for (std::uint64_t parts = chance(75) ? 1 : 2 + below(2); parts > 0; --parts) {
        const std::string& dataset = any_dataset();
        // A second part must not make the judge be asked, or nobody could tell which part it was about.
        const bool again = !used.insert(dataset).second;
        if (again && dataset == "users") continue;
        const bool alone = parts == 1 && !again;
        out.parts.push_back(part(dataset, alone || dataset == "users"));
    }
    for (const PartText& part : out.parts) {
        const bool snapshot = part.effect == Effect::sync || part.effect == Effect::replace;
        if (chance(part.effect == Effect::delete_missing ? 40 : snapshot ? 5 : 0))
            out.approved_deletes[part.dataset] = below(5);
    }
    return out;
}

// Small submissions to one dataset, as machines send them: keys meet each other in one version.
void StepMaker::micro_batch(std::vector<SubmissionText>& submissions) {
    const std::string& dataset = any_dataset();
    const bool keyed = !datasets_.at(dataset).schema.primary_key.empty();
    const Effect effect = keyed && chance(60) ? Effect::upsert : Effect::append;
    for (std::uint64_t left = 3 + below(12); left > 0; --left) {
        SubmissionText& submission = submissions.emplace_back();
        submission.id = SubmissionId(++next_id_);
        PartText& part = submission.parts.emplace_back();
        part.dataset = dataset;
        part.effect = keyed && chance(10) ? Effect::upsert : effect;
        fill(part);
    }
}

Step StepMaker::publish(PlayMemory& memory) {
    PublishStep step;
    const bool many = chance(many_);
    if (many && chance(30)) micro_batch(step.submissions);
    const std::uint64_t count = many ? 2 + below(4) : 1;
    if (step.submissions.empty()) {
        for (std::uint64_t i = 0; i < count; ++i) step.submissions.push_back(submission());
    }
    if (!memory.waiting.empty() && chance(40)) {
        const auto at = memory.waiting.begin() + static_cast<std::ptrdiff_t>(below(memory.waiting.size()));
        step.submissions.push_back(*at);
        if (step.submissions.back().id.value == 0) step.submissions.back().id = SubmissionId(++next_id_);
        if (chance(15)) step.submissions.back().approved_deletes.clear();
        memory.waiting.erase(at);
    }
    // In the order of receipt.
    std::sort(step.submissions.begin(), step.submissions.end(),
              [](const SubmissionText& a, const SubmissionText& b) { return a.id < b.id; });
    const std::uint64_t verdict = below(10);
    step.verdict = verdict < 6   ? PublishJudge::Verdict::publish_rest
                   : verdict < 8 ? PublishJudge::Verdict::reject
                                 : PublishJudge::Verdict::hold;
    step.dry_run = chance(4);
    return step;
}

Step StepMaker::undo(PlayMemory& memory) {
    UndoStep step;
    step.id = SubmissionId(++next_id_);
    step.cascade = chance(30);
    step.dry_run = chance(5);
    const auto& known = memory.published;
    if (known.empty() || chance(2)) {
        step.targets.emplace_back(static_cast<std::int64_t>(below(static_cast<std::uint64_t>(next_id_) + 2)));
        return step;
    }
    if (chance(15)) { // a whole version
        const std::int64_t back = static_cast<std::int64_t>(below(6));
        const auto version = memory.by_version.find(Version(std::max<std::int64_t>(1, memory.last.value - back)));
        if (version != memory.by_version.end()) {
            step.targets = version->second;
            return step;
        }
    }
    for (std::uint64_t targets = chance(70) ? 1 : 2 + below(3); targets > 0; --targets) {
        const std::uint64_t reach = chance(80) ? 8 : 60;
        step.targets.push_back(known[known.size() - 1 - below(std::min<std::uint64_t>(known.size(), reach))]);
    }
    return step;
}

void StepMaker::change_mood() {
    constexpr std::uint64_t kKeys[] = {2, 4, 12};
    focus_.clear();
    if (chance(65)) focus_ = any_dataset();
    const bool wide = focus_.empty();
    keys_ = kKeys[below(wide ? 3 : 2)];
    values_ = wide ? 4 : 2;
    undos_ = wide ? 33 : 40 + below(30);
    many_ = wide ? 30 : 10;
}

Step StepMaker::make(PlayMemory& memory) {
    last_ = memory.last;
    if (chance(3)) change_mood();
    const std::uint64_t kind = below(1000);
    if (kind < 890) return chance(undos_) ? undo(memory) : publish(memory);
    if (kind < 900)
        return PruneStep{any_table(), Version(memory.last.value + 1 - static_cast<std::int64_t>(below(30)))};
    if (kind < 920) return ClockStep{static_cast<std::int64_t>(below(2'000'000)) - 900'000};
    if (kind < 955) {
        FindStep find;
        constexpr const char* kKeyed[] = {"items", "links", "users"};
        find.dataset = kKeyed[below(3)];
        for (std::uint64_t i = below(5); i > 0; --i) {
            const TextCells some = row(datasets_.at(find.dataset));
            TextCells key;
            for (const std::size_t at : datasets_.at(find.dataset).schema.primary_key) key.push_back(some[at]);
            find.keys.push_back(std::move(key));
        }
        return find;
    }
    if (kind < 995) {
        const auto version = [&] {
            return Version(memory.last.value - static_cast<std::int64_t>(below(std::min<std::uint64_t>(
                                                   60, static_cast<std::uint64_t>(memory.last.value) + 1))));
        };
        return DiffStep{any_table(), version(), version()};
    }
    return ReopenStep{};
}

} // namespace inlet
