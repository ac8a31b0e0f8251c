// Objects as files. Every path is built here from names that were checked here.
#include "objects/directory/directory_store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "objects/running_sha256.hpp"

namespace inlet {

namespace {

constexpr int kFormat = 1;
constexpr std::string_view kFormatPrefix = "inlet objects ";
constexpr std::size_t kShelfDigits = 2;
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kSpaceBytesMax = 255; // what file systems take as one name
constexpr std::size_t kBufferBytes = 64U << 10U;
// Asked of the disk while more is coming, so that the sync at the end finds little left to do. (723 MB: 0.3 s of 1.1 s
// saved.)
constexpr std::uint64_t kWritebackBytes = 4U << 20U;

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_space(std::string_view name) {
    const auto bad = [](char c) { return c == '/' || c == '\x7f' || static_cast<unsigned char>(c) < 0x20; };
    return !name.empty() && name.size() <= kSpaceBytesMax && name.front() != '.' && std::ranges::none_of(name, bad);
}

Status check_space(std::string_view name) {
    if (is_space(name)) return {};
    return fail(FailureCode::bad_argument, fmt::format("`{}` cannot be the name of a space of objects: 1 to {} bytes, "
                                                       "no `/`, no control characters, no `.` at the front",
                                                       name, kSpaceBytesMax));
}

Status check_id(const ObjectId& id) {
    TRY(check_space(id.space));
    if (is_hex(id.sha256, kHashDigits)) return {};
    return fail(FailureCode::bad_argument,
                fmt::format("`{}` is not a SHA-256 in {} lower-case hex digits", id.sha256, kHashDigits));
}

std::string parent_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

class DirectoryStore final : public ObjectStore {
public:
    DirectoryStore(Disk& disk, const Clock& clock, std::string folder)
        : disk_(disk), clock_(clock), folder_(std::move(folder)) {}

    Status check_format() const;

    Result<std::unique_ptr<ObjectWriter>> create(const std::string& space) override;
    Result<ObjectInfo> take_over(const std::string& path, const ObjectId& id) override;
    Result<std::unique_ptr<ObjectReader>> open(const ObjectId& id) const override;
    Result<bool> exists(const ObjectId& id) const override;
    Status remove(const ObjectId& id) override;
    Status list(const std::function<Status(const ObjectInfo&)>& each) const override;
    Status sweep() override;

private:
    friend class DirectoryWriter;

    std::string temporaries() const { return folder_ + "/.tmp"; }
    std::string format_file() const { return folder_ + "/.format"; }
    std::string space_path(const std::string& space) const { return folder_ + "/" + space; }
    std::string shelf_path(const ObjectId& id) const {
        return space_path(id.space) + "/" + id.sha256.substr(0, kShelfDigits);
    }
    std::string object_path(const ObjectId& id) const { return shelf_path(id) + "/" + id.sha256.substr(kShelfDigits); }

    Status prepare();
    Status put(const std::string& temporary, const ObjectId& id);
    Status ensure_folder(const std::string& path);

    Disk& disk_;
    const Clock& clock_;
    const std::string folder_;

    std::mutex mutex_; // over both below
    bool prepared_ = false;
    std::set<std::string> durable_folders_; // whose names would survive a power cut; grows to 257 paths for each space
};

class DirectoryWriter final : public ObjectWriter {
public:
    DirectoryWriter(DirectoryStore& store, std::string space, std::string path, std::unique_ptr<File> file)
        : store_(store), space_(std::move(space)), path_(std::move(path)), file_(std::move(file)) {}

    ~DirectoryWriter() override {
        file_.reset();
        if (placed_) return;
        // What cannot be removed now goes with the next sweep().
        [[maybe_unused]] const Status removed = store_.disk_.remove(path_);
    }

    Status write(std::span<const std::byte> bytes) override {
        CHECK(!finished_);
        if (failure_) return fail(*failure_);
        hash_.update(bytes);
        size_ += bytes.size();
        if (buffer_.size() + bytes.size() > kBufferBytes) TRY(flush());
        if (bytes.size() >= kBufferBytes) return append(bytes);
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
        return {};
    }

    Result<ObjectInfo> finish() override {
        CHECK(!finished_);
        finished_ = true;
        if (failure_) return fail(*failure_);
        TRY(flush());
        ObjectInfo info{.id = {.space = space_, .sha256 = hash_.finish()}, .size = size_};
        commit_point("objects.before-sync");
        TRY(file_->sync());
        file_.reset();
        TRY(store_.put(path_, info.id));
        placed_ = true;
        info.stored_at = store_.clock_.now();
        return info;
    }

private:
    Status flush() {
        if (buffer_.empty()) return {};
        Status status = append(buffer_);
        buffer_.clear();
        return status;
    }

    Status append(std::span<const std::byte> bytes) {
        if (Status status = file_->append(bytes); !status) {
            failure_ = status.error();
            return status;
        }
        since_writeback_ += bytes.size();
        if (since_writeback_ >= kWritebackBytes) {
            file_->begin_writeback();
            since_writeback_ = 0;
        }
        return {};
    }

    DirectoryStore& store_;
    const std::string space_;
    const std::string path_;
    std::unique_ptr<File> file_;
    RunningSha256 hash_;
    std::vector<std::byte> buffer_; // small writes wait here
    std::uint64_t size_ = 0;
    std::uint64_t since_writeback_ = 0;
    std::optional<Error> failure_; // the first write that failed: bytes are missing from then on
    bool finished_ = false;
    bool placed_ = false;
};

class DirectoryReader final : public ObjectReader {
public:
    DirectoryReader(std::unique_ptr<File> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

    std::uint64_t size() const override { return size_; }
    Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
        return file_->pread(bytes, offset);
    }

private:
    std::unique_ptr<File> file_;
    std::uint64_t size_;
};

Status DirectoryStore::check_format() const {
    auto file = std::as_const(disk_).open(format_file());
    if (!file) {
        if (file.error().code == FailureCode::file_not_found) return {};
        return fail(std::move(file.error()));
    }
    std::array<char, 64> text{};
    const std::size_t size = TRY((*file)->pread(std::as_writable_bytes(std::span(text)), 0));
    const std::string_view line(text.data(), size);
    int format = 0;
    if (line.starts_with(kFormatPrefix))
        std::from_chars(text.data() + kFormatPrefix.size(), text.data() + size, format);
    if (format == kFormat) return {};
    if (format > kFormat) {
        return fail(FailureCode::format_too_new,
                    fmt::format("the objects in {} have format {}; this program knows {}", folder_, format, kFormat));
    }
    return fail(FailureCode::io_failed,
                fmt::format("{} does not say which format the objects in {} have", format_file(), folder_));
}

Result<std::unique_ptr<ObjectWriter>> DirectoryStore::create(const std::string& space) {
    TRY(check_space(space));
    TRY(prepare());
    std::string path = temporary_name(temporaries(), "object");
    auto file = TRY(disk_.create(path));
    return std::make_unique<DirectoryWriter>(*this, space, std::move(path), std::move(file));
}

Result<ObjectInfo> DirectoryStore::take_over(const std::string& path, const ObjectId& id) {
    TRY(check_id(id));
    TRY(prepare());
    ObjectInfo info{.id = id};
    {
        const auto file = TRY(std::as_const(disk_).open(path));
        info.size = TRY(file->size());
        TRY(file->sync()); // nothing to do if its writer did so
    }
    TRY(put(path, id));
    info.stored_at = clock_.now();
    return info;
}

Result<std::unique_ptr<ObjectReader>> DirectoryStore::open(const ObjectId& id) const {
    TRY(check_id(id));
    auto file = std::as_const(disk_).open(object_path(id));
    if (!file) {
        if (file.error().code != FailureCode::file_not_found) return fail(std::move(file.error()));
        return fail(Error(FailureCode::object_missing, fmt::format("there is no object {} in {}", id.sha256, id.space))
                        .with("folder", folder_));
    }
    const std::uint64_t size = TRY((*file)->size());
    return std::make_unique<DirectoryReader>(std::move(*file), size);
}

Result<bool> DirectoryStore::exists(const ObjectId& id) const {
    TRY(check_id(id));
    return std::as_const(disk_).exists(object_path(id));
}

Status DirectoryStore::remove(const ObjectId& id) {
    if (!TRY(exists(id))) return {};
    TRY(disk_.remove(object_path(id)));
    // An erasure must not be taken back by a power cut.
    return disk_.sync_dir(shelf_path(id));
}

Status DirectoryStore::list(const std::function<Status(const ObjectInfo&)>& each) const {
    const Disk& disk = disk_;
    for (const DirEntry& space : TRY(disk.list(folder_))) {
        if (!space.is_directory || !is_space(space.name)) continue;
        for (const DirEntry& shelf : TRY(disk.list(space_path(space.name)))) {
            if (!shelf.is_directory || !is_hex(shelf.name, kShelfDigits)) continue;
            for (const DirEntry& object : TRY(disk.list(space_path(space.name) + "/" + shelf.name))) {
                if (object.is_directory || !is_hex(object.name, kHashDigits - kShelfDigits)) continue;
                TRY(each({.id = {.space = space.name, .sha256 = shelf.name + object.name},
                          .size = object.size,
                          .stored_at = object.modified_us}));
            }
        }
    }
    return {};
}

Status DirectoryStore::sweep() {
    for (const DirEntry& left : TRY(std::as_const(disk_).list(temporaries()))) {
        TRY(disk_.remove_tree(temporaries() + "/" + left.name));
    }
    return {};
}

// The folders that every write needs, and the format, once for each store that writes.
Status DirectoryStore::prepare() {
    const std::lock_guard lock(mutex_);
    if (prepared_) return {};
    TRY(ensure_folder(folder_));
    TRY(disk_.make_dirs(temporaries())); // need not survive: it is made again
    if (!TRY(std::as_const(disk_).exists(format_file()))) {
        const std::string text = fmt::format("{}{}\n", kFormatPrefix, kFormat);
        const std::string path = temporary_name(temporaries(), "format");
        auto file = TRY(disk_.create(path));
        TRY(file->append(std::as_bytes(std::span(text))));
        TRY(file->sync());
        TRY(disk_.rename(path, format_file()));
        TRY(disk_.sync_dir(folder_));
    }
    prepared_ = true;
    return {};
}

// Gives the synced bytes at `temporary` their name for good.
Status DirectoryStore::put(const std::string& temporary, const ObjectId& id) {
    const std::string shelf = shelf_path(id);
    {
        const std::lock_guard lock(mutex_);
        TRY(ensure_folder(space_path(id.space)));
        TRY(ensure_folder(shelf));
    }
    commit_point("objects.before-rename");
    // Over an object of the same bytes too: its age begins anew, and should it have been damaged since, it is whole
    // again.
    TRY(disk_.rename(temporary, object_path(id)));
    commit_point("objects.after-rename");
    return disk_.sync_dir(shelf);
}

// Makes the folder with its parents; their names would survive a power cut then. Under mutex_.
Status DirectoryStore::ensure_folder(const std::string& path) {
    if (durable_folders_.contains(path)) return {};
    // The folder that holds the name is synced also if the name is there: whoever made it may have died before syncing.
    std::vector<std::string> holders{parent_of(path)};
    while (!TRY(std::as_const(disk_).exists(holders.back()))) holders.push_back(parent_of(holders.back()));
    TRY(disk_.make_dirs(path));
    for (const std::string& holder : holders) TRY(disk_.sync_dir(holder));
    durable_folders_.insert(path);
    return {};
}

} // namespace

Result<std::unique_ptr<ObjectStore>> open_directory_store(Disk& disk, const Clock& clock, std::string folder) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    if (folder.empty()) return fail(FailureCode::bad_argument, "the folder of the objects has no name");
    auto store = std::make_unique<DirectoryStore>(disk, clock, std::move(folder));
    TRY(store->check_format());
    return store;
}

} // namespace inlet
