#include "app/server_log.hpp"

#include <algorithm>
#include <string>

#include "base/trace_context.hpp"

namespace inlet {

namespace {

// Without the parameters, which may hold what lets somebody in.
std::string_view path_of(const http::Request& request) {
    return std::string_view(request.target_text).substr(0, request.target_text.find('?'));
}

LogLevel level_of(unsigned status) {
    return status >= 500 ? LogLevel::error : status >= 400 ? LogLevel::warning : LogLevel::info;
}

LogLevel level_of(const SubmissionRecord& record, std::string_view what) {
    if (what == "failed") return LogLevel::error;
    if (what == "rejected" || what == "held") return LogLevel::warning;
    // Its request has a line of its own, and its batch.
    return record.kind == SubmissionKind::records ? LogLevel::debug : LogLevel::info;
}

} // namespace

void ServerLog::use(const LogConfig& config) {
    const LogFormat format = config.format.value_or(to_terminal_ ? LogFormat::text : LogFormat::json);
    log_.set(format, quiet_ ? std::max(config.level, LogLevel::warning) : config.level);
    access_ = config.access;
}

void ServerLog::served(const http::Served& served) {
    const LogLevel level = level_of(served.status);
    if (!log_.takes(level) || (level == LogLevel::info && !access_)) return;
    LogLine line(level, "request");
    if (const http::Request* request = served.request) {
        line.with("request_id", request->id);
        if (request->trace) line.with("trace_id", request->trace->trace_id).with("span_id", request->trace->parent_id);
        line.with("method", to_string(request->method)).with("path", path_of(*request));
        line.with_any("peer", request->peer).with_any("by", request->principal.name);
        const auto dataset = request->values.find("dataset");
        if (dataset != request->values.end()) line.with("dataset", dataset->second);
    }
    line.with("status", served.status);
    if (served.failure) line.with("code", failure_info(*served.failure).code);
    line.with_any("submission", served.submission).with("seconds", served.seconds);
    line.with("received_bytes", served.bytes_received).with("sent_bytes", served.bytes_sent);
    log_.write(line);
}

void ServerLog::step(const SubmissionRecord& record, std::string_view what) {
    const LogLevel level = level_of(record, what);
    if (!log_.takes(level)) return;
    LogLine line(level, "submission " + std::string(what));
    line.with("submission", record.id.value).with("kind", to_string(record.kind));
    line.with_any(record.target_is_package ? "package" : "dataset", record.target).with_any("by", record.by);
    if (const auto trace = TraceContext::parse(record.trace)) line.with("trace_id", trace->trace_id);
    line.with_any("code", record.reason_code).with_any("version", record.version.value);
    line.with_any("bytes", record.raw_bytes);
    if (is_end(record.state) && !record.parts.empty()) {
        std::uint64_t accepted = 0;
        std::uint64_t rejected = 0;
        for (const PartRecord& part : record.parts) {
            accepted += part.accepted;
            rejected += part.rejected;
        }
        line.with("accepted", accepted).with("rejected", rejected);
    }
    log_.write(line);
}

void ServerLog::batch(std::uint64_t submissions, std::chrono::duration<double> time) {
    log_.write(
        LogLine(LogLevel::info, "records worked off").with("submissions", submissions).with("seconds", time.count()));
}

void ServerLog::pickup(std::string_view what, const PickupRecord& pickup) {
    LogLine line(LogLevel::info, "file " + std::string(what));
    line.with("folder", pickup.folder).with("file", pickup.name).with("by", pickup.provider);
    line.with("submission", pickup.submission.value);
    if (pickup.duplicate) line.with("duplicate", true);
    log_.write(line);
}

void ServerLog::error(const Error& error) {
    const bool of_system = failure_info(error.code).kind == FailureKind::system;
    log_.write(LogLine(of_system ? LogLevel::error : LogLevel::warning, error.message).with(error));
}

} // namespace inlet
