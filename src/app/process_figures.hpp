// What the system says of this process, under the names that clients of Prometheus use for it
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics). Floor 7; any thread.
#pragma once

#include "base/metric_text.hpp"

namespace inlet {

// What cannot be found out is left out.
void write_process_figures(MetricText& text);

} // namespace inlet
