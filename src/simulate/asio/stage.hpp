// What all players of a run share. Floor 6; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulate/asio/client.hpp"
#include "simulate/ledger.hpp"
#include "simulate/play.hpp"
#include "simulate/record_maker.hpp"

namespace inlet::simulate {

struct Role {
    std::string dataset;
    bool by_key = false; // records replace those of the same key
    RecordMaker maker;
};

class Stage {
public:
    Stage(asio::io_context& io_context, const PlaySettings& play_settings)
        : context(io_context), settings(play_settings) {}

    asio::io_context& context;
    const PlaySettings& settings;
    std::vector<Role> roles;      // by the order of the ledger's head
    std::optional<Ledger> ledger; // once the datasets are known
    Tally tally;
    Moment begin{};
    Moment end = Moment::max();     // nothing new is begun
    Moment give_up = Moment::max(); // nothing is waited for any more
    std::optional<Error> failure;   // why nobody goes on
    std::size_t players = 0;        // still at it

    bool over() const { return failure || steady_now() >= end; }
    bool out_of_patience() const { return failure || steady_now() >= give_up; }
    // Numbers for so many records, which nobody else gets.
    std::int64_t take_numbers(std::int64_t count) { return std::exchange(next_, next_ + count); }
    void write(const LedgerEntry& entry) {
        if (Status status = ledger->add(entry); !status && !failure) failure = status.error();
    }
    bool by_chance(double share, Chance& chance) const {
        return std::uniform_real_distribution<double>(0, 1)(chance) < share;
    }

    asio::awaitable<void> pause(std::chrono::nanoseconds time) const;
    asio::awaitable<void> pause_until(Moment due) const; // or until the stage is over
    // Repeats the request until it is answered for good, with growing pauses. Nothing: not before patience was at its
    // end. `first` is how the connection is dropped at the first attempt.
    asio::awaitable<std::optional<Reply>> ask(Client& client, const Ask& ask, Chance& chance,
                                              Cut first = Cut::none) const;

private:
    std::int64_t next_ = 0;
};

// A connection that is watched for answers that do not come, while it lives.
class WatchedClients {
public:
    explicit WatchedClients(const Stage& stage) : stage_(stage) {}
    Client& add(Tally& tally);
    void check();

private:
    const Stage& stage_;
    std::vector<std::unique_ptr<Client>> clients_;
};

// The players; each ends when the stage is over.
asio::awaitable<void> play_machine(Stage& stage, Client& client, std::uint64_t seed);
asio::awaitable<void> play_person(Stage& stage, Client& client, std::uint64_t seed);

} // namespace inlet::simulate
