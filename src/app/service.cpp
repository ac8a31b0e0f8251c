#include "app/service.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "app/command.hpp"

namespace inlet {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTick{1000};
constexpr milliseconds kAnswerTime{2000};
constexpr std::chrono::seconds kCutTime{2}; // for calls whose connections were cut off

// Ends the program when the time is up, unless it is gone by then.
class Deadline {
public:
    Deadline(Server& server, std::chrono::seconds time)
        : thread_([this, &server, time](const std::stop_token& stop) {
              std::unique_lock lock(mutex_);
              if (over_.wait_for(lock, stop, time, [&] { return stop.stop_requested(); })) return;
              server.note("the time to stop is over: what is being run goes on at the next start");
              ::_exit(kDone);
          }) {}

private:
    std::mutex mutex_;
    std::condition_variable_any over_;
    std::jthread thread_;
};

void reload(Server& server, const Systemd& systemd) {
    systemd.reloading();
    const auto reloaded = server.reload();
    if (!reloaded) {
        server.warn(reloaded.error());
        server.note("the configuration that stood is kept");
    } else {
        server.note("the configuration was read again");
        for (const std::string& kept : *reloaded) server.note(kept);
    }
    systemd.ready();
}

} // namespace

Result<int> run_service(Server& server, Session& session, const Systemd& systemd, const ServiceSettings& settings) {
    milliseconds tick = kTick;
    if (systemd.watchdog())
        tick = std::clamp(std::chrono::duration_cast<milliseconds>(*systemd.watchdog()) / 4, milliseconds(10), kTick);
    systemd.ready();
    for (;;) {
        const auto asked = session.interrupts().wait(tick);
        if (asked == Interrupts::Asked::end) break;
        if (asked == Interrupts::Asked::reload) reload(server, systemd);
        if (systemd.watchdog() && server.answers(kAnswerTime)) systemd.alive();
        if (auto renewed = server.renew_certificate(); !renewed) server.warn(renewed.error());
        const auto idle = server.idle();
        if (settings.exit_when_idle && idle && *idle >= *settings.exit_when_idle) break;
    }
    systemd.stopping();
    server.note("ending: what is running is finished; again to end at once");
    const Deadline deadline(server, server.stop_time() + kCutTime);
    server.stop();
    return kDone;
}

} // namespace inlet
