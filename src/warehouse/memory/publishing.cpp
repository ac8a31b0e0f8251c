// See publishing.hpp.
#include "warehouse/memory/publishing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace inlet::memory {

namespace {

struct Refusal {
    SubmissionOutcome::State state;
    Error reason;
};
using Decision = std::optional<Refusal>; // nothing: go on

struct Record {
    RecordOrder order;
    SharedCells cells;
};

// What a part would do to its table.
struct Plan {
    std::vector<Record> written;   // to be inserted, their live rows ended
    std::vector<Record> repeated;  // stand as sent
    std::set<std::size_t> removed; // positions of live rows to be deleted
    std::uint64_t held_deletes = 0;
    std::uint64_t skipped_deletes = 0;
    bool settles = false;
};

std::vector<std::size_t> all_columns(const Table& table) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < table.columns.size(); ++i) out.push_back(i);
    return out;
}

// The accepted records of a source at the given columns, with their order.
Status read(const RowSource& source, const std::vector<std::size_t>& columns, std::vector<Record>& records) {
    const std::unique_ptr<RowStream> stream = TRY(source.open());
    RecordBatch batch;
    while (TRY(stream->next(batch))) {
        for (std::size_t i = 0; i < batch.rows; ++i) {
            if (batch.rejected.test(i)) continue;
            records.push_back(
                {RecordOrder::of(batch.ordinal, i), std::make_shared<const Cells>(read_cells(batch, i, columns))});
        }
    }
    return {};
}

Refusal over(SubmissionOutcome::State state, FailureCode code, const std::string& dataset, std::uint64_t deletes,
             std::string message) {
    return {state, Error(code, std::move(message)).with("dataset", dataset).with("deletes", std::to_string(deletes))};
}

// One part on its way into its table.
class PartWriter {
public:
    PartWriter(Table& table, const PublishPart& part, SubmissionId submission, std::optional<std::uint64_t> approved,
               PublishJudge& judge)
        : table_(table), part_(part), submission_(submission), approved_(approved), judge_(judge) {}

    Status take(const Staged& staged);
    Result<Decision> decide();
    PartOutcome write(Version version, std::size_t sample_rows);
    bool settles() const { return plan_.settles; }

private:
    Result<Decision> decide_append();
    Result<Decision> decide_by_key();
    Result<Decision> decide_missing();
    Result<Decision> decide_removal();
    Result<Decision> decide_bag();
    Decision decide_deletes(std::set<std::size_t> missing);
    Decision guard_deletes(std::uint64_t deletes, bool& carry_out);
    Result<Decision> ask(FailureCode code, const std::vector<std::size_t>& columns, const std::set<RecordOrder>& found);
    std::set<RecordOrder> breaking(std::size_t column) const;
    void leave_out(const std::set<RecordOrder>& orders);

    Table& table_;
    const PublishPart& part_;
    const SubmissionId submission_;
    const std::optional<std::uint64_t> approved_;
    PublishJudge& judge_;

    std::vector<Record> records_; // in their order; reduced to the last of each key where that is the rule
    std::set<Cells> broken_;      // keys of broken records
    bool left_out_ = false;       // a record broke a unique field
    std::set<Cells> sent_;        // keys of all records of the part, those left out too
    Plan plan_;
};

Status PartWriter::take(const Staged& staged) {
    for (const StageToken& token : part_.tokens) {
        const auto found = staged.find(token);
        if (found == staged.end() || found->second.submission != submission_ || found->second.dataset != table_.name) {
            return fail(Error(FailureCode::internal, "a batch that is to be published was never staged, or discarded")
                            .with("token", token.value));
        }
        TRY(read(*found->second.rows, all_columns(table_), records_));
    }
    std::stable_sort(records_.begin(), records_.end(),
                     [](const Record& a, const Record& b) { return a.order < b.order; });
    if (part_.broken_keys) {
        std::vector<Record> broken;
        TRY(read(*part_.broken_keys, table_.key, broken));
        for (const Record& record : broken) broken_.insert(*record.cells);
    }
    return {};
}

Result<Decision> PartWriter::decide() {
    switch (part_.effect) {
    case Effect::append:
        return decide_append();
    case Effect::replace:
        if (table_.key.empty()) return decide_bag();
        return decide_by_key();
    case Effect::upsert:
    case Effect::sync:
    case Effect::delete_missing:
    case Effect::remove:
        if (table_.key.empty()) {
            return fail(FailureCode::bad_argument,
                        fmt::format("`{}` has no primary key, which {} needs", table_.name, to_string(part_.effect)));
        }
        if (part_.effect == Effect::remove) return decide_removal();
        return part_.effect == Effect::delete_missing ? decide_missing() : decide_by_key();
    }
    CHECK(!"every effect is decided");
}

// Hands records to the judge and leaves them out if it lets the rest go on.
Result<Decision> PartWriter::ask(FailureCode code, const std::vector<std::size_t>& columns,
                                 const std::set<RecordOrder>& found) {
    if (found.empty()) return Decision{};
    std::vector<std::string> fields;
    for (const std::size_t at : columns) fields.push_back(table_.columns[at].name);
    const auto refuse = [&](SubmissionOutcome::State state) {
        return Decision{{state, Error(code, fmt::format("{} records have a value in `{}` that is taken in `{}`",
                                                        found.size(), fmt::join(fields, ", "), table_.name))
                                    .with("dataset", table_.name)}};
    };
    const std::vector<RecordOrder> orders(found.begin(), found.end());
    switch (TRY(judge_.conflicts(submission_, table_.name, code, fields, orders))) {
    case PublishJudge::Verdict::publish_rest:
        leave_out(found);
        return Decision{};
    case PublishJudge::Verdict::reject:
        return refuse(SubmissionOutcome::State::rejected);
    case PublishJudge::Verdict::hold:
        return refuse(SubmissionOutcome::State::held);
    }
    CHECK(!"every verdict is followed");
}

void PartWriter::leave_out(const std::set<RecordOrder>& orders) {
    std::erase_if(records_, [&](const Record& record) { return orders.contains(record.order); });
}

Result<Decision> PartWriter::decide_append() {
    if (!table_.key.empty()) {
        const auto live = table_.live_by_key();
        std::set<RecordOrder> taken;
        for (const Record& record : records_) {
            if (live.contains(table_.key_of(*record.cells))) taken.insert(record.order);
        }
        if (auto refusal = TRY(ask(FailureCode::primary_key, table_.key, taken))) return refusal;
    }
    for (const std::size_t column : table_.unique) {
        std::set<Cell> live;
        for (const Row& row : table_.live) live.insert((*row.cells)[column]);
        live.erase(Cell{});
        std::set<RecordOrder> taken;
        for (const Record& record : records_) {
            if (live.contains((*record.cells)[column])) taken.insert(record.order);
        }
        if (auto refusal = TRY(ask(FailureCode::unique_error, {column}, taken))) return refusal;
    }
    plan_.written = records_;
    return Decision{};
}

// The records to be written whose value in the column another row holds in the state that the plan leaves.
std::set<RecordOrder> PartWriter::breaking(std::size_t column) const {
    std::set<Cells> written;
    std::map<Cell, std::size_t> holders;
    for (const Record& record : plan_.written) {
        written.insert(table_.key_of(*record.cells));
        ++holders[(*record.cells)[column]];
    }
    for (std::size_t i = 0; i < table_.live.size(); ++i) {
        const Cells& cells = *table_.live[i].cells;
        if (!plan_.removed.contains(i) && !written.contains(table_.key_of(cells))) ++holders[cells[column]];
    }
    holders.erase(Cell{});
    std::set<RecordOrder> out;
    for (const Record& record : plan_.written) {
        const auto held = holders.find((*record.cells)[column]);
        if (held != holders.end() && held->second > 1) out.insert(record.order);
    }
    return out;
}

Result<Decision> PartWriter::decide_by_key() {
    std::map<Cells, Record> last;
    for (const Record& record : records_) last[table_.key_of(*record.cells)] = record;
    records_.clear();
    for (const auto& [key, record] : last) {
        records_.push_back(record);
        sent_.insert(key);
    }
    const auto live = table_.live_by_key();
    std::set<std::size_t> missing;
    for (const auto& [key, at] : live) {
        if (!sent_.contains(key)) missing.insert(at);
    }
    // A record that is left out may bring back a value that another one counted on to be gone: until there is nothing
    // to leave out.
    for (bool again = true; again;) {
        again = false;
        plan_ = {};
        for (const Record& record : records_) {
            const auto old = live.find(table_.key_of(*record.cells));
            const bool same = old != live.end() && *table_.live[old->second].cells == *record.cells;
            (same ? plan_.repeated : plan_.written).push_back(record);
        }
        if (auto refusal = decide_deletes(missing)) return refusal;
        for (const std::size_t column : table_.unique) {
            const std::set<RecordOrder> found = breaking(column);
            if (found.empty()) continue;
            if (auto refusal = TRY(ask(FailureCode::unique_error, {column}, found))) return refusal;
            left_out_ = true;
            again = true;
            break;
        }
    }
    return Decision{};
}

// What becomes of the live rows whose key is missing: the guards of sync and replace.
Decision PartWriter::decide_deletes(std::set<std::size_t> missing) {
    if (part_.effect == Effect::upsert) return std::nullopt;
    const DeletePolicy& policy = part_.deletes;
    const bool sync = part_.effect == Effect::sync;
    if (sync && policy.policy != DeletePolicy::Policy::missing) return std::nullopt;
    if (sync && (part_.rejected > 0 || left_out_)) {
        const bool unreadable = part_.rejected > 0 && !part_.broken_keys_readable;
        if (policy.on_rejects == DeletePolicy::OnRejects::delete_nothing || unreadable) {
            plan_.skipped_deletes = missing.size();
            return std::nullopt;
        }
        plan_.skipped_deletes = std::erase_if(
            missing, [&](std::size_t at) { return broken_.contains(table_.key_of(*table_.live[at].cells)); });
    }
    bool carry_out = false;
    if (auto refusal = guard_deletes(missing.size(), carry_out)) return refusal;
    if (carry_out) {
        plan_.removed = std::move(missing);
        plan_.settles = true;
    }
    return std::nullopt;
}

Decision PartWriter::guard_deletes(std::uint64_t deletes, bool& carry_out) {
    const DeletePolicy& policy = part_.deletes;
    const std::uint64_t live = table_.live.size();
    const bool replace = part_.effect == Effect::replace;
    if (approved_) {
        carry_out = *approved_ == deletes;
        if (carry_out) return std::nullopt;
        return over(SubmissionOutcome::State::held, FailureCode::approval_changed, table_.name, deletes,
                    fmt::format("{} deletions were approved, and now {} rows of `{}` would go", *approved_, deletes,
                                table_.name));
    }
    const bool nothing_sent = table_.key.empty() ? records_.empty() : sent_.empty();
    const bool empty = nothing_sent && live > 0 && !policy.allow_empty;
    const bool many = policy.max_rows && deletes > static_cast<std::uint64_t>(*policy.max_rows);
    const bool large = policy.max_share && static_cast<double>(deletes) > *policy.max_share * static_cast<double>(live);
    if (!empty && !many && !large) {
        carry_out = true;
        return std::nullopt;
    }
    const FailureCode code = empty ? FailureCode::empty_snapshot : FailureCode::deletes_over_limit;
    const std::string message = fmt::format("{} of {} rows of `{}` would be deleted{}", deletes, live, table_.name,
                                            empty ? " by an empty part" : ", which is over the limit");
    switch (policy.over_limit) {
    case DeletePolicy::OverLimit::reject:
        return over(SubmissionOutcome::State::rejected, code, table_.name, deletes, message);
    case DeletePolicy::OverLimit::skip:
        if (replace) return over(SubmissionOutcome::State::rejected, code, table_.name, deletes, message);
        plan_.skipped_deletes += deletes;
        return std::nullopt;
    case DeletePolicy::OverLimit::hold:
        if (replace || empty) return over(SubmissionOutcome::State::held, code, table_.name, deletes, message);
        plan_.held_deletes = deletes;
        return std::nullopt;
    }
    CHECK(!"every over_limit is followed");
}

Result<Decision> PartWriter::decide_missing() {
    for (const Record& record : records_) sent_.insert(table_.key_of(*record.cells));
    for (std::size_t i = 0; i < table_.live.size(); ++i) {
        const Row& row = table_.live[i];
        const Cells key = table_.key_of(*row.cells);
        const bool before = !part_.delete_before || row.version < *part_.delete_before;
        if (before && !sent_.contains(key) && !broken_.contains(key)) plan_.removed.insert(i);
    }
    const std::uint64_t deletes = plan_.removed.size();
    if (!approved_) {
        return Decision{
            over(SubmissionOutcome::State::held, FailureCode::deletes_over_limit, table_.name, deletes,
                 fmt::format("{} rows of `{}` would be deleted, and nobody has approved it", deletes, table_.name))};
    }
    bool carry_out = false;
    return guard_deletes(deletes, carry_out);
}

Result<Decision> PartWriter::decide_removal() {
    const auto live = table_.live_by_key();
    for (const Record& record : records_) {
        if (const auto row = live.find(table_.key_of(*record.cells)); row != live.end())
            plan_.removed.insert(row->second);
    }
    return Decision{};
}

// A replace without a key.
Result<Decision> PartWriter::decide_bag() {
    std::vector<std::size_t> order; // live rows, those that are the first to go last
    for (std::size_t i = 0; i < table_.live.size(); ++i) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const Row& x = table_.live[a];
        const Row& y = table_.live[b];
        return std::pair(x.submission, x.version) < std::pair(y.submission, y.version);
    });
    std::map<Cells, std::vector<Record>> sent;
    for (const Record& record : records_) sent[*record.cells].push_back(record);
    std::set<std::size_t> removed;
    for (const std::size_t at : order) {
        auto& equal = sent[*table_.live[at].cells];
        if (equal.empty()) {
            removed.insert(at);
        } else {
            plan_.repeated.push_back(equal.back());
            equal.pop_back();
        }
    }
    for (const auto& [cells, equal] : sent) plan_.written.insert(plan_.written.end(), equal.begin(), equal.end());
    return decide_deletes(std::move(removed));
}

PartOutcome PartWriter::write(Version version, std::size_t sample_rows) {
    std::vector<RowChange> changes;
    std::set<std::size_t> ended = plan_.removed;
    for (const std::size_t at : plan_.removed) changes.push_back({table_.live[at].cells, nullptr});
    const auto live = table_.key.empty() ? std::map<Cells, std::size_t>{} : table_.live_by_key();
    for (const Record& record : plan_.written) {
        const auto old = table_.key.empty() ? live.end() : live.find(table_.key_of(*record.cells));
        if (old == live.end()) {
            changes.push_back({nullptr, record.cells});
        } else {
            ended.insert(old->second);
            changes.push_back({table_.live[old->second].cells, record.cells});
        }
    }
    table_.end(ended, version, submission_);
    for (const Record& record : plan_.written) table_.insert(record.cells, version, submission_);
    if (!table_.key.empty() && !plan_.settles) {
        for (const Record& record : plan_.repeated) {
            table_.touches.push_back({table_.key_of(*record.cells), version, submission_});
        }
    }
    PartOutcome outcome;
    outcome.dataset = table_.name;
    outcome.counts = count(changes);
    outcome.counts.unchanged = plan_.repeated.size();
    outcome.held_deletes = plan_.held_deletes;
    outcome.skipped_deletes = plan_.skipped_deletes;
    for (std::size_t i = 0; i < std::min(sample_rows, changes.size()); ++i) {
        outcome.sample.push_back(to_text(table_, changes[i]));
    }
    return outcome;
}

} // namespace

Result<SubmissionOutcome> publish_one(State& state, const PublishSubmission& submission, Version version,
                                      const Staged& staged, PublishJudge& judge, const std::string& by,
                                      std::size_t sample_rows) {
    SubmissionOutcome outcome;
    outcome.id = submission.id;
    if (const Event* before = state.event(submission.id)) {
        outcome.state = SubmissionOutcome::State::rejected;
        outcome.reason = Error(FailureCode::already_published, fmt::format("submission {} was published as version {}",
                                                                           submission.id.value, before->version.value));
        return outcome;
    }
    State next = state;
    Event event;
    event.id = submission.id;
    event.version = version;
    std::map<std::string, VersionEntry> lines;
    for (const PublishPart& part : submission.parts) {
        const auto found = next.tables.find(part.dataset);
        if (found == next.tables.end() || found->second.model) {
            return fail(FailureCode::unknown_dataset, fmt::format("there is no dataset `{}`", part.dataset));
        }
        const auto approval = submission.approved_deletes.find(part.dataset);
        PartWriter writer(
            found->second, part, submission.id,
            approval == submission.approved_deletes.end() ? std::nullopt : std::optional(approval->second), judge);
        TRY(writer.take(staged));
        if (auto refusal = TRY(writer.decide())) {
            outcome.parts.clear();
            outcome.state = refusal->state;
            outcome.reason = std::move(refusal->reason);
            return outcome;
        }
        outcome.parts.push_back(writer.write(version, sample_rows));
        const ChangeCounts& counts = outcome.parts.back().counts;
        VersionEntry& line = lines[part.dataset];
        line.kind = to_string(part.effect);
        line.counts.inserted += counts.inserted;
        line.counts.updated += counts.updated;
        line.counts.deleted += counts.deleted;
        bool& settled = event.settled[part.dataset];
        settled = settled || writer.settles();
    }
    for (auto& [dataset, line] : lines) {
        line.number = version;
        line.dataset = dataset;
        line.submission = submission.id;
        line.by = submission.by.empty() ? by : submission.by;
        next.lines.push_back(line);
    }
    next.events.push_back(std::move(event));
    state = std::move(next);
    return outcome;
}

} // namespace inlet::memory
