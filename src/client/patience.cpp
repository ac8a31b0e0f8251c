#include "client/patience.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace inlet::client {

namespace {

std::chrono::seconds asked_pause(const Error& error) {
    for (const auto& [name, value] : error.context) {
        if (name != "retry_after") continue;
        std::int64_t seconds = 0;
        std::from_chars(value.data(), value.data() + value.size(), seconds);
        return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 3600));
    }
    return std::chrono::seconds(0);
}

} // namespace

bool may_pass(const Error& error) {
    switch (error.code) {
    case FailureCode::server_unreachable:
    case FailureCode::upload_locked:
    case FailureCode::offset_mismatch: // somebody else's bytes, or ours of before the line broke
    case FailureCode::incomplete_upload:
    case FailureCode::rate_limited:
    case FailureCode::too_slow:
        return true;
    default:
        return failure_info(error.code).http_status == 503;
    }
}

Status Patience::after(Error error) {
    if (!may_pass(error)) return fail(std::move(error));
    const Timestamp now = parts_.clock.now();
    if (failing_since_ == 0) {
        failing_since_ = now;
        pause_ = kPauseFirst;
        parts_.told(error);
    }
    const auto failing = std::chrono::microseconds(now - failing_since_);
    if (failing >= parts_.limit) {
        error.message +=
            fmt::format("; given up after {} s", std::chrono::floor<std::chrono::seconds>(failing).count());
        return fail(std::move(error));
    }
    parts_.pause(std::max<std::chrono::milliseconds>(pause_, asked_pause(error)));
    pause_ = std::min(pause_ * 2, kPauseMost);
    return {};
}

} // namespace inlet::client
