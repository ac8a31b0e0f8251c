#include "pipeline/zip_archive.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <string_view>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kBlockBytes = 128U << 10U;

// libarchive gives names in the charset of the locale, and fails where that has no sign for a letter: so the calling
// thread has a locale of UTF-8 while libarchive reads, whatever the process was started with.
class Utf8Locale {
public:
    Utf8Locale() : before_(locale() == nullptr ? nullptr : ::uselocale(locale())) {}
    ~Utf8Locale() {
        if (before_ != nullptr) ::uselocale(before_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

private:
    // Made once, never freed; null where the system has none.
    static locale_t locale() {
        static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return made;
    }
    locale_t before_;
};

// libarchive over an object.
class Archive {
public:
    explicit Archive(const ObjectReader& object)
        : object_(object), block_(kBlockBytes), archive_(archive_read_new()), entry_(archive_entry_new()) {}
    ~Archive() {
        archive_entry_free(entry_);
        archive_read_free(archive_);
    }
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;

    Status open() {
        const Utf8Locale utf8;
        // By its directory at the end, so that an archive that was cut off is seen to be before a byte of it is used.
        archive_read_support_format_zip_seekable(archive_);
        archive_read_set_read_callback(archive_, [](archive*, void* self, const void** bytes) {
            return static_cast<Archive*>(self)->read_block(bytes);
        });
        archive_read_set_seek_callback(archive_, [](archive*, void* self, la_int64_t offset, int whence) {
            return static_cast<Archive*>(self)->seek(offset, whence);
        });
        archive_read_set_skip_callback(
            archive_, [](archive*, void* self, la_int64_t bytes) { return static_cast<Archive*>(self)->skip(bytes); });
        archive_read_set_callback_data(archive_, this);
        if (archive_read_open1(archive_) < ARCHIVE_WARN) return fail(failure("the zip cannot be read"));
        return {};
    }

    // The next member, or null at the end.
    Result<archive_entry*> next() {
        const Utf8Locale utf8;
        const int status = archive_read_next_header2(archive_, entry_);
        if (status == ARCHIVE_EOF) return nullptr;
        if (status < ARCHIVE_WARN) return fail(failure("the zip's directory cannot be read"));
        return entry_;
    }

    Result<std::size_t> read(std::span<char> room, std::string_view member) {
        const la_ssize_t count = archive_read_data(archive_, room.data(), room.size());
        if (count < 0) return fail(failure(fmt::format("`{}` in the zip cannot be read to its end", member)));
        return static_cast<std::size_t>(count);
    }

private:
    la_ssize_t read_block(const void** bytes) {
        auto count = object_.pread(block_, offset_);
        if (!count) {
            object_failure_ = std::move(count.error());
            archive_set_error(archive_, EIO, "reading failed");
            return ARCHIVE_FATAL;
        }
        *bytes = block_.data();
        offset_ += *count;
        return static_cast<la_ssize_t>(*count);
    }

    la_int64_t seek(la_int64_t offset, int whence) {
        const auto size = static_cast<la_int64_t>(object_.size());
        const la_int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_END ? size : static_cast<la_int64_t>(offset_);
        const la_int64_t to = from + offset;
        if (to < 0 || to > size) return ARCHIVE_FATAL;
        offset_ = static_cast<std::uint64_t>(to);
        return to;
    }

    la_int64_t skip(la_int64_t bytes) {
        const std::uint64_t step = std::min(static_cast<std::uint64_t>(bytes), object_.size() - offset_);
        offset_ += step;
        return static_cast<la_int64_t>(step);
    }

    // What libarchive says tells kinds of damage apart only in words.
    Error failure(std::string what) {
        if (object_failure_) return *object_failure_;
        const char* text = archive_error_string(archive_);
        const std::string_view why = text == nullptr ? "it is damaged" : text;
        FailureCode code = FailureCode::file_malformed;
        if (why.find("CRC") != std::string_view::npos) code = FailureCode::checksum_mismatch;
        if (why.starts_with("Unsupported ZIP")) code = FailureCode::format_error;
        if (why.find("ncrypted") != std::string_view::npos || why.find("assphrase") != std::string_view::npos) {
            code = FailureCode::encrypted_archive;
        }
        return {code, fmt::format("{}: {}", what, why)};
    }

    const ObjectReader& object_;
    std::vector<std::byte> block_;
    std::uint64_t offset_ = 0;
    std::optional<Error> object_failure_; // the object's own error behind a failure of the archive
    archive* archive_;
    archive_entry* entry_;
};

std::string name_of(archive_entry* entry) {
    const Utf8Locale utf8;
    // A name that is no UTF-8 is given as it stands.
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    return name == nullptr ? "" : name;
}

Result<std::size_t> read_fully(Archive& archive, std::span<char> room, std::string_view member) {
    std::size_t count = 0;
    while (count < room.size()) {
        const std::size_t more = TRY(archive.read(room.subspan(count), member));
        if (more == 0) break;
        count += more;
    }
    return count;
}

class MemberSource final : public ByteSource {
public:
    MemberSource(std::shared_ptr<const ObjectReader> object, std::string name, std::uint64_t bytes)
        : object_(std::move(object)), archive_(*object_), name_(std::move(name)), left_(bytes) {}

    Status seek_to(std::size_t index) {
        TRY(archive_.open());
        for (std::size_t i = 0; i <= index; ++i) {
            if (TRY(archive_.next()) == nullptr) {
                return fail(FailureCode::file_malformed, fmt::format("`{}` is no longer in the zip", name_));
            }
        }
        return {};
    }

    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = TRY(archive_.read(room, name_));
        if (count > left_) {
            return fail(FailureCode::zip_bomb, fmt::format("`{}` in the zip unpacks to more than it declares", name_));
        }
        left_ -= count;
        return count;
    }

private:
    std::shared_ptr<const ObjectReader> object_; // shared with the origin; outlives archive_
    Archive archive_;
    std::string name_;
    std::uint64_t left_; // declared bytes not read yet
};

} // namespace

Result<std::vector<ZipMember>> list_zip(const ObjectReader& object, std::size_t members_max) {
    std::vector<ZipMember> members;
    std::array<char, 4> begin{};
    const std::size_t size = TRY(object.pread(std::as_writable_bytes(std::span(begin)), 0));
    // A directory's end right at the beginning: nothing is listed. libarchive does not take that for a zip.
    if (std::string_view(begin.data(), size) == "PK\x05\x06") return members;
    Archive archive(object);
    TRY(archive.open());
    while (members.size() <= members_max) {
        archive_entry* entry = TRY(archive.next());
        if (entry == nullptr) break;
        ZipMember member;
        member.index = members.size();
        member.name = name_of(entry);
        member.bytes = static_cast<std::uint64_t>(archive_entry_size(entry));
        member.folder = archive_entry_filetype(entry) == AE_IFDIR || member.name.ends_with('/');
        member.special = !member.folder && archive_entry_filetype(entry) != AE_IFREG;
        member.encrypted = archive_entry_is_encrypted(entry) != 0;
        if (!member.folder && !member.special && !member.encrypted) {
            std::array<char, kRecognisedBytes> head{};
            if (auto count = read_fully(archive, head, member.name)) {
                member.content = recognise(std::span(head).first(*count));
            } else if (failure_info(count.error().code).kind == FailureKind::system) {
                return fail(std::move(count.error()));
            } else {
                member.unreadable = std::move(count.error());
            }
        }
        members.push_back(std::move(member));
    }
    return members;
}

Result<std::unique_ptr<ByteSource>> ZipMemberOrigin::open() const {
    auto source = std::make_unique<MemberSource>(archive_, name_, bytes_);
    TRY(source->seek_to(index_));
    return source;
}

} // namespace inlet
