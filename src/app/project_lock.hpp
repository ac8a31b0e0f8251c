// Which processes may use a project's data at the same time: any number that read, or one that writes. Floor 7; one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace inlet {

// A lock (flock) on a file that holds, for people, the number of the process that writes. The system gives it back when
// the process ends, however it ends.
class ProjectLock {
public:
    enum class Mode : std::uint8_t { shared, exclusive };
    // Makes the file. Waits up to `wait_seconds`, then: project-locked, naming the other process.
    static Result<std::unique_ptr<ProjectLock>> take(const std::string& path, Mode mode, double wait_seconds);
    ~ProjectLock();
    ProjectLock(const ProjectLock&) = delete;
    ProjectLock& operator=(const ProjectLock&) = delete;

    Mode mode() const { return mode_; }

private:
    ProjectLock(int descriptor, Mode mode) : descriptor_(descriptor), mode_(mode) {}
    int descriptor_;
    Mode mode_;
};

} // namespace inlet
