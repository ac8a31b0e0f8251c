// See replay.hpp.
#include "warehouse/testing/replay.hpp"

#include <algorithm>
#include <iterator>

namespace inlet {

namespace {

// Equal numbers as equal text.
TextCells plain(TextCells row) {
    for (auto& cell : row) {
        if (cell == "-0") cell = "0";
    }
    return row;
}

} // namespace

Replay::Key Replay::key_of(const std::string& dataset, const TextCells& row) const {
    Key key;
    for (const std::size_t at : datasets_.at(dataset).schema.primary_key) key.push_back(row[at]);
    return key;
}

void Replay::published(const SubmissionText& submission, const SubmissionOutcome& outcome,
                       const std::vector<ToldJudge::Question>& questions, RowLayout layout) {
    CHECK(outcome.parts.size() == submission.parts.size());
    Event event;
    event.id = submission.id;
    for (std::size_t i = 0; i < submission.parts.size(); ++i) {
        const PartText& part = submission.parts[i];
        std::set<RecordOrder> left_out;
        for (const ToldJudge::Question& question : questions) {
            if (question.submission != submission.id || question.dataset != part.dataset) continue;
            left_out.insert(question.orders.begin(), question.orders.end());
        }
        event.efforts.push_back(effort(part, outcome.parts[i], left_out, now_[part.dataset], layout));
        apply(now_, event.efforts.back(), submission.id);
    }
    events_.push_back(std::move(event));
}

void Replay::undone(SubmissionId undo, const std::vector<SubmissionId>& targets) {
    events_.push_back({undo, {}, targets});
    now_ = replay();
}

Replay::Effort Replay::effort(const PartText& part, const PartOutcome& outcome, const std::set<RecordOrder>& left_out,
                              const Content& before, RowLayout layout) const {
    Effort out;
    out.dataset = part.dataset;
    out.effect = part.effect;
    const bool keyed = !datasets_.at(part.dataset).schema.primary_key.empty();
    std::map<Key, TextCells> last;
    std::set<Key> refused;
    for (std::size_t i = 0; i < part.rows.size(); ++i) {
        if (part.rows[i].empty()) continue;
        const TextCells row = plain(part.rows[i]);
        const auto order = RecordOrder::of(layout.first_ordinal + i / layout.batch_rows, i % layout.batch_rows);
        if (!keyed || part.effect == Effect::append) {
            if (!left_out.contains(order)) out.accepted.push_back(row);
            continue;
        }
        // A key is judged by its last record.
        last[key_of(part.dataset, row)] = row;
        if (left_out.contains(order)) refused.insert(key_of(part.dataset, row));
    }
    for (const auto& [key, row] : last) {
        if (!refused.contains(key)) out.accepted.push_back(row);
    }
    if (part.effect == Effect::delete_missing) {
        for (const ChangedRow& row : outcome.sample) {
            CHECK(row.change == Change::deleted);
            out.deleted.insert(key_of(part.dataset, plain(row.before)));
        }
        return out;
    }
    if (part.effect == Effect::replace) {
        out.deletes_missing = true; // or it would not have been published
        return out;
    }
    if (part.effect != Effect::sync || part.deletes.policy != DeletePolicy::Policy::missing) return out;
    const bool broken = part.rejected > 0 || !left_out.empty();
    const bool spare = part.deletes.on_rejects == DeletePolicy::OnRejects::keep_broken_keys &&
                       (part.rejected == 0 || part.broken_keys_readable);
    if (broken && !spare) return out;
    out.spared = refused;
    if (broken) {
        for (const TextCells& key : part.broken_keys) out.spared.insert(plain(key));
    }
    std::uint64_t deletes = 0;
    for (const auto& [key, row] : before.by_key) {
        if (!last.contains(key) && !out.spared.contains(key)) ++deletes;
    }
    const bool carried_out = outcome.counts.deleted == deletes && outcome.held_deletes == 0;
    // Deletions that did not come about were withheld by a guard. Where there were none, only an empty snapshot tells.
    const bool withheld_empty = last.empty() && !before.by_key.empty() && !part.deletes.allow_empty && deletes == 0;
    out.deletes_missing = carried_out && !withheld_empty;
    return out;
}

void Replay::apply(State& state, const Effort& effort, SubmissionId submission) const {
    Content& content = state[effort.dataset];
    const bool keyed = !datasets_.at(effort.dataset).schema.primary_key.empty();
    if (!keyed) {
        if (effort.effect == Effect::append) {
            for (const TextCells& row : effort.accepted) content.bag.emplace(row, submission);
            return;
        }
        // Of equal rows the oldest submissions stay.
        std::multiset<std::pair<TextCells, SubmissionId>> next;
        for (const TextCells& row : effort.accepted) {
            const auto old = content.bag.lower_bound({row, SubmissionId(0)});
            if (old != content.bag.end() && old->first == row) {
                next.insert(content.bag.extract(old));
            } else {
                next.emplace(row, submission);
            }
        }
        content.bag = std::move(next);
        return;
    }
    std::set<Key> sent;
    if (effort.effect != Effect::delete_missing) {
        for (const TextCells& row : effort.accepted) {
            const Key key = key_of(effort.dataset, row);
            sent.insert(key);
            const auto old = content.by_key.find(key);
            if (old != content.by_key.end() && old->second.first == row) continue;
            content.by_key[key] = {row, submission};
        }
    }
    std::erase_if(content.by_key, [&](const auto& entry) {
        if (effort.deleted.contains(entry.first)) return true;
        return effort.deletes_missing && !sent.contains(entry.first) && !effort.spared.contains(entry.first);
    });
}

Replay::State Replay::replay() const {
    std::set<SubmissionId> taken;
    for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
        if (!taken.contains(event->id)) taken.insert(event->targets.begin(), event->targets.end());
    }
    State state;
    for (const Event& event : events_) {
        if (taken.contains(event.id)) continue;
        for (const Effort& effort : event.efforts) apply(state, effort, event.id);
    }
    return state;
}

std::vector<std::string> Replay::rows(const std::string& dataset) const {
    std::vector<std::string> out;
    const auto found = now_.find(dataset);
    if (found == now_.end()) return out;
    const auto add = [&](const TextCells& row, SubmissionId submission) {
        out.push_back(to_string(row) + "|" + std::to_string(submission.value));
    };
    for (const auto& [key, row] : found->second.by_key) add(row.first, row.second);
    for (const auto& [row, submission] : found->second.bag) add(row, submission);
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<std::string> rows_to_compare(const RowCollector& rows) {
    std::vector<std::string> out;
    for (TextCells row : rows.rows()) {
        row.erase(row.end() - 2);
        out.push_back(to_string(plain(std::move(row))));
    }
    std::sort(out.begin(), out.end());
    return out;
}

} // namespace inlet
