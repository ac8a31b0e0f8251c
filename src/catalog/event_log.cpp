#include "catalog/event_log.hpp"

#include <algorithm>

namespace inlet {

bool EventFilter::lets_through(const LoggedEvent& event) const {
    if (submission && event.event.submission != submission) return false;
    if (!types.empty() && std::ranges::find(types, event.event.type) == types.end()) return false;
    return dataset.empty() || event.target == dataset ||
           std::ranges::find(event.datasets, dataset) != event.datasets.end();
}

} // namespace inlet
