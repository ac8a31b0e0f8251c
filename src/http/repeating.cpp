#include "http/repeating.hpp"

#include <openssl/evp.h>

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/sha256.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kKeyMost = 255;
constexpr std::size_t kReadBytes = 64 << 10;

bool is_part_of_the_request(std::string_view name) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto begins_with = [&](std::string_view start) {
        if (name.size() < start.size()) return false;
        for (std::size_t i = 0; i < start.size(); ++i) {
            if (lower(name[i]) != start[i]) return false;
        }
        return true;
    };
    return begins_with("upload-") || (name.size() == 12 && begins_with("content-type"));
}

std::string whole(const std::string& head_sha256, std::string_view body_sha256) {
    return sha256_hex(fmt::format("{}\n{}", head_sha256, body_sha256));
}

// With the hash of all but the body. The header is a string as in RFC 8941, or the plain key.
Result<std::optional<RequestKey>> head_key(const Request& request) {
    const std::string* header = request.headers.find("Idempotency-Key");
    if (header == nullptr) return std::nullopt;
    std::string_view text = *header;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (text.empty() || text.size() > kKeyMost) {
        return fail(FailureCode::bad_argument,
                    fmt::format("an Idempotency-Key has 1 to {} characters, and this has {}", kKeyMost, text.size()));
    }
    std::string head = fmt::format("{} {}\n", to_string(request.method), request.target_text);
    for (const auto& [name, value] : request.headers.all()) {
        if (is_part_of_the_request(name)) head += fmt::format("{}: {}\n", name, value);
    }
    return RequestKey{.principal = request.principal.id.empty() ? request.principal.name : request.principal.id,
                      .key = std::string(text),
                      .sha256 = sha256_hex(head)};
}

} // namespace

Result<std::optional<RequestKey>> request_key(const Request& request, std::string_view body) {
    std::optional<RequestKey> key = TRY(head_key(request));
    if (key) key->sha256 = whole(key->sha256, sha256_hex(body));
    return key;
}

StoredAnswer kept_answer(const Response& response) {
    StoredAnswer answer{.status = response.status,
                        .location =
                            response.submission == 0 ? "" : submission_address(SubmissionId(response.submission)),
                        .body = response.kept_body.value_or(response.body),
                        .headers = response.headers.all()};
    if (const std::string* location = response.headers.find("Location")) answer.location = *location;
    return answer;
}

Response replayed_answer(const StoredAnswer& answer) {
    Response response;
    response.status = answer.status;
    response.replayed = true;
    for (const auto& [name, value] : answer.headers) response.headers.add(name, value);
    if (answer.headers.empty()) {
        response.headers.add("Content-Type", answer.status < 400 ? "application/json" : "application/problem+json");
        if (!answer.location.empty()) response.headers.add("Location", answer.location);
    }
    response.headers.add("Idempotency-Replayed", "true");
    response.body = answer.body;
    return response;
}

class Repeat::Digest {
public:
    Digest() : context_(EVP_MD_CTX_new()) {
        CHECK(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
    }
    ~Digest() { EVP_MD_CTX_free(context_); }
    Digest(const Digest&) = delete;
    Digest& operator=(const Digest&) = delete;

    void update(std::span<const char> bytes) { CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1); }
    std::string finish() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
        unsigned size = 0;
        CHECK(EVP_DigestFinal_ex(context_, hash.data(), &size) == 1);
        return fmt::format("{:02x}", fmt::join(hash.begin(), hash.begin() + size, ""));
    }

private:
    EVP_MD_CTX* context_;
};

Repeat::Repeat(Body& body, RequestKey head) : body_(body), key_(std::move(head)), digest_(std::make_unique<Digest>()) {}
Repeat::~Repeat() = default;

Result<std::size_t> Repeat::read(std::span<char> room) {
    const std::size_t count = TRY(body_.read(room));
    if (digest_) digest_->update(room.first(count));
    return count;
}

Result<RequestKey> Repeat::request() {
    if (digest_) {
        std::vector<char> room(kReadBytes);
        while (TRY(read(room)) != 0) continue;
        key_.sha256 = whole(key_.sha256, digest_->finish());
        digest_.reset();
    }
    return key_;
}

Result<Response> call_once(Requests& requests, const Route& route, Request& request, Body& body) {
    std::optional<RequestKey> key = TRY(head_key(request));
    if (!key) return route.handler(request, body);
    const auto earlier = TRY(requests.begin(*key));
    Repeat repeat(body, *key);
    if (earlier) {
        if (TRY(repeat.request()).sha256 == earlier->sha256) return replayed_answer(earlier->answer);
        return fail(FailureCode::idempotency_key_reused,
                    fmt::format("the Idempotency-Key `{}` came before with another request", key->key));
    }
    request.repeat = &repeat;
    auto answered = route.handler(request, repeat);
    request.repeat = nullptr;
    const bool done = answered && !answered->failed && answered->status < 400;
    const auto whole_key = done ? repeat.request() : Result<RequestKey>(*key);
    if (done && whole_key) {
        TRY(requests.finish({*whole_key, kept_answer(*answered)}));
    } else {
        (void)requests.abandon(*key); // if that fails too, the next start does it
    }
    return answered;
}

} // namespace inlet::http
