#include "pipeline/testing/zip_maker.hpp"

#include <cstring>

#include <archive.h>
#include <archive_entry.h>

#include "base/result.hpp"

namespace inlet {

std::string make_zip(const std::vector<ZipEntry>& entries, bool encrypted) {
    std::string zip;
    archive* writer = archive_write_new();
    CHECK(archive_write_set_format_zip(writer) == ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(writer, 1);
    if (encrypted) {
        CHECK(archive_write_set_options(writer, "zip:encryption=zipcrypt") == ARCHIVE_OK);
        CHECK(archive_write_set_passphrase(writer, "secret") == ARCHIVE_OK);
    }
    const auto append = [](archive*, void* to, const void* bytes, std::size_t size) {
        static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
    };
    CHECK(archive_write_open(writer, &zip, nullptr, append, nullptr) == ARCHIVE_OK);
    for (const ZipEntry& item : entries) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, item.name.c_str());
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, static_cast<la_int64_t>(item.bytes.size()));
        archive_entry_set_filetype(entry, item.folder ? AE_IFDIR : AE_IFREG);
        if (!item.link_to.empty()) {
            archive_entry_set_filetype(entry, AE_IFLNK);
            archive_entry_set_symlink(entry, item.link_to.c_str());
        }
        if (item.stored) {
            archive_write_zip_set_compression_store(writer);
        } else {
            archive_write_zip_set_compression_deflate(writer);
        }
        CHECK(archive_write_header(writer, entry) >= ARCHIVE_WARN);
        if (!item.bytes.empty()) CHECK(archive_write_data(writer, item.bytes.data(), item.bytes.size()) >= 0);
        archive_entry_free(entry);
    }
    CHECK(archive_write_close(writer) == ARCHIVE_OK);
    archive_write_free(writer);
    return zip;
}

} // namespace inlet
