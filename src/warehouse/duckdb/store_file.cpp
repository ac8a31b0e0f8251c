// See store_file.hpp.
#include "warehouse/duckdb/store_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "warehouse/duckdb/connection.hpp"
#include "warehouse/duckdb/names.hpp"

namespace inlet::duck {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = 1U << 20U;

std::unexpected<Error> failed(std::string_view doing, const std::string& path) {
    const int error = errno;
    return fail(error == ENOSPC || error == EDQUOT ? FailureCode::disk_full : FailureCode::io_failed,
                fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(error)));
}

std::string log_of(const std::string& path) { return path + ".wal"; }

std::uintmax_t bytes_in(const std::string& path) {
    std::error_code absent;
    const std::uintmax_t size = fs::file_size(path, absent);
    return absent ? 0 : size;
}

void discard(const std::string& path) {
    std::error_code ignored; // what stays is removed by the next try
    fs::remove(path, ignored);
    fs::remove(log_of(path), ignored);
}

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

private:
    int number_;
};

Status sync_path(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number() < 0 || ::fsync(file.number()) != 0) return failed("sync", path);
    return {};
}

Status copy_bytes(int from, const std::string& name, const std::string& to) {
    const Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (out.number() < 0) return failed("create", to);
    std::vector<char> block(kBlockBytes);
    for (off_t offset = 0;;) {
        const ssize_t count = ::pread(from, block.data(), block.size(), offset);
        if (count < 0) return failed("read", name);
        if (count == 0) break;
        for (ssize_t done = 0; done < count;) {
            const ssize_t wrote = ::write(out.number(), block.data() + done, static_cast<std::size_t>(count - done));
            if (wrote < 0) return failed("write", to);
            done += wrote;
        }
        offset += count;
    }
    if (::fsync(out.number()) != 0) return failed("sync", to);
    return {};
}

// Opening a database and closing it again folds its log in.
Status fold_log(const std::string& path, std::size_t memory_bytes_max, const std::string& temp_folder) {
    if (bytes_in(log_of(path)) == 0) return {};
    {
        const auto instance =
            TRY(Instance::open({.path = path, .memory_bytes_max = memory_bytes_max, .temp_folder = temp_folder}));
        const auto connection = TRY(Connection::open(instance));
        TRY(connection->run("CHECKPOINT"));
    }
    return sync_path(path);
}

Status copy_tables(const std::string& from, const std::string& to, std::size_t memory_bytes_max, std::size_t threads,
                   const std::string& temp_folder) {
    const auto instance = TRY(Instance::open(
        {.memory_bytes_max = memory_bytes_max, .threads = threads, .temp_folder = temp_folder, .files = true}));
    const auto connection = TRY(Connection::open(instance));
    // Rows that were stored together stay together.
    TRY(connection->run("SET preserve_insertion_order = true"));
    TRY(connection->run(fmt::format("ATTACH {} AS old (READ_ONLY)", quote_text(from))));
    TRY(connection->run(fmt::format("ATTACH {} AS fresh", quote_text(to))));
    TRY(connection->run("COPY FROM DATABASE old TO fresh"));
    TRY(connection->run("CHECKPOINT fresh"));
    TRY(connection->run("DETACH fresh"));
    return connection->run("DETACH old");
}

} // namespace

Result<std::unique_ptr<StoreFile>> StoreFile::open(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return failed("open", path);
    return std::unique_ptr<StoreFile>(new StoreFile(path, descriptor));
}

StoreFile::~StoreFile() { ::close(descriptor_); }

Status StoreFile::copy_to(const std::string& path, std::size_t memory_bytes_max, const std::string& temp_folder) const {
    const auto copy = [&]() -> Status {
        TRY(copy_bytes(descriptor_, path_, path));
        if (bytes_in(log_of(path_)) > 0) {
            // DuckDB holds no lock on its log.
            const Descriptor log(::open(log_of(path_).c_str(), O_RDONLY | O_CLOEXEC));
            if (log.number() < 0) return failed("open", log_of(path_));
            TRY(copy_bytes(log.number(), log_of(path_), log_of(path)));
        }
        return fold_log(path, memory_bytes_max, temp_folder);
    };
    Status copied = copy();
    if (!copied) discard(path);
    return copied;
}

Status rewrite_file(const std::string& path, std::size_t memory_bytes_max, std::size_t threads,
                    const std::string& temp_folder) {
    if (bytes_in(log_of(path)) > 0)
        return fail(FailureCode::warehouse_failed, "the log of the warehouse could not be folded into its file");
    const std::string fresh = path + ".fresh";
    discard(fresh);
    const auto write = [&]() -> Status {
        TRY(copy_tables(path, fresh, memory_bytes_max, threads, temp_folder));
        TRY(sync_path(fresh));
        commit_point("warehouse.compact-written");
        if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed("replace", path);
        commit_point("warehouse.compact-renamed");
        return sync_path(fs::path(path).parent_path().string());
    };
    Status written = write();
    if (!written) discard(fresh);
    return written;
}

} // namespace inlet::duck
