// Writing a file in one step, as readers see it.
#include "app/out_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <span>
#include <system_error>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

// The descriptor of this process that a path such as /dev/stdout or /dev/fd/3 names. Opening the path again would write
// over what a plain file behind it holds already.
std::optional<int> own_descriptor(const std::string& path) {
    if (path == "/dev/stdout") return STDOUT_FILENO;
    if (path == "/dev/stderr") return STDERR_FILENO;
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!path.starts_with(folder)) continue;
        int number = -1;
        const char* const end = path.data() + path.size();
        const auto [stop, error] = std::from_chars(path.data() + folder.size(), end, number);
        if (error == std::errc() && stop == end) return number;
    }
    return std::nullopt;
}

Result<int> open_stream(const std::string& path) {
    const auto own = own_descriptor(path);
    const int descriptor = own ? ::fcntl(*own, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor >= 0) return descriptor;
    const int error = errno;
    return fail(error == EISDIR ? FailureCode::bad_argument : FailureCode::io_failed,
                fmt::format("{} cannot be written: {}", path, std::generic_category().message(error)));
}

} // namespace

std::string behind_links(const std::string& path) {
    namespace fs = std::filesystem;
    fs::path at(path);
    std::error_code error;
    for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(at, error)); ++links) {
        const fs::path to = fs::read_symlink(at, error);
        if (error) break;
        at = to.is_absolute() ? to : at.parent_path() / to;
    }
    return at.string();
}

bool takes_plain_file(const std::string& path) {
    if (own_descriptor(path)) return false;
    struct stat info{};
    return ::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
}

Status check_apart(const std::string& output, const std::string& input) {
    std::error_code error;
    if (output.empty() || !takes_plain_file(output) || !std::filesystem::equivalent(output, input, error) || error)
        return {};
    return fail(FailureCode::bad_argument, fmt::format("{} is the file that is read; write to another one", output));
}

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
    if (!takes_plain_file(path)) {
        const int descriptor = TRY(open_stream(path));
        return std::unique_ptr<OutFile>(new OutFile(disk, descriptor));
    }
    if (const std::string target = behind_links(path); target != path) return create(disk, target);
    if (!TRY(disk.exists(folder_of(path)))) {
        return fail(FailureCode::file_not_found,
                    fmt::format("there is no folder {} to write {} into", folder_of(path), name_of(path)));
    }
    std::string temporary = temporary_beside(path);
    auto file = TRY(disk.create(temporary));
    return std::unique_ptr<OutFile>(new OutFile(disk, path, std::move(temporary), std::move(file)));
}

OutFile::~OutFile() {
    if (file_ != nullptr && !committed_) (void)disk_.remove(temporary_);
    stream_.reset();
    if (descriptor_ >= 0) ::close(descriptor_);
}

Status OutFile::flush() {
    TRY(file_->append(std::as_bytes(std::span(buffer_))));
    buffer_.clear();
    return {};
}

Status OutFile::write(std::span<const char> bytes) {
    if (stream_) return stream_->write(bytes);
    buffer_.append(bytes.data(), bytes.size());
    return buffer_.size() < kBufferBytes ? Status{} : flush();
}

Status OutFile::commit() {
    if (stream_) return stream_->flush();
    TRY(flush());
    TRY(file_->sync());
    TRY(disk_.rename(temporary_, path_));
    committed_ = true;
    return disk_.sync_dir(folder_of(path_));
}

} // namespace inlet
