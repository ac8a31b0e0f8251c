// Machines and people who send to a running server, by the calls that docs/server.md and docs/uploads.md describe.
// Floor 6; play() runs on the calling thread alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "contract/server_config.hpp"
#include "simulate/reconciliation.hpp"
#include "simulate/tally.hpp"

namespace inlet::simulate {

struct PlaySettings {
    ListenAddress server;
    std::string key;                   // sent as a bearer token; empty: none
    std::vector<std::string> datasets; // empty: every one that can be played with
    std::chrono::seconds play_time{30};
    // How long what was sent until then may wait for its answer, and what was acknowledged for its end.
    std::chrono::seconds patience{120};
    std::size_t machines = 16; // connections, each with one request at a time
    double rate = 0;           // requests a second of all machines together; 0: as fast as they are answered
    std::size_t records = 1;   // in a request
    std::size_t people = 1;    // each with one file at a time
    std::size_t file_records = 20'000;
    std::chrono::seconds file_pause{0}; // of a person between two files, half to one and a half times as long
    double mistakes = 0.02;             // share of requests, and of files, that hold a broken record
    double repeats = 0.02;              // share of answered requests that are sent again
    double cuts = 0.01;                 // share of requests, and of blocks of a file, whose connection is dropped
    double abandoned = 0.1;             // share of files that are given up in the middle
    double corrections = 0.2;           // share of files that are sent again, corrected
    std::uint64_t seed = 1;             // of what is chosen by chance
    std::uint32_t run = 1;              // tells this run's records from those of others
    std::string journal;                // file, new; empty: none
};

struct PlayReport {
    Tally tally;
    double seconds = 0;                                        // that were played
    std::vector<std::string> played;                           // datasets
    std::vector<std::pair<std::string, std::string>> left_out; // dataset, why
    std::optional<Reconciliation> reconciliation;              // none if the server was away at the end
};

// Told ten times a second how many requests are answered so far. False: nothing new is to be begun.
using PlayProgress = std::function<bool(std::uint64_t requests)>;

// Errors: what the server answers to the first calls (unauthenticated, unknown-dataset), not-supported (no dataset can
// be played with), io-failed (nobody answers there), those of the journal.
Result<PlayReport> play(const PlaySettings& settings, Disk& disk, const PlayProgress& progress);

} // namespace inlet::simulate
