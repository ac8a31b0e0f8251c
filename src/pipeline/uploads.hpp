// Uploads that come in pieces, over several requests and days if need be, and become deliveries when they are whole.
// Floor 5. Safe from many threads. Which protocol they come by is the fronts' business.
//
// An upload is a file, <folder>/<id>, and a record in the catalog. The record's offset says how many bytes of the file
// are safe; it is written after they are synced, every 32 MiB, every few seconds, and at the end of a piece, also of
// one that breaks off. What the file holds behind it after a crash is dropped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "catalog/catalog.hpp"
#include "contract/current_project.hpp"
#include "objects/running_sha256.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/upload_turns.hpp"
#include "records/byte_source.hpp"

namespace inlet {

class UploadFile;

struct UploadParts { // borrowed; outlive the uploads
    const CurrentProject& project;
    Pipeline& pipeline;
    Catalog& catalog;
    Disk& disk;
    const Clock& clock;
    std::string folder;                              // theirs alone, on the disk of the object store
    std::function<void()> queued;                    // told that a submission waits to be run
    std::function<void(const Error& error)> warning; // told of failures that nobody waits for
};

struct UploadLimits {
    std::chrono::seconds lifetime{24 * 3600};           // of an unfinished upload, from the last piece on
    std::uint64_t bytes_max = std::uint64_t{100} << 30; // of one upload
};

// Who asks. An upload is its owner's; for others it is not there.
struct UploadCaller {
    std::string id;
    std::string name; // as the submission records it
    bool sees_all = false;
};

struct NewUpload {
    UploadKind kind = UploadKind::whole;
    std::string target; // of a partial one: empty
    bool target_is_package = false;
    std::string file_name;
    std::string metadata; // as sent
    std::string concat;   // as sent
    std::vector<std::string> partials;
    std::optional<std::uint64_t> length;
    bool ends_when_told = false;
};

// A run of bytes that follows what is there.
struct UploadPiece {
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;   // of the whole upload, if it is told with this piece
    std::optional<std::uint64_t> bytes;    // of the piece, if announced
    bool last = false;                     // nothing comes after it; only of uploads that end when told
    bool firm = false;                     // whoever sends to the upload at the moment is stopped, not only who hangs
    std::function<Status()> verify;        // asked once all is read: on an error nothing of the piece is kept
    std::function<void()> give_way;        // see UploadTurns::take(): makes reading the piece fail
    std::function<void(std::uint64_t)> at; // told each offset that is safe, while more comes
};

class Uploads {
public:
    Uploads(UploadParts parts, UploadLimits limits);
    ~Uploads();
    Uploads(const Uploads&) = delete;
    Uploads& operator=(const Uploads&) = delete;

    const UploadLimits& limits() const { return limits_; }

    // At start, before anything else: removes files that belong to no upload. What a crash interrupted, sweep() goes on
    // with, since it may have to read all of an upload.
    Status recover();

    // Errors: unknown-dataset, unknown-package, file-too-large; of a final one unknown-upload and bad-argument (of a
    // partial one of its list); the stores'.
    Result<UploadRecord> create(const UploadCaller& caller, NewUpload upload);
    // Errors here and below: unknown-upload, upload-expired, the stores'. `alone`: whoever sends to it at the moment is
    // stopped, so that the offset stays as it is until the next piece.
    Result<UploadRecord> look(const UploadCaller& caller, const std::string& id, bool alone);
    // Takes a piece. If it broke off or the disk failed, what was received before is kept, and the failure is returned.
    // Returns the record as it is then; of a whole upload that is complete now, with its submission (unless that could
    // not be made: sweep() goes on with it). Errors: final-upload, upload-locked, offset-mismatch, file-too-large,
    // upload-complete, bad-argument (another length than before), verify's, the source's.
    Result<UploadRecord> append(const UploadCaller& caller, const std::string& id, const UploadPiece& piece,
                                ByteSource& bytes);
    // Begins a partial upload anew: what arrived of it is forgotten. upload-locked.
    Status restart(const UploadCaller& caller, const std::string& id);
    // Puts together an upload of kind final that ends when told, and hands it over. `expected`: what its bytes must be;
    // `note`: what is kept of the file (see file_note_json()). Doing so again gives the same. Errors: final-upload (it
    // is no such upload), upload-unfinished, byte-count, hash-count (it stays as it was), those of the pipeline.
    struct Ending {
        std::optional<std::uint64_t> bytes;
        std::string sha256; // empty: any
        std::string note;
    };
    Result<UploadRecord> end(const UploadCaller& caller, const std::string& id, const Ending& ending);
    // Removes it. A submission that it became stays. upload-locked.
    Status terminate(const UploadCaller& caller, const std::string& id);

    // Frees what has expired, and goes on with what could not be finished. Now and then, from one thread.
    void sweep();

private:
    struct Resting; // the hash of an upload between two pieces

    Result<UploadRecord> find(const UploadCaller& caller, const std::string& id);
    std::string path_of(const std::string& id) const { return parts_.folder + "/" + id; }
    Timestamp in(std::chrono::seconds time) const;

    Status check_piece(const UploadRecord& record, const UploadPiece& piece) const;
    Status receive(UploadRecord& record, const UploadPiece& piece, ByteSource& bytes, UploadTurns::Turn& turn);
    Status record_safe(UploadRecord& record, UploadFile& file);
    bool is_whole(const UploadRecord& record, const UploadPiece& piece) const;

    Result<std::vector<UploadRecord>> partials_of(const UploadRecord& record);
    Result<bool> assemble(UploadRecord& record, const Ending* ending);
    Status settle(UploadRecord& record);
    void settle_finals_of(const std::string& partial);
    void settle_if_free(const std::string& id);
    Status expire(const std::string& id);

    std::unique_ptr<RunningSha256> take_hash(const std::string& id, std::uint64_t offset);
    void keep_hash(const std::string& id, std::uint64_t offset, std::unique_ptr<RunningSha256> hash);
    void forget(const std::string& id);

    const UploadParts parts_;
    const UploadLimits limits_;
    UploadTurns turns_;

    std::mutex mutex_;                                // over both below
    std::map<std::string, Resting> resting_;          // by id; what is not there is hashed again
    std::map<std::string, SubmissionId> handed_over_; // by id: a submission that the record does not know of yet
};

} // namespace inlet
