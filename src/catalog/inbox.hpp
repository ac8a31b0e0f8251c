// Small submissions, whose bytes lie in the catalog itself: from their receipt, many in one transaction, to their
// publication in micro-batches. Floor 3. Safe from many threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalog/audit.hpp"
#include "catalog/requests.hpp"
#include "catalog/submission_record.hpp"

namespace inlet {

struct InboxEntry {
    SubmissionId id; // once it is stored
    std::string dataset;
    std::string by;
    std::string form; // "json", "ndjson", "csv"
    std::string body; // as sent
    bool rejects_approved = false;
    std::uint64_t rows = 0; // records, rejected ones included
    std::uint64_t rejected = 0;

    bool operator==(const InboxEntry&) const = default;
};

// What became of one.
struct InboxOutcome {
    SubmissionId id;
    SubmissionState state{}; // published, rejected, held, failed
    std::string reason_code; // why not published
    std::string reason;
    Version version;
    std::uint64_t inserted = 0;
    std::uint64_t updated = 0;
    std::uint64_t unchanged = 0;
    std::optional<std::uint64_t> rejected; // records, late ones included; nothing: as it was
    std::uint64_t errors_total = 0;        // with `rejected`
    // Records, from 0 and ascending, whose key the dataset held already.
    std::vector<std::uint32_t> late;
    CatalogEvent event;
};

struct InboxBody {
    std::string form;
    std::string body;
    std::vector<std::uint32_t> late; // see InboxOutcome

    bool operator==(const InboxBody&) const = default;
};

// Which of those that wait.
struct InboxFilter {
    Timestamp before = 0;                       // received before then; 0: at any time
    std::string dataset;                        // for this one; empty: for any
    std::map<std::string, Timestamp> before_of; // of these datasets, only those received before
};

// Errors besides those named: disk-full, catalog-failed.
class Inbox {
public:
    virtual ~Inbox() = default;

    struct Receipt {
        SubmissionId id; // 0 if the request came before
        // The request came before, and this was its answer.
        std::optional<StoredAnswer> earlier;
    };
    using Done = std::move_only_function<void(Result<Receipt>)>;
    // Stores a submission of kind `records` with its body, its event, the audit log's entry of it and, if `request` is
    // set, the answer to that request, all in one transaction; `answer` is asked for it once the id is known. `record`
    // has one part; its id, received_at and updated_at are given by the catalog. `done` is called when that is durable,
    // perhaps on another thread, and must not block. Errors: idempotency-key-reused, request-under-way.
    virtual void add(SubmissionRecord record, std::string form, std::string body, CatalogEvent event, AuditEntry audit,
                     std::optional<RequestKey> request, std::function<StoredAnswer(SubmissionId)> answer,
                     Done done) = 0;
    // Those of `which` that are queued, in the order of their receipt: at least one, and no more than `records_max`
    // records or `bytes_max` bytes if that are several.
    virtual Result<std::vector<InboxEntry>> waiting(const InboxFilter& which, std::uint64_t records_max,
                                                    std::uint64_t bytes_max) = 0;
    // When the first of them was received; nothing if none is queued.
    virtual Result<std::optional<Timestamp>> oldest(const InboxFilter& which) = 0;
    virtual Result<std::uint64_t> count_waiting() = 0; // submissions that are queued
    // Moves them on, in one transaction; those that are no longer queued stay as they are.
    virtual Status settle(const std::vector<InboxOutcome>& outcomes) = 0;
    // Nothing if its bytes are forgotten, or it is not of this kind.
    virtual Result<std::optional<InboxBody>> body(SubmissionId id) = 0;
    // Forgets its bytes and the answers that told of them, so that the file does not hold them any more once it is
    // closed. Nothing there: nothing to do.
    virtual Status erase_body(SubmissionId id) = 0;
    // Forgets the bytes of those of the dataset that are at their end and were received before `before`. How many.
    virtual Result<std::uint64_t> forget_bodies(const std::string& dataset, Timestamp before, bool dry_run) = 0;
};

} // namespace inlet
