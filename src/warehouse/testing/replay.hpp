// Undo computed by doing what its definition says: every submission that is active is replayed from the beginning, with
// the records it had accepted and the decisions that were taken. It shares no code and no idea with a warehouse: no
// history, no touches, no conflicts. Where a warehouse does not refuse an undo, its live rows must be these. Floor 3,
// testing only; one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "warehouse/testing/submissions.hpp"

namespace inlet {

class Replay {
public:
    explicit Replay(Datasets datasets) : datasets_(std::move(datasets)) {}

    // A submission that was published: as it was sent, its outcome with a complete sample, and what the judge was asked
    // about it (a submission with several parts for a dataset must not make the judge be asked about that dataset).
    // Call in the order of publication.
    void published(const SubmissionText& submission, const SubmissionOutcome& outcome,
                   const std::vector<ToldJudge::Question>& questions, RowLayout layout = {});
    void undone(SubmissionId undo, const std::vector<SubmissionId>& targets);

    // The live rows with their `_submission`, sorted; -0 is written 0.
    std::vector<std::string> rows(const std::string& dataset) const;

private:
    using Key = TextCells;
    struct Effort { // what one part does, whenever it is replayed
        std::string dataset;
        Effect effect = Effect::append;
        std::vector<TextCells> accepted; // reduced to one for each key where that is the rule
        bool deletes_missing = false;
        std::set<Key> spared;  // keys that are not deleted though no accepted record has them
        std::set<Key> deleted; // delete_missing
    };
    struct Event {
        SubmissionId id;
        std::vector<Effort> efforts;
        std::vector<SubmissionId> targets; // of an undo
    };
    struct Content {
        std::map<Key, std::pair<TextCells, SubmissionId>> by_key;
        std::multiset<std::pair<TextCells, SubmissionId>> bag;
    };
    using State = std::map<std::string, Content>;

    State replay() const;
    void apply(State& state, const Effort& effort, SubmissionId submission) const;
    Effort effort(const PartText& part, const PartOutcome& outcome, const std::set<RecordOrder>& left_out,
                  const Content& before, RowLayout layout) const;
    Key key_of(const std::string& dataset, const TextCells& row) const;

    const Datasets datasets_;
    std::vector<Event> events_;
    State now_; // what replay() gives
};

// The rows of a result with `_submission` but without `_version`, as Replay::rows() writes them.
std::vector<std::string> rows_to_compare(const RowCollector& rows);

} // namespace inlet
