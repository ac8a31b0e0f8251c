// The steps of a random play as values, so that a sequence can be told, repeated and shortened. Floor 3, testing only;
// one thread.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "warehouse/testing/submissions.hpp"

namespace inlet {

struct PublishStep {
    std::vector<SubmissionText> submissions;
    PublishJudge::Verdict verdict = PublishJudge::Verdict::publish_rest;
    bool dry_run = false;
};

struct UndoStep {
    SubmissionId id;
    std::vector<SubmissionId> targets;
    bool cascade = false;
    bool dry_run = false;
};

struct PruneStep {
    std::string dataset;
    Version version;
};

struct ClockStep { // the clock jumps, back too
    std::int64_t microseconds = 0;
};

struct FindStep {
    std::string dataset;
    std::vector<TextCells> keys;
};

struct DiffStep {
    std::string dataset;
    Version a;
    Version b;
};

struct ReopenStep {}; // of the warehouse under test, if it lasts

using Step = std::variant<PublishStep, UndoStep, PruneStep, ClockStep, FindStep, DiffStep, ReopenStep>;

std::string to_string(const Step& step);

// Small key spaces and few values, so that everything collides: keyed, keyless, with a key of two fields, with a unique
// field.
Datasets play_datasets();
std::vector<std::string> play_tables(); // the models too

// What a step can refer to: learnt from the answers to earlier ones.
struct PlayMemory {
    Version last;
    std::vector<SubmissionId> published; // undos too, in the order of publication
    std::map<Version, std::vector<SubmissionId>> by_version;
    std::vector<SubmissionText> waiting; // held submissions and held deletions, with an approval where one can help
};

class StepMaker {
public:
    explicit StepMaker(std::uint64_t seed) : random_(seed), datasets_(play_datasets()) {}
    Step make(PlayMemory& memory);

private:
    void change_mood();
    Step publish(PlayMemory& memory);
    Step undo(PlayMemory& memory);
    void micro_batch(std::vector<SubmissionText>& submissions);
    SubmissionText submission();
    PartText part(const std::string& dataset, bool may_ask);
    void fill(PartText& part);
    TextCells row(const Dataset& dataset);
    std::optional<std::string> cell(const Field& field, bool key);
    const std::string& any_dataset();
    std::string any_table();
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; } // the same on every machine
    bool chance(std::uint64_t percent) { return below(100) < percent; }

    std::mt19937_64 random_;
    const Datasets datasets_;
    const std::vector<std::string> tables_ = play_tables();
    std::int64_t next_id_ = 0;
    Version last_;

    // The mood: for some steps everything falls on one dataset, few keys and few values, so that long chains of undos
    // meet each other; then it is wide again.
    std::string focus_;        // empty: all datasets
    std::uint64_t keys_ = 12;  // different values of an id
    std::uint64_t values_ = 4; // different values of other fields
    std::uint64_t undos_ = 33; // percent of steps
    std::uint64_t many_ = 30;  // percent of publications with several submissions
};

} // namespace inlet
