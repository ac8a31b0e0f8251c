#include "pipeline/uploads.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "access/secret.hpp"
#include "base/commit_point.hpp"
#include "pipeline/file_part.hpp"
#include "pipeline/unpack.hpp"
#include "pipeline/upload_file.hpp"

namespace inlet {

namespace {

using Turn = UploadTurns::Turn;
using Manner = UploadTurns::Manner;

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kRoomBytes = 128U << 10U;
constexpr std::uint64_t kSyncBytes = 32U << 20U;
constexpr Timestamp kSyncTime = 5'000'000;                   // microseconds
constexpr std::chrono::seconds kRemembered{7 * 24 * 3600};   // what became of an upload
constexpr std::chrono::seconds kAfterConcatenation{60 * 60}; // until a partial upload that was used goes
constexpr std::size_t kRestingMost = 4096;

class NoBytes final : public ByteSource {
public:
    Result<std::size_t> read(std::span<char>) override { return 0; }
};

Error too_large(std::uint64_t allowed) {
    return {FailureCode::file_too_large, fmt::format("the upload may have {} bytes, and this is more", allowed)};
}

// Also of somebody else's: who may not see it does not learn that it is there.
Error no_upload(const std::string& id) {
    return {FailureCode::unknown_upload, fmt::format("there is no upload `{}`", id)};
}

} // namespace

struct Uploads::Resting {
    std::uint64_t offset = 0;
    std::unique_ptr<RunningSha256> hash;
};

Uploads::Uploads(UploadParts parts, UploadLimits limits)
    : parts_(std::move(parts)), limits_(limits), turns_(parts_.clock) {}
Uploads::~Uploads() = default;

Timestamp Uploads::in(std::chrono::seconds time) const {
    return parts_.clock.now() + std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

Status Uploads::recover() {
    TRY(parts_.disk.make_dirs(parts_.folder));
    TRY(parts_.disk.sync_dir(std::filesystem::path(parts_.folder).parent_path().string()));
    for (const DirEntry& file : TRY(std::as_const(parts_.disk).list(parts_.folder))) {
        const auto record = TRY(parts_.catalog.uploads().find(file.name));
        const bool needed =
            record && (record->state == UploadState::receiving || record->state == UploadState::complete ||
                       (record->state == UploadState::done && record->kind == UploadKind::partial));
        if (!needed) TRY(parts_.disk.remove_tree(path_of(file.name)));
    }
    return {};
}

// ---- a new one ------------------------------------------------------------------------------------------------------

Result<UploadRecord> Uploads::create(const UploadCaller& caller, NewUpload upload) {
    UploadRecord record;
    record.id = TRY(random_hex(kIdBytes));
    record.owner = caller.id;
    record.by = caller.name;
    record.kind = upload.kind;
    if (upload.kind != UploadKind::partial) {
        const Target target = TRY(find_target(*parts_.project, upload.target, upload.target_is_package));
        if (target.dataset != nullptr && target.dataset->kind == DatasetKind::files)
            TRY(file_note_of(*target.dataset, std::nullopt, upload.file_name));
    }
    record.target = std::move(upload.target);
    record.target_is_package = upload.target_is_package;
    record.file_name = std::move(upload.file_name);
    record.metadata = std::move(upload.metadata);
    record.concat = std::move(upload.concat);
    record.ends_when_told = upload.ends_when_told;
    record.length = upload.length;
    record.expires_at = in(limits_.lifetime);
    std::uint64_t together = 0;
    for (std::string& id : upload.partials) {
        const UploadRecord part = TRY(find(caller, id));
        if (part.kind != UploadKind::partial)
            return fail(FailureCode::bad_argument, fmt::format("upload {} is not a partial one", id));
        together += part.length.value_or(part.offset);
        record.partials.push_back(std::move(id));
    }
    if (std::max(together, record.length.value_or(0)) > limits_.bytes_max) return fail(too_large(limits_.bytes_max));
    TRY(parts_.catalog.uploads().add(record));
    if (record.kind == UploadKind::final) {
        const Turn turn = TRY(turns_.take(record.id, Manner::polite));
        if (Status settled = settle(record); !settled) parts_.warning(settled.error());
    } else if (record.length == 0U && !record.ends_when_told) {
        NoBytes nothing;
        return append(caller, record.id, {}, nothing);
    }
    return record;
}

// ---- looking --------------------------------------------------------------------------------------------------------

Result<UploadRecord> Uploads::find(const UploadCaller& caller, const std::string& id) {
    auto record = TRY(parts_.catalog.uploads().find(id));
    if (!record || (record->owner != caller.id && !caller.sees_all)) return fail(no_upload(id));
    const bool over = record->expires_at <= parts_.clock.now();
    const bool ended = record->state == UploadState::done && record->kind != UploadKind::partial;
    if (over && (ended || record->state == UploadState::expired)) return fail(no_upload(id));
    if (record->state == UploadState::expired || (over && record->state != UploadState::complete))
        return fail(FailureCode::upload_expired, fmt::format("upload {} was not finished in time", id));
    return *std::move(record);
}

Result<UploadRecord> Uploads::look(const UploadCaller& caller, const std::string& id, bool alone) {
    UploadRecord record = TRY(find(caller, id));
    if (alone) {
        const Turn turn = TRY(turns_.take(id, Manner::firm));
        record = TRY(find(caller, id));
    }
    if (record.kind == UploadKind::final && !record.length) {
        std::uint64_t length = 0;
        for (const UploadRecord& part : TRY(partials_of(record))) {
            if (!part.length) return record;
            length += *part.length;
        }
        record.length = length;
    }
    return record;
}

// ---- a piece --------------------------------------------------------------------------------------------------------

Result<UploadRecord> Uploads::append(const UploadCaller& caller, const std::string& id, const UploadPiece& piece,
                                     ByteSource& bytes) {
    TRY(find(caller, id)); // before anybody is disturbed
    const Manner manner = piece.firm ? Manner::firm : Manner::impatient;
    Turn turn = TRY(turns_.take(id, manner, piece.give_way));
    UploadRecord record = TRY(find(caller, id));
    TRY(check_piece(record, piece));
    if (record.state != UploadState::receiving) {
        std::array<char, 1> room{};
        if (TRY(bytes.read(room)) > 0) return fail(too_large(record.offset));
        return record;
    }
    if (piece.length) record.length = piece.length;
    Status received = receive(record, piece, bytes, turn);
    if (record.state == UploadState::done) settle_finals_of(id);
    if (Status settled = settle(record); !settled) parts_.warning(settled.error());
    if (!received) return fail(std::move(received.error()));
    return record;
}

Status Uploads::check_piece(const UploadRecord& record, const UploadPiece& piece) const {
    if (record.kind == UploadKind::final) {
        return fail(FailureCode::final_upload,
                    fmt::format("upload {} is put together from others and takes no bytes", record.id));
    }
    if (piece.offset != record.offset) {
        return fail(Error(FailureCode::offset_mismatch,
                          fmt::format("the upload has {} bytes, and this goes on at {}", record.offset, piece.offset))
                        .with("expected-offset", std::to_string(record.offset))
                        .with("provided-offset", std::to_string(piece.offset)));
    }
    if (record.ends_when_told && record.state != UploadState::receiving)
        return fail(FailureCode::upload_complete, fmt::format("upload {} is complete", record.id));
    if (piece.length && record.length && *piece.length != *record.length) {
        return fail(FailureCode::bad_argument,
                    fmt::format("the upload's length was told to be {}, and is now {}; it cannot be changed",
                                *record.length, *piece.length));
    }
    const auto length = piece.length ? piece.length : record.length;
    if (length && *length < record.offset) {
        return fail(FailureCode::bad_argument,
                    fmt::format("the upload has {} bytes already, more than its length of {}", record.offset, *length));
    }
    const std::uint64_t allowed = std::min(length.value_or(limits_.bytes_max), limits_.bytes_max);
    if (length.value_or(0) > limits_.bytes_max || record.offset + piece.bytes.value_or(0) > allowed)
        return fail(too_large(allowed));
    return {};
}

bool Uploads::is_whole(const UploadRecord& record, const UploadPiece& piece) const {
    return record.ends_when_told ? piece.last : record.length == record.offset;
}

// The record, in the catalog too, says what is safe when this returns, whatever failed.
Status Uploads::receive(UploadRecord& record, const UploadPiece& piece, ByteSource& bytes, Turn& turn) {
    auto hash = take_hash(record.id, record.offset);
    const auto before = piece.verify && hash ? hash->copy() : nullptr;
    const auto file = TRY(UploadFile::open(parts_.disk, parts_.folder, record.id, record.offset, std::move(hash)));
    const std::uint64_t allowed = record.length.value_or(limits_.bytes_max);
    std::vector<char> room(kRoomBytes);
    Status received;
    Timestamp safe_at = parts_.clock.now();
    while (received) {
        const auto count = bytes.read(room);
        if (!count) {
            received = fail(count.error());
            break;
        }
        if (*count == 0) break;
        turn.moved();
        if (*count > allowed - file->size()) return fail(too_large(allowed));
        received = file->append(std::span(room).first(*count));
        const bool due = file->size() - record.offset >= kSyncBytes || parts_.clock.now() - safe_at >= kSyncTime;
        if (!received || piece.verify || !due) continue;
        TRY(record_safe(record, *file));
        safe_at = parts_.clock.now();
        if (piece.at) piece.at(record.offset);
    }
    if (piece.verify) {
        if (received) received = piece.verify();
        if (!received) {
            if (before) keep_hash(record.id, record.offset, before->copy());
            return received;
        }
    }
    UploadRecord reached = record;
    reached.offset = file->size();
    if (received && is_whole(reached, piece)) {
        commit_point("pipeline.upload-arrived");
        record.length = reached.offset;
        record.state = record.kind == UploadKind::partial ? UploadState::done : UploadState::complete;
        if (record.kind == UploadKind::whole) record.sha256 = file->take_hash()->finish();
        const Status safe = record_safe(record, *file);
        if (!safe) record.state = UploadState::receiving;
        return safe;
    }
    TRY(record_safe(record, *file));
    keep_hash(record.id, record.offset, file->take_hash());
    return received;
}

Status Uploads::record_safe(UploadRecord& record, UploadFile& file) {
    TRY(file.sync());
    commit_point("pipeline.upload-synced");
    UploadRecord safe = record;
    safe.offset = file.size();
    safe.expires_at = in(limits_.lifetime);
    TRY(parts_.catalog.uploads().update(safe));
    commit_point("pipeline.upload-safe");
    record = std::move(safe);
    return {};
}

std::unique_ptr<RunningSha256> Uploads::take_hash(const std::string& id, std::uint64_t offset) {
    const std::lock_guard lock(mutex_);
    const auto found = resting_.find(id);
    if (found == resting_.end()) return nullptr;
    auto hash = found->second.offset == offset ? std::move(found->second.hash) : nullptr;
    resting_.erase(found);
    return hash;
}

void Uploads::keep_hash(const std::string& id, std::uint64_t offset, std::unique_ptr<RunningSha256> hash) {
    hash->rest();
    const std::lock_guard lock(mutex_);
    if (resting_.size() >= kRestingMost) resting_.erase(resting_.begin());
    resting_.insert_or_assign(id, Resting{offset, std::move(hash)});
}

void Uploads::forget(const std::string& id) {
    const std::lock_guard lock(mutex_);
    resting_.erase(id);
    handed_over_.erase(id);
}

// ---- the whole ------------------------------------------------------------------------------------------------------

Result<std::vector<UploadRecord>> Uploads::partials_of(const UploadRecord& record) {
    std::vector<UploadRecord> parts;
    for (const std::string& id : record.partials)
        parts.push_back(TRY(find({.id = record.owner, .sees_all = true}, id)));
    return parts;
}

// Makes the file of a final upload once all its parts are there; whether they are.
Result<bool> Uploads::assemble(UploadRecord& record, const Ending* ending) {
    std::vector<UploadRecord> parts = TRY(partials_of(record));
    if (!std::ranges::all_of(parts, [](const auto& part) { return part.state == UploadState::done; })) return false;
    std::uint64_t together = 0;
    for (const UploadRecord& part : parts) together += part.offset;
    if (ending != nullptr && ending->bytes && *ending->bytes != together) {
        return fail(FailureCode::byte_count,
                    fmt::format("the parts have {} bytes together, and {} were announced", together, *ending->bytes));
    }
    const auto file = TRY(UploadFile::open(parts_.disk, parts_.folder, record.id, 0, nullptr));
    std::vector<char> room(kRoomBytes);
    for (const UploadRecord& part : parts) {
        const auto from = TRY(std::as_const(parts_.disk).open(path_of(part.id)));
        for (std::uint64_t at = 0; at < part.offset;) {
            const std::size_t wanted = std::min<std::uint64_t>(room.size(), part.offset - at);
            const std::size_t got = TRY(from->pread(std::as_writable_bytes(std::span(room).first(wanted)), at));
            if (got == 0) return fail(FailureCode::io_failed, "the file of a partial upload is shorter than it was");
            TRY(file->append(std::span(room).first(got)));
            at += got;
        }
    }
    UploadRecord whole = record;
    whole.length = file->size();
    whole.sha256 = file->take_hash()->finish();
    whole.state = UploadState::complete;
    if (ending != nullptr) {
        if (!ending->sha256.empty() && ending->sha256 != whole.sha256) {
            (void)parts_.disk.remove(path_of(record.id)); // else the next attempt writes over it
            return fail(FailureCode::hash_count, fmt::format("the bytes have the SHA-256 {}, and {} was announced",
                                                             whole.sha256, ending->sha256));
        }
        whole.ends_when_told = false;
        whole.metadata = ending->note;
    }
    TRY(record_safe(whole, *file));
    record = std::move(whole);
    for (UploadRecord& part : parts) {
        part.expires_at = std::min(part.expires_at, in(kAfterConcatenation));
        TRY(parts_.catalog.uploads().update(part));
    }
    return true;
}

// Goes on with an upload, whose turn the caller has, as far as nobody else is needed.
Status Uploads::settle(UploadRecord& record) {
    const bool waits = record.kind == UploadKind::final && record.state == UploadState::receiving;
    if (waits && (record.ends_when_told || !TRY(assemble(record, nullptr)))) return {};
    if (record.state != UploadState::complete) return {};
    SubmissionId submission;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = handed_over_.find(record.id); found != handed_over_.end()) submission = found->second;
    }
    if (!submission) {
        // tus says how a final upload is made; a session has no such words (see end()).
        const bool is_session = record.kind == UploadKind::final && record.concat.empty();
        const Delivery delivery{.target = record.target,
                                .target_is_package = record.target_is_package,
                                .file_name = record.file_name.empty() ? record.target : record.file_name,
                                .by = record.by,
                                .sender = record.owner,
                                .bytes = record.offset,
                                .source = is_session ? "upload-session" : "tus",
                                .file = is_session ? read_file_note(record.metadata) : std::nullopt};
        const auto received = parts_.pipeline.receive_file(delivery, path_of(record.id), record.sha256);
        if (!received) {
            const FailureCode code = received.error().code;
            const bool nowhere = code == FailureCode::unknown_dataset || code == FailureCode::unknown_package ||
                                 code == FailureCode::path_invalid || code == FailureCode::bad_argument;
            if (!nowhere) return fail(received.error());
            // The project was changed since: there is nobody left to give it to.
            record.state = UploadState::expired;
            record.expires_at = in(kRemembered);
            TRY(parts_.catalog.uploads().update(record));
            TRY(parts_.disk.remove(path_of(record.id)));
            return fail(received.error());
        }
        submission = received->id;
        const std::lock_guard lock(mutex_);
        handed_over_.emplace(record.id, submission);
    }
    commit_point("pipeline.upload-handed-over");
    parts_.queued();
    UploadRecord done = record;
    done.state = UploadState::done;
    done.submission = submission;
    done.expires_at = in(kRemembered);
    TRY(parts_.catalog.uploads().update(done));
    record = std::move(done);
    forget(record.id);
    return {};
}

void Uploads::settle_if_free(const std::string& id) {
    auto turn = turns_.take(id, Manner::polite);
    if (!turn) return; // whoever works on it goes on by itself
    auto record = parts_.catalog.uploads().find(id);
    Status settled;
    if (!record) {
        settled = fail(record.error());
    } else if (*record) {
        settled = settle(**record);
    }
    // A final upload whose parts are gone stays as it is, until it expires itself.
    const bool orphaned = !settled && (settled.error().code == FailureCode::unknown_upload ||
                                       settled.error().code == FailureCode::upload_expired);
    if (!settled && !orphaned) parts_.warning(settled.error());
}

void Uploads::settle_finals_of(const std::string& partial) {
    const auto waiting = parts_.catalog.uploads().unsettled();
    if (!waiting) return parts_.warning(waiting.error());
    for (const UploadRecord& record : *waiting) {
        if (std::ranges::find(record.partials, partial) != record.partials.end()) settle_if_free(record.id);
    }
}

// ---- the end --------------------------------------------------------------------------------------------------------

Status Uploads::terminate(const UploadCaller& caller, const std::string& id) {
    TRY(find(caller, id));
    const Turn turn = TRY(turns_.take(id, Manner::firm));
    TRY(find(caller, id));
    TRY(parts_.catalog.uploads().remove(id));
    forget(id);
    return parts_.disk.remove(path_of(id));
}

Status Uploads::restart(const UploadCaller& caller, const std::string& id) {
    TRY(find(caller, id));
    const Turn turn = TRY(turns_.take(id, Manner::firm));
    UploadRecord record = TRY(find(caller, id));
    if (record.kind != UploadKind::partial || record.offset == 0) return {};
    record.offset = 0;
    record.state = UploadState::receiving;
    record.expires_at = in(limits_.lifetime);
    TRY(parts_.catalog.uploads().update(record));
    forget(id);
    return {};
}

Result<UploadRecord> Uploads::end(const UploadCaller& caller, const std::string& id, const Ending& ending) {
    TRY(find(caller, id));
    const Turn turn = TRY(turns_.take(id, Manner::polite));
    UploadRecord record = TRY(find(caller, id));
    if (record.kind != UploadKind::final || !record.concat.empty())
        return fail(FailureCode::final_upload, fmt::format("upload {} is no session", id));
    if (record.state == UploadState::receiving && !TRY(assemble(record, &ending))) {
        std::vector<std::size_t> missing;
        std::size_t number = 0;
        for (const UploadRecord& part : TRY(partials_of(record))) {
            ++number;
            if (part.state != UploadState::done) missing.push_back(number);
        }
        return fail(FailureCode::upload_unfinished,
                    fmt::format("of {} parts these have not arrived: {}", number, fmt::join(missing, ", ")));
    }
    TRY(settle(record));
    return record;
}

Status Uploads::expire(const std::string& id) {
    auto turn = turns_.take(id, Manner::polite);
    if (!turn) return {}; // it is not left alone after all
    auto record = TRY(parts_.catalog.uploads().find(id));
    if (!record || record->expires_at > parts_.clock.now() || record->state == UploadState::complete) return {};
    const bool ended = record->state == UploadState::done && record->kind != UploadKind::partial;
    if (ended || record->state == UploadState::expired) return parts_.catalog.uploads().remove(id);
    forget(id);
    TRY(parts_.disk.remove(path_of(id)));
    record->state = UploadState::expired;
    record->expires_at = in(kRemembered);
    return parts_.catalog.uploads().update(*record);
}

void Uploads::sweep() {
    const auto waiting = parts_.catalog.uploads().unsettled();
    if (!waiting) return parts_.warning(waiting.error());
    for (const UploadRecord& record : *waiting) settle_if_free(record.id);
    const auto over = parts_.catalog.uploads().expired(parts_.clock.now());
    if (!over) return parts_.warning(over.error());
    for (const UploadRecord& record : *over) {
        if (Status expired = expire(record.id); !expired) parts_.warning(expired.error());
    }
}

} // namespace inlet
