// How a credential travels in a request, and how a call goes into the audit log.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kBasicMax = 4096; // base64 digits of user and password

// The word before the first space, case aside (RFC 9110, section 11.1), and what follows.
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ') return std::nullopt;
    if (!std::ranges::equal(value.substr(0, scheme.size()), scheme, {}, lower, lower)) return std::nullopt;
    value.remove_prefix(scheme.size());
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
}

// RFC 4648, section 4.
std::optional<std::string> decode_base64(std::string_view text) {
    if (text.empty() || text.size() > kBasicMax || text.size() % 4 != 0) return std::nullopt;
    std::string out(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    const auto padding = static_cast<std::size_t>(text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0);
    out.resize(static_cast<std::size_t>(size) - padding);
    return out;
}

SubmissionId submission_in_path(const Route& route, const Request& request) {
    const auto id = request.values.find("id");
    if (id == request.values.end() || !route.path.starts_with("/v1/submissions/")) return {};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(id->second.data(), id->second.data() + id->second.size(), number);
    return error == std::errc() && end == id->second.data() + id->second.size() ? SubmissionId(number) : SubmissionId();
}

} // namespace

Status authenticate(Authenticator& authenticator, Request& request) {
    Credential credential;
    std::optional<std::string> pair; // outlives the credential that looks into it
    if (const std::string* key = request.headers.find("X-API-Key")) credential = KeyCredential{*key};
    if (const std::string* authorization = request.headers.find("Authorization")) {
        credential = BrokenCredential{};
        if (const auto key = after_scheme(*authorization, "Bearer")) {
            credential = KeyCredential{*key};
        } else if (const auto basic = after_scheme(*authorization, "Basic")) {
            pair = decode_base64(*basic);
            const std::size_t colon = pair ? pair->find(':') : std::string::npos;
            if (colon != std::string::npos) {
                const std::string_view text(*pair);
                credential = PasswordCredential{text.substr(0, colon), text.substr(colon + 1)};
            }
        }
    }
    request.principal = TRY(authenticator.who(credential, request.peer));
    return {};
}

Result<AuditHead> write_down(AuditLog& audit, const Route& route, const Request& request, const Response& response) {
    AuditEntry entry;
    entry.by = request.principal.name;
    entry.by_id = request.principal.id.empty() ? std::string(to_string(request.principal.kind)) : request.principal.id;
    entry.address = request.peer;
    entry.action = route.action;
    entry.object = response.object;
    if (entry.object.empty()) {
        for (const char* name : {"dataset", "package", "id"}) {
            const auto value = request.values.find(name);
            if (value == request.values.end() || (route.path.starts_with("/v1/submissions/"))) continue;
            entry.object = value->second;
            break;
        }
    }
    entry.submission = submission_in_path(route, request);
    if (!entry.submission) {
        entry.submission = SubmissionId(response.submission);
    } else if (response.submission != 0 && response.submission != entry.submission.value) {
        entry.detail = fmt::format(R"({{"made":{}}})", response.submission);
    }
    entry.outcome = response.failed ? failure_info(response.failure).code : "done";
    return audit.append(std::move(entry));
}

} // namespace inlet::http
