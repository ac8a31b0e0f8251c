// The set against a map that holds everything, in memory so small that each way of getting by without memory is taken.
#include "records/key_set.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/testing/fault_disk.hpp"

namespace inlet {
namespace {

std::uint64_t mixed(std::uint64_t x) {
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93;
    return x ^ (x >> 32);
}

KeyEntry entry(std::uint64_t key, std::uint64_t order) {
    return {.key = {.high = mixed(key), .low = key}, .order = {order}};
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs_of(const std::vector<KeyDuplicate>& duplicates) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs;
    for (const auto& duplicate : duplicates) pairs.emplace_back(duplicate.order.value, duplicate.first.value);
    return pairs;
}

template <class Item, class Stream>
Result<std::vector<Item>> all_of(Result<std::unique_ptr<Stream>> opened) {
    const auto stream = TRY(std::move(opened));
    std::vector<Item> items;
    Item item;
    while (TRY(stream->next(item))) items.push_back(item);
    return items;
}
Result<std::vector<KeyDuplicate>> all_duplicates(const KeySet& set) { return all_of<KeyDuplicate>(set.duplicates()); }
Result<std::vector<KeyEntry>> all_keys(const KeySet& set, bool last) { return all_of<KeyEntry>(set.keys(last)); }

// What a KeySet must say of these entries.
struct Expected {
    explicit Expected(const std::vector<KeyEntry>& entries) {
        std::map<KeyDigest, std::vector<RecordOrder>> by_key;
        for (const auto& item : entries) by_key[item.key].push_back(item.order);
        for (auto& [key, orders] : by_key) {
            std::ranges::sort(orders);
            first.push_back({key, orders.front()});
            last.push_back({key, orders.back()});
            for (std::size_t i = 1; i < orders.size(); ++i)
                duplicates.push_back({.order = orders[i], .first = orders.front()});
        }
        std::ranges::sort(duplicates, {}, &KeyDuplicate::order);
    }
    std::vector<KeyEntry> first;
    std::vector<KeyEntry> last;
    std::vector<KeyDuplicate> duplicates;
};

bool same(const std::vector<KeyEntry>& a, const std::vector<KeyEntry>& b) {
    return std::ranges::equal(
        a, b, [](const KeyEntry& x, const KeyEntry& y) { return x.key == y.key && x.order == y.order; });
}

class KeySetTest : public ::testing::Test {
protected:
    static constexpr std::size_t kTiny = 16 << 10; // the least a KeySet works with

    ~KeySetTest() override { std::filesystem::remove_all(folder_); }

    KeySet::Options options(std::size_t memory) const {
        return {.spill_folder = folder_ + "/spill", .memory_bytes_max = memory};
    }
    bool spill_exists() const { return std::filesystem::exists(folder_ + "/spill"); }

    // Adds in spans of various lengths, from several threads, and compares.
    void check(const std::vector<KeyEntry>& entries, std::size_t memory, std::size_t threads = 1) {
        {
            KeySet keys(*disk_, options(memory));
            std::vector<std::thread> adders;
            for (std::size_t thread = 0; thread < threads; ++thread) {
                adders.emplace_back([&, thread] {
                    std::size_t span = 1;
                    std::size_t number = 0;
                    for (std::size_t begin = 0; begin < entries.size(); begin += span, ++number) {
                        span = 1 + number * 37 % 1'000;
                        if (number % threads != thread) continue;
                        const std::size_t count = std::min(span, entries.size() - begin);
                        EXPECT_TRUE(keys.add(std::span(entries).subspan(begin, count)));
                    }
                });
            }
            for (auto& adder : adders) adder.join();
            ThreadPool pool(threads - 1);
            const Status finished = keys.finish(pool);
            ASSERT_TRUE(finished) << to_string(finished.error());

            const Expected expected(entries);
            EXPECT_EQ(keys.entries(), entries.size());
            EXPECT_EQ(keys.duplicate_count(), expected.duplicates.size());
            EXPECT_EQ(pairs_of(all_duplicates(keys).value()), pairs_of(expected.duplicates));
            EXPECT_TRUE(same(all_keys(keys, false).value(), expected.first));
            EXPECT_TRUE(same(all_keys(keys, true).value(), expected.last));
            EXPECT_EQ(pairs_of(all_duplicates(keys).value()), pairs_of(expected.duplicates)); // any number of times
        }
        EXPECT_FALSE(spill_exists());
    }

    std::unique_ptr<Disk> disk_ = make_posix_disk();
    std::string folder_ = temporary_name(std::filesystem::temp_directory_path().string(), "inlet-key-set-test");
};

// `count` entries whose keys are given by number, their orders shuffled a little, as threads would.
std::vector<KeyEntry> entries_of(std::size_t count, const std::function<std::uint64_t(std::size_t)>& key) {
    std::vector<KeyEntry> entries;
    for (std::size_t i = 0; i < count; ++i)
        entries.push_back(entry(key(i), RecordOrder::of(i / 1'000, i % 1'000).value));
    for (std::size_t i = 0; i + 700 < count; i += 700) std::swap(entries[i], entries[i + 650]);
    return entries;
}

TEST_F(KeySetTest, OfNothingHasNothing) { check({}, kTiny); }

TEST_F(KeySetTest, AFewStayInMemory) {
    const auto entries = entries_of(100, [](std::size_t i) { return i % 70; });
    KeySet keys(*disk_, options(kTiny));
    ASSERT_TRUE(keys.add(entries));
    EXPECT_FALSE(spill_exists());
    check(entries, kTiny);
}

TEST_F(KeySetTest, AllDistinctAtEachScale) {
    for (const std::size_t count : {1U, 2U, 25U, 170U, 171U, 1'000U, 20'000U, 150'000U}) {
        SCOPED_TRACE(count);
        check(entries_of(count, [](std::size_t i) { return i; }), kTiny);
    }
}

TEST_F(KeySetTest, AllEqualAtEachScale) {
    for (const std::size_t count : {1U, 2U, 25U, 1'000U, 150'000U}) {
        SCOPED_TRACE(count);
        check(entries_of(count, [](std::size_t) { return 7; }), kTiny);
    }
}

TEST_F(KeySetTest, RandomKeysMeetAsInAMap) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        std::mt19937_64 random(seed);
        for (const std::size_t keys : {10U, 1'000U, 30'000U}) {
            SCOPED_TRACE(testing::Message() << "seed " << seed << ", keys " << keys);
            check(entries_of(30'000, [&](std::size_t) { return random() % keys; }), kTiny);
        }
    }
}

TEST_F(KeySetTest, SomeKeysFillTheirPartitions) {
    std::mt19937_64 random(11);
    const auto skewed = [&](std::size_t) {
        const std::uint64_t dice = random() % 10;
        if (dice < 3) return std::uint64_t{1};
        if (dice < 5) return std::uint64_t{2};
        return 100 + random() % 40'000;
    };
    check(entries_of(80'000, skewed), kTiny);
}

TEST_F(KeySetTest, DigestsThatAreNotMixedAreOnlySlower) {
    std::vector<KeyEntry> entries;
    for (std::uint64_t i = 0; i < 30'000; ++i) entries.push_back({.key = {.high = i / 7, .low = i % 5}, .order = {i}});
    check(entries, kTiny);
    for (auto& item : entries) item.key.high = ~item.key.high;
    check(entries, kTiny);
    for (auto& item : entries) item.key = {.high = 5, .low = item.key.high ^ item.key.low};
    check(entries, kTiny);
}

TEST_F(KeySetTest, WideOrdersAndHalvesArePackedWhole) {
    std::mt19937_64 random(5);
    std::vector<KeyEntry> entries;
    for (std::size_t i = 0; i < 5'000; ++i) {
        entries.push_back({.key = {.high = random(), .low = random()}, .order = {random()}});
        entries.push_back({.key = entries[random() % entries.size()].key, .order = {random()}});
    }
    check(entries, kTiny);
}

TEST_F(KeySetTest, ManyThreadsAddAtOnce) {
    std::mt19937_64 random(17);
    check(entries_of(300'000, [&](std::size_t) { return random() % 200'000; }), 8 << 20, 4);
    check(entries_of(50'000, [&](std::size_t) { return random() % 40'000; }), 64 << 10, 4);
}

TEST_F(KeySetTest, StreamsCanBeReadSideBySide) {
    const auto entries = entries_of(20'000, [](std::size_t i) { return i % 15'000; });
    const Expected expected(entries);
    KeySet keys(*disk_, options(kTiny));
    ASSERT_TRUE(keys.add(entries));
    ThreadPool pool(0);
    ASSERT_TRUE(keys.finish(pool));
    const auto first = keys.keys(false).value();
    const auto last = keys.keys(true).value();
    std::vector<KeyEntry> firsts;
    std::vector<KeyEntry> lasts;
    KeyEntry item;
    while (first->next(item).value()) {
        firsts.push_back(item);
        ASSERT_TRUE(last->next(item).value());
        lasts.push_back(item);
    }
    EXPECT_FALSE(first->next(item).value());
    EXPECT_FALSE(last->next(item).value());
    EXPECT_TRUE(same(firsts, expected.first));
    EXPECT_TRUE(same(lasts, expected.last));
}

// Every operation of the disk fails once: the caller hears of it, and nothing stays behind.
TEST_F(KeySetTest, ErrorsOfTheDiskSurface) {
    std::filesystem::create_directories(folder_);
    FaultDisk faulty(*disk_, folder_);
    for (const std::size_t distinct : {3U, 900U}) {
        const auto entries = entries_of(1'500, [&](std::size_t i) { return i % distinct; });
        const Expected expected(entries);
        const auto use = [&]() -> Status {
            KeySet keys(faulty, options(kTiny));
            for (std::size_t i = 0; i < entries.size(); i += 300) TRY(keys.add(std::span(entries).subspan(i, 300)));
            ThreadPool pool(0);
            TRY(keys.finish(pool));
            EXPECT_EQ(pairs_of(TRY(all_duplicates(keys))), pairs_of(expected.duplicates));
            EXPECT_TRUE(same(TRY(all_keys(keys, false)), expected.first));
            EXPECT_TRUE(same(TRY(all_keys(keys, true)), expected.last));
            return {};
        };
        auto surfacing = all_operations();
        surfacing.erase(DiskOperation::remove); // of what is no longer needed; the folder is removed whole at the end
        surfacing.erase(DiskOperation::remove_tree);
        std::uint64_t n = 1;
        for (;; ++n) {
            faulty.fail_at({.nth = n, .counted = surfacing, .code = FailureCode::disk_full, .half_write = true});
            const Status status = use();
            EXPECT_EQ(!status, faulty.fired()) << n;
            if (!status) {
                EXPECT_EQ(status.error().code, FailureCode::disk_full);
            }
            EXPECT_FALSE(spill_exists()) << n;
            if (!faulty.fired()) break;
        }
        EXPECT_GT(n, 10U);
    }
    faulty.heal();
}

TEST_F(KeySetTest, OnceBrokenItStaysSo) {
    std::filesystem::create_directories(folder_);
    FaultDisk faulty(*disk_, folder_);
    const auto entries = entries_of(5'000, [](std::size_t i) { return i; });
    KeySet keys(faulty, options(kTiny));
    faulty.fail_at({.counted = {DiskOperation::create}});
    EXPECT_FALSE(keys.add(entries));
    ThreadPool pool(0);
    EXPECT_FALSE(keys.finish(pool));
}

// --- digest_keys ---

class DigestKeys : public ::testing::Test {
protected:
    template <class T>
    static Column column(PhysicalType type, const std::vector<T>& values) {
        Column made;
        made.reset(type, values.size());
        std::ranges::copy(values, made.values<T>());
        return made;
    }
    static Column integers(const std::vector<std::int64_t>& values) { return column(PhysicalType::int64, values); }
    static Column texts(const std::vector<std::string_view>& values) {
        std::vector<TextRef> refs;
        for (const auto value : values) refs.push_back({value.data(), static_cast<std::uint32_t>(value.size())});
        return column(PhysicalType::text, refs);
    }
    static RecordBatch batch(std::vector<Column> columns) {
        RecordBatch made;
        made.rows = columns.front().present.size();
        made.columns = std::move(columns);
        made.rejected.assign(made.rows, false);
        return made;
    }
    static std::vector<KeyEntry> digests(const RecordBatch& from, std::vector<std::size_t> columns,
                                         std::uint64_t seed = 1) {
        std::vector<KeyEntry> out;
        digest_keys(from, columns, seed, out);
        return out;
    }
    static std::size_t distinct(const std::vector<KeyEntry>& entries) {
        std::set<KeyDigest> keys;
        for (const auto& item : entries) keys.insert(item.key);
        return keys.size();
    }
};

TEST_F(DigestKeys, LeavesOutRejectedRecordsAndMissingValues) {
    for (const std::size_t rows : {1U, 63U, 64U, 65U, 200U}) {
        std::vector<std::int64_t> values(rows);
        for (std::size_t i = 0; i < rows; ++i) values[i] = static_cast<std::int64_t>(i);
        auto some = batch({integers(values), integers(values), texts(std::vector<std::string_view>(rows, "x"))});
        some.ordinal = 3;
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < rows; ++i) {
            if (i % 5 == 1) {
                some.rejected.set(i);
                ++some.rejected_count;
            } else if (i % 7 == 2) {
                some.columns[1].present.reset(i);
            } else {
                kept.push_back(i);
            }
        }
        for (const auto& columns : std::vector<std::vector<std::size_t>>{{1}, {0, 1}, {1, 0}, {0, 1, 2}, {1, 2}}) {
            const auto found = digests(some, columns);
            ASSERT_EQ(found.size(), kept.size());
            for (std::size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(found[i].order, RecordOrder::of(3, kept[i]));
        }
        EXPECT_EQ(digests(some, {0}).size(), rows - some.rejected_count);
    }
}

TEST_F(DigestKeys, AppendsToWhatIsThere) {
    const auto some = batch({integers({1, 2})});
    std::vector<KeyEntry> out(1);
    const std::size_t columns[] = {0};
    digest_keys(some, columns, 1, out);
    EXPECT_EQ(out.size(), 3U);
}

TEST_F(DigestKeys, EqualKeysMeetAcrossBatches) {
    const auto a = batch({integers({1, 2, 3}), texts({"x", "y", "z"})});
    const auto b = batch({integers({3, 2, 1}), texts({"z", "y", "x"})});
    for (const auto& columns : std::vector<std::vector<std::size_t>>{{0}, {1}, {0, 1}, {0, 0}}) {
        const auto from_a = digests(a, columns);
        const auto from_b = digests(b, columns);
        for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(from_a[i].key, from_b[2 - i].key);
        EXPECT_EQ(distinct(from_a), 3U);
        EXPECT_NE(digests(a, columns, 2)[0].key, from_a[0].key); // another seed
    }
}

TEST_F(DigestKeys, ShortKeysAreOneToOne) {
    std::vector<std::int64_t> first;
    std::vector<std::int64_t> second;
    const std::int64_t edges[] = {
        0, -1, 1, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), 1LL << 32};
    for (std::int64_t i = -150; i < 150; ++i) {
        for (std::int64_t j = -150; j < 150; ++j) {
            first.push_back(i);
            second.push_back(j);
        }
    }
    for (const auto i : edges) {
        for (const auto j : edges) {
            if (std::abs(i / 2) < 75 && std::abs(j / 2) < 75) continue; // is above
            first.push_back(i);
            second.push_back(j);
        }
    }
    const auto grid = batch({integers(first), integers(second)});
    EXPECT_EQ(distinct(digests(grid, {0, 1})), first.size());
    EXPECT_EQ(distinct(digests(grid, {1, 0})), first.size());
}

TEST_F(DigestKeys, CountingKeysSpreadOverPartitions) {
    constexpr std::size_t kPartitions = 64;
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> users;
    std::vector<std::int64_t> movies;
    for (std::int64_t i = 0; i < 64'000; ++i) {
        rows.push_back(i);
        users.push_back(i / 100);
        movies.push_back(i % 100);
    }
    const auto some = batch({integers(rows), integers(users), integers(movies)});
    for (const auto& columns : std::vector<std::vector<std::size_t>>{{0}, {1, 2}, {2, 1}}) {
        std::vector<std::size_t> counts(kPartitions);
        for (const auto& item : digests(some, columns)) ++counts[item.key.high >> 58];
        EXPECT_GT(std::ranges::min(counts), 850U); // 1,000 on average, standard deviation 31
        EXPECT_LT(std::ranges::max(counts), 1'150U);
    }
}

TEST_F(DigestKeys, MinusZeroIsZero) {
    const auto some = batch({column<double>(PhysicalType::float64, {0.0, -0.0, 5e-324, -5e-324})});
    const auto found = digests(some, {0});
    EXPECT_EQ(found[0].key, found[1].key);
    EXPECT_EQ(distinct(found), 3U);
}

TEST_F(DigestKeys, TakesEveryType) {
    const auto some =
        batch({column<std::uint8_t>(PhysicalType::boolean, {0, 1}), integers({-1, 5}),
               column<double>(PhysicalType::float64, {-1.5, 2}), column<std::int32_t>(PhysicalType::date, {-1, 18'000}),
               column<std::int64_t>(PhysicalType::time, {0, 86'399'999'999}),
               column<std::int64_t>(PhysicalType::timestamp, {-1, 1}), texts({"", "a"})});
    for (std::size_t i = 0; i < some.columns.size(); ++i) {
        EXPECT_EQ(distinct(digests(some, {i})), 2U) << i;
        for (std::size_t j = 0; j < some.columns.size(); ++j)
            EXPECT_EQ(distinct(digests(some, {i, j})), 2U) << i << " " << j;
    }
    EXPECT_EQ(distinct(digests(some, {0, 1, 2, 3, 4, 5, 6})), 2U);
}

TEST_F(DigestKeys, TextsKeepTheirBounds) {
    const auto some = batch({texts({"ab", "a", "", "abc", "ab"}), texts({"c", "bc", "abc", "", "c"})});
    const auto found = digests(some, {0, 1});
    EXPECT_EQ(distinct(found), 4U);
    EXPECT_EQ(found[0].key, found[4].key);
    EXPECT_EQ(distinct(digests(batch({texts({"", std::string_view("\0", 1), std::string_view("\0\0", 2)})}), {0})), 3U);
}

} // namespace
} // namespace inlet
