// Reads zip archives (PKWARE APPNOTE) by their central directory, member by member, without unpacking to disk. Floor 5.
// The members are as the archive says, hostile or not: judging them is unpack.hpp's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "objects/object_store.hpp"
#include "pipeline/content_kind.hpp"
#include "records/byte_source.hpp"

namespace inlet {

struct ZipMember {
    std::size_t index = 0;   // place in the archive
    std::string name;        // with `/` between folders
    std::uint64_t bytes = 0; // unpacked, as declared
    bool folder = false;
    bool special = false; // a link or a device
    bool encrypted = false;
    Content content;                 // of a file
    std::optional<Error> unreadable; // why not even its beginning can be read
};

// All members, their beginnings looked at. Stops after `members_max` + 1. Errors: file-malformed (no zip, damaged, cut
// off), and of the object.
Result<std::vector<ZipMember>> list_zip(const ObjectReader& archive, std::size_t members_max);

// One member's bytes. Errors, also while reading: file-malformed, checksum-mismatch (at the end), zip-bomb (more bytes
// than declared), format-error (packed in a way that is not known here), and of the object.
class ZipMemberOrigin final : public ByteOrigin {
public:
    // Shared with the origins of the other members.
    ZipMemberOrigin(std::shared_ptr<const ObjectReader> archive, const ZipMember& member)
        : archive_(std::move(archive)), index_(member.index), name_(member.name), bytes_(member.bytes) {}
    Result<std::unique_ptr<ByteSource>> open() const override;

private:
    std::shared_ptr<const ObjectReader> archive_;
    std::size_t index_;
    std::string name_;
    std::uint64_t bytes_;
};

} // namespace inlet
