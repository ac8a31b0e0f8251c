// Whether a part with broken records may go on. Floor 5; plain functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "contract/project.hpp"

namespace inlet {

enum class RejectVerdict : std::uint8_t { pass, hold, reject };

// `approved`: a person agreed to publish the rest; that helps where the policy holds, not beyond its limits.
RejectVerdict judge_rejects(const RejectPolicy& policy, std::uint64_t rows, std::uint64_t rejected, bool approved);

// too-many-rejects, in words for `part` (a file's name).
Error too_many_rejects(const RejectPolicy& policy, const std::string& part, std::uint64_t rows, std::uint64_t rejected);

} // namespace inlet
