#include "app/signing_key.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "access/secret.hpp"
#include "app/project_file.hpp"

namespace inlet {

namespace {

constexpr std::size_t kKeyBytes = 32;

} // namespace

Result<std::string> signing_key(Disk& disk, const std::string& data_folder) {
    const std::string path = data_folder + "/signing.key";
    if (TRY(disk.exists(path))) {
        std::string key = TRY(read_small_file(disk, path));
        if (key.size() >= 2 * kKeyBytes) return key;
    }
    std::string key = TRY(random_hex(kKeyBytes));
    const std::string next = temporary_name(data_folder, "signing.key");
    {
        const auto file = TRY(disk.create(next));
        if (::chmod(next.c_str(), S_IRUSR | S_IWUSR) != 0) // before anything is in it
            return fail(FailureCode::io_failed, fmt::format("cannot protect {}: {}", next, std::strerror(errno)));
        TRY(file->append(std::as_bytes(std::span(key))));
        TRY(file->sync());
    }
    TRY(disk.rename(next, path));
    TRY(disk.sync_dir(data_folder));
    return key;
}

} // namespace inlet
