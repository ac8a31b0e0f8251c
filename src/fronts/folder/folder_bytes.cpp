#include "fronts/folder/folder_bytes.hpp"

#include <fmt/format.h>

namespace inlet::folder {

Result<std::size_t> FolderBytes::read(std::span<char> room) {
    if (stopping_()) return fail(FailureCode::interrupted, "the program was told to end while the file was read");
    const std::size_t count = TRY(file_.read(room));
    bytes_ += count;
    if (count == 0) TRY(check());
    return count;
}

Status FolderBytes::check() const {
    const FileMark now = TRY(file_.mark());
    const auto named = TRY(folder_.find(settled_.name));
    const std::string path = fmt::format("{}/{}", folder_.path(), settled_.name);
    if (!named) return fail(FailureCode::file_changed, fmt::format("{} was taken away while it was read", path));
    if (now != settled_.mark || bytes_ != settled_.mark.size || named->mark != settled_.mark)
        return fail(FailureCode::file_changed, fmt::format("{} was changed while it was read", path));
    return {};
}

} // namespace inlet::folder
