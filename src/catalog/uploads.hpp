// Uploads that arrive piece by piece over several requests, and what the catalog keeps of them. The bytes are files
// (pipeline/uploads). Floor 3; values, and an interface that is safe from many threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace inlet {

enum class UploadKind : std::uint8_t {
    whole,
    partial, // of it and others a final one is made
    final,   // made of partial ones
};
std::string_view to_string(UploadKind kind);
std::optional<UploadKind> upload_kind_from(std::string_view text);

enum class UploadState : std::uint8_t {
    receiving,
    complete, // all bytes are safe and their hash is known; they are to become a submission
    done,     // they have become one; a partial upload: all bytes are safe
    expired,  // left unfinished for too long; its bytes are gone
};
std::string_view to_string(UploadState state);
std::optional<UploadState> upload_state_from(std::string_view text);

struct UploadRecord {
    std::string id;
    std::string owner; // the principal's id
    std::string by;    // the principal's name
    UploadKind kind = UploadKind::whole;
    UploadState state = UploadState::receiving;
    std::string target; // dataset or package; empty for a partial one
    bool target_is_package = false;
    std::string file_name;
    std::string metadata;                // as the sender gave it
    std::string concat;                  // as the sender gave it; empty for a whole one
    std::vector<std::string> partials;   // ids of those that a final one is made of, in order
    bool ends_when_told = false;         // it is complete when its sender says so, not when its length is reached
    std::optional<std::uint64_t> length; // bytes; nothing: not told yet
    std::uint64_t offset = 0;            // bytes that are safe; a receiving file may hold more
    std::string sha256;                  // of all bytes, once complete
    SubmissionId submission;             // once done
    Timestamp created_at = 0;            // given by the catalog
    Timestamp expires_at = 0;            // of a receiving one, its bytes; of an ended one, the record

    bool operator==(const UploadRecord&) const = default;
};

// Those that are being received.
struct UnfinishedUploads {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0; // that are safe so far

    bool operator==(const UnfinishedUploads&) const = default;
};

// Errors besides those named: disk-full, catalog-failed.
class UploadRecords {
public:
    virtual ~UploadRecords() = default;
    virtual Status add(UploadRecord record) = 0; // bad-argument: there is one of that id
    virtual Result<std::optional<UploadRecord>> find(std::string_view id) = 0;
    // Replaces the record of record.id, created_at aside. unknown-upload.
    virtual Status update(const UploadRecord& record) = 0;
    virtual Status remove(std::string_view id) = 0; // absent is no error
    // Those whose expires_at is not after `moment`, in the order of it.
    virtual Result<std::vector<UploadRecord>> expired(Timestamp moment) = 0;
    // Those that the program has to go on with by itself: complete ones, and final ones that are receiving; oldest
    // first.
    virtual Result<std::vector<UploadRecord>> unsettled() = 0;
    virtual Result<UnfinishedUploads> unfinished() = 0;
};

} // namespace inlet
