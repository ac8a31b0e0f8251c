#include "base/trace_context.hpp"

#include <algorithm>
#include <random>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kLength = 55; // of version 00

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) { return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos; }

std::uint8_t byte_of(std::string_view digits) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    return static_cast<std::uint8_t>(digit(digits[0]) * 16 + digit(digits[1]));
}

} // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view traceparent) {
    if (traceparent.size() < kLength) return std::nullopt;
    const std::string_view version = traceparent.substr(0, 2);
    const std::string_view trace = traceparent.substr(3, 32);
    const std::string_view parent = traceparent.substr(36, 16);
    const std::string_view flags = traceparent.substr(53, 2);
    if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') return std::nullopt;
    if (!is_hex(version) || version == "ff" || !is_id(trace) || !is_id(parent) || !is_hex(flags)) return std::nullopt;
    // Later versions may say more, behind another dash.
    if (traceparent.size() > kLength && (version == "00" || traceparent[kLength] != '-')) return std::nullopt;
    return TraceContext{std::string(trace), std::string(parent), byte_of(flags)};
}

TraceContext TraceContext::child() const {
    static thread_local std::mt19937_64 numbers{std::random_device{}()}; // unique, not secret
    std::uint64_t id = 0;
    while (id == 0) id = numbers();
    return {trace_id, fmt::format("{:016x}", id), flags};
}

std::string to_string(const TraceContext& trace) {
    // Of the flags only those that version 00 knows are passed on: sampled, and (level 2) random.
    return fmt::format("00-{}-{}-{:02x}", trace.trace_id, trace.parent_id, trace.flags & 3U);
}

} // namespace inlet
