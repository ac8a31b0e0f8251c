// Lines in memory, then in a file.
#include "app/spooled_lines.hpp"

#include <span>

#include "app/byte_files.hpp"

namespace inlet {

namespace {

constexpr std::size_t kMemoryMax = 1 << 20;

class TextSource final : public ByteSource {
public:
    explicit TextSource(std::string_view text) : rest_(text) {}
    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = rest_.copy(room.data(), room.size());
        rest_.remove_prefix(count);
        return count;
    }

private:
    std::string_view rest_;
};

} // namespace

Status SpooledLines::write(std::span<const char> bytes) {
    std::string_view rest(bytes.data(), bytes.size());
    while (!rest.empty() && lines_ < lines_max_) {
        const auto end = rest.find('\n');
        const std::size_t count = end == std::string_view::npos ? rest.size() : end + 1;
        memory_ += rest.substr(0, count);
        rest.remove_prefix(count);
        if (end != std::string_view::npos) ++lines_;
    }
    if (memory_.size() <= kMemoryMax) return {};
    if (!file_) {
        file_path_ = TRY(path_());
        file_ = TRY(disk_.create(file_path_));
    }
    return flush();
}

Status SpooledLines::flush() {
    TRY(file_->append(std::as_bytes(std::span(memory_))));
    memory_.clear();
    return {};
}

Status SpooledLines::each(const std::function<Status(std::string_view)>& each) {
    if (file_) TRY(flush());
    std::unique_ptr<ByteSource> source = std::make_unique<TextSource>(memory_);
    if (file_) source = TRY(FileOrigin(disk_, file_path_).open());
    const Status read = each_line(*source, [&](std::string_view line) -> Result<bool> {
        TRY(each(line));
        return true;
    });
    return read;
}

} // namespace inlet
