// The courier that speaks HTTP and SMTP, by libcurl. Floor 5; one thread, but for wake().
#pragma once

#include <memory>

#include "base/result.hpp"
#include "notify/courier.hpp"

namespace inlet {

// An attempt ends after 20 s (e-mail: 60 s); of an answer no more than 64 KiB is read. Proxies are taken from the
// environment (http_proxy, https_proxy, no_proxy), certificates of authorities from the system, or from the file that
// SSL_CERT_FILE names.
Result<std::unique_ptr<Courier>> make_curl_courier();

} // namespace inlet
