// A machine: a few records at a time, in JSON, each request under an Idempotency-Key of its own, until an answer comes.
#include <fmt/format.h>

#include "simulate/asio/stage.hpp"
#include "simulate/json_members.hpp"

namespace inlet::simulate {

namespace {

class Machine {
public:
    Machine(Stage& stage, Client& client, std::uint64_t seed) : stage_(stage), client_(client), chance_(seed) {}

    asio::awaitable<void> play() {
        due_ = steady_now() + interval();
        while (!stage_.over()) {
            if (stage_.settings.rate > 0) {
                co_await stage_.pause_until(due_);
                // Who could not send for a while does not make up for it.
                due_ = std::max(due_, steady_now() - interval()) + interval();
                if (stage_.over()) break;
            }
            co_await send();
        }
    }

private:
    // Half to one and a half times what the rate asks for, on average just that.
    std::chrono::nanoseconds interval() {
        if (stage_.settings.rate <= 0) return {};
        const double mean = 1e9 * static_cast<double>(stage_.settings.machines) / stage_.settings.rate;
        return std::chrono::nanoseconds(
            static_cast<std::int64_t>(mean * std::uniform_real_distribution<double>(0.5, 1.5)(chance_)));
    }

    LedgerEntry make_body() {
        const auto role = static_cast<std::uint32_t>(chance_() % stage_.roles.size());
        const auto count = static_cast<std::int64_t>(stage_.settings.records);
        LedgerEntry entry{.dataset = role, .first = stage_.take_numbers(count), .count = count};
        if (stage_.by_chance(stage_.settings.mistakes, chance_))
            entry.mistake = entry.first + static_cast<std::int64_t>(chance_() % stage_.settings.records);
        body_.clear();
        if (count > 1) body_ += '[';
        for (std::int64_t i = 0; i < count; ++i) {
            if (i > 0) body_ += ',';
            stage_.roles[role].maker.append_json(body_, entry.first + i, chance_, entry.first + i == entry.mistake);
        }
        if (count > 1) body_ += ']';
        return entry;
    }

    asio::awaitable<void> send() {
        LedgerEntry entry = make_body();
        const Ask ask{.method = "POST",
                      .target = fmt::format("/v1/datasets/{}/records", stage_.roles[entry.dataset].dataset),
                      .headers = fmt::format("Content-Type: application/json\r\nIdempotency-Key: {}-{}\r\n",
                                             stage_.ledger->head().run.name(), entry.first),
                      .body = body_};
        Cut cut = Cut::none;
        if (stage_.by_chance(stage_.settings.cuts, chance_)) {
            cut = chance_() % 2 == 0 ? Cut::in_body : Cut::before_answer;
            ++stage_.tally.cut;
        }
        const Moment began = steady_now();
        const std::optional<Reply> reply = co_await stage_.ask(client_, ask, chance_, cut);
        if (!reply) {
            ++stage_.tally.unsettled;
            entry.deed = Deed::unsettled;
            stage_.write(entry);
            co_return;
        }
        stage_.tally.latencies.add(steady_now() - began);
        ++stage_.tally.requests;
        stage_.tally.records += static_cast<std::uint64_t>(entry.count);
        if (entry.mistake >= 0) ++stage_.tally.mistakes;
        entry.submission = SubmissionId(JsonMembers(reply->body).number("submission"));
        // Without one nothing was kept of it, and nothing may be there.
        if (!entry.submission) entry.deed = Deed::abandoned;
        stage_.write(entry);
        if (entry.submission && !stage_.over() && stage_.by_chance(stage_.settings.repeats, chance_))
            co_await repeat(ask, entry.submission);
    }

    asio::awaitable<void> repeat(const Ask& ask, SubmissionId first) {
        const std::optional<Reply> again = co_await stage_.ask(client_, ask, chance_);
        if (!again) co_return;
        ++stage_.tally.repeated;
        if (!again->replayed || JsonMembers(again->body).number("submission") != first.value)
            ++stage_.tally.other_answers;
    }

    Stage& stage_;
    Client& client_;
    Chance chance_;
    Moment due_{};
    std::string body_;
};

} // namespace

asio::awaitable<void> play_machine(Stage& stage, Client& client, std::uint64_t seed) {
    Machine machine(stage, client, seed);
    co_await machine.play();
    --stage.players;
}

} // namespace inlet::simulate
