// Not a test: how long a KeySet takes for many keys. Usage: key_set_bench [entries] [threads] [distinct | equal | few |
// tenth] Built by hand: g++ -std=gnu++23 -O3 ... src/records/key_*.cpp src/base/*.cpp
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <sys/resource.h>

#include "records/key_set.hpp"

using namespace inlet;

namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class T>
T must(Result<T> result) {
    if (result) return std::move(*result);
    std::fprintf(stderr, "%s\n", to_string(result.error()).c_str());
    std::exit(1);
}
void must(const Status& status) {
    if (status) return;
    std::fprintf(stderr, "%s\n", to_string(status.error()).c_str());
    std::exit(1);
}

long peak_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t entries = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 26'024'289;
    const std::size_t threads = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2;
    const std::string_view shape = argc > 3 ? argv[3] : "distinct";
    constexpr std::size_t kRows = 50'000;

    const auto disk = make_posix_disk();
    const std::string folder = temporary_name(std::filesystem::temp_directory_path().string(), "inlet-key-set-bench");
    ThreadPool pool(threads - 1); // the caller works too
    {
        KeySet keys(*disk, {.spill_folder = folder});
        std::atomic<std::uint64_t> next{0};
        const double begin = seconds();
        std::atomic<double> digesting{0};
        pool.parallel(threads, [&](std::size_t) {
            const std::size_t columns[] = {0, 1};
            RecordBatch batch;
            batch.columns.resize(2);
            std::vector<KeyEntry> digests;
            double spent = 0;
            for (;;) {
                batch.ordinal = next++;
                const std::size_t first = batch.ordinal * kRows;
                if (first >= entries) break;
                batch.rows = std::min(kRows, entries - first);
                for (auto& column : batch.columns) column.reset(PhysicalType::int64, batch.rows);
                batch.rejected.assign(batch.rows, false);
                for (std::size_t i = 0; i < batch.rows; ++i) {
                    std::size_t row = first + i;
                    if (shape == "equal") row = 0;
                    if (shape == "few") row %= 100;
                    if (shape == "tenth" && row % 10 == 0) row = row / 2;
                    batch.columns[0].values<std::int64_t>()[i] = static_cast<std::int64_t>(row / 96 + 1);
                    batch.columns[1].values<std::int64_t>()[i] = static_cast<std::int64_t>(row * 7919 % 176'275);
                }
                const double before = seconds();
                digests.clear();
                digest_keys(batch, columns, 42, digests);
                spent += seconds() - before;
                must(keys.add(digests));
            }
            digesting = digesting + spent;
        });
        const double added = seconds();
        long peaks[3] = {peak_mib(), 0, 0};
        must(keys.finish(pool));
        const double finished = seconds();
        peaks[1] = peak_mib();
        const auto duplicates = must(keys.duplicates());
        KeyDuplicate duplicate;
        std::uint64_t count = 0;
        while (must(duplicates->next(duplicate))) ++count;
        const double listed = seconds();
        peaks[2] = peak_mib();
        const auto stream = must(keys.keys(true));
        KeyEntry entry;
        std::uint64_t distinct = 0;
        while (must(stream->next(entry))) ++distinct;
        const double streamed = seconds();
        std::printf("%zu entries, %s, %zu threads: add %.2f s (digests %.2f s of thread time), finish %.2f s, %llu "
                    "duplicates in %.2f s, "
                    "%llu keys in %.2f s; peak %ld, %ld, %ld, %ld MiB\n",
                    entries, shape.data(), threads, added - begin, digesting.load(), finished - added,
                    static_cast<unsigned long long>(count), listed - finished,
                    static_cast<unsigned long long>(distinct), streamed - listed, peaks[0], peaks[1], peaks[2],
                    peak_mib());
    }
    return 0;
}
