// Whether somebody knows the bytes for malware. Floor 3. Safe from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "records/byte_source.hpp"

namespace inlet {

// Of a scan that came to its end.
struct ScanResult {
    std::optional<std::string> found; // the name of what was recognised
    std::uint64_t bytes = 0;          // that were shown
};

class Scanner {
public:
    virtual ~Scanner() = default;

    // Shows all bytes to the scanner, in memory that does not grow with them. `go_on` is asked while it waits, at least
    // once a second; its error ends the scan. Errors: those two's; scanner-unavailable, also if the scanner does not
    // take all the bytes.
    virtual Result<ScanResult> scan(ByteSource& bytes, const std::function<Status()>& go_on) = 0;
    // Whether it answers. scanner-unavailable.
    virtual Status ask() = 0;
};

} // namespace inlet
