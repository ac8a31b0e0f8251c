// Nothing that is ours alone goes out: no paths, no words of the database, no state of the machine.
#include "fronts/folder/answer.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "catalog/record_json.hpp"
#include "pipeline/byte_origins.hpp"

namespace inlet::folder {

namespace {

constexpr std::size_t kFirstErrors = 10;
constexpr std::size_t kFirstErrorsBytesMax = 256 << 10;
// A file system's 255 bytes, less what OpenFolder::write() adds while it writes.
constexpr std::size_t kNameBytesMax = 240;

// A member's name as part of a file's name, of at most so many bytes.
std::string as_name(std::string_view member, std::size_t bytes_max) {
    std::string name;
    for (const char c : member) {
        const auto byte = static_cast<unsigned char>(c);
        name += c == '/' || c == '\\' || byte < 0x20 || byte == 0x7F ? '_' : c;
    }
    if (name.size() > bytes_max) {
        std::size_t end = bytes_max;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end; // whole characters
        name.resize(end);
    }
    return name;
}

// One of the JSON lines at a time, the first few of them.
Result<std::vector<std::string>> first_lines(const ObjectReader& object) {
    std::string text(std::min<std::uint64_t>(object.size(), kFirstErrorsBytesMax), '\0');
    text.resize(TRY(object.pread(std::as_writable_bytes(std::span(text)), 0)));
    std::vector<std::string> lines;
    std::string_view rest = text;
    for (auto end = rest.find('\n'); end != std::string_view::npos && lines.size() < kFirstErrors;
         end = rest.find('\n')) {
        lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    return lines;
}

bool is_gone(const Error& error) { return error.code == FailureCode::retention_expired; }

void write_reason(JsonWriter& json, const SubmissionRecord& record) {
    if (record.reason_code.empty()) return;
    const auto code = failure_from_code(record.reason_code);
    const FailureKind kind = code ? failure_info(*code).kind : FailureKind::system;
    json.key("reason").begin_object();
    if (!code || kind == FailureKind::system || kind == FailureKind::usage) {
        json.member("code", failure_info(FailureCode::internal).code);
        json.member("message", "the receiving system failed; the data is not at fault and need not be sent again");
    } else if (*code == FailureCode::model_failed || *code == FailureCode::contract_changed) {
        json.member("code", record.reason_code).member("message", failure_info(*code).meaning);
    } else {
        json.member("code", record.reason_code).member("message", record.reason);
        json.member("what_to_do", failure_info(*code).what_to_do);
    }
    json.end_object();
}

} // namespace

Answer::Answer(const PickupRecord& pickup, const SubmissionRecord& record, Pipeline& pipeline)
    : pickup_(pickup), record_(record), pipeline_(pipeline) {
    files_.push_back(pickup.name + ".result.json");
    for (const PartRecord& part : record.parts) {
        std::string& name = rejects_files_.emplace_back();
        if (part.rejects_sha256.empty()) continue;
        constexpr std::string_view kEnding = ".rejects.csv";
        if (record.parts.size() > 1) {
            const std::size_t room = kNameBytesMax - pickup.name.size() - kEnding.size();
            const std::string member = as_name(part.name, room - 8);
            name = fmt::format("{}.{}{}", pickup.name, member, kEnding);
            for (int number = 2; std::ranges::find(files_, name) != files_.end(); ++number)
                name = fmt::format("{}.{}-{}{}", pickup.name, member, number, kEnding);
        } else {
            name = pickup.name + std::string(kEnding);
        }
        files_.push_back(name);
    }
}

Status Answer::write_rejects(const OpenFolder& outbox) const {
    for (std::size_t part = 0; part < rejects_files_.size(); ++part) {
        if (rejects_files_[part].empty()) continue;
        auto rejects = pipeline_.open_rejects(record_.id, part);
        if (!rejects && is_gone(rejects.error())) continue;
        if (!rejects) return fail(std::move(rejects.error()));
        ObjectSource bytes(std::move(*rejects));
        TRY(outbox.write(rejects_files_[part], bytes));
    }
    return {};
}

Status Answer::write_result(const OpenFolder& outbox) const {
    ObjectSource bytes(make_text_object(TRY(json())));
    return outbox.write(files_.front(), bytes);
}

Result<std::string> Answer::json() const {
    JsonWriter json;
    json.begin_object().member("file", pickup_.name).member("submission", record_.id.value);
    json.member("state", to_string(record_.state)).member("duplicate", pickup_.duplicate).key("version");
    if (record_.version)
        json.value(record_.version.value);
    else
        json.null();
    json.member(record_.target_is_package ? "package" : "dataset", record_.target);
    json.member("received_at", iso_moment(record_.received_at)).member("bytes", record_.raw_bytes);
    if (!record_.raw_sha256.empty()) json.member("sha256", record_.raw_sha256);
    write_reason(json, record_);
    json.key("parts").begin_array();
    for (std::size_t i = 0; i < record_.parts.size(); ++i) {
        const PartRecord& part = record_.parts[i];
        json.begin_object().member("name", part.name).member("dataset", part.dataset).member("rows", part.rows);
        json.member("accepted", part.accepted).member("rejected", part.rejected);
        json.member("superseded", part.superseded).member("inserted", part.inserted);
        json.member("updated", part.updated).member("deleted", part.deleted).member("unchanged", part.unchanged);
        json.member("errors_total", part.errors_total).key("counts");
        write_counts(json, part.counts);
        json.key("first_errors").begin_array();
        if (!part.errors_sha256.empty()) {
            auto errors = pipeline_.open_errors(record_.id, i);
            if (!errors && !is_gone(errors.error())) return fail(std::move(errors.error()));
            if (errors) {
                for (const std::string& line : TRY(first_lines(**errors))) json.raw(line);
            }
        }
        json.end_array();
        if (!rejects_files_[i].empty()) json.member("rejects_file", rejects_files_[i]);
        json.end_object();
    }
    json.end_array().end_object();
    return json.take() + "\n";
}

} // namespace inlet::folder
