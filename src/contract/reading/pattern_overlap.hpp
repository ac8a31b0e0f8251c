// Whether two file name patterns could match the same name. Floor 1, inside contract/; pure.
#pragma once

#include <string_view>

namespace inlet::reading {

// Patterns as name_matches() reads them.
bool patterns_overlap(std::string_view one, std::string_view two);

} // namespace inlet::reading
