// Two trees of names over one set of files: as they are, and as they were last synced. Every file known has a hard link
// in a folder of our own, so its bytes can be found again whatever became of its name.
#include "base/testing/fault_disk.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace inlet {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, kDiskOperations> kOperationNames{
    "create",   "append", "sync",  "rename", "remove", "remove_tree", "make_dirs",
    "sync_dir", "open",   "pread", "size",   "list",   "exists"};

constexpr std::size_t index_of(DiskOperation operation) { return static_cast<std::size_t>(operation); }

// A hard link of our own to a file's bytes.
class Link {
public:
    Link(const fs::path& target, fs::path name) : name_(std::move(name)) {
        std::error_code error;
        fs::create_hard_link(target, name_, error);
        CHECK(!error);
    }
    ~Link() {
        std::error_code ignored;
        fs::remove(name_, ignored);
    }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    const fs::path& name() const { return name_; }

private:
    fs::path name_;
};

struct Node {
    bool is_directory = false;
    // Of a folder. Nodes have several owners: the names before and after, and open files.
    std::map<std::string, std::shared_ptr<Node>> entries; // as it is
    std::map<std::string, std::shared_ptr<Node>> durable; // as it was synced
    // Of a file.
    std::shared_ptr<Link> bytes; // as it is
    std::shared_ptr<Link>
        bytes_synced; // where the synced bytes are; another file than `bytes` once create() has emptied it
    std::uint64_t size_synced = 0;
};

// The file that survives: its bytes lie ready at `content`.
struct Survivor {
    bool is_directory = false;
    std::map<std::string, Survivor> entries;
    fs::path content;
};

} // namespace

std::set<DiskOperation> changing_operations() {
    return {DiskOperation::create, DiskOperation::append,      DiskOperation::sync,      DiskOperation::rename,
            DiskOperation::remove, DiskOperation::remove_tree, DiskOperation::make_dirs, DiskOperation::sync_dir};
}

std::set<DiskOperation> all_operations() {
    auto all = changing_operations();
    all.insert(
        {DiskOperation::open, DiskOperation::pread, DiskOperation::size, DiskOperation::list, DiskOperation::exists});
    return all;
}

struct FaultDisk::State {
    State(Disk& real_disk, const std::string& root_folder)
        : real(real_disk), root(fs::absolute(root_folder).lexically_normal()) {
        if (!root.has_filename()) root = root.parent_path();
        CHECK(fs::is_directory(root));
        links = temporary_name(root.parent_path().string(), root.filename().string() + "-links");
        fs::create_directories(links);
        forget();
    }
    ~State() {
        tree.reset();
        std::error_code ignored;
        fs::remove_all(links, ignored);
    }

    void forget() {
        tree = std::make_shared<Node>();
        tree->is_directory = true;
    }

    // Counts one operation and says whether it is to fail. With `mutex` held.
    bool strikes(DiskOperation operation) {
        ++counts[index_of(operation)];
        if (!fault || !fault->counted.contains(operation)) return false;
        ++since_fault;
        const bool now = since_fault == fault->nth || (fault->onwards && since_fault > fault->nth);
        fault_fired = fault_fired || now;
        return now;
    }
    std::unexpected<Error> strike(DiskOperation operation, const std::string& path) const {
        return fail(fault->code, fmt::format("injected: {} of {} failed", kOperationNames[index_of(operation)], path));
    }

    std::shared_ptr<Link> link(const fs::path& target) {
        return std::make_shared<Link>(target, links / std::to_string(link_number++));
    }

    // The names between root and path; nothing if path is elsewhere.
    std::optional<std::vector<std::string>> below_root(const std::string& path) const {
        const fs::path relative = fs::absolute(path).lexically_normal().lexically_relative(root);
        std::vector<std::string> names;
        for (const auto& part : relative) {
            if (part == "..") return std::nullopt;
            if (part != "." && !part.empty()) names.push_back(part.string());
        }
        if (relative.empty()) return std::nullopt;
        return names;
    }

    // Takes up a name that was on the disk before us; it counts as synced.
    std::shared_ptr<Node> adopt(Node& folder, const std::string& name, const fs::path& path) {
        if (const auto known = folder.entries.find(name); known != folder.entries.end()) return known->second;
        std::error_code error;
        const auto status = fs::symlink_status(path, error);
        auto node = std::make_shared<Node>();
        if (fs::is_directory(status)) {
            node->is_directory = true;
        } else if (fs::is_regular_file(status)) {
            node->bytes = link(path);
            node->bytes_synced = node->bytes;
            node->size_synced = fs::file_size(path, error);
            CHECK(!error);
        } else {
            return nullptr;
        }
        folder.entries[name] = node;
        folder.durable[name] = node;
        return node;
    }
    void adopt_tree(Node& folder, const fs::path& path) {
        std::error_code error;
        for (const auto& item : fs::directory_iterator(path, error)) {
            const auto node = adopt(folder, item.path().filename().string(), item.path());
            if (node && node->is_directory) adopt_tree(*node, item.path());
        }
    }

    struct Place {
        std::shared_ptr<Node> folder; // that holds the name; null: not tracked
        std::string name;             // empty: root itself
        fs::path path;
        std::shared_ptr<Node> node; // null: there is none
    };
    Place find(const std::string& path) {
        const auto names = below_root(path);
        if (!names) return {};
        if (names->empty()) return {.folder = nullptr, .name = "", .path = root, .node = tree};
        std::shared_ptr<Node> folder = tree;
        fs::path at = root;
        for (std::size_t i = 0; i + 1 < names->size(); ++i) {
            at /= (*names)[i];
            folder = adopt(*folder, (*names)[i], at);
            if (!folder || !folder->is_directory) return {};
        }
        at /= names->back();
        const auto node = adopt(*folder, names->back(), at);
        return {.folder = folder, .name = names->back(), .path = at, .node = node};
    }

    // Writes the first `size` bytes of `from` to a new file; the rest of them from `zero_from` on are zeros.
    fs::path ready_content(const fs::path& from, std::uint64_t size, std::uint64_t zero_from) {
        fs::path to = links / fmt::format("survivor-{}", link_number++);
        fs::copy_file(from, to);
        if (zero_from < size) fs::resize_file(to, zero_from);
        fs::resize_file(to, size);
        return to;
    }

    Survivor survivor(const Node& node, Survival survival) {
        Survivor left;
        left.is_directory = node.is_directory;
        if (node.is_directory) {
            for (const auto& [name, below] : survival.names_kept ? node.entries : node.durable)
                left.entries[name] = survivor(*below, survival);
            return left;
        }
        const fs::path& now = node.bytes->name();
        const std::uint64_t size_now = fs::file_size(now);
        const std::uint64_t kept = node.bytes == node.bytes_synced ? node.size_synced : 0; // of the bytes as they are
        switch (survival.bytes) {
        case Survival::Bytes::lost:
            left.content = ready_content(node.bytes_synced->name(), node.size_synced, node.size_synced);
            break;
        case Survival::Bytes::half: {
            const std::uint64_t size = kept + (size_now - kept) / 2;
            left.content = ready_content(now, size, size);
            break;
        }
        case Survival::Bytes::zeroed:
            left.content = ready_content(now, size_now, kept);
            break;
        }
        return left;
    }

    // Makes the folder at `path`, which has the names of `folder`, hold what `left` says.
    void restore(const fs::path& path, const Node* folder, const Survivor& left) {
        if (folder != nullptr) {
            for (const auto& [name, node] : folder->entries) {
                const auto stays = left.entries.find(name);
                if (stays == left.entries.end() || stays->second.is_directory != node->is_directory)
                    fs::remove_all(path / name);
            }
        }
        for (const auto& [name, below] : left.entries) {
            if (!below.is_directory) {
                fs::rename(below.content, path / name);
                continue;
            }
            fs::create_directory(path / name);
            const Node* was = nullptr;
            if (folder != nullptr) {
                const auto known = folder->entries.find(name);
                if (known != folder->entries.end() && known->second->is_directory) was = known->second.get();
            }
            restore(path / name, was, below);
        }
    }

    Disk& real;
    fs::path root;
    fs::path links;

    mutable std::mutex mutex; // over all below
    std::shared_ptr<Node> tree;
    std::uint64_t link_number = 0;
    std::uint64_t power_cuts = 0;
    std::array<std::uint64_t, kDiskOperations> counts{};
    std::optional<Fault> fault;
    std::uint64_t since_fault = 0;
    bool fault_fired = false;
};

namespace {

template <class State>
class FaultFile final : public File {
public:
    FaultFile(std::shared_ptr<State> state, std::unique_ptr<File> real, std::shared_ptr<Node> node, std::string path)
        : state_(std::move(state)), real_(std::move(real)), node_(std::move(node)), path_(std::move(path)),
          opened_at_(state_->power_cuts) {}

    Status append(std::span<const std::byte> bytes) override {
        const std::lock_guard lock(state_->mutex);
        TRY(powered());
        if (state_->strikes(DiskOperation::append)) {
            if (state_->fault->half_write) TRY(real_->append(bytes.first(bytes.size() / 2)));
            return state_->strike(DiskOperation::append, path_);
        }
        return real_->append(bytes);
    }

    Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
        {
            const std::lock_guard lock(state_->mutex);
            TRY(powered());
            if (state_->strikes(DiskOperation::pread)) return state_->strike(DiskOperation::pread, path_);
        }
        return real_->pread(bytes, offset);
    }

    Result<std::uint64_t> size() const override {
        const std::lock_guard lock(state_->mutex);
        TRY(powered());
        if (state_->strikes(DiskOperation::size)) return state_->strike(DiskOperation::size, path_);
        return real_->size();
    }

    Status sync() override {
        const std::lock_guard lock(state_->mutex);
        TRY(powered());
        if (state_->strikes(DiskOperation::sync)) return state_->strike(DiskOperation::sync, path_);
        TRY(real_->sync());
        if (node_ && !node_->is_directory) {
            node_->bytes_synced = node_->bytes;
            node_->size_synced = TRY(real_->size());
        }
        return {};
    }

    void begin_writeback() override { real_->begin_writeback(); }

private:
    Status powered() const {
        if (opened_at_ == state_->power_cuts) return {};
        return fail(FailureCode::io_failed, fmt::format("{} was open when the power was cut", path_));
    }

    std::shared_ptr<State> state_; // owned with the disk, so that a file may outlive it
    std::unique_ptr<File> real_;
    std::shared_ptr<Node> node_; // null: not tracked
    std::string path_;
    std::uint64_t opened_at_;
};

} // namespace

FaultDisk::FaultDisk(Disk& real, std::string root) : state_(std::make_shared<State>(real, root)) {}
FaultDisk::~FaultDisk() = default;

void FaultDisk::fail_at(Fault fault) {
    const std::lock_guard lock(state_->mutex);
    state_->fault = std::move(fault);
    state_->since_fault = 0;
    state_->fault_fired = false;
}

void FaultDisk::heal() {
    const std::lock_guard lock(state_->mutex);
    state_->fault.reset();
}

bool FaultDisk::fired() const {
    const std::lock_guard lock(state_->mutex);
    return state_->fault_fired;
}

std::uint64_t FaultDisk::count(DiskOperation operation) const {
    const std::lock_guard lock(state_->mutex);
    return state_->counts[index_of(operation)];
}

std::uint64_t FaultDisk::count_changes() const {
    std::uint64_t sum = 0;
    for (const DiskOperation operation : changing_operations()) sum += count(operation);
    return sum;
}

Status FaultDisk::cut_power(Survival survival) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    ++state.power_cuts;
    try {
        const Survivor left = state.survivor(*state.tree, survival);
        fs::create_directories(state.root);
        state.restore(state.root, state.tree.get(), left);
    } catch (const fs::filesystem_error& error) {
        return fail(FailureCode::io_failed, error.what());
    }
    state.forget();
    return {};
}

Result<std::unique_ptr<File>> FaultDisk::create(const std::string& path) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::create)) return state.strike(DiskOperation::create, path);
    const State::Place place = state.find(path);
    // The old bytes must be kept for a cut, so the file is replaced and not emptied: for the caller that is the same.
    if (place.node && !place.node->is_directory) TRY(state.real.remove(path));
    auto file = TRY(state.real.create(path));
    std::shared_ptr<Node> node = place.node;
    if (place.folder) {
        const auto bytes = state.link(place.path);
        if (!node) {
            node = std::make_shared<Node>();
            node->bytes_synced = bytes;
            place.folder->entries[place.name] = node;
        }
        node->bytes = bytes;
    }
    return std::make_unique<FaultFile<State>>(state_, std::move(file), std::move(node), path);
}

Result<std::unique_ptr<File>> FaultDisk::open(const std::string& path) const {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::open)) return state.strike(DiskOperation::open, path);
    auto file = TRY(std::as_const(state.real).open(path));
    return std::make_unique<FaultFile<State>>(state_, std::move(file), state.find(path).node, path);
}

Result<std::unique_ptr<File>> FaultDisk::reopen(const std::string& path, std::uint64_t size) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::create)) return state.strike(DiskOperation::create, path);
    auto file = TRY(state.real.reopen(path, size));
    std::shared_ptr<Node> node = state.find(path).node;
    if (node && !node->is_directory) node->size_synced = std::min(node->size_synced, size);
    return std::make_unique<FaultFile<State>>(state_, std::move(file), std::move(node), path);
}

Status FaultDisk::rename(const std::string& from, const std::string& to) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::rename)) return state.strike(DiskOperation::rename, from);
    const State::Place source = state.find(from);
    const State::Place target = state.find(to);
    if (source.node && source.node->is_directory) state.adopt_tree(*source.node, source.path);
    TRY(state.real.rename(from, to));
    CHECK((source.folder == nullptr) ==
          (target.folder == nullptr)); // what enters or leaves the tracked folder could not be put back
    if (source.node) {
        source.folder->entries.erase(source.name);
        target.folder->entries[target.name] = source.node;
    }
    return {};
}

Status FaultDisk::remove(const std::string& path) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::remove)) return state.strike(DiskOperation::remove, path);
    const State::Place place = state.find(path);
    TRY(state.real.remove(path));
    if (place.node && place.folder) place.folder->entries.erase(place.name);
    return {};
}

Status FaultDisk::remove_tree(const std::string& path) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::remove_tree)) return state.strike(DiskOperation::remove_tree, path);
    const State::Place place = state.find(path);
    if (place.node && place.node->is_directory) state.adopt_tree(*place.node, place.path);
    TRY(state.real.remove_tree(path));
    if (place.node == state.tree) {
        state.tree->entries.clear();
    } else if (place.node) {
        place.folder->entries.erase(place.name);
    }
    return {};
}

Status FaultDisk::make_dirs(const std::string& path) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::make_dirs)) return state.strike(DiskOperation::make_dirs, path);
    // What is there already must be known before, or the new folders would be taken for old ones.
    std::shared_ptr<Node> folder = state.tree;
    std::shared_ptr<Node> made_in; // the folder that the first new one is in
    std::string made;
    fs::path at = state.root;
    const auto names = state.below_root(path);
    for (const std::string& name : names.value_or(std::vector<std::string>{})) {
        at /= name;
        auto node = state.adopt(*folder, name, at);
        if (!node) {
            if (!made_in) {
                made_in = folder;
                made = name;
            }
            node = std::make_shared<Node>();
            node->is_directory = true;
            folder->entries[name] = node;
        }
        if (!node->is_directory) break; // the real disk will refuse it
        folder = node;
    }
    Status status = state.real.make_dirs(path);
    if (!status && made_in) made_in->entries.erase(made);
    return status;
}

Status FaultDisk::sync_dir(const std::string& path) {
    State& state = *state_;
    const std::lock_guard lock(state.mutex);
    if (state.strikes(DiskOperation::sync_dir)) return state.strike(DiskOperation::sync_dir, path);
    const State::Place place = state.find(path);
    TRY(state.real.sync_dir(path));
    if (place.node) place.node->durable = place.node->entries;
    return {};
}

Result<std::vector<DirEntry>> FaultDisk::list(const std::string& path) const {
    const std::lock_guard lock(state_->mutex);
    if (state_->strikes(DiskOperation::list)) return state_->strike(DiskOperation::list, path);
    return std::as_const(state_->real).list(path);
}

Result<bool> FaultDisk::exists(const std::string& path) const {
    const std::lock_guard lock(state_->mutex);
    if (state_->strikes(DiskOperation::exists)) return state_->strike(DiskOperation::exists, path);
    return std::as_const(state_->real).exists(path);
}

} // namespace inlet
