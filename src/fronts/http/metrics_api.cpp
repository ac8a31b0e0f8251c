// Figures for whoever watches the server, in the form that they ask for.
#include "fronts/http/api.hpp"

namespace inlet::http {

namespace {

// OpenMetrics to those who name it; who asks for nothing, or for anything, reads the older form.
MetricForm form_of(const Request& request) {
    const std::string* accept = request.headers.find("Accept");
    const bool named = accept != nullptr && accept->find("application/openmetrics-text") != std::string::npos;
    return named ? MetricForm::openmetrics : MetricForm::prometheus;
}

} // namespace

void add_metrics_api(Router& router, const Metrics& metrics, std::function<bool(const Request&)> open_to) {
    router.add({.path = "/metrics",
                .id = "getMetrics",
                .summary = "Figures about the running server, as Prometheus reads them. Nobody needs a key who asks "
                           "from an address that the configuration names: unless it says otherwise, the same machine",
                .answers = {{200, "in the text format of Prometheus", "text/plain"},
                            {200, "as OpenMetrics, where Accept names it", "application/openmetrics-text"}},
                .needs = Needs::admin,
                .open_to = std::move(open_to),
                .handler = [&metrics](const Request& request, ByteSource&) -> Result<Response> {
                    const MetricForm form = form_of(request);
                    Response response;
                    response.headers.add("Content-Type", std::string(content_type(form)));
                    response.headers.add("Cache-Control", "no-store");
                    response.body = metrics.text(form);
                    return response;
                }});
}

} // namespace inlet::http
