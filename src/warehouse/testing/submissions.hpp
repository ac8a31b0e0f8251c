// Submissions written as values, staged and published through the interface, and everything a warehouse shows as one
// text. What the conformance suite and the random play are made of. Floor 3, testing only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "warehouse/testing/rows.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

using Datasets = std::map<std::string, Dataset>;

struct PartText {
    std::string dataset;
    Effect effect = Effect::append;
    std::vector<TextCells> rows;
    DeletePolicy deletes;
    std::uint64_t rejected = 0;
    bool broken_keys_readable = true;
    std::vector<TextCells> broken_keys; // key cells only
    std::optional<Version> delete_before;
    bool keys_distinct = false; // says what the part says; it must be true
};

struct SubmissionText {
    SubmissionId id;
    std::vector<PartText> parts;
    std::map<std::string, std::uint64_t> approved_deletes;
};

std::string to_string(const PartText& part);
std::string to_string(const SubmissionText& submission);

// Stages every part in two batches of their own, as workers do.
Result<PublishSubmission> stage(Warehouse& warehouse, const Datasets& datasets, const SubmissionText& submission,
                                RowLayout layout = {});

// Answers as it is told and remembers what it was asked.
class ToldJudge final : public PublishJudge {
public:
    explicit ToldJudge(Verdict verdict = Verdict::publish_rest) : verdict_(verdict) {}

    struct Question {
        SubmissionId submission;
        std::string dataset;
        FailureCode code;
        std::vector<std::string> fields;
        std::vector<RecordOrder> orders;

        bool operator==(const Question&) const = default;
    };
    Result<Verdict> conflicts(SubmissionId submission, const std::string& dataset, FailureCode code,
                              const std::vector<std::string>& fields, const std::vector<RecordOrder>& orders) override {
        questions_.push_back({submission, dataset, code, fields, orders});
        return verdict_;
    }
    const std::vector<Question>& questions() const { return questions_; }

private:
    const Verdict verdict_;
    std::vector<Question> questions_;
};

std::string to_string(const ToldJudge::Question& question);
// Lines, one for each fact; samples are not told, as their order is free.
std::string to_string(const PublishOutcome& outcome);
std::string to_string(const UndoOutcome& outcome);
std::string to_string(const ChangeCounts& counts);
std::string to_string(const VersionEntry& entry);
// "deleted 1|a -> ", as diff() gives it.
std::string to_string(const ChangedRow& row);
// The code; of an undo-conflict its submissions and keys too.
std::string told(const Error& error);

// All that can be read: tables, versions, and each table at each version that is not pruned, between `from` and now.
std::string dump(Warehouse& warehouse, Version from = Version(0));

} // namespace inlet
