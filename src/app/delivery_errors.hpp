// The errors of a delivery as they were kept, folded for a person. Floor 7.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/deliveries.hpp"

namespace inlet {

// "rows 17, 40-52 and 3 more: ..." of a part, from the first thousand errors and the complete counts. What was kept and
// is gone, or cannot be read, leaves the counts alone.
std::vector<std::string> folded_errors(Deliveries& deliveries, const SubmissionRecord& record, std::size_t part);

} // namespace inlet
