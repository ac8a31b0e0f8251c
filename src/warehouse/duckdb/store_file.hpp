// The database's file as bytes: copied while DuckDB has it open, and written anew without what was removed. Used under
// the writer lock.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace inlet::duck {

// The file, open for reading beside DuckDB. To be closed only after the instance: by POSIX, closing any descriptor of a
// file gives up all locks that the process holds on it (fcntl(2)), and DuckDB's lock is one of these.
class StoreFile {
public:
    static Result<std::unique_ptr<StoreFile>> open(const std::string& path);
    ~StoreFile();
    StoreFile(const StoreFile&) = delete;
    StoreFile& operator=(const StoreFile&) = delete;

    // While nothing is written to it. What its log holds beside it is folded into the copy, which is synced; an
    // unfinished copy is removed.
    Status copy_to(const std::string& path, std::size_t memory_bytes_max, const std::string& temp_folder) const;

private:
    StoreFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

    const std::string path_;
    const int descriptor_;
};

// Copies all tables into a new file that takes the place of the old one, which no instance has open and whose log is
// empty. DuckDB keeps the space of removed rows for new ones and does not overwrite it; a new file never held them. On
// an Error the old file stands.
Status rewrite_file(const std::string& path, std::size_t memory_bytes_max, std::size_t threads,
                    const std::string& temp_folder);

} // namespace inlet::duck
