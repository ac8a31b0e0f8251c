// What `inlet simulate` prints. Floor 7; one thread.
#pragma once

#include "app/console.hpp"
#include "base/result.hpp"
#include "simulate/play.hpp"

namespace inlet {

Status print_report(Console& console, const simulate::PlaySettings& settings, const simulate::PlayReport& report);
Status print_reconciliation(Console& console, const simulate::Reconciliation& found);

} // namespace inlet
