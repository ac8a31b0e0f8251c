#include "pipeline/byte_origins.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace inlet {

namespace {

class MeteredSource final : public ByteSource {
public:
    MeteredSource(std::unique_ptr<ByteSource> inner, const std::function<void(std::uint64_t)>& on_bytes)
        : inner_(std::move(inner)), on_bytes_(on_bytes) {}

    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = TRY(inner_->read(room));
        on_bytes_(count);
        return count;
    }

private:
    std::unique_ptr<ByteSource> inner_;
    std::function<void(std::uint64_t)> on_bytes_;
};

class StoppableSource final : public ByteSource {
public:
    StoppableSource(std::unique_ptr<ByteSource> inner, std::function<Status()> go_on)
        : inner_(std::move(inner)), go_on_(std::move(go_on)) {}

    Result<std::size_t> read(std::span<char> room) override {
        TRY(go_on_());
        return inner_->read(room);
    }

private:
    std::unique_ptr<ByteSource> inner_;
    std::function<Status()> go_on_;
};

class FileObject final : public ObjectReader {
public:
    FileObject(std::unique_ptr<File> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
    std::uint64_t size() const override { return size_; }
    Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
        return file_->pread(bytes, offset);
    }

private:
    std::unique_ptr<File> file_;
    std::uint64_t size_;
};

class TextObject final : public ObjectReader {
public:
    explicit TextObject(std::string text) : text_(std::move(text)) {}
    std::uint64_t size() const override { return text_.size(); }
    Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
        if (offset >= text_.size()) return 0;
        const std::size_t count = std::min<std::uint64_t>(bytes.size(), text_.size() - offset);
        std::memcpy(bytes.data(), text_.data() + offset, count);
        return count;
    }

private:
    const std::string text_;
};

} // namespace

Result<std::size_t> ObjectSource::read(std::span<char> room) {
    const std::size_t count = TRY(object_->pread(std::as_writable_bytes(room), offset_));
    offset_ += count;
    return count;
}

Result<std::unique_ptr<ByteSource>> ObjectOrigin::open() const { return std::make_unique<ObjectSource>(object_); }

Result<std::unique_ptr<ByteSource>> StoppableOrigin::open() const {
    return std::make_unique<StoppableSource>(TRY(inner_->open()), go_on_);
}

Result<std::unique_ptr<ByteSource>> MeteredOrigin::open() const {
    return std::make_unique<MeteredSource>(TRY(inner_->open()), on_bytes_);
}

Result<std::unique_ptr<ObjectReader>> open_file_as_object(const Disk& disk, const std::string& path) {
    auto file = TRY(disk.open(path));
    const std::uint64_t size = TRY(file->size());
    return std::make_unique<FileObject>(std::move(file), size);
}

std::unique_ptr<ObjectReader> make_empty_object() { return make_text_object(""); }

std::unique_ptr<ObjectReader> make_text_object(std::string text) {
    return std::make_unique<TextObject>(std::move(text));
}

} // namespace inlet
