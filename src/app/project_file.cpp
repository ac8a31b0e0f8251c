// Looking for files that people name.
#include "app/project_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::string_view kFileName = "inlet.yaml";

bool is_file(const std::string& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
}

} // namespace

Result<std::string> find_project_file(const std::string& given) {
    if (!given.empty()) {
        struct stat info{};
        if (::stat(given.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
            std::string path = given + (given.ends_with('/') ? "" : "/") + std::string(kFileName);
            if (is_file(path)) return path;
            return fail(FailureCode::project_not_found, fmt::format("there is no {} in {}", kFileName, given));
        }
        if (is_file(given)) return given;
        return fail(FailureCode::project_not_found, fmt::format("there is no file {}", given));
    }
    std::error_code error;
    const std::filesystem::path here = std::filesystem::current_path(error);
    std::string path(kFileName);
    for (auto folder = here; !error; folder = folder.parent_path()) {
        if (is_file(path)) return path;
        if (folder == folder.parent_path()) break;
        path.insert(0, "../");
    }
    return fail(FailureCode::project_not_found, fmt::format("there is no {} in this folder or above it", kFileName));
}

Status check_readable(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0 || ::access(path.c_str(), R_OK) != 0) {
        return fail(FailureCode::file_not_found,
                    fmt::format("{} cannot be read: {}", path, std::generic_category().message(errno)));
    }
    if (S_ISDIR(info.st_mode))
        return fail(FailureCode::bad_argument, fmt::format("{} is a folder; a file is expected", path));
    return {};
}

Result<std::string> read_small_file(const Disk& disk, const std::string& path, std::size_t bytes_max) {
    TRY(check_readable(path));
    const auto file = TRY(disk.open(path));
    std::string text;
    for (;;) {
        const std::size_t done = text.size();
        text.resize(done + (64 << 10));
        const std::size_t count = TRY(file->pread(std::as_writable_bytes(std::span(text).subspan(done)), done));
        text.resize(done + count);
        if (count == 0) return text;
        if (text.size() > bytes_max) {
            return fail(FailureCode::bad_argument, fmt::format("{} is larger than {} bytes", path, bytes_max));
        }
    }
}

} // namespace inlet
