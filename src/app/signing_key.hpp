// The key that signed addresses are made with, in a file of the data folder. Floor 7; one thread.
#pragma once

#include <string>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace inlet {

// The key in `signing.key` of the folder, made if there is none. Who removes the file takes back all signed addresses
// at the next start. Errors: the disk's, internal.
Result<std::string> signing_key(Disk& disk, const std::string& data_folder);

} // namespace inlet
