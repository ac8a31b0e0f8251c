// The time, injected so that tests can be exact. Floor 0; safe on any thread.
#pragma once

#include <cstdint>
#include <string>

namespace inlet {

// Microseconds since 1970-01-01T00:00:00Z.
using Timestamp = std::int64_t;

std::string iso_moment(Timestamp moment); // "2026-11-20T10:18:43.250000Z", RFC 3339

class Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
public:
    Timestamp now() const override;
};

// Stands still until told.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Timestamp start = 1'700'000'000'000'000) : now_(start) {}
    Timestamp now() const override { return now_; }
    void advance(Timestamp microseconds) { now_ += microseconds; }

private:
    Timestamp now_;
};

} // namespace inlet
