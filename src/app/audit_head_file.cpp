#include "app/audit_head_file.hpp"

#include <fmt/format.h>

#include "app/project_file.hpp"

namespace inlet {

Result<std::optional<AuditHead>> AuditHeadFile::read() const {
    if (!TRY(disk_.exists(path()))) return std::nullopt;
    std::string text = TRY(read_small_file(disk_, path()));
    while (text.ends_with('\n')) text.pop_back();
    auto head = audit_head_from(text);
    if (!head) return fail(FailureCode::audit_broken, fmt::format("{}: {}", path(), head.error().message));
    return *std::move(head);
}

Status AuditHeadFile::keep(const AuditHead& head) {
    const auto kept = read();
    if (kept && *kept && (*kept)->number >= head.number) return {};
    const std::string text = to_string(head) + "\n";
    const std::string next = temporary_name(folder_, "audit.head");
    {
        const auto file = TRY(disk_.create(next));
        TRY(file->append(std::as_bytes(std::span(text))));
        TRY(file->sync());
    }
    TRY(disk_.rename(next, path()));
    return disk_.sync_dir(folder_);
}

} // namespace inlet
