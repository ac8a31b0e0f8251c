#include "simulate/ledger.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "simulate/json_members.hpp"

namespace inlet::simulate {

namespace {

constexpr std::array<std::string_view, 5> kDeeds{"sent", "undone", "asked", "abandoned", "unsettled"};
constexpr std::size_t kBlockBytes = 1 << 20;

std::string head_json(const LedgerHead& head) {
    JsonWriter json;
    json.begin_object().member("journal", 1).member("run", head.run.id).member("seed", std::to_string(head.seed));
    json.key("datasets").begin_array();
    for (const PlayedDataset& dataset : head.datasets) {
        json.begin_object().member("name", dataset.name).member("mark", dataset.mark.name);
        json.member("integer", dataset.mark.integer).member("records", dataset.records_before).end_object();
    }
    return json.end_array().end_object().take();
}

Result<LedgerHead> head_from(std::string_view line) {
    const JsonMembers members(line);
    const JsonValue* datasets = members.find("datasets");
    if (members.number("journal") != 1 || datasets == nullptr)
        return fail(FailureCode::format_error, "this is no journal of `inlet simulate`");
    LedgerHead head;
    head.run.id = static_cast<std::uint32_t>(members.number("run"));
    head.seed = std::strtoull(members.text("seed").c_str(), nullptr, 10);
    for (const JsonValue& element : json_elements(datasets->text)) {
        const JsonMembers dataset(element.text);
        head.datasets.push_back({dataset.text("name"),
                                 {dataset.text("mark"), dataset.truth("integer")},
                                 static_cast<std::uint64_t>(dataset.number("records"))});
    }
    return head;
}

Result<LedgerEntry> entry_from(std::string_view line, const LedgerHead& head) {
    const JsonMembers members(line);
    const auto deed = deed_from(members.text("deed"));
    const auto dataset = std::ranges::find(head.datasets, members.text("dataset"), &PlayedDataset::name);
    const LedgerEntry entry{.deed = deed.value_or(Deed::sent),
                            .dataset = static_cast<std::uint32_t>(dataset - head.datasets.begin()),
                            .submission = SubmissionId(members.number("submission")),
                            .first = members.number("first"),
                            .count = members.number("count"),
                            .mistake = members.find("mistake") == nullptr ? -1 : members.number("mistake")};
    if (!deed || dataset == head.datasets.end() || entry.first < 0 || entry.count < 0 ||
        entry.first + entry.count > std::int64_t{1} << 32)
        return fail(FailureCode::format_error, fmt::format("a line of the journal makes no sense: {}", line));
    return entry;
}

Result<std::string> read_whole(const Disk& disk, const std::string& path) {
    const auto file = TRY(disk.open(path));
    std::string text;
    for (;;) {
        const std::size_t size = text.size();
        text.resize(size + kBlockBytes);
        const std::size_t count = TRY(file->pread(std::as_writable_bytes(std::span(text).subspan(size)), size));
        text.resize(size + count);
        if (count == 0) return text;
    }
}

} // namespace

std::string_view to_string(Deed deed) { return kDeeds[static_cast<std::size_t>(deed)]; }

std::optional<Deed> deed_from(std::string_view name) {
    const auto found = std::ranges::find(kDeeds, name);
    if (found == kDeeds.end()) return {};
    return static_cast<Deed>(found - kDeeds.begin());
}

Ledger::Ledger(LedgerHead head, std::unique_ptr<Journal> journal)
    : head_(std::move(head)), journal_(std::move(journal)) {}
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;

Status Ledger::add(const LedgerEntry& entry) {
    if (journal_) TRY(journal_->add(entry, head_));
    entries_.push_back(entry);
    return {};
}

Status Ledger::complete_run() {
    if (journal_) TRY(journal_->complete());
    complete_ = true;
    return {};
}

Result<std::unique_ptr<Journal>> Journal::create(Disk& disk, const std::string& path, const LedgerHead& head) {
    if (TRY(disk.exists(path)))
        return fail(FailureCode::bad_argument,
                    fmt::format("{} is there already, and is the journal of another run: name a new file", path));
    std::unique_ptr<Journal> journal(new Journal(TRY(disk.create(path))));
    TRY(journal->write(head_json(head)));
    return journal;
}

Status Journal::add(const LedgerEntry& entry, const LedgerHead& head) {
    std::string line = fmt::format(R"({{"deed":"{}","dataset":)", to_string(entry.deed));
    append_json_string(line, head.datasets[entry.dataset].name);
    if (entry.submission) line += fmt::format(R"(,"submission":{})", entry.submission.value);
    if (entry.count != 0) line += fmt::format(R"(,"first":{},"count":{})", entry.first, entry.count);
    if (entry.mistake >= 0) line += fmt::format(R"(,"mistake":{})", entry.mistake);
    return write(line + "}");
}

Status Journal::complete() {
    TRY(write(R"({"complete":true})"));
    return file_->sync();
}

Status Journal::write(std::string line) {
    line += '\n';
    return file_->append(std::as_bytes(std::span(line)));
}

Result<Ledger> Journal::read(const Disk& disk, const std::string& path) {
    const std::string text = TRY(read_whole(disk, path));
    std::string_view rest = text;
    const auto next = [&rest]() -> std::string_view {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) return {};
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        return line;
    };
    Ledger ledger(TRY(head_from(next())));
    for (std::string_view line = next(); !line.empty(); line = next()) {
        if (JsonMembers(line).truth("complete"))
            ledger.complete_ = true;
        else
            ledger.entries_.push_back(TRY(entry_from(line, ledger.head_)));
    }
    return ledger;
}

} // namespace inlet::simulate
