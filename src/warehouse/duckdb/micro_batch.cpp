// See micro_batch.hpp. The staged rows are columns c0, c1 ... as the schema's fields, _place (of the submission in the
// batch), _id (its number) and _order (the record's place in it).
#include "warehouse/duckdb/micro_batch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "warehouse/duckdb/change_set.hpp"
#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

using State = SubmissionOutcome::State;

constexpr std::size_t kBatchRows = 2048;

// The rows of all submissions, copied into batches of a useful size, with three more columns.
class GatheredRows final : public RowSource {
public:
    explicit GatheredRows(const Schema& schema) {
        for (const Field& field : schema.fields) types_.push_back(physical_type(field));
        for (int i = 0; i < 3; ++i) types_.push_back(PhysicalType::int64);
    }

    Status add(std::size_t place, SubmissionId id, const RowSource& source) {
        const std::unique_ptr<RowStream> stream = TRY(source.open());
        RecordBatch batch;
        while (TRY(stream->next(batch))) {
            for (std::size_t row = 0; row < batch.rows; ++row) {
                if (batch.rejected.test(row)) continue;
                append(batch, row,
                       {static_cast<std::int64_t>(place), id.value,
                        static_cast<std::int64_t>(RecordOrder::of(batch.ordinal, row).value)});
            }
        }
        return {};
    }
    void finish() {
        if (!batches_.empty()) close(*batches_.back());
    }

    Result<std::unique_ptr<RowStream>> open() const override {
        class Stream final : public RowStream {
        public:
            explicit Stream(const GatheredRows& rows) : rows_(rows) {}
            Result<bool> next(RecordBatch& batch) override {
                const std::size_t at = next_.fetch_add(1);
                if (at >= rows_.batches_.size()) return false;
                const RecordBatch& from = *rows_.batches_[at];
                batch.ordinal = at;
                batch.rows = from.rows;
                batch.columns = from.columns; // texts stay where they are, in `from`
                batch.rejected = from.rejected;
                batch.rejected_count = 0;
                return true;
            }

        private:
            const GatheredRows& rows_; // kept by the feed for as long as it is read
            std::atomic<std::size_t> next_{0};
        };
        return std::make_unique<Stream>(*this);
    }
    std::uint64_t rows() const override { return rows_; }

private:
    void append(const RecordBatch& from, std::size_t row, const std::array<std::int64_t, 3>& more) {
        if (batches_.empty() || batches_.back()->rows == kBatchRows) {
            if (!batches_.empty()) close(*batches_.back());
            batches_.push_back(std::make_unique<RecordBatch>());
            batches_.back()->columns.resize(types_.size());
            for (std::size_t i = 0; i < types_.size(); ++i) batches_.back()->columns[i].reset(types_[i], kBatchRows);
        }
        RecordBatch& to = *batches_.back();
        const std::size_t at = to.rows++;
        for (std::size_t i = 0; i < from.columns.size(); ++i) copy(from.columns[i], row, to.columns[i], at, to.arena);
        for (std::size_t i = 0; i < more.size(); ++i)
            to.columns[from.columns.size() + i].values<std::int64_t>()[at] = more[i];
        ++rows_;
    }

    static void copy(const Column& from, std::size_t row, Column& to, std::size_t at, TextArena& arena) {
        if (!from.present.test(row)) {
            to.present.reset(at);
            if (to.type == PhysicalType::text) to.values<TextRef>()[at] = {};
            return;
        }
        switch (Column::width(from.type)) {
        case 1:
            to.values<std::uint8_t>()[at] = from.values<std::uint8_t>()[row];
            return;
        case 4:
            to.values<std::int32_t>()[at] = from.values<std::int32_t>()[row];
            return;
        case 8:
            to.values<std::int64_t>()[at] = from.values<std::int64_t>()[row];
            return;
        default:
            to.values<TextRef>()[at] = arena.store(from.values<TextRef>()[row].view());
        }
    }

    static void close(RecordBatch& batch) { batch.rejected.assign(batch.rows, false); }

    std::vector<PhysicalType> types_;
    std::vector<std::unique_ptr<RecordBatch>> batches_;
    std::uint64_t rows_ = 0;
};

// The schema of gathered rows.
Schema with_places(const Schema& schema) {
    Schema wider = schema;
    wider.primary_key.clear();
    for (const char* name : {"_place", "_id", "_order"}) {
        Field field;
        field.name = name;
        field.type = FieldType::integer;
        wider.fields.push_back(std::move(field));
    }
    return wider;
}

class MicroBatch {
public:
    MicroBatch(Connection& db, FeedRegistry& feeds, const StoredTable& table, std::span<const MicroSubmission> all,
               Version version, std::size_t number, PublishJudge& judge)
        : db_(db), feeds_(feeds), table_(table), all_(all), version_(version), judge_(judge),
          stage_(fmt::format("_micro_{}", number)), lines_(fmt::format("_lines_{}", number)),
          effect_(all.front().submission->parts.front().effect) {}

    Result<MicroBatchOutcome> run() {
        for (const MicroSubmission& one : all_) {
            SubmissionOutcome outcome;
            outcome.id = one.submission->id;
            outcome_.submissions.push_back(std::move(outcome));
        }
        TRY(gather());
        if (effect_ == Effect::append) {
            TRY(judge_conflicts());
            TRY(append());
        } else {
            TRY(upsert());
        }
        TRY(db_.run("DROP TABLE " + stage_));
        return std::move(outcome_);
    }

private:
    Status gather() {
        const auto rows = std::make_shared<GatheredRows>(table_.schema); // shared with the feed
        for (std::size_t place = 0; place < all_.size(); ++place) {
            for (const auto& source : all_[place].sources) TRY(rows->add(place, all_[place].submission->id, *source));
        }
        rows->finish();
        const std::size_t width = table_.columns().size();
        const FeedScope feed(feeds_, db_, with_places(table_.schema), {rows});
        auto staged = db_.run(fmt::format("CREATE TEMP TABLE {0} AS SELECT {1}, c{2} AS _place, c{3} AS _id, c{4} AS "
                                          "_order FROM {5}",
                                          stage_, position_list("c", width), width, width + 1, width + 2, feed.sql()));
        if (!staged) return fail(feed.blame(std::move(staged.error())));
        return {};
    }

    // Records whose key is taken: by a live row, or by a record of an earlier submission. Those are not known to stand
    // before their own conflicts are judged, so that the judge is asked in the order of the submissions, and what
    // comes after a contested one is looked at again.
    Status judge_conflicts() {
        if (table_.key.empty()) return {};
        std::vector<std::string> fields;
        for (const std::size_t i : table_.key) fields.push_back(table_.columns()[i].name);
        const std::string key = position_list("c", table_.key);
        const std::string live = fmt::format("SELECT s._place, s._order, -1 AS _before FROM {} s SEMI JOIN {} l ON {}",
                                             stage_, live_table(table_.name), same_key(table_));
        const std::string earlier =
            fmt::format("SELECT _place, _order, min(_place) OVER (PARTITION BY {}) AS _before FROM {}", key, stage_);
        std::set<std::size_t> judged;
        for (;;) {
            struct Found {
                std::vector<RecordOrder> orders;
                std::vector<std::size_t> before; // submissions that take the keys, themselves perhaps contested
            };
            std::map<std::size_t, Found> found;
            for (const auto& row : TRY(db_.rows(fmt::format(
                     "SELECT _place, _order, min(_before) FROM (({}) UNION ALL ({})) WHERE _before < _place "
                     "GROUP BY _place, _order",
                     live, earlier)))) {
                Found& of = found[static_cast<std::size_t>(row[0].number)];
                of.orders.push_back({static_cast<std::uint64_t>(row[1].number)});
                if (row[2].number >= 0) of.before.push_back(static_cast<std::size_t>(row[2].number));
            }
            if (found.empty()) return {};
            std::vector<std::string> gone;
            for (const auto& [place, of] : found) {
                const bool contested = std::ranges::any_of(of.before, [&](std::size_t b) { return found.contains(b); });
                if (contested) break;
                CHECK(judged.insert(place).second);
                TRY(judge(place, fields, of.orders, gone));
            }
            TRY(db_.run(fmt::format("DELETE FROM {} WHERE {}", stage_, fmt::join(gone, " OR "))));
        }
    }

    // `gone`: conditions of staged rows that are not published.
    Status judge(std::size_t place, const std::vector<std::string>& fields, const std::vector<RecordOrder>& orders,
                 std::vector<std::string>& gone) {
        SubmissionOutcome& outcome = outcome_.submissions[place];
        const auto verdict = TRY(judge_.conflicts(outcome.id, table_.name, FailureCode::primary_key, fields, orders));
        if (verdict == PublishJudge::Verdict::publish_rest) {
            std::vector<std::uint64_t> numbers;
            for (const RecordOrder order : orders) numbers.push_back(order.value);
            gone.push_back(fmt::format("(_place = {} AND _order IN ({}))", place, fmt::join(numbers, ", ")));
            return {};
        }
        outcome.state = verdict == PublishJudge::Verdict::hold ? State::held : State::rejected;
        outcome.reason =
            Error(FailureCode::primary_key, fmt::format("{} records have a value in `{}` that is taken in `{}`",
                                                        orders.size(), fmt::join(fields, ", "), table_.name))
                .with("dataset", table_.name);
        gone.push_back(fmt::format("_place = {}", place));
        return {};
    }

    Status append() {
        TRY(db_.run(fmt::format("INSERT INTO {} SELECT {}, {}, _id FROM {}", live_table(table_.name),
                                position_list("c", table_.columns().size()), version_.value, stage_)));
        return count(fmt::format("SELECT _place, count(*) AS _inserted, 0 AS _updated, 0 AS _same FROM {} GROUP BY "
                                 "_place",
                                 stage_));
    }

    // Of each submission's records with one key the last one counts. Those of all submissions with that key form a
    // chain, which begins at the live row; a link that equals the one before changes nothing.
    Status upsert() {
        const auto& columns = table_.columns();
        const std::string key = position_list("c", table_.key);
        const std::string all = position_list("c", columns.size());
        const std::string live = live_table(table_.name);
        const std::string chain = stage_ + "_chain";
        std::string lags;
        std::string lives;
        std::string same = "(_link > 1 OR _rid IS NOT NULL)";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            lags += fmt::format(", lag(c{0}) OVER w AS p{0}", i);
            lives += fmt::format(", l.{} AS o{}", quote_name(columns[i].name), i);
            if (std::ranges::find(table_.key, i) != table_.key.end()) continue;
            same += fmt::format(" AND c{0} IS NOT DISTINCT FROM (CASE WHEN _link > 1 THEN p{0} ELSE o{0} END)", i);
        }
        TRY(db_.run(fmt::format(
            "CREATE TEMP TABLE {0} AS SELECT *, ({1}) AS _same FROM (SELECT s.*{2}, l.rowid AS _rid, l._version AS "
            "_over, l._submission AS _osub FROM (SELECT *, row_number() OVER w AS _link{3} FROM (SELECT * FROM {4} "
            "QUALIFY row_number() OVER (PARTITION BY {5}, _place ORDER BY _order DESC) = 1) WINDOW w AS (PARTITION BY "
            "{5} ORDER BY _place)) s LEFT JOIN {6} l ON {7})",
            chain, same, lives, lags, stage_, key, live, same_key(table_))));
        TRY(db_.run(fmt::format("INSERT INTO {} SELECT {}, {}, _id FROM {} WHERE _same", touches_table(table_.name),
                                key, version_.value, chain)));
        // What each link that changes something ends: the live row, or the last link before it that changed something.
        const std::string changes = chain + "_changes";
        TRY(db_.run(fmt::format("CREATE TEMP TABLE {} AS SELECT *, row_number() OVER w AS _step, lead(_id) OVER w AS "
                                "_ender FROM {} WHERE NOT _same WINDOW w AS (PARTITION BY {} ORDER BY _place)",
                                changes, chain, key)));
        const std::string history = history_table(table_.name, table_.current().number);
        TRY(db_.run(fmt::format("INSERT INTO {} SELECT {}, _over, _osub, {}, _id FROM {} WHERE _step = 1 AND _rid IS "
                                "NOT NULL",
                                history, position_list("o", columns.size()), version_.value, changes)));
        TRY(db_.run(fmt::format("INSERT INTO {0} SELECT {1}, {2}, _id, {2}, _ender FROM {3} WHERE _ender IS NOT NULL",
                                history, all, version_.value, changes)));
        TRY(db_.run(
            fmt::format("DELETE FROM {} WHERE rowid IN (SELECT _rid FROM {} WHERE _rid IS NOT NULL)", live, changes)));
        TRY(db_.run(fmt::format("INSERT INTO {} SELECT {}, {}, _id FROM {} WHERE _ender IS NULL", live, all,
                                version_.value, changes)));
        TRY(count(fmt::format("SELECT _place, count(*) FILTER (NOT _same AND _link = 1 AND _rid IS NULL) AS _inserted, "
                              "count(*) FILTER (NOT _same AND (_link > 1 OR _rid IS NOT NULL)) AS _updated, count(*) "
                              "FILTER (_same) AS _same FROM {} GROUP BY _place",
                              chain)));
        TRY(db_.run("DROP TABLE " + changes));
        return db_.run("DROP TABLE " + chain);
    }

    // `counted`: _place, _inserted, _updated and _same of submissions that have rows.
    Status count(const std::string& counted) {
        for (const auto& row : TRY(db_.rows(counted))) {
            PartOutcome part;
            part.counts.inserted = static_cast<std::uint64_t>(row[1].number);
            part.counts.updated = static_cast<std::uint64_t>(row[2].number);
            part.counts.unchanged = static_cast<std::uint64_t>(row[3].number);
            outcome_.submissions[static_cast<std::size_t>(row[0].number)].parts.push_back(std::move(part));
        }
        const auto lines = std::make_shared<GatheredLines>();
        for (std::size_t place = 0; place < outcome_.submissions.size(); ++place) {
            SubmissionOutcome& submission = outcome_.submissions[place];
            if (submission.state != State::published) continue;
            if (submission.parts.empty()) submission.parts.emplace_back();
            PartOutcome& part = submission.parts.front();
            part.dataset = table_.name;
            outcome_.counts.inserted += part.counts.inserted;
            outcome_.counts.updated += part.counts.updated;
            lines->add(submission.id, part.counts, all_[place].submission->by);
        }
        outcome_.published = lines->rows();
        outcome_.lines = lines_;
        const FeedScope feed(feeds_, db_, lines_schema(), {lines});
        return db_.run(fmt::format("CREATE TEMP TABLE {} AS SELECT c0 AS _place, c1 AS _id, c2 AS _inserted, c3 AS "
                                   "_updated, c4 AS _by FROM {}",
                                   lines_, feed.sql()));
    }

    // Four numbers and a text a row.
    class GatheredLines final : public RowSource {
    public:
        void add(SubmissionId id, const ChangeCounts& counts, std::string by) {
            by_.push_back(std::move(by));
            numbers_.insert(numbers_.end(),
                            {static_cast<std::int64_t>(rows()), id.value, static_cast<std::int64_t>(counts.inserted),
                             static_cast<std::int64_t>(counts.updated)});
        }
        Result<std::unique_ptr<RowStream>> open() const override {
            class Stream final : public RowStream {
            public:
                explicit Stream(const GatheredLines& lines) : lines_(lines) {}
                Result<bool> next(RecordBatch& batch) override {
                    if (given_.exchange(true)) return false;
                    batch.ordinal = 0;
                    batch.rows = lines_.rows();
                    batch.columns.resize(kColumns + 1);
                    for (std::size_t c = 0; c < kColumns; ++c) {
                        batch.columns[c].reset(PhysicalType::int64, batch.rows);
                        auto* values = batch.columns[c].values<std::int64_t>();
                        for (std::size_t i = 0; i < batch.rows; ++i) values[i] = lines_.numbers_[i * kColumns + c];
                    }
                    Column& by = batch.columns.back();
                    by.reset(PhysicalType::text, batch.rows);
                    for (std::size_t i = 0; i < batch.rows; ++i) {
                        const std::string& text = lines_.by_[i];
                        by.values<TextRef>()[i] = {text.data(), static_cast<std::uint32_t>(text.size())};
                    }
                    batch.rejected.assign(batch.rows, false);
                    batch.rejected_count = 0;
                    return true;
                }

            private:
                const GatheredLines& lines_; // kept by the feed for as long as it is read
                std::atomic<bool> given_{false};
            };
            return std::make_unique<Stream>(*this);
        }
        std::uint64_t rows() const override { return numbers_.size() / kColumns; }

    private:
        static constexpr std::size_t kColumns = 4;
        std::vector<std::int64_t> numbers_;
        std::vector<std::string> by_;
    };

    static Schema lines_schema() {
        Schema schema;
        for (const char* name : {"place", "id", "inserted", "updated"}) {
            Field field;
            field.name = name;
            field.type = FieldType::integer;
            schema.fields.push_back(std::move(field));
        }
        schema.fields.emplace_back().name = "by";
        return schema;
    }

    Connection& db_;
    FeedRegistry& feeds_;
    const StoredTable& table_;
    const std::span<const MicroSubmission> all_;
    const Version version_;
    PublishJudge& judge_;
    const std::string stage_;
    const std::string lines_;
    const Effect effect_;
    MicroBatchOutcome outcome_;
};

} // namespace

bool fits_micro_batch(const Tables& tables, const PublishRequest& request, const PublishSubmission& submission,
                      std::uint64_t rows) {
    if (request.sample_rows != 0 || submission.parts.size() != 1 || rows > kMicroRowsMost) return false;
    const PublishPart& part = submission.parts.front();
    const auto table = tables.find(part.dataset);
    if (table == tables.end() || table->second.model || !table->second.unique.empty()) return false;
    return part.effect == Effect::append || (part.effect == Effect::upsert && !table->second.key.empty());
}

Result<MicroBatchOutcome> publish_micro_batch(Connection& db, FeedRegistry& feeds, const StoredTable& table,
                                              std::span<const MicroSubmission> submissions, Version version,
                                              std::size_t number, PublishJudge& judge) {
    return MicroBatch(db, feeds, table, submissions, version, number, judge).run();
}

} // namespace inlet::duck
