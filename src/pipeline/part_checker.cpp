#include "pipeline/part_checker.hpp"

#include <fmt/format.h>

#include "base/json_writer.hpp"

namespace inlet {

namespace {

std::string dialect_json(const Dialect& dialect) {
    JsonWriter json;
    json.begin_object();
    if (dialect.delimiter) json.member("delimiter", std::string_view(&*dialect.delimiter, 1));
    if (dialect.quote_char) {
        json.member("quoteChar", std::string_view(&*dialect.quote_char, *dialect.quote_char == '\0' ? 0 : 1));
    }
    if (dialect.header) json.member("header", *dialect.header);
    json.end_object();
    return json.take();
}

} // namespace

Result<CheckedPart> PartChecker::check(SentPart sent, ByteSource* first, bool keep) const {
    CheckedPart part;
    part.sent = std::move(sent);
    part.spill = std::make_unique<SpillFolder>(disk_, temporary_name(temp_folder_, "check"));
    part.format.schema = part.sent.dataset->schema;
    part.format.dialect = part.sent.dataset->dialect;
    part.format.limits = limits_;
    Status checked = run(part, first, nullptr, keep);
    if (!checked) {
        if (failure_info(checked.error().code).kind != FailureKind::file) return fail(std::move(checked.error()));
        part.report = {};
        part.failure = std::move(checked.error());
    }
    return part;
}

Status PartChecker::recheck(CheckedPart& part, std::shared_ptr<const LateFlaws> extra, bool keep) const {
    return run(part, nullptr, std::move(extra), keep);
}

Status PartChecker::run(CheckedPart& part, ByteSource* first, std::shared_ptr<const LateFlaws> extra, bool keep) const {
    const Dataset& dataset = *part.sent.dataset;
    CheckOptions options;
    options.repeated_keys = dataset.write != WriteMode::upsert;
    options.rejects_max = static_cast<std::uint64_t>(dataset.rejects.keep);
    options.key_memory_bytes = key_memory_bytes_;
    options.spill_folder = part.spill->path();
    PartOutputs outputs(objects_, fresh_);
    part.report = TRY(check_part(first, *part.sent.origin, part.format, options, keep ? &outputs : nullptr,
                                 std::move(extra), pool_, disk_));
    part.outputs = TRY(outputs.finish());
    part.format.dialect = part.report.dialect;
    return {};
}

PartRecord part_record(const CheckedPart& part) {
    PartRecord record;
    record.name = part.sent.name;
    record.dataset = part.dataset_name();
    if (part.failure) {
        record.errors_total = 1;
        record.counts.push_back({std::string(failure_info(part.failure->code).code), "", 1});
        return record;
    }
    record.dialect = dialect_json(part.report.dialect);
    record.rows = part.report.rows;
    record.accepted = part.report.accepted;
    record.rejected = part.report.rejected;
    record.errors_total = part.report.errors_total;
    for (const ViolationCount& count : part.report.counts) {
        record.counts.push_back({std::string(failure_info(count.code).code), count.field, count.count});
    }
    record.errors_sha256 = part.outputs.errors_sha256;
    record.rejects_sha256 = part.outputs.rejects_sha256;
    return record;
}

std::optional<Error> failure_of(const CheckedPart& part) {
    if (part.failure) return part.failure;
    if (part.report.file_ok) return std::nullopt;
    for (const Violation& violation : part.report.violations) {
        if (violation.row == 0 && violation.code == FailureCode::format_error)
            return Error(violation.code, fmt::format("`{}`: {}", part.sent.name, violation.message));
        if (violation.row == 0) {
            return Error(violation.code,
                         fmt::format("the labels of `{}` are wrong: {}", part.sent.name, violation.message));
        }
    }
    return Error(FailureCode::format_error, fmt::format("the labels of `{}` are wrong", part.sent.name));
}

} // namespace inlet
