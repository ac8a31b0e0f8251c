#include "http/message.hpp"

#include <algorithm>
#include <array>

#include "base/json_writer.hpp"

namespace inlet::http {

namespace {

constexpr std::array<std::string_view, 7> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Result<std::string> decode(std::string_view text, bool form) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && form) {
            out += ' ';
            continue;
        }
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        const int byte = high < 0 || low < 0 ? -1 : high * 16 + low;
        if (byte <= 0) return fail(FailureCode::bad_argument, "the address has a % that two hex digits do not follow");
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

} // namespace

std::string_view to_string(Method method) { return kMethods[static_cast<std::size_t>(method)]; }

std::optional<Method> method_from(std::string_view name) {
    const auto* found = std::ranges::find(kMethods, name);
    if (found == kMethods.end()) return std::nullopt;
    return static_cast<Method>(found - kMethods.begin());
}

const std::string* Headers::find(std::string_view name) const {
    for (const auto& [other, value] : all_) {
        if (std::ranges::equal(other, name, {}, lower, lower)) return &value;
    }
    return nullptr;
}

std::vector<const std::string*> Headers::find_all(std::string_view name) const {
    std::vector<const std::string*> found;
    for (const auto& [other, value] : all_) {
        if (std::ranges::equal(other, name, {}, lower, lower)) found.push_back(&value);
    }
    return found;
}

Result<Target> Target::parse(std::string_view text) {
    if (!text.starts_with('/')) return fail(FailureCode::bad_argument, "the address must begin with /");
    Target target;
    const std::size_t question = std::min(text.find('?'), text.size());
    std::string_view path = text.substr(1, question - 1);
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        target.segments.push_back(TRY(decode(path.substr(0, end), false)));
        path.remove_prefix(end);
        if (path.empty()) break;
        path.remove_prefix(1);
        if (path.empty()) target.segments.emplace_back(); // ends with a slash
    }
    std::string_view rest = text.substr(std::min(question + 1, text.size()));
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, std::min(rest.find('&'), rest.size()));
        rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        std::string name = TRY(decode(pair.substr(0, equals), true));
        std::string value = TRY(decode(pair.substr(std::min(equals + 1, pair.size())), true));
        target.parameters.emplace_back(std::move(name), std::move(value));
    }
    return target;
}

const std::string* Request::parameter(std::string_view name) const {
    for (const auto& [other, value] : target.parameters) {
        if (other == name) return &value;
    }
    return nullptr;
}

Response json_response(unsigned status, std::string json) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(json);
    response.body += '\n';
    return response;
}

Response problem(const Error& error) {
    const FailureInfo& info = failure_info(error.code);
    Response response;
    JsonWriter json;
    json.begin_object();
    json.member("type", "about:blank").member("title", info.meaning).member("status", info.http_status);
    json.member("code", info.code).member("detail", error.message).member("what_to_do", info.what_to_do);
    for (const auto& [name, value] : error.context) {
        json.member(name, value);
        if (name == "retry_after") response.headers.add("Retry-After", value); // RFC 9110, section 10.2.3; seconds
    }
    json.end_object();
    response.status = static_cast<unsigned>(info.http_status);
    response.failed = true;
    response.failure = error.code;
    response.headers.add("Content-Type", "application/problem+json");
    response.body = json.take() + '\n';
    return response;
}

} // namespace inlet::http
