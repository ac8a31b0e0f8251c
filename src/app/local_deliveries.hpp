// Deliveries in the stores that this process opens. Floor 7; one thread.
#pragma once

#include <memory>

#include "app/deliveries.hpp"

namespace inlet {

class Session;

std::unique_ptr<Deliveries> make_local_deliveries(Session& session);

} // namespace inlet
