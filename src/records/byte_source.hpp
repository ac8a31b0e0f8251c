// Where bytes come from, as seen from floor 2: it does not matter whether from a file, an object or a member of an
// archive.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.hpp"

namespace inlet {

// Read once, front to back; one thread at a time.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    // At least one byte, unless at the end: then 0.
    virtual Result<std::size_t> read(std::span<char> room) = 0;
};

// The same bytes each time it is opened. Safe from many threads.
class ByteOrigin {
public:
    virtual ~ByteOrigin() = default;
    virtual Result<std::unique_ptr<ByteSource>> open() const = 0;
};

// Takes bytes, front to back.
class ByteSink {
public:
    virtual ~ByteSink() = default;
    virtual Status write(std::span<const char> bytes) = 0;
    virtual Status flush() { return {}; } // hands on what a buffer holds
};

} // namespace inlet
