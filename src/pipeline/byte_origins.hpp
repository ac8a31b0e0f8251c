// Kept bytes as things that can be read from their beginning: an object, a file on disk, either of them with its
// reading metered. Floor 5.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "objects/object_store.hpp"
#include "records/byte_source.hpp"

namespace inlet {

// One reading of an object, front to back. One thread.
class ObjectSource final : public ByteSource {
public:
    explicit ObjectSource(std::shared_ptr<const ObjectReader> object) : object_(std::move(object)) {}
    Result<std::size_t> read(std::span<char> room) override;

private:
    std::shared_ptr<const ObjectReader> object_; // shared with the origin, if it is from one
    std::uint64_t offset_ = 0;
};

// The object's bytes, any number of times.
class ObjectOrigin final : public ByteOrigin {
public:
    // Shared with the sources opened, and with whoever else reads the object.
    explicit ObjectOrigin(std::shared_ptr<const ObjectReader> object) : object_(std::move(object)) {}
    Result<std::unique_ptr<ByteSource>> open() const override;

private:
    std::shared_ptr<const ObjectReader> object_;
};

// Tells `on_bytes` how many bytes each read brought. It must outlive the origin and its sources, and is called from any
// thread.
class MeteredOrigin final : public ByteOrigin {
public:
    MeteredOrigin(std::shared_ptr<const ByteOrigin> inner, std::function<void(std::uint64_t)> on_bytes)
        : inner_(std::move(inner)), on_bytes_(std::move(on_bytes)) {}
    Result<std::unique_ptr<ByteSource>> open() const override;

private:
    std::shared_ptr<const ByteOrigin> inner_; // shared with whoever reads it unmetered
    std::function<void(std::uint64_t)> on_bytes_;
};

// Bytes that can no longer be read once `go_on` says so; it is called from any thread.
class StoppableOrigin final : public ByteOrigin {
public:
    StoppableOrigin(std::shared_ptr<const ByteOrigin> inner, std::function<Status()> go_on)
        : inner_(std::move(inner)), go_on_(std::move(go_on)) {}
    Result<std::unique_ptr<ByteSource>> open() const override;

private:
    std::shared_ptr<const ByteOrigin> inner_; // its only owner
    std::function<Status()> go_on_;
};

// A file on disk, read as an object is. Errors: file-not-found, io-failed.
Result<std::unique_ptr<ObjectReader>> open_file_as_object(const Disk& disk, const std::string& path);

// An object of no bytes; one of these.
std::unique_ptr<ObjectReader> make_empty_object();
std::unique_ptr<ObjectReader> make_text_object(std::string text);

} // namespace inlet
