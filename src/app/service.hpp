// The life of a running server: what signals, the service manager and the clock ask of it. Floor 7; the main thread.
#pragma once

#include <chrono>
#include <optional>

#include "app/server.hpp"
#include "app/session.hpp"
#include "app/systemd.hpp"

namespace inlet {

struct ServiceSettings {
    std::optional<std::chrono::seconds> exit_when_idle;
};

// Until it is told to end, or is idle for long enough; returns when it has ended. What still runs when limits.stop_time
// is over is left to the next start, as after a crash: then the program ends within.
Result<int> run_service(Server& server, Session& session, const Systemd& systemd, const ServiceSettings& settings);

} // namespace inlet
