#include "client/upload_memory.hpp"

#include <cstdlib>
#include <span>

#include "base/json_writer.hpp"
#include "client/json_tree.hpp"

namespace inlet::client {

namespace {

constexpr std::size_t kFileBytesMost = 64 << 10;

} // namespace

UploadMemory::UploadMemory(Disk& disk, const Clock& clock, std::string folder)
    : disk_(disk), clock_(clock), folder_(std::move(folder)) {
    if (!folder_.empty()) sweep();
}

void UploadMemory::sweep() {
    const auto entries = disk_.list(folder_);
    if (!entries) return;
    const Timestamp oldest = clock_.now() - std::chrono::microseconds(kKept).count();
    for (const DirEntry& entry : *entries) {
        if (!entry.is_directory && entry.modified_us < oldest) (void)disk_.remove(folder_ + "/" + entry.name);
    }
}

std::optional<BegunUpload> UploadMemory::find(const std::string& name) const {
    if (folder_.empty()) return std::nullopt;
    const auto file = disk_.open(path_of(name));
    if (!file) return std::nullopt;
    std::string text(kFileBytesMost, '\0');
    const auto count = (*file)->pread(std::as_writable_bytes(std::span(text)), 0);
    if (!count) return std::nullopt;
    text.resize(*count);
    const auto json = JsonTree::parse(text);
    if (!json || json->text_of("upload").empty()) return std::nullopt;
    return BegunUpload{json->text_of("upload"), json->integer_of("newest_then")};
}

Status UploadMemory::write(const std::string& name, const BegunUpload& upload) {
    TRY(disk_.make_dirs(folder_));
    JsonWriter json;
    json.begin_object().member("upload", upload.address).member("newest_then", upload.newest_then).end_object();
    const std::string text = json.take() + "\n";
    const std::string temporary = temporary_name(folder_, name);
    {
        const auto file = TRY(disk_.create(temporary));
        TRY(file->append(std::as_bytes(std::span(text))));
        TRY(file->sync());
    }
    return disk_.rename(temporary, path_of(name));
}

void UploadMemory::keep(const std::string& name, const BegunUpload& upload) {
    if (!folder_.empty()) (void)write(name, upload);
}

void UploadMemory::forget(const std::string& name) {
    if (!folder_.empty()) (void)disk_.remove(path_of(name));
}

std::string upload_memory_folder() {
    // A relative path is to be ignored, as the specification says.
    const char* state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/') return std::string(state) + "/inlet/uploads";
    const char* home = std::getenv("HOME");
    if (home != nullptr && *home == '/') return std::string(home) + "/.local/state/inlet/uploads";
    return "";
}

} // namespace inlet::client
