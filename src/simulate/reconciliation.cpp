#include "simulate/reconciliation.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace inlet::simulate {

namespace {

// What ought to be of one record.
struct Expected {
    enum class Kind : std::uint8_t { unknown, absent, maybe, present };
    Kind kind = Kind::unknown;
    bool of_any_submission = false; // a correction that no answer came to may have replaced it
    std::uint32_t dataset = 0;
    std::uint32_t seen = 0;
    SubmissionId first;      // that brought it
    SubmissionId submission; // that brought it last; a correction that changes nothing leaves it to the first

    // A later entry speaks of a record that an earlier one brought when it is a correction.
    void expect(Kind wanted, std::uint32_t in, SubmissionId by) {
        dataset = in;
        if (wanted == Kind::present) {
            const bool corrected = kind == Kind::present;
            first = corrected ? std::min(first, by) : by;
            submission = corrected ? std::max(submission, by) : by;
            kind = wanted;
        } else if (kind == Kind::present) {
            of_any_submission |= wanted == Kind::maybe;
        } else {
            kind = std::max(kind, wanted);
        }
    }
};

class Expectation {
public:
    Expectation(const Ledger& ledger, const SubmissionStates& states, Reconciliation& report)
        : ledger_(ledger), states_(states), report_(report) {
        report.complete = ledger.complete();
        for (const PlayedDataset& dataset : ledger.head().datasets)
            report.datasets.push_back({.dataset = dataset.name});
        for (const LedgerEntry& entry : ledger.entries())
            if (entry.deed == Deed::undone || entry.deed == Deed::asked) asked_.insert(entry.submission.value);
        for (const LedgerEntry& entry : ledger.entries()) take(entry);
        for (const Expected& record : records_) {
            if (record.kind == Expected::Kind::present) ++report.datasets[record.dataset].acknowledged;
            if (record.kind == Expected::Kind::maybe) ++report.datasets[record.dataset].unsettled;
        }
    }

    void see(std::int64_t number, std::uint32_t dataset, SubmissionId by) {
        DatasetReconciliation& report = report_.datasets[dataset];
        const auto place = static_cast<std::size_t>(number);
        if (place >= records_.size() || records_[place].kind == Expected::Kind::unknown) {
            // Sent behind the ledger's back, or so it seems.
            ++(report_.complete ? report.unexpected : report.unsettled_present);
            return;
        }
        Expected& record = records_[place];
        ++record.seen;
        if (record.kind == Expected::Kind::absent || record.dataset != dataset)
            ++report.unexpected;
        else if (record.seen > 1)
            ++report.doubled;
        else if (record.kind == Expected::Kind::maybe)
            ++report.unsettled_present;
        else if (record.submission != by && record.first != by && !record.of_any_submission)
            ++report.doubled;
        else
            ++report.present;
    }

    void count_lost() {
        for (const Expected& record : records_)
            if (record.kind == Expected::Kind::present && record.seen == 0) ++report_.datasets[record.dataset].lost;
    }

private:
    void take(const LedgerEntry& entry) {
        using Kind = Expected::Kind;
        switch (entry.deed) {
        case Deed::abandoned:
            return expect(entry, Kind::absent);
        case Deed::unsettled:
            return expect(entry, Kind::maybe);
        case Deed::asked:
            return;
        case Deed::undone: {
            const auto state = states_.find(entry.submission.value);
            if (state == states_.end() || state->second != SubmissionState::undone) ++report_.undo_forgotten;
            return;
        }
        case Deed::sent:
            break;
        }
        ++report_.submissions;
        const auto state = states_.find(entry.submission.value);
        if (state == states_.end()) {
            ++report_.unknown;
            return expect(entry, Kind::present);
        }
        const bool taken_back = state->second == SubmissionState::undone && asked_.contains(entry.submission.value);
        const bool published = state->second == SubmissionState::published;
        const bool may_stop = state->second == SubmissionState::held;
        if (!published && !may_stop && !is_end(state->second)) ++report_.waiting;
        // Only a broken record is a reason not to publish it.
        if (!published && !taken_back && entry.mistake < 0) ++report_.unpublished;
        expect(entry, published ? Kind::present : Kind::absent);
    }

    void expect(const LedgerEntry& entry, Expected::Kind kind) {
        const auto end = static_cast<std::size_t>(entry.first + entry.count);
        if (records_.size() < end) records_.resize(end);
        for (std::int64_t number = entry.first; number < entry.first + entry.count; ++number) {
            const bool broken = number == entry.mistake;
            records_[static_cast<std::size_t>(number)].expect(broken ? Expected::Kind::absent : kind, entry.dataset,
                                                              entry.submission);
        }
    }

    const Ledger& ledger_;
    const SubmissionStates& states_;
    Reconciliation& report_;
    std::unordered_set<std::int64_t> asked_; // submissions that were to be undone
    std::vector<Expected> records_;          // by number
};

std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + '"';
}

// Columns: mark, submission; both as texts.
class MarkSink final : public ResultSink {
public:
    explicit MarkSink(const RowVisit& visit) : visit_(visit) {}

    Status begin(const std::vector<ResultColumn>& columns) override {
        CHECK(columns.size() == 2);
        return {};
    }
    Status batch(const RecordBatch& rows) override {
        for (std::size_t i = 0; i < rows.rows; ++i) {
            if (!rows.columns[0].present.test(i)) continue;
            visit_(value_text(rows.columns[0], i),
                   SubmissionId(std::strtoll(value_text(rows.columns[1], i).c_str(), nullptr, 10)));
        }
        return {};
    }

private:
    const RowVisit& visit_;
};

} // namespace

bool Reconciliation::passed() const {
    return unknown == 0 && unpublished == 0 && waiting == 0 && undo_forgotten == 0 &&
           std::ranges::all_of(datasets, [](const DatasetReconciliation& one) {
               return one.lost == 0 && one.doubled == 0 && one.unexpected == 0;
           });
}

Result<Reconciliation> reconcile_rows(const Ledger& ledger, const SubmissionStates& states, const Rows& rows) {
    Reconciliation report;
    report.by_rows = true;
    Expectation expectation(ledger, states, report);
    const std::vector<PlayedDataset>& datasets = ledger.head().datasets;
    for (std::uint32_t i = 0; i < datasets.size(); ++i) {
        TRY(rows(datasets[i], [&](std::string_view mark, SubmissionId submission) {
            if (const auto number = number_of_mark(datasets[i].mark, ledger.head().run, mark))
                expectation.see(*number, i, submission);
        }));
    }
    expectation.count_lost();
    return report;
}

Rows warehouse_rows(Warehouse& warehouse) {
    return [&warehouse](const PlayedDataset& dataset, const RowVisit& visit) -> Status {
        MarkSink sink(visit);
        return warehouse.query(fmt::format("SELECT CAST({} AS VARCHAR), CAST(_submission AS VARCHAR) FROM {}",
                                           quoted(dataset.mark.name), quoted(dataset.name)),
                               {}, {}, sink);
    };
}

Reconciliation reconcile_counts(const Ledger& ledger, const SubmissionStates& states,
                                const std::vector<std::uint64_t>& records_now) {
    Reconciliation report;
    const Expectation expectation(ledger, states, report);
    const std::vector<PlayedDataset>& datasets = ledger.head().datasets;
    for (std::size_t i = 0; i < datasets.size(); ++i) {
        DatasetReconciliation& dataset = report.datasets[i];
        const std::uint64_t before = datasets[i].records_before;
        const std::uint64_t grown = records_now[i] > before ? records_now[i] - before : 0;
        dataset.present = std::min(grown, dataset.acknowledged);
        dataset.lost = dataset.acknowledged - dataset.present;
        const std::uint64_t more = grown - dataset.present;
        dataset.unsettled_present = std::min(more, dataset.unsettled);
        dataset.unexpected = more - dataset.unsettled_present;
    }
    return report;
}

} // namespace inlet::simulate
