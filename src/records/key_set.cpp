// While entries come in they are kept as they are if they are few, else scattered over partitions on disk (KeySpill).
// finish() then looks at one partition at a time and thread, and sorts it in memory. Of a partition that is too large
// for that it reads one slice after the other; if one key is what makes it large, it takes such keys out and sorts the
// rest in runs. Key streams sort again what they read: most loads never ask for one, and none asks twice.
#include "records/key_set.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "records/key_spill.hpp"
#include "records/sorted_runs.hpp"

namespace inlet {

namespace {

struct EntryBefore {
    bool operator()(const KeyEntry& a, const KeyEntry& b) const {
        if (a.key.high != b.key.high) return a.key.high < b.key.high;
        if (a.key.low != b.key.low) return a.key.low < b.key.low;
        return a.order < b.order;
    }
};
struct DuplicateBefore {
    bool operator()(const KeyDuplicate& a, const KeyDuplicate& b) const { return a.order < b.order; }
};
using EntryRuns = SortedRuns<KeyEntry, EntryBefore>;
using DuplicateRuns = SortedRuns<KeyDuplicate, DuplicateBefore>;
using DuplicateSorter = RunSorter<KeyDuplicate, DuplicateBefore>;

// A range of KeyDigest::high, both ends in it.
struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = ~std::uint64_t{0};

    bool holds(const KeyEntry& entry) const { return entry.key.high >= first && entry.key.high <= last; }
};

// Sorts entries, all of them in `range`, by key, then order. `aux` is as long as `entries`; the result is in one of the
// two, which is returned. One pass scatters into buckets of a few entries, which are then sorted by insertion.
std::span<KeyEntry> sort_entries(std::span<KeyEntry> entries, std::span<KeyEntry> aux, Range range) {
    constexpr std::size_t kFew = 24;
    if (entries.size() <= kFew) {
        std::ranges::sort(entries, EntryBefore{});
        return entries;
    }
    const int bits = std::clamp(static_cast<int>(std::bit_width(entries.size())) - 2, 1, 15);
    const int shift = std::max(static_cast<int>(std::bit_width(range.last - range.first)) - bits, 0);
    const auto bucket_of = [&](const KeyEntry& entry) { return (entry.key.high - range.first) >> shift; };
    std::vector<std::uint32_t> ends((std::size_t{1} << bits) + 1, 0);
    for (const KeyEntry& entry : entries) ++ends[bucket_of(entry) + 1];
    for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
    for (const KeyEntry& entry : entries) aux[ends[bucket_of(entry)]++] = entry; // ends[b] becomes the end of bucket b

    const EntryBefore before;
    std::size_t begin = 0;
    for (std::size_t bucket = 0; bucket + 1 < ends.size(); ++bucket) {
        const std::size_t end = ends[bucket];
        if (end - begin > kFew) {
            const auto items = aux.subspan(begin, end - begin);
            if (!std::ranges::is_sorted(items, before)) std::ranges::sort(items, before);
        } else {
            for (std::size_t i = begin + 1; i < end; ++i) {
                const KeyEntry entry = aux[i];
                std::size_t j = i;
                for (; j > begin && before(entry, aux[j - 1]); --j) aux[j] = aux[j - 1];
                aux[j] = entry;
            }
        }
        begin = end;
    }
    return aux;
}

// Where partitions of up to entries_max are sorted, one after the other. What is never used is never resident.
class SortSpace {
public:
    explicit SortSpace(std::size_t entries_max) : entries_max_(entries_max) {}
    std::size_t entries_max() const { return entries_max_; }
    void make() {
        if (!memory_) memory_ = std::make_unique_for_overwrite<KeyEntry[]>(2 * entries_max_);
    }
    void drop() { memory_.reset(); }
    std::span<KeyEntry> entries() { return {memory_.get(), entries_max_}; }
    std::span<KeyEntry> aux() { return {memory_.get() + entries_max_, entries_max_}; }

private:
    std::size_t entries_max_;
    std::unique_ptr<KeyEntry[]> memory_;
};

// Hands the duplicates among entries sorted by key and order, given one by one, to the sorter.
class DuplicateFinder {
public:
    explicit DuplicateFinder(DuplicateSorter& sorter) : sorter_(sorter) {}
    Status look(const KeyEntry& entry) {
        if (any_ && first_.key == entry.key) {
            ++found_;
            return sorter_.add({.order = entry.order, .first = first_.order});
        }
        first_ = entry;
        any_ = true;
        return {};
    }
    std::uint64_t found() const { return found_; }

private:
    DuplicateSorter& sorter_;
    KeyEntry first_; // of the key looked at last
    bool any_ = false;
    std::uint64_t found_ = 0;
};

// How the memory is shared out.
struct Plan {
    static constexpr std::size_t kLooseMax = 256 << 10; // more are faster sorted in partitions, whatever the memory

    explicit Plan(std::size_t memory_bytes) : memory(std::max<std::size_t>(memory_bytes, 16 << 10)) {
        loose_max = std::min(memory / 4 / sizeof(KeyEntry), kLooseMax);
        const std::size_t buffers = memory / 8 * 5;
        const std::size_t threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
        stripes = std::clamp<std::size_t>(buffers / (2 << 20), 1, threads);
        const std::size_t stripe_bytes = buffers / stripes;
        const std::size_t partitions = std::clamp<std::size_t>(std::bit_ceil(stripe_bytes / (8 << 10)), 8, 4096);
        partition_bits = static_cast<unsigned>(std::bit_width(partitions)) - 1;
        block_entries = std::max<std::size_t>(stripe_bytes / partitions / sizeof(KeyEntry), 8);
    }
    std::size_t partitions() const { return std::size_t{1} << partition_bits; }
    std::size_t sort_entries_max(std::size_t workers) const {
        return memory / 4 * 3 / workers / (2 * sizeof(KeyEntry));
    }

    std::size_t memory;
    std::size_t loose_max; // entries kept before any are spilled
    std::size_t stripes;   // spills, so that threads need not wait for each other
    unsigned partition_bits;
    std::size_t block_entries;
};

} // namespace

struct KeySet::State {
    State(Disk& the_disk, Options the_options)
        : disk(the_disk), options(std::move(the_options)), plan(options.memory_bytes_max), names(options.spill_folder),
          duplicates(disk, names) {}

    struct Stripe {
        std::mutex mutex;
        std::unique_ptr<KeySpill> spill; // behind mutex while entries are added
    };

    Status begin_spilling();
    Status add_spilled(std::span<const KeyEntry> entries);
    Status remember(Status status); // an error breaks the set for good

    std::uint64_t partition_entries(std::size_t partition) const {
        std::uint64_t sum = 0;
        for (const Stripe& stripe : stripes) sum += stripe.spill->entries(partition);
        return sum;
    }
    // Calls look(entry) for each entry of a partition, in no order.
    template <class Look>
    Status read(std::size_t partition, Look look) const {
        for (const Stripe& stripe : stripes) {
            KeySpill::Reader reader(*stripe.spill, partition);
            while (TRY(reader.next())) {
                for (const KeyEntry& entry : reader.block()) TRY(look(entry));
            }
        }
        return {};
    }

    struct Slice {
        Range range;
        std::uint64_t entries = 0;
    };
    // A partition cut so that each slice has at most entries_max; no slices if that cannot be done, or only with very
    // many.
    Result<std::vector<Slice>> slices(std::size_t partition, std::size_t entries_max) const;
    // The entries of a slice, at most space.entries_max(), sorted by key and order; they lie in `space`.
    Result<std::span<const KeyEntry>> load_sorted(std::size_t partition, const Slice& slice, SortSpace& space) const;

    // A key that makes up a good part of a partition that cannot be sliced.
    struct HeavyKey {
        KeyDigest key;
        std::uint64_t entries = 0;
        RecordOrder first{~std::uint64_t{0}};
        RecordOrder last;
    };
    Result<std::vector<HeavyKey>> split_large(std::size_t partition, std::size_t entries_max, EntryRuns& others) const;
    Result<std::uint64_t> find_in_large(std::size_t partition, std::size_t entries_max, DuplicateSorter& sorter) const;

    class Keys;

    Disk& disk;
    const Options options;
    const Plan plan;
    mutable FileNames names;

    std::mutex loose_mutex;
    std::vector<KeyEntry> loose;       // behind loose_mutex; all there are, until there are too many
    std::atomic<bool> spilling{false}; // set behind loose_mutex; from then on `stripes` does not change
    std::deque<Stripe> stripes;

    std::mutex error_mutex;
    std::optional<Error> error; // behind error_mutex

    std::atomic<std::uint64_t> entries{0};
    bool finished = false;
    std::uint64_t duplicate_count = 0;
    DuplicateRuns duplicates;
};

KeySet::KeySet(Disk& disk, Options options) : state_(std::make_unique<State>(disk, std::move(options))) {}

KeySet::~KeySet() {
    const bool spilled = state_->spilling;
    const std::string folder = state_->options.spill_folder;
    Disk& disk = state_->disk;
    state_.reset(); // closes the files
    // Whoever made the folder's parent clears it away at the next start if this fails.
    if (spilled) static_cast<void>(disk.remove_tree(folder));
}

std::uint64_t KeySet::entries() const { return state_->entries; }

std::uint64_t KeySet::duplicate_count() const {
    CHECK(state_->finished);
    return state_->duplicate_count;
}

Status KeySet::State::remember(Status status) {
    const std::lock_guard lock(error_mutex);
    if (!status && !error) error = status.error();
    if (error) return fail(*error);
    return {};
}

Status KeySet::State::begin_spilling() {
    TRY(disk.make_dirs(options.spill_folder));
    for (std::size_t i = 0; i < plan.stripes; ++i) {
        stripes.emplace_back().spill =
            std::make_unique<KeySpill>(disk, names.next("spill"), plan.partition_bits, plan.block_entries);
    }
    TRY(stripes.front().spill->add(loose));
    loose = {};
    return {};
}

Status KeySet::State::add_spilled(std::span<const KeyEntry> added) {
    const std::size_t home = std::hash<std::thread::id>{}(std::this_thread::get_id()) % stripes.size();
    for (std::size_t i = 0; i < stripes.size(); ++i) {
        Stripe& stripe = stripes[(home + i) % stripes.size()];
        const std::unique_lock lock(stripe.mutex, std::try_to_lock);
        if (lock) return stripe.spill->add(added);
    }
    const std::lock_guard lock(stripes[home].mutex);
    return stripes[home].spill->add(added);
}

Status KeySet::add(std::span<const KeyEntry> added) {
    State& state = *state_;
    CHECK(!state.finished);
    state.entries += added.size();
    if (!state.spilling) {
        const std::lock_guard lock(state.loose_mutex);
        if (!state.spilling) {
            if (state.loose.size() + added.size() <= state.plan.loose_max) {
                state.loose.insert(state.loose.end(), added.begin(), added.end());
                return {};
            }
            const Status status = state.begin_spilling();
            state.spilling = true; // whatever was made must be removed
            if (!status) return state.remember(status);
        }
    }
    const Status status = state.add_spilled(added);
    if (!status) [[unlikely]]
        return state.remember(status);
    return {};
}

Result<std::vector<KeySet::State::Slice>> KeySet::State::slices(std::size_t partition, std::size_t entries_max) const {
    constexpr unsigned kBits = 8;     // a slice is some of 256 equal ranges
    constexpr std::size_t kMost = 32; // each costs one more reading of the whole
    const unsigned shift = 64 - plan.partition_bits;
    const std::uint64_t first = std::uint64_t{partition} << shift;
    const std::uint64_t width = std::uint64_t{1} << shift;
    const std::uint64_t all = partition_entries(partition);
    if (all <= entries_max) return std::vector{Slice{.range = {first, first + (width - 1)}, .entries = all}};

    std::vector<std::uint64_t> counts(std::size_t{1} << kBits);
    TRY(read(partition, [&](const KeyEntry& entry) -> Status {
        ++counts[(entry.key.high - first) >> (shift - kBits)];
        return {};
    }));
    std::vector<Slice> cut;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const Range range{first + (i << (shift - kBits)), first + ((i + 1) << (shift - kBits)) - 1};
        if (counts[i] > entries_max) return std::vector<Slice>{};
        if (cut.empty() || cut.back().entries + counts[i] > entries_max)
            cut.push_back({.range = {range.first, range.first}});
        cut.back().range.last = range.last;
        cut.back().entries += counts[i];
    }
    if (cut.size() > kMost) cut.clear();
    return cut;
}

Result<std::span<const KeyEntry>> KeySet::State::load_sorted(std::size_t partition, const Slice& slice,
                                                             SortSpace& space) const {
    space.make();
    const std::span<KeyEntry> wanted = space.entries().first(slice.entries);
    const bool whole = slice.entries == partition_entries(partition);
    // Filled from its end, as blocks come last one first: so equal keys keep the order they came in, which is nearly
    // sorted.
    std::size_t room = wanted.size();
    for (const Stripe& stripe : stripes) {
        KeySpill::Reader reader(*stripe.spill, partition);
        while (TRY(reader.next())) {
            const std::span<const KeyEntry> block = reader.block();
            if (whole) {
                CHECK(block.size() <= room);
                room -= block.size();
                std::ranges::copy(block, wanted.begin() + static_cast<std::ptrdiff_t>(room));
                continue;
            }
            for (std::size_t i = block.size(); i-- > 0;) {
                if (!slice.range.holds(block[i])) continue;
                CHECK(room > 0);
                wanted[--room] = block[i];
            }
        }
    }
    CHECK(room == 0);
    return sort_entries(wanted, space.aux().first(wanted.size()), slice.range);
}

// Reads a partition twice. Keys that are frequent in a sample of it only have their entries counted and their first and
// last noted; all other entries go to `others`, to be sorted in runs.
Result<std::vector<KeySet::State::HeavyKey>> KeySet::State::split_large(std::size_t partition, std::size_t entries_max,
                                                                        EntryRuns& others) const {
    constexpr std::size_t kSample = 1024;
    constexpr std::size_t kFrequent = 32; // in the sample
    std::vector<KeyDigest> sample;
    const std::uint64_t step = std::max<std::uint64_t>(partition_entries(partition) / kSample, 1);
    std::uint64_t at = 0;
    TRY(read(partition, [&](const KeyEntry& entry) -> Status {
        if (at++ % step == 0) sample.push_back(entry.key);
        return {};
    }));
    std::ranges::sort(sample);
    std::vector<HeavyKey> heavy;
    for (std::size_t begin = 0, end = 0; begin < sample.size(); begin = end) {
        while (end < sample.size() && sample[end] == sample[begin]) ++end;
        if (end - begin >= kFrequent) heavy.push_back({.key = sample[begin]});
    }

    RunSorter<KeyEntry, EntryBefore> sorter(others, entries_max);
    TRY(read(partition, [&](const KeyEntry& entry) -> Status {
        const auto known = std::ranges::lower_bound(heavy, entry.key, {}, &HeavyKey::key);
        if (known == heavy.end() || known->key != entry.key) return sorter.add(entry);
        ++known->entries;
        known->first = std::min(known->first, entry.order);
        known->last = std::max(known->last, entry.order);
        return {};
    }));
    sorter.finish();
    TRY(others.settle(entries_max * sizeof(KeyEntry)));
    return heavy;
}

Result<std::uint64_t> KeySet::State::find_in_large(std::size_t partition, std::size_t entries_max,
                                                   DuplicateSorter& sorter) const {
    EntryRuns others(disk, names);
    const std::vector<HeavyKey> heavy = TRY(split_large(partition, entries_max, others));
    std::uint64_t found = 0;
    if (!heavy.empty()) {
        TRY(read(partition, [&](const KeyEntry& entry) -> Status {
            const auto known = std::ranges::lower_bound(heavy, entry.key, {}, &HeavyKey::key);
            if (known == heavy.end() || known->key != entry.key || known->first == entry.order) return {};
            ++found;
            return sorter.add({.order = entry.order, .first = known->first});
        }));
    }
    DuplicateFinder finder(sorter);
    const auto stream = TRY(others.open(entries_max * sizeof(KeyEntry)));
    KeyEntry entry;
    while (TRY(stream->next(entry))) TRY(finder.look(entry));
    return found + finder.found();
}

Status KeySet::finish(ThreadPool& pool) {
    State& state = *state_;
    CHECK(!state.finished);
    TRY(state.remember({}));
    const Plan& plan = state.plan;
    if (!state.spilling) {
        std::vector<KeyEntry> aux(state.loose.size());
        const std::span<KeyEntry> sorted = sort_entries(state.loose, aux, {});
        if (sorted.data() == aux.data()) state.loose.swap(aux);
        aux = {};
        DuplicateSorter sorter(state.duplicates, state.loose.size());
        DuplicateFinder finder(sorter);
        for (const KeyEntry& entry : state.loose) TRY(finder.look(entry));
        sorter.finish();
        state.duplicate_count = finder.found();
        state.finished = true;
        return {};
    }

    pool.parallel(state.stripes.size(),
                  [&](std::size_t i) { static_cast<void>(state.remember(state.stripes[i].spill->flush())); });
    TRY(state.remember({}));

    const std::size_t workers =
        std::clamp<std::size_t>(pool.size() + 1, 1, std::max<std::size_t>(plan.memory >> 20, 1));
    const std::size_t entries_max = std::max<std::size_t>(plan.sort_entries_max(workers), 16);
    std::atomic<std::size_t> next{0};
    std::atomic<std::uint64_t> found{0};
    const auto work = [&]() -> Status {
        DuplicateSorter sorter(state.duplicates, plan.memory / 4 / workers / sizeof(KeyDuplicate));
        SortSpace space(entries_max);
        for (std::size_t partition = next++; partition < plan.partitions(); partition = next++) {
            const auto slices = TRY(state.slices(partition, entries_max));
            if (slices.empty()) {
                space.drop();
                found += TRY(state.find_in_large(partition, entries_max, sorter));
            }
            DuplicateFinder finder(sorter);
            for (const State::Slice& slice : slices) {
                for (const KeyEntry& entry : TRY(state.load_sorted(partition, slice, space))) TRY(finder.look(entry));
            }
            found += finder.found();
        }
        sorter.finish();
        return {};
    };
    pool.parallel(workers, [&](std::size_t) { static_cast<void>(state.remember(work())); });
    TRY(state.remember({}));
    TRY(state.remember(state.duplicates.settle(plan.memory / 4)));
    state.duplicate_count = found;
    state.finished = true;
    return {};
}

Result<std::unique_ptr<DuplicateStream>> KeySet::duplicates() const {
    class Stream final : public DuplicateStream {
    public:
        explicit Stream(std::unique_ptr<DuplicateRuns::Stream> runs) : runs_(std::move(runs)) {}
        Result<bool> next(KeyDuplicate& duplicate) override { return runs_->next(duplicate); }

    private:
        std::unique_ptr<DuplicateRuns::Stream> runs_;
    };
    CHECK(state_->finished);
    return std::make_unique<Stream>(TRY(state_->duplicates.open(state_->plan.memory / 8)));
}

// The first or last entry of each key, partition after partition.
class KeySet::State::Keys final : public KeyStream {
public:
    Keys(const State& state, bool last) : state_(state), last_(last), space_(state.plan.sort_entries_max(2)) {
        if (!state_.spilling) sorted_ = state_.loose;
    }

    Result<bool> next(KeyEntry& entry) override {
        for (;;) {
            if (at_ < sorted_.size()) {
                std::size_t end = at_ + 1;
                while (end < sorted_.size() && sorted_[end].key == sorted_[at_].key) ++end;
                entry = sorted_[last_ ? end - 1 : at_];
                at_ = end;
                return true;
            }
            if (large_) {
                if (TRY(next_of_large(entry))) return true;
                large_.reset();
                runs_.reset();
            }
            if (slice_ < slices_.size()) {
                at_ = 0;
                sorted_ = TRY(state_.load_sorted(partition_ - 1, slices_[slice_++], space_));
                continue;
            }
            if (!state_.spilling || partition_ == state_.plan.partitions()) return false;
            sorted_ = {};
            slice_ = 0;
            slices_ = TRY(state_.slices(partition_++, space_.entries_max()));
            if (slices_.empty()) TRY(open_large(partition_ - 1));
        }
    }

private:
    Status open_large(std::size_t partition) {
        const std::size_t entries_max = space_.entries_max();
        space_.drop();
        runs_.emplace(state_.disk, state_.names);
        auto heavy = TRY(state_.split_large(partition, entries_max, *runs_));
        std::vector<KeyEntry> ends;
        for (const HeavyKey& key : heavy) ends.push_back({.key = key.key, .order = last_ ? key.last : key.first});
        runs_->keep(std::move(ends));
        large_ = TRY(runs_->open(entries_max * sizeof(KeyEntry)));
        ahead_ = TRY(large_->next(following_));
        return {};
    }

    Result<bool> next_of_large(KeyEntry& entry) {
        if (!ahead_) return false;
        entry = following_;
        for (;;) {
            ahead_ = TRY(large_->next(following_));
            if (!ahead_ || following_.key != entry.key) return true;
            if (last_) entry = following_;
        }
    }

    const State& state_;
    const bool last_;
    std::size_t partition_ = 0;        // the next one
    std::vector<State::Slice> slices_; // of the one before it
    std::size_t slice_ = 0;            // the next one
    std::span<const KeyEntry> sorted_;
    std::size_t at_ = 0;
    SortSpace space_;
    std::optional<EntryRuns> runs_;
    std::unique_ptr<EntryRuns::Stream> large_; // reads runs_
    KeyEntry following_;                       // read from large_ already
    bool ahead_ = false;                       // whether following_ is one
};

Result<std::unique_ptr<KeyStream>> KeySet::keys(bool last) const {
    CHECK(state_->finished);
    return std::make_unique<State::Keys>(*state_, last);
}

} // namespace inlet
