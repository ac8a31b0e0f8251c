// The time, injected so that tests can be exact. Floor 0; safe on any thread.
#pragma once

#include <cstdint>

namespace inlet {

// Microseconds since 1970-01-01T00:00:00Z.
using Timestamp = std::int64_t;

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
