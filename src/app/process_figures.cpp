#include "app/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace inlet {

namespace {

// proc(5): what follows the program's name in /proc/self/stat, which may hold blanks and brackets itself.
constexpr std::size_t kUserTime = 11; // in ticks; field 14
constexpr std::size_t kSystemTime = 12;
constexpr std::size_t kThreads = 17;
constexpr std::size_t kStartTime = 19; // in ticks since the system's start
constexpr std::size_t kVirtualBytes = 20;
constexpr std::size_t kResidentPages = 21;

std::vector<double> stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream rest(line.substr(name_end + 1));
    std::string state;
    rest >> state;
    std::vector<double> fields{0}; // in its place
    std::copy(std::istream_iterator<double>(rest), {}, std::back_inserter(fields));
    return fields;
}

double seconds(clockid_t clock) {
    timespec now{};
    (void)::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::optional<std::uint64_t> open_descriptors() {
    std::error_code error;
    const std::filesystem::directory_iterator entries("/proc/self/fd", error);
    if (error) return std::nullopt;
    return static_cast<std::uint64_t>(std::distance(begin(entries), end(entries)));
}

} // namespace

void write_process_figures(MetricText& text) {
    const std::vector<double> fields = stat_fields();
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (fields.size() > kResidentPages) {
        text.single({"process_cpu_seconds_total", "Processor time used, in seconds"}, MetricType::counter,
                    (fields[kUserTime] + fields[kSystemTime]) / ticks);
        text.single({"process_threads", "Threads"}, MetricType::gauge, fields[kThreads]);
        text.single({"process_virtual_memory_bytes", "Virtual memory"}, MetricType::gauge, fields[kVirtualBytes]);
        text.single({"process_resident_memory_bytes", "Memory that is resident"}, MetricType::gauge,
                    fields[kResidentPages] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
        // Not out of /proc/stat, which a sandbox may hide.
        const double since = seconds(CLOCK_BOOTTIME) - fields[kStartTime] / ticks;
        text.single({"process_start_time_seconds", "When it was started, in seconds since 1970"}, MetricType::gauge,
                    seconds(CLOCK_REALTIME) - since);
    }
    if (const auto open = open_descriptors())
        text.single({"process_open_fds", "Open file descriptors"}, MetricType::gauge, *open);
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        text.single({"process_max_fds", "File descriptors it may have open"}, MetricType::gauge,
                    std::uint64_t{limit.rlim_cur});
}

} // namespace inlet
