// How a webhook shows where it comes from: Standard Webhooks
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), symmetric signatures.
// Floor 5; pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inlet {

// The value of `webhook-signature`: "v1," and the base64 of the HMAC-SHA256 of "ID.TIMESTAMP.BODY" for each key,
// separated by spaces. `timestamp` is in seconds since 1970.
std::string webhook_signature(std::string_view id, std::int64_t timestamp, std::string_view body,
                              const std::vector<std::string>& keys);

} // namespace inlet
