// Sorts more than fits in memory: full buffers are sorted and written as runs, runs are merged when read. Floor 2, for
// key_set.cpp alone.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace inlet {

// The names of temporary files in a folder, each given once. Thread-safe.
class FileNames {
public:
    explicit FileNames(std::string folder) : folder_(std::move(folder)) {}
    std::string next(std::string_view kind) { return fmt::format("{}/{}-{}", folder_, kind, number_++); }

private:
    std::string folder_;
    std::atomic<std::uint64_t> number_{0};
};

// Runs of items, each in ascending order by Before. Adding runs is thread-safe; once all are added, streams may be
// opened on any thread.
template <class T, class Before>
    requires std::is_trivially_copyable_v<T>
class SortedRuns {
public:
    SortedRuns(Disk& disk, FileNames& names) : disk_(disk), names_(names) {}
    ~SortedRuns() {
        for (const std::string& path : written_)
            static_cast<void>(disk_.remove(path)); // the folder is removed with the set
    }
    SortedRuns(const SortedRuns&) = delete;
    SortedRuns& operator=(const SortedRuns&) = delete;

    void keep(std::vector<T> run) {
        if (run.empty()) return;
        const std::lock_guard lock(mutex_);
        kept_.push_back(std::move(run));
    }

    Status write(std::span<const T> run) {
        const std::string path = names_.next("run");
        auto file = TRY(disk_.create(path));
        Status status = file->append(std::as_bytes(run));
        const std::lock_guard lock(mutex_);
        written_.push_back(path);
        return status;
    }

    // Merges runs until so few are left that one stream can read them all. After the last run was added.
    Status settle(std::size_t memory_bytes) {
        while (written_.size() > kFanIn) {
            const std::vector<std::string> merged(written_.begin(), written_.begin() + kFanIn);
            auto stream = TRY(open_files(merged, memory_bytes / 2));
            const std::string path = names_.next("run");
            auto file = TRY(disk_.create(path));
            written_.push_back(path);
            std::vector<T> out;
            out.reserve(std::max<std::size_t>(16, memory_bytes / 2 / sizeof(T)));
            T item;
            for (bool more = true; more;) {
                more = TRY(stream->next(item));
                if (more) out.push_back(item);
                if (!more || out.size() == out.capacity()) {
                    TRY(file->append(std::as_bytes(std::span<const T>(out))));
                    out.clear();
                }
            }
            stream.reset();
            for (const std::string& old : merged) TRY(disk_.remove(old));
            written_.erase(written_.begin(), written_.begin() + kFanIn);
        }
        return {};
    }

    class Stream {
    public:
        Result<bool> next(T& item) { // false at the end
            if (heap_.empty()) return false;
            Head& top = heap_.front();
            item = top.item;
            Source& source = sources_[top.source];
            if (source.at == source.items.size() && source.file) TRY(source.refill());
            if (source.at < source.items.size()) {
                top.item = source.items[source.at++];
            } else {
                top = heap_.back();
                heap_.pop_back();
            }
            sift_down(0);
            return true;
        }

    private:
        friend class SortedRuns;
        struct Source {
            std::span<const T> items; // in memory, or in `buffer`
            std::size_t at = 0;
            std::unique_ptr<File> file; // null: all is in `items`
            std::uint64_t offset = 0;
            std::vector<T> buffer;

            Status refill() {
                const std::size_t got = TRY(file->pread(std::as_writable_bytes(std::span(buffer)), offset));
                if (got % sizeof(T) != 0)
                    return fail(FailureCode::io_failed, "a temporary file does not hold what was written to it");
                offset += got;
                items = std::span<const T>(buffer).first(got / sizeof(T));
                at = 0;
                return {};
            }
        };
        struct Head {
            T item;
            std::size_t source = 0;
        };

        Status add(Source source) {
            if (source.file) TRY(source.refill());
            if (source.items.empty()) return {};
            heap_.push_back({.item = source.items[0], .source = sources_.size()});
            source.at = 1;
            sources_.push_back(std::move(source));
            return {};
        }
        void heapify() {
            for (std::size_t i = heap_.size() / 2; i-- > 0;) sift_down(i);
        }
        void sift_down(std::size_t i) {
            const std::size_t size = heap_.size();
            if (i >= size) return;
            const Head head = heap_[i];
            for (;;) {
                std::size_t child = 2 * i + 1;
                if (child >= size) break;
                if (child + 1 < size && Before{}(heap_[child + 1].item, heap_[child].item)) ++child;
                if (!Before{}(heap_[child].item, head.item)) break;
                heap_[i] = heap_[child];
                i = child;
            }
            heap_[i] = head;
        }

        std::vector<Source> sources_;
        std::vector<Head> heap_; // of the next item of each source that has one
    };

    // All items in order. After settle(). The runs must outlive the stream.
    Result<std::unique_ptr<Stream>> open(std::size_t memory_bytes) const {
        auto stream = TRY(open_files(written_, memory_bytes));
        for (const std::vector<T>& run : kept_) {
            typename Stream::Source source;
            source.items = run;
            TRY(stream->add(std::move(source)));
        }
        stream->heapify();
        return stream;
    }

private:
    static constexpr std::ptrdiff_t kFanIn = 256; // files open at once

    Result<std::unique_ptr<Stream>> open_files(const std::vector<std::string>& paths, std::size_t memory_bytes) const {
        auto stream = std::make_unique<Stream>();
        for (const std::string& path : paths) {
            typename Stream::Source source;
            source.file = TRY(disk_.open(path));
            source.buffer.resize(
                std::clamp<std::size_t>(memory_bytes / paths.size() / sizeof(T), 16, (256 << 10) / sizeof(T)));
            TRY(stream->add(std::move(source)));
        }
        stream->heapify();
        return stream;
    }

    Disk& disk_;
    FileNames& names_;
    std::mutex mutex_; // over the two below, while runs are added
    std::vector<std::string> written_;
    std::vector<std::vector<T>> kept_;
};

// One thread's way into SortedRuns: at most items_max are held.
template <class T, class Before>
class RunSorter {
public:
    RunSorter(SortedRuns<T, Before>& runs, std::size_t items_max)
        : runs_(runs), items_max_(std::max<std::size_t>(items_max, 16)) {}

    Status add(const T& item) {
        if (items_.size() == items_max_) [[unlikely]] {
            sort();
            TRY(runs_.write(items_));
            items_.clear();
        } else if (items_.size() == items_.capacity()) [[unlikely]] {
            // Room for few at first, then for all at once: growing step by step would need half as much again.
            items_.reserve(items_.empty() ? std::min<std::size_t>(items_max_, 256) : items_max_);
        }
        items_.push_back(item);
        return {};
    }
    void finish() { // after the last add
        sort();
        runs_.keep(std::move(items_));
    }

private:
    void sort() {
        if (!std::ranges::is_sorted(items_, Before{})) std::ranges::sort(items_, Before{});
    }

    SortedRuns<T, Before>& runs_;
    std::size_t items_max_;
    std::vector<T> items_;
};

} // namespace inlet
