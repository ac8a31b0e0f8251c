// See random_play.hpp.
#include "warehouse/testing/random_play.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "warehouse/testing/play_models.hpp"
#include "warehouse/testing/play_steps.hpp"
#include "warehouse/testing/replay.hpp"
#include "warehouse/testing/submissions.hpp"

namespace inlet {

namespace {

constexpr std::size_t kCompareEvery = 100; // steps
constexpr std::size_t kTellEvery = 10;     // comparisons
constexpr std::int64_t kVersionsKept =
    120; // that a prune after a comparison leaves, so that comparisons stay affordable

using Lines = std::vector<std::string>;

std::string join(const Lines& lines) {
    std::string out;
    for (const std::string& line : lines) out += "    " + line + "\n";
    return out;
}

std::string sample_text(const std::vector<ChangedRow>& sample) {
    Lines lines;
    for (const ChangedRow& row : sample) lines.push_back(to_string(row));
    std::sort(lines.begin(), lines.end());
    return join(lines);
}

// Whether a model that stays as it is is computed at all is left open.
void leave_out_unchanged(std::vector<ModelOutcome>& models) {
    std::erase_if(models, [](const ModelOutcome& model) { return model.counts == ChangeCounts{}; });
}

// One warehouse in its folder.
class Side {
public:
    explicit Side(const WarehouseFactory& factory)
        : factory_(factory), warehouse_(factory.open(clock_, folder_.path())) {}
    Warehouse& warehouse() { return *warehouse_; }
    const std::string& name() const { return factory_.name; }
    void reopen() {
        if (!factory_.durable) return;
        warehouse_.reset();
        warehouse_ = factory_.open(clock_, folder_.path());
    }
    ManualClock& clock() { return clock_; }

private:
    const WarehouseFactory& factory_;
    ManualClock clock_;
    TemporaryFolder folder_;
    std::unique_ptr<Warehouse> warehouse_;
};

// What a warehouse answered to a step.
struct Answer {
    std::string text;
    std::optional<PublishOutcome> published;
    std::optional<UndoOutcome> undone;
    std::vector<ToldJudge::Question> questions;
};

// What a play consisted of.
struct Tally {
    std::size_t submissions = 0; // sent to be published, dry runs aside
    std::size_t published = 0;
    std::size_t held = 0;
    std::size_t rejected = 0;
    std::size_t undos = 0; // asked for, dry runs aside
    std::size_t undone = 0;
    std::size_t undos_undone = 0; // undos among their targets
    std::size_t cascades = 0;     // that took back more than was asked for
    std::size_t prunes = 0;
    std::size_t dry_runs = 0;
    std::size_t others = 0; // finds, diffs, clocks, reopenings
    std::size_t comparisons = 0;
};

class Play {
public:
    Play(const WarehouseFactory& under_test, const WarehouseFactory* believed)
        : datasets_(play_datasets()), tested_(under_test), replay_(datasets_) {
        if (believed != nullptr) believed_.emplace(*believed);
    }

    // What went wrong, if anything did.
    std::optional<std::string> begin();
    std::optional<std::string> step(const Step& step, PlayMemory& memory);
    // Everything that can be read.
    std::optional<std::string> compare();
    const Tally& tally() const { return tally_; }

private:
    Answer answer(Side& side, const Step& step);
    Answer answer_to(Side& side, const PublishStep& step);
    Answer answer_to(Side& side, const UndoStep& step);
    Answer answer_to(Side& side, const PruneStep& step);
    Answer answer_to(Side& side, const ClockStep& step);
    Answer answer_to(Side& side, const FindStep& step);
    Answer answer_to(Side& side, const DiffStep& step);
    Answer answer_to(Side& side, const ReopenStep& step);
    void learn(const Step& step, const Answer& answer, PlayMemory& memory);
    void count(const Step& step, const Answer& answer);
    std::optional<std::string> check_state(const Answer& answer);
    std::optional<std::string> compare_versions(Side& side);
    std::optional<std::string> compare_known();
    void remember_models(Version version, const std::vector<ModelOutcome>& models);
    Lines stored(Side& side, const std::string& dataset, std::optional<Version> as_of);
    Side& closest() { return believed_ ? *believed_ : tested_; } // to ask what both should know

    const Datasets datasets_;
    const std::vector<Model> models_ = play_models();
    Side tested_;
    std::optional<Side> believed_;
    Replay replay_;
    std::map<Version, std::map<std::string, Lines>> seen_; // rows by dataset, when the version was the last
    std::set<SubmissionId> known_;
    std::set<SubmissionId> undos_;
    Tally tally_;
};

std::optional<std::string> Play::begin() {
    std::vector<Dataset> all;
    for (const auto& [name, dataset] : datasets_) all.push_back(dataset);
    for (Side* side : {&tested_, believed_ ? &*believed_ : nullptr}) {
        if (side == nullptr) continue;
        if (const Status defined = side->warehouse().define(all); !defined) return to_string(defined.error());
    }
    for (const auto& [name, dataset] : datasets_) seen_[Version(0)][name] = {};
    return std::nullopt;
}

Lines Play::stored(Side& side, const std::string& dataset, std::optional<Version> as_of) {
    RowCollector rows;
    const Status read = side.warehouse().read(dataset, as_of, rows);
    return read ? rows.sorted() : Lines{told(read.error())};
}

Answer Play::answer(Side& side, const Step& step) {
    return std::visit([&](const auto& one) { return answer_to(side, one); }, step);
}

Answer Play::answer_to(Side& side, const PublishStep& step) {
    Answer out;
    ToldJudge judge(step.verdict);
    PublishRequest request;
    request.models = models_;
    request.by = "player";
    request.dry_run = step.dry_run;
    request.sample_rows = SIZE_MAX;
    for (const SubmissionText& text : step.submissions) {
        auto staged = stage(side.warehouse(), datasets_, text);
        if (!staged) return {to_string(staged.error()), {}, {}, {}};
        request.submissions.push_back(*std::move(staged));
    }
    auto outcome = side.warehouse().publish(request, judge);
    for (const SubmissionText& text : step.submissions) {
        if (const Status gone = side.warehouse().discard(text.id); !gone) return {to_string(gone.error()), {}, {}, {}};
    }
    if (!outcome) return {to_string(outcome.error()), {}, {}, {}};
    leave_out_unchanged(outcome->models);
    out.text = to_string(*outcome);
    for (const SubmissionOutcome& submission : outcome->submissions) {
        for (const PartOutcome& part : submission.parts) out.text += sample_text(part.sample);
    }
    for (const ToldJudge::Question& question : judge.questions()) out.text += to_string(question) + "\n";
    out.published = *std::move(outcome);
    out.questions = judge.questions();
    return out;
}

Answer Play::answer_to(Side& side, const UndoStep& step) {
    UndoRequest request;
    request.id = step.id;
    request.targets = step.targets;
    request.cascade = step.cascade;
    request.models = models_;
    request.by = "player";
    request.dry_run = step.dry_run;
    request.sample_rows = SIZE_MAX;
    auto outcome = side.warehouse().undo(request);
    if (!outcome) {
        // A fault of the machine is none of the answers that are asked for.
        const bool expected = failure_info(outcome.error().code).kind != FailureKind::system;
        return {(expected ? "" : "unexpected ") + told(outcome.error()), {}, {}, {}};
    }
    Answer out;
    leave_out_unchanged(outcome->models);
    out.text = to_string(*outcome);
    for (const PartOutcome& part : outcome->parts) out.text += sample_text(part.sample);
    out.undone = *std::move(outcome);
    return out;
}

Answer Play::answer_to(Side& side, const PruneStep& step) {
    const auto removed = side.warehouse().prune(step.dataset, step.version);
    return {removed ? fmt::format("{} rows", *removed) : told(removed.error()), {}, {}, {}};
}

Answer Play::answer_to(Side& side, const ClockStep& step) {
    side.clock().advance(step.microseconds);
    return {};
}

Answer Play::answer_to(Side& side, const FindStep& step) {
    RowCollector rows;
    std::string keys;
    for (const TextCells& key : step.keys) keys += (keys.empty() ? "" : ";") + to_string(key);
    const Status found = side.warehouse().find(step.dataset, make_keys(datasets_.at(step.dataset).schema, keys), rows);
    return {found ? join(rows.sorted()) : told(found.error()), {}, {}, {}};
}

Answer Play::answer_to(Side& side, const DiffStep& step) {
    std::vector<ChangedRow> rows;
    const auto summary = side.warehouse().diff(step.dataset, step.a, step.b, SIZE_MAX,
                                               [&](const ChangedRow& row) { rows.push_back(row); });
    if (!summary) return {told(summary.error()), {}, {}, {}};
    const ChangeCounts& counts = summary->counts;
    return {fmt::format("{} {} {} {}\n{}", counts.inserted, counts.updated, counts.deleted, counts.unchanged,
                        sample_text(rows)),
            {},
            {},
            {}};
}

Answer Play::answer_to(Side& side, const ReopenStep&) {
    if (&side == &tested_) side.reopen();
    return {};
}

std::optional<std::string> Play::step(const Step& step, PlayMemory& memory) {
    const Answer answered = answer(tested_, step);
    if (believed_) {
        const Answer expected = answer(*believed_, step);
        if (answered.text != expected.text) {
            return fmt::format("the answers differ\n  under test:\n{}\n  believed:\n{}", answered.text, expected.text);
        }
    }
    if (answered.text.starts_with("unexpected ")) return answered.text;
    if (std::holds_alternative<PublishStep>(step) && !answered.published) return "publish failed: " + answered.text;
    count(step, answered);
    learn(step, answered, memory);
    return check_state(answered);
}

// The live rows are those of a replay, and an undo counted what the diff counts.
std::optional<std::string> Play::check_state(const Answer& answer) {
    const Version version = answer.published ? answer.published->version
                            : answer.undone  ? answer.undone->version
                                             : Version(0);
    if (!version) return std::nullopt;
    std::set<std::string> changed;
    if (answer.undone) {
        for (const PartOutcome& part : answer.undone->parts) changed.insert(part.dataset);
    } else {
        for (const SubmissionOutcome& submission : answer.published->submissions) {
            for (const PartOutcome& part : submission.parts) changed.insert(part.dataset);
        }
    }
    const std::map<std::string, Lines> before = seen_.rbegin()->second;
    for (const auto& [name, dataset] : datasets_) {
        if (!changed.contains(name)) { // compare() sees whether that is true
            seen_[version][name] = before.at(name);
            continue;
        }
        RowCollector rows;
        const Status read = tested_.warehouse().read(name, std::nullopt, rows);
        if (!read) return to_string(read.error());
        const Lines replayed = replay_.rows(name);
        const Lines found = rows_to_compare(rows);
        if (found != replayed) {
            return fmt::format("{} is not what a replay gives\n  stored, with _submission:\n{}  replayed:\n{}", name,
                               join(found), join(replayed));
        }
        seen_[version][name] = rows.sorted();
    }
    remember_models(version, answer.undone ? answer.undone->models : answer.published->models);
    for (std::size_t i = 0; answer.undone && i < answer.undone->parts.size(); ++i) {
        const PartOutcome& part = answer.undone->parts[i];
        const auto summary =
            closest().warehouse().diff(part.dataset, Version(version.value - 1), version, 0, [](const ChangedRow&) {});
        // The version before may be pruned.
        if (summary && summary->counts != part.counts) {
            return fmt::format("the undo of {} counts other than the diff", part.dataset);
        }
    }
    return std::nullopt;
}

void Play::count(const Step& step, const Answer& answer) {
    const auto* publish = std::get_if<PublishStep>(&step);
    const auto* undo = std::get_if<UndoStep>(&step);
    if ((publish != nullptr && publish->dry_run) || (undo != nullptr && undo->dry_run)) {
        ++tally_.dry_runs;
    } else if (publish != nullptr) {
        for (const SubmissionOutcome& outcome : answer.published->submissions) {
            using enum SubmissionOutcome::State;
            ++tally_.submissions;
            ++(outcome.state == published ? tally_.published : outcome.state == held ? tally_.held : tally_.rejected);
        }
    } else if (undo != nullptr) {
        ++tally_.undos;
        if (!answer.undone) return;
        ++tally_.undone;
        if (std::ranges::any_of(undo->targets, [&](SubmissionId target) { return undos_.contains(target); }))
            ++tally_.undos_undone;
        const std::set<SubmissionId> asked(undo->targets.begin(), undo->targets.end());
        if (answer.undone->undone.size() > asked.size()) ++tally_.cascades;
        undos_.insert(undo->id);
    } else {
        ++(std::holds_alternative<PruneStep>(step) ? tally_.prunes : tally_.others);
    }
}

// What the models hold at the last version; the believed warehouse will be asked for the same.
void Play::remember_models(Version version, const std::vector<ModelOutcome>& models) {
    const auto& before = std::prev(seen_.find(version))->second;
    for (const Model& model : models_) {
        const bool changed = std::ranges::find(models, model.name, &ModelOutcome::model) != models.end();
        const auto known = before.find(model.name);
        seen_[version][model.name] =
            changed || known == before.end() ? stored(tested_, model.name, std::nullopt) : known->second;
    }
}

void Play::learn(const Step& step, const Answer& answer, PlayMemory& memory) {
    if (answer.undone && answer.undone->version) {
        const SubmissionId id = std::get<UndoStep>(step).id;
        replay_.undone(id, answer.undone->undone);
        memory.last = answer.undone->version;
        memory.published.push_back(id);
        memory.by_version[memory.last].push_back(id);
        known_.insert(id);
    }
    if (!answer.published) return;
    const PublishStep& publish = std::get<PublishStep>(step);
    if (publish.dry_run) return;
    const Version version = answer.published->version;
    if (version) memory.last = version;
    for (std::size_t i = 0; i < publish.submissions.size(); ++i) {
        const SubmissionText& text = publish.submissions[i];
        const SubmissionOutcome& outcome = answer.published->submissions.at(i);
        known_.insert(text.id);
        if (outcome.state == SubmissionOutcome::State::held) {
            SubmissionText again = text;
            for (const auto& [name, value] : outcome.reason->context) {
                if (name != "deletes") continue;
                for (const PartText& part : text.parts) {
                    if (part.effect != Effect::append && part.effect != Effect::upsert)
                        again.approved_deletes[part.dataset] = std::stoull(value);
                }
            }
            memory.waiting.push_back(std::move(again));
        }
        if (outcome.state != SubmissionOutcome::State::published) continue;
        replay_.published(text, outcome, answer.questions);
        memory.published.push_back(text.id);
        memory.by_version[version].push_back(text.id);
        for (std::size_t p = 0; p < text.parts.size(); ++p) {
            if (outcome.parts[p].held_deletes == 0) continue;
            SubmissionText deletes; // gets its id when it is sent
            deletes.parts.push_back(text.parts[p]);
            deletes.parts[0].effect = Effect::delete_missing;
            deletes.parts[0].delete_before = Version(version.value + 1);
            deletes.approved_deletes[text.parts[p].dataset] = outcome.parts[p].held_deletes;
            memory.waiting.push_back(std::move(deletes));
        }
    }
}

// What was read when a version was the last one is read again at it, until it is pruned.
std::optional<std::string> Play::compare_versions(Side& side) {
    const auto infos = side.warehouse().tables();
    if (!infos) return to_string(infos.error());
    const Version last = seen_.rbegin()->first;
    for (const TableInfo& info : *infos) {
        for (std::int64_t v = std::max<std::int64_t>(0, info.pruned_below.value - 2); v <= last.value; ++v) {
            const Lines found = stored(side, info.name, Version(v));
            const bool pruned = Version(v) < info.pruned_below;
            // Before the first version a model was empty, although it was not there yet.
            const auto& then = seen_.at(Version(v));
            const auto table = then.find(info.name);
            CHECK(table != then.end() || v == 0);
            const Lines expected = pruned ? Lines{"version-pruned"} : table != then.end() ? table->second : Lines{};
            if (found == expected) continue;
            return fmt::format(
                "{} of {} at version {} is not what it was\n  read:\n{}  when it was the last version:\n{}", info.name,
                side.name(), v, join(found), join(expected));
        }
    }
    return std::nullopt;
}

std::optional<std::string> Play::compare() {
    ++tally_.comparisons;
    if (auto failure = compare_versions(tested_)) return failure;
    if (believed_) {
        if (auto failure = compare_versions(*believed_)) return failure;
        // The lists, and what stands now.
        const Version last = seen_.rbegin()->first;
        const std::string tested = dump(tested_.warehouse(), last);
        const std::string believed = dump(believed_->warehouse(), last);
        if (tested != believed) {
            const auto [at, other] = std::mismatch(tested.begin(), tested.end(), believed.begin(), believed.end());
            const auto around = [](const std::string& text, std::ptrdiff_t place) {
                return text.substr(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, place - 400)), 800);
            };
            return fmt::format("what can be read differs\n  under test:\n{}\n  believed:\n{}",
                               around(tested, at - tested.begin()), around(believed, other - believed.begin()));
        }
        if (auto failure = compare_known()) return failure;
    }
    const auto infos = tested_.warehouse().tables();
    if (!infos) return to_string(infos.error());
    Version oldest = seen_.rbegin()->first;
    for (const TableInfo& info : *infos) oldest = std::min(oldest, info.pruned_below);
    std::erase_if(seen_, [&](const auto& entry) { return entry.first < oldest; });
    return std::nullopt;
}

// Who is published and undone: the newest, and some of the others.
std::optional<std::string> Play::compare_known() {
    for (const SubmissionId id : known_) {
        if (id.value % 16 != 0 && id.value + 40 < known_.rbegin()->value) continue;
        if (*tested_.warehouse().undone(id) != *believed_->warehouse().undone(id)) {
            return fmt::format("undone({}) differs", id.value);
        }
        for (const char* name : {"", "items", "bag"}) {
            if (*tested_.warehouse().published(id, name) != *believed_->warehouse().published(id, name)) {
                return fmt::format("published({}, {}) differs", id.value, name);
            }
        }
    }
    return std::nullopt;
}

struct Failure {
    std::string text;
    std::size_t steps = 0; // that were played
};

// Plays steps that are given; what failed, if anything did.
std::optional<Failure> play_again(const std::vector<Step>& steps, const WarehouseFactory& under_test,
                                  const WarehouseFactory* believed) {
    Play play(under_test, believed);
    PlayMemory memory;
    auto failure = play.begin();
    for (std::size_t i = 0; i < steps.size() && !failure; ++i) {
        failure = play.step(steps[i], memory);
        if (failure) return Failure{*failure, i + 1};
    }
    if (!failure) failure = play.compare();
    if (!failure) return std::nullopt;
    return Failure{*failure, steps.size()};
}

// Leaves out halves, quarters, eighths ... of the steps as long as it still fails.
std::vector<Step> shrink(std::vector<Step> steps, std::size_t budget, const WarehouseFactory& under_test,
                         const WarehouseFactory* believed) {
    for (std::size_t size = steps.size() / 2; size > 0;) {
        bool shorter = false;
        for (std::size_t from = 0; from < steps.size();) {
            if (budget < steps.size()) return steps;
            budget -= steps.size();
            std::vector<Step> fewer(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(from));
            const std::size_t to = std::min(steps.size(), from + size);
            fewer.insert(fewer.end(), steps.begin() + static_cast<std::ptrdiff_t>(to), steps.end());
            if (const auto failure = play_again(fewer, under_test, believed)) {
                fewer.resize(failure->steps);
                steps = std::move(fewer);
                shorter = true;
            } else {
                from = to;
            }
        }
        if (!shorter || size > steps.size()) size = std::min(size / 2, steps.size() / 2);
    }
    return steps;
}

void print(const Tally& tally, std::size_t steps, Version last) {
    fmt::print(
        "{} steps to version {}: {} submissions ({} published, {} held, {} rejected), {} undos ({} done, of undos {}, "
        "cascades {}), {} prunes, {} dry runs, {} others; compared {} times\n",
        steps, last.value, tally.submissions, tally.published, tally.held, tally.rejected, tally.undos, tally.undone,
        tally.undos_undone, tally.cascades, tally.prunes, tally.dry_runs, tally.others, tally.comparisons);
    std::fflush(stdout);
}

} // namespace

PlayOptions play_options() {
    PlayOptions options;
    const char* set = std::getenv("INLET_ROUNDS");
    const std::string_view rounds = set != nullptr ? set : "";
    if (rounds == "long") options.steps = 10'000;
    if (rounds == "few") options.steps = 300;
    if (const char* seed = std::getenv("INLET_SEED")) options.seed = std::strtoull(seed, nullptr, 10);
    fmt::print("random play: seed {}, {} steps\n", options.seed, options.steps);
    return options;
}

std::optional<std::string> random_play(const PlayOptions& options, const WarehouseFactory& under_test,
                                       const WarehouseFactory* believed) {
    std::vector<Step> steps;
    std::optional<std::string> failure;
    {
        Play play(under_test, believed);
        PlayMemory memory;
        StepMaker maker(options.seed);
        failure = play.begin();
        while (!failure && steps.size() < options.steps) {
            steps.push_back(maker.make(memory));
            failure = play.step(steps.back(), memory);
            if (failure || (steps.size() % kCompareEvery != 0 && steps.size() < options.steps)) continue;
            failure = play.compare();
            for (const std::string& name : play_tables()) {
                const Version prune(memory.last.value - kVersionsKept);
                if (failure || prune.value <= 0) break;
                steps.emplace_back(PruneStep{name, prune});
                failure = play.step(steps.back(), memory);
            }
            if (play.tally().comparisons % kTellEvery == 0 || steps.size() >= options.steps)
                print(play.tally(), steps.size(), memory.last);
        }
    }
    if (!failure) return std::nullopt;
    const std::size_t played = steps.size();
    steps = shrink(std::move(steps), options.shrink_steps, under_test, believed);
    const auto again = play_again(steps, under_test, believed);
    std::string out =
        fmt::format("seed {}: {} failed after {} steps: {}\n", options.seed, under_test.name, played, *failure);
    out += fmt::format("{} of the steps are enough:\n", steps.size());
    for (const Step& step : steps) out += to_string(step) + "\n";
    return out + (again ? "and then: " + again->text : "and it does not fail again");
}

} // namespace inlet
