// Byte sources over files, descriptors and kept objects.
#include "app/byte_files.hpp"

#include <unistd.h>

#include <cerrno>
#include <span>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kBlockBytes = 256 << 10;

class FileReading final : public ByteSource {
public:
    explicit FileReading(std::unique_ptr<File> file) : file_(std::move(file)) {}
    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = TRY(file_->pread(std::as_writable_bytes(room), offset_));
        offset_ += count;
        return count;
    }

private:
    std::unique_ptr<File> file_;
    std::uint64_t offset_ = 0;
};

} // namespace

Result<std::unique_ptr<ByteSource>> FileOrigin::open() const {
    return std::make_unique<FileReading>(TRY(disk_.open(path_)));
}

Result<std::size_t> DescriptorSource::read(std::span<char> room) {
    for (;;) {
        const ssize_t count = ::read(descriptor_, room.data(), room.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EINTR) continue;
        return fail(FailureCode::io_failed,
                    fmt::format("cannot read standard input: {}", std::generic_category().message(errno)));
    }
}

Status copy_bytes(ByteSource& from, ByteSink& to) {
    std::vector<char> block(kBlockBytes);
    while (const std::size_t count = TRY(from.read(block))) TRY(to.write(std::span(block).first(count)));
    return {};
}

Status each_line(ByteSource& from, const std::function<Result<bool>(std::string_view)>& each) {
    std::vector<char> block(kBlockBytes);
    std::string line; // its beginning, when it began in an earlier block
    while (const std::size_t count = TRY(from.read(block))) {
        std::string_view rest(block.data(), count);
        for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            line.append(rest.substr(0, end));
            rest.remove_prefix(end + 1);
            if (!TRY(each(line))) return {};
            line.clear();
        }
        line.append(rest);
    }
    if (!line.empty()) TRY(each(line));
    return {};
}

} // namespace inlet
