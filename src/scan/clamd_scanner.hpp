// ClamAV's clamd, asked over its socket (clamd(8): PING, INSTREAM). Floor 3.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "scan/scanner.hpp"

namespace inlet {

struct ClamdAddress {
    std::string path; // of a Unix socket; then there is no host
    std::string host; // an IP address
    std::uint16_t port = 0;
};

// `time_out`: without clamd taking bytes or answering. Bytes go in chunks of 64 KiB. file-too-large: clamd takes no
// more than its StreamMaxLength.
std::unique_ptr<Scanner> make_clamd_scanner(ClamdAddress address, std::chrono::seconds time_out);

} // namespace inlet
