// One source for files and pipes, whose beginning can be looked at, and which leaves a copy behind if it cannot be read
// again.
#include "app/given_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/out_file.hpp"
#include "app/project_file.hpp"

namespace inlet {

class GivenFile::Source final : public ByteSource {
public:
    Source(GivenFile& given, int descriptor) : given_(given), descriptor_(descriptor), source_(descriptor) {}
    ~Source() override {
        if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
    }

    Result<std::size_t> read(std::span<char> room) override {
        std::size_t count = std::min(room.size(), head_.size() - head_read_);
        if (count > 0) {
            std::memcpy(room.data(), head_.data() + head_read_, count);
            head_read_ += count;
        } else {
            count = TRY(source_.read(room));
        }
        if (copy_ && count > 0) TRY(copy_->append(std::as_bytes(room.first(count))));
        bytes_ += count;
        if (given_.passed_) given_.passed_(bytes_);
        return count;
    }

    Result<std::string> head(std::size_t count) {
        std::size_t done = head_.size();
        head_.resize(std::max(count, done));
        while (done < head_.size()) {
            const std::size_t more = TRY(source_.read(std::span(head_).subspan(done)));
            if (more == 0) break;
            done += more;
        }
        head_.resize(done);
        return head_.substr(0, count);
    }

    void copy_to(std::unique_ptr<File> copy) { copy_ = std::move(copy); }

private:
    GivenFile& given_;
    int descriptor_;
    DescriptorSource source_;
    std::string head_;
    std::size_t head_read_ = 0;
    std::unique_ptr<File> copy_;
    std::uint64_t bytes_ = 0;
};

GivenFile::GivenFile(std::string name, std::string path, int descriptor, std::optional<std::uint64_t> size)
    : name_(std::move(name)), path_(std::move(path)), size_(size),
      source_(std::make_unique<Source>(*this, descriptor)) {}

GivenFile::~GivenFile() = default;

ByteSource& GivenFile::bytes() { return *source_; }

Result<std::unique_ptr<GivenFile>> GivenFile::open(Session& session, const std::string& path) {
    if (path == "-") {
        if (::isatty(STDIN_FILENO) == 1) session.console().note("reading from the terminal; end with Ctrl-D");
        return std::unique_ptr<GivenFile>(new GivenFile("stdin", "", STDIN_FILENO, std::nullopt));
    }
    TRY(check_readable(path));
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info{};
    if (descriptor < 0 || ::fstat(descriptor, &info) != 0) {
        return fail(FailureCode::file_not_found,
                    fmt::format("{} cannot be read: {}", path, std::generic_category().message(errno)));
    }
    const bool plain = S_ISREG(info.st_mode);
    return std::unique_ptr<GivenFile>(
        new GivenFile(name_of(path), plain ? path : "", descriptor,
                      plain ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(info.st_size)) : std::nullopt));
}

Result<std::string> GivenFile::head(std::size_t count) { return source_->head(count); }

Result<std::string> GivenFile::keep_copy(Session& session) {
    if (!path_.empty()) return path_;
    path_ = TRY(session.temp_folder()) + "/" + name_;
    source_->copy_to(TRY(session.disk().create(path_)));
    return path_;
}

Result<std::string> GivenFile::path_of_all(Session& session) {
    if (!path_.empty()) return path_;
    std::string path = TRY(keep_copy(session));
    std::vector<char> block(256 << 10);
    while (TRY(source_->read(block)) > 0) {
    }
    return path;
}

} // namespace inlet
