#include "pipeline/file_part.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "contract/files_schema.hpp"
#include "pipeline/byte_origins.hpp"
#include "records/violation_text.hpp"

namespace inlet {

namespace {

// Owns the dataset by which the part is read: of a removal only the key must be there.
class OwningOrigin final : public ByteOrigin {
public:
    OwningOrigin(std::string text, Dataset dataset) : text_(std::move(text)), dataset_(std::move(dataset)) {}
    const Dataset& dataset() const { return dataset_; }
    Result<std::unique_ptr<ByteSource>> open() const override {
        return std::make_unique<ObjectSource>(make_text_object(text_));
    }

private:
    const std::string text_;
    const Dataset dataset_;
};

std::string cell(const SubmissionRecord& record, std::string_view field) {
    const FileNote& note = *record.file;
    if (field == files_field::kPath) return note.path;
    if (note.removed) return "";
    if (field == files_field::kBytes) return std::to_string(record.raw_bytes);
    if (field == files_field::kSha256) return record.raw_sha256;
    if (field == files_field::kUploadedBy) return record.by;
    if (field == files_field::kUploadedAt) return iso_moment(record.received_at);
    const auto value = note.fields.find(std::string(field));
    return value == note.fields.end() ? "" : value->second;
}

} // namespace

std::string_view media_type_of(std::string_view path) {
    using Pair = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Pair, 22> kTypes{{{"csv", "text/csv"},
                                                  {"txt", "text/plain"},
                                                  {"md", "text/markdown"},
                                                  {"html", "text/html"},
                                                  {"xml", "application/xml"},
                                                  {"json", "application/json"},
                                                  {"geojson", "application/geo+json"},
                                                  {"ndjson", "application/x-ndjson"},
                                                  {"jsonl", "application/x-ndjson"},
                                                  {"parquet", "application/vnd.apache.parquet"},
                                                  {"pdf", "application/pdf"},
                                                  {"zip", "application/zip"},
                                                  {"gz", "application/gzip"},
                                                  {"tar", "application/x-tar"},
                                                  {"png", "image/png"},
                                                  {"jpg", "image/jpeg"},
                                                  {"jpeg", "image/jpeg"},
                                                  {"gif", "image/gif"},
                                                  {"webp", "image/webp"},
                                                  {"svg", "image/svg+xml"},
                                                  {"mp4", "video/mp4"},
                                                  {"mp3", "audio/mpeg"}}};
    const std::string_view name = path.substr(path.find_last_of('/') + 1);
    const std::size_t dot = name.find_last_of('.');
    std::string ending(dot == std::string_view::npos ? "" : name.substr(dot + 1));
    std::ranges::transform(ending, ending.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    const auto found = std::ranges::find(kTypes, ending, &Pair::first);
    return found == kTypes.end() ? "application/octet-stream" : found->second;
}

Result<FileNote> file_note_of(const Dataset& dataset, const std::optional<FileNote>& note,
                              const std::string& file_name) {
    FileNote kept = note.value_or(FileNote{.path = file_name});
    TRY(check_file_path(kept.path));
    for (const auto& [field, value] : kept.fields) {
        if (is_files_note(dataset.schema, field)) continue;
        return fail(FailureCode::bad_argument,
                    dataset.schema.find(field)
                        ? fmt::format("the field `{}` is told by the file itself", field)
                        : fmt::format("the dataset `{}` has no field `{}`", dataset.name, field));
    }
    std::string& type = kept.fields[std::string(files_field::kType)];
    if (type.empty()) type = media_type_of(kept.path);
    if (kept.removed) kept.fields.clear();
    return kept;
}

Result<SentPart> file_part(const Dataset& dataset, const SubmissionRecord& record) {
    if (dataset.kind != DatasetKind::files || !record.file) {
        return fail(FailureCode::contract_changed,
                    fmt::format("`{}` is of kind {} now, and submission {} was delivered to the other kind",
                                dataset.name, to_string(dataset.kind), record.id.value));
    }
    std::string labels;
    std::string cells;
    for (const Field& field : dataset.schema.fields) {
        const char* separator = labels.empty() ? "" : ",";
        labels += separator;
        cells += separator;
        append_csv_cell(labels, field.name, {});
        append_csv_cell(cells, cell(record, field.name), {});
    }
    Dataset read_by = dataset;
    if (record.file->removed) {
        for (Field& field : read_by.schema.fields) {
            if (field.name != files_field::kPath) field.constraints = {};
        }
    }
    auto origin = std::make_shared<OwningOrigin>(labels + "\n" + cells + "\n", std::move(read_by));
    const Dataset* by = record.file->removed ? &origin->dataset() : &dataset;
    return SentPart{record.file->path, by, std::move(origin), labels.size() + cells.size() + 2};
}

} // namespace inlet
