// Writing a file in one step, as readers see it.
#include "app/out_file.hpp"

#include <span>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

} // namespace

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string temporary_beside(const std::string& path) { return temporary_name(folder_of(path), "." + name_of(path)); }

Result<std::unique_ptr<OutFile>> OutFile::create(Disk& disk, const std::string& path) {
    if (path.empty() || name_of(path).empty())
        return fail(FailureCode::bad_argument, fmt::format("`{}` does not name a file to write", path));
    if (!TRY(disk.exists(folder_of(path)))) {
        return fail(FailureCode::file_not_found,
                    fmt::format("there is no folder {} to write {} into", folder_of(path), name_of(path)));
    }
    std::string temporary = temporary_beside(path);
    auto file = TRY(disk.create(temporary));
    return std::unique_ptr<OutFile>(new OutFile(disk, path, std::move(temporary), std::move(file)));
}

OutFile::~OutFile() {
    if (!committed_) (void)disk_.remove(temporary_);
}

Status OutFile::flush() {
    TRY(file_->append(std::as_bytes(std::span(buffer_))));
    buffer_.clear();
    return {};
}

Status OutFile::write(std::span<const char> bytes) {
    buffer_.append(bytes.data(), bytes.size());
    return buffer_.size() < kBufferBytes ? Status{} : flush();
}

Status OutFile::commit() {
    TRY(flush());
    TRY(file_->sync());
    TRY(disk_.rename(temporary_, path_));
    committed_ = true;
    return disk_.sync_dir(folder_of(path_));
}

} // namespace inlet
