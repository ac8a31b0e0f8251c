#include "app/local_deliveries.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/act.hpp"
#include "app/names.hpp"
#include "app/session.hpp"
#include "pipeline/byte_origins.hpp"
#include "warehouse/version_json.hpp"

namespace inlet {

namespace {

class LocalDeliveries final : public Deliveries {
public:
    explicit LocalDeliveries(Session& session) : session_(session) {}

    Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) override {
        Catalog* catalog = TRY(session_.catalog());
        return catalog->list(filter);
    }

    Result<SubmissionRecord> get(SubmissionId id) override {
        Catalog* catalog = TRY(session_.catalog());
        return catalog->get(id);
    }

    Result<std::vector<CatalogEvent>> events(SubmissionId id) override {
        Catalog* catalog = TRY(session_.catalog());
        return catalog->events(id);
    }

    Result<std::unique_ptr<ByteSource>> open_raw(SubmissionId id) override {
        Pipeline* pipeline = TRY(session_.browsing());
        return std::make_unique<ObjectSource>(TRY(pipeline->open_raw(id)));
    }

    Result<std::unique_ptr<ByteSource>> open_errors(SubmissionId id, std::size_t part) override {
        Pipeline* pipeline = TRY(session_.browsing());
        return std::make_unique<ObjectSource>(TRY(pipeline->open_errors(id, part)));
    }

    Result<std::unique_ptr<ByteSource>> open_rejects(SubmissionId id, std::size_t part) override {
        Pipeline* pipeline = TRY(session_.browsing());
        return std::make_unique<ObjectSource>(TRY(pipeline->open_rejects(id, part)));
    }

    Result<SubmissionRecord> decide(Decision decision, SubmissionId id) override {
        Pipeline* pipeline = TRY(session_.pipeline());
        session_.interrupts().say(
            fmt::format("nothing half done is seen; `inlet show {}` tells what became of the submission", id.value));
        const Act act{.action = fmt::format("submission.{}", to_string(decision)), .submission = id};
        return written_down(session_, act, carry_out(*pipeline, decision, id));
    }

    Result<Pipeline::Undone> undo(const UndoOrder& order) override {
        Pipeline* pipeline = TRY(session_.pipeline());
        std::vector<SubmissionId> targets;
        if (order.submission) {
            // A submission that does not exist is told apart from one that cannot be undone.
            TRY(get(*order.submission));
            targets.push_back(*order.submission);
        } else {
            targets = TRY(submissions_of(*order.version));
        }
        session_.interrupts().say("nothing half done is seen; `inlet submissions` tells whether the undo was made");
        Act act{.action = "submission.undo", .submission = targets.size() == 1 ? targets.front() : SubmissionId()};
        if (order.version) act.object = fmt::format("version {}", order.version->value);
        auto outcome = pipeline->undo(std::move(targets), order.cascade, order.dry_run, session_.user());
        if (order.dry_run) return outcome;
        if (outcome) act.detail = fmt::format(R"({{"made":{}}})", outcome->record.id.value);
        return written_down(session_, act, std::move(outcome));
    }

    Result<std::vector<DatasetSummary>> datasets() override {
        const Project* project = TRY(session_.project());
        Warehouse* warehouse = TRY(session_.reading());
        const std::vector<TableInfo> tables = TRY(warehouse->tables());
        std::vector<DatasetSummary> summaries;
        for (const Dataset& dataset : project->datasets) {
            DatasetSummary& summary = summaries.emplace_back();
            summary.name = dataset.name;
            summary.title = dataset.title;
            summary.write = to_string(dataset.write);
            const auto table = std::ranges::find(tables, dataset.name, &TableInfo::name);
            if (table == tables.end()) continue;
            summary.version = table->version;
            summary.records = table->rows;
        }
        return summaries;
    }

    Result<std::vector<VersionEntry>> versions(const std::string& table, std::size_t limit) override {
        const Project* project = TRY(session_.project());
        if (!table.empty()) TRY(check_table(*project, table));
        Warehouse* warehouse = TRY(session_.reading());
        return warehouse->versions(table, limit);
    }

    Result<Targets> targets() override {
        const Project* project = TRY(session_.project());
        return targets_of(*project);
    }

    Result<Loaded> load(const Target& target, bool again, GivenFile& file) override {
        const Delivery delivery = TRY(make_delivery(target, again, file));
        Pipeline* pipeline = TRY(session_.pipeline());
        session_.interrupts().say("the file had not arrived whole, and is not loaded: load it again");
        auto receipt = pipeline->receive(delivery, file.bytes());
        const Act act{.action = "submission.deliver",
                      .object = delivery.target,
                      .submission = receipt ? receipt->id : SubmissionId()};
        const Received received = TRY(written_down(session_, act, std::move(receipt)));
        session_.interrupts().say(
            fmt::format("submission {0} is kept, and nothing half done is seen: load the same file again "
                        "to go on with it; `inlet show {0}` tells how far it is",
                        received.id.value));
        Loaded loaded{.record = TRY(settle(*pipeline, received)), .duplicate = received.duplicate, .models = {}};
        if (loaded.record.version && !received.duplicate) loaded.models = TRY(models_of(loaded.record.version));
        return loaded;
    }

    Result<Pipeline::DryRun> rehearse(const Target& target, GivenFile& file, std::size_t sample_rows) override {
        const Delivery delivery = TRY(make_delivery(target, false, file));
        const std::string path = TRY(file.path_of_all(session_));
        Pipeline* pipeline = TRY(session_.pipeline());
        return pipeline->dry_run(delivery, path, sample_rows);
    }

    Result<Pipeline::DryRun> preview(SubmissionId id, std::size_t sample_rows) override {
        Pipeline* pipeline = TRY(session_.pipeline());
        return pipeline->preview(id, sample_rows);
    }

private:
    Result<SubmissionRecord> carry_out(Pipeline& pipeline, Decision decision, SubmissionId id) const {
        switch (decision) {
        case Decision::approve:
            return pipeline.approve(id, session_.user());
        case Decision::cancel:
            return pipeline.cancel(id, session_.user());
        case Decision::retry:
            break;
        }
        return pipeline.retry(id, session_.user());
    }

    Result<std::vector<SubmissionId>> submissions_of(Version version) {
        Warehouse* warehouse = TRY(session_.reading());
        std::vector<SubmissionId> ids;
        for (const VersionEntry& entry : TRY(version_lines(*warehouse, version))) {
            if (entry.submission) ids.push_back(entry.submission);
        }
        std::ranges::sort(ids);
        ids.erase(std::ranges::unique(ids).begin(), ids.end());
        if (ids.empty())
            return fail(FailureCode::unknown_version, fmt::format("there is no version {}", version.value));
        return ids;
    }

    Result<Delivery> make_delivery(const Target& target, bool again, const GivenFile& file) {
        const Project* project = TRY(session_.project());
        if (target.is_package)
            TRY(find_package(*project, target.name));
        else
            TRY(find_dataset(*project, target.name));
        return Delivery{.target = target.name,
                        .target_is_package = target.is_package,
                        .file_name = file.name(),
                        .by = session_.user(),
                        .bytes = file.size().value_or(0),
                        .again = again,
                        .source = "command"};
    }

    // A delivery that was there before is only worked on if it still waits for that.
    Result<SubmissionRecord> settle(Pipeline& pipeline, const Received& received) {
        SubmissionRecord record = TRY(get(received.id));
        if (is_end(record.state) || record.state == SubmissionState::held) return record;
        return pipeline.run(received.id);
    }

    Result<std::vector<ModelOutcome>> models_of(Version version) {
        Warehouse* warehouse = TRY(session_.reading());
        std::vector<ModelOutcome> models;
        for (const VersionEntry& entry : TRY(version_lines(*warehouse, version))) {
            if (entry.kind == "model") models.push_back({entry.dataset, entry.counts});
        }
        return models;
    }

    Session& session_;
};

} // namespace

std::string_view to_string(Decision decision) {
    switch (decision) {
    case Decision::approve:
        return "approve";
    case Decision::cancel:
        return "cancel";
    case Decision::retry:
        break;
    }
    return "retry";
}

std::unique_ptr<Deliveries> make_local_deliveries(Session& session) {
    return std::make_unique<LocalDeliveries>(session);
}

} // namespace inlet
