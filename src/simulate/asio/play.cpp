// A run from its first call to its reconciliation.
#include "simulate/play.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "simulate/asio/server_view.hpp"
#include "simulate/asio/stage.hpp"

namespace inlet::simulate {

namespace {

using namespace std::chrono_literals;
constexpr auto kFirstAnswer = 30s; // within which the server must be there

class Director {
public:
    Director(Stage& stage, Disk& disk, const PlayProgress& progress, PlayReport& report)
        : stage_(stage), disk_(disk), progress_(progress), report_(report), clients_(stage) {}

    asio::awaitable<void> direct() {
        Client& own = clients_.add(unheard_);
        stage_.give_up = steady_now() + std::min<std::chrono::nanoseconds>(kFirstAnswer, stage_.settings.patience);
        co_await cast_roles(stage_, own, disk_, report_);
        if (!stage_.failure) {
            begin();
            while (stage_.players > 0) co_await watch();
            if (stage_.ledger && !stage_.failure) {
                if (Status status = stage_.ledger->complete_run(); !status) stage_.failure = status.error();
            }
        }
        if (!stage_.failure) {
            stage_.give_up = steady_now() + stage_.settings.patience;
            report_.reconciliation = co_await reconcile_with_server(stage_, own);
        }
        finished_ = true;
    }

    // Beside direct(): drops connections on which nothing comes any more.
    asio::awaitable<void> watch_connections() {
        while (!finished_) {
            co_await stage_.pause(200ms);
            clients_.check();
        }
    }

private:
    void begin() {
        const PlaySettings& settings = stage_.settings;
        stage_.begin = steady_now();
        stage_.end = stage_.begin + settings.play_time;
        stage_.give_up = stage_.end + settings.patience;
        stage_.players = settings.machines + settings.people;
        std::uint64_t seed = settings.seed;
        for (std::size_t i = 0; i < settings.machines; ++i)
            asio::co_spawn(stage_.context, play_machine(stage_, clients_.add(stage_.tally), ++seed), asio::detached);
        for (std::size_t i = 0; i < settings.people; ++i)
            asio::co_spawn(stage_.context, play_person(stage_, clients_.add(stage_.tally), ++seed), asio::detached);
    }

    asio::awaitable<void> watch() {
        co_await stage_.pause(100ms);
        if (progress_(stage_.tally.requests) || stage_.over()) co_return;
        stage_.end = steady_now();
        stage_.give_up = stage_.end + stage_.settings.patience;
    }

    Stage& stage_;
    Disk& disk_;
    const PlayProgress& progress_;
    PlayReport& report_;
    WatchedClients clients_;
    Tally unheard_; // our own calls are nobody's load
    bool finished_ = false;
};

} // namespace

Result<PlayReport> play(const PlaySettings& settings, Disk& disk, const PlayProgress& progress) {
    PlayReport report;
    asio::io_context context(1);
    Stage stage(context, settings);
    Director director(stage, disk, progress, report);
    asio::co_spawn(context, director.direct(), asio::detached);
    asio::co_spawn(context, director.watch_connections(), asio::detached);
    context.run();
    if (stage.failure) return fail(*stage.failure);
    report.seconds = std::chrono::duration<double>(stage.end - stage.begin).count();
    report.tally = std::move(stage.tally);
    return report;
}

} // namespace inlet::simulate
