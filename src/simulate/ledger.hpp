// What a run sent, and what of it was acknowledged. Floor 6; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "simulate/record_maker.hpp"

namespace inlet::simulate {

struct PlayedDataset {
    std::string name;
    MarkField mark;
    std::uint64_t records_before = 0; // that it held when the run began

    bool operator==(const PlayedDataset&) const = default;
};

struct LedgerHead {
    Run run;
    std::uint64_t seed = 0;
    std::vector<PlayedDataset> datasets;
};

enum class Deed : std::uint8_t {
    sent,      // acknowledged: kept, or refused as a whole
    undone,    // acknowledged: the submission was taken back
    asked,     // to take the submission back; there may never be an answer
    abandoned, // given up before its last byte
    unsettled, // sent, perhaps more than once, and no answer came until the run ended
};
std::string_view to_string(Deed deed);
std::optional<Deed> deed_from(std::string_view name);

// Records `first` to `first + count - 1` in one request or file, or (undone, asked) a submission alone.
struct LedgerEntry {
    Deed deed = Deed::sent;
    std::uint32_t dataset = 0; // of the head's
    SubmissionId submission;   // as acknowledged
    std::int64_t first = 0;
    std::int64_t count = 0;
    std::int64_t mistake = -1; // the record that breaks the contract; -1: none

    bool operator==(const LedgerEntry&) const = default;
};

class Journal;

class Ledger {
public:
    // With a journal every entry is written there before it counts.
    explicit Ledger(LedgerHead head, std::unique_ptr<Journal> journal = nullptr);
    ~Ledger();
    Ledger(Ledger&&) noexcept;

    const LedgerHead& head() const { return head_; }
    const std::vector<LedgerEntry>& entries() const { return entries_; }
    // Whether the run came to its end, so that everything that was sent stands here.
    bool complete() const { return complete_; }

    Status add(const LedgerEntry& entry); // disk-full, io-failed
    Status complete_run();                // the same

private:
    friend class Journal; // which reads them
    LedgerHead head_;
    std::unique_ptr<Journal> journal_;
    std::vector<LedgerEntry> entries_;
    bool complete_ = false;
};

// A ledger as a file: JSON objects, one on each line. The first is the head, the last says that the run is complete.
class Journal {
public:
    // A new file; one that is there is not written over: bad-argument.
    static Result<std::unique_ptr<Journal>> create(Disk& disk, const std::string& path, const LedgerHead& head);
    Status add(const LedgerEntry& entry, const LedgerHead& head);
    Status complete();

    // A last line that was cut off is left out. Errors: file-not-found, format-error.
    static Result<Ledger> read(const Disk& disk, const std::string& path);

private:
    explicit Journal(std::unique_ptr<File> file) : file_(std::move(file)) {}
    Status write(std::string line);
    std::unique_ptr<File> file_;
};

} // namespace inlet::simulate
