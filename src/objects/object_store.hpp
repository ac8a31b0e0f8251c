// Where raw bytes are kept: deliveries as they came, rejects, error lists. Addressed by space (a dataset, a package, or
// `_inlet`) and SHA-256. Who still needs an object is the catalog's business. Floor 3. Safe from many threads; a writer
// or reader belongs to one thread at a time (ObjectReader::pread may be concurrent).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace inlet {

struct ObjectId {
    std::string space;
    std::string sha256; // 64 lower-case hex digits

    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

struct ObjectInfo {
    ObjectId id;
    std::uint64_t size = 0; // bytes
    Timestamp stored_at = 0;
};

class ObjectWriter {
public:
    virtual ~ObjectWriter() = default; // not finished: what was written is removed
    virtual Status write(std::span<const std::byte> bytes) = 0;
    // Returns once the object would survive a power cut. The same bytes stored before are still one object, whose
    // stored_at is new. After an error the object may be there or not, but never a part of it. Nothing may be called
    // after finish().
    virtual Result<ObjectInfo> finish() = 0;
};

class ObjectReader {
public:
    virtual ~ObjectReader() = default;
    virtual std::uint64_t size() const = 0;
    // Up to bytes.size() bytes from the offset; fewer only at the end, none past it.
    virtual Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const = 0;
};

class ObjectStore {
public:
    virtual ~ObjectStore() = default; // after its writers; readers may outlive it
    // A space is named by 1 to 255 bytes without `/`, control characters and a `.` at the front; another name, or a
    // sha256 that is none, is answered with bad-argument, here and below.
    virtual Result<std::unique_ptr<ObjectWriter>> create(const std::string& space) = 0;
    // Takes over the finished file at `path`, whose bytes are known to have the hash of `id`, without reading them
    // where that can be avoided; the file is gone from there. Durable as after ObjectWriter::finish(), and as there,
    // after an error the object is there whole or not at all; if it is not, the file is where it was. file-not-found.
    virtual Result<ObjectInfo> take_over(const std::string& path, const ObjectId& id) = 0;
    virtual Result<std::unique_ptr<ObjectReader>> open(const ObjectId& id) const = 0; // object-missing
    virtual Result<bool> exists(const ObjectId& id) const = 0;
    virtual Status remove(const ObjectId& id) = 0; // absent is not an error
    // In no certain order. Stops at the first error of `each` and returns it.
    virtual Status list(const std::function<Status(const ObjectInfo&)>& each) const = 0;
    // Removes what unfinished writers of earlier processes left. Call when no writer is open.
    virtual Status sweep() = 0;
};

} // namespace inlet
