#include "http/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace inlet::http {

namespace {

struct Algorithm {
    std::string_view name;
    const EVP_MD* (*md)();
    std::size_t bytes;
};
constexpr std::array<Algorithm, 2> kAlgorithms{{{"sha-512", EVP_sha512, 64}, {"sha-256", EVP_sha256, 32}}};

struct ContextDeleter {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// A digest that is being made, and what it should be.
class Expected {
public:
    Expected(const Algorithm& algorithm, std::string digest)
        : algorithm_(algorithm), digest_(std::move(digest)), context_(EVP_MD_CTX_new()) {
        CHECK(context_ && EVP_DigestInit_ex(context_.get(), algorithm.md(), nullptr) == 1);
    }
    void add(std::span<const char> bytes) { CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }
    Status finish() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
        unsigned size = 0;
        CHECK(EVP_DigestFinal_ex(context_.get(), made.data(), &size) == 1);
        if (std::string_view(reinterpret_cast<const char*>(made.data()), size) == digest_) return {};
        return fail(FailureCode::checksum_mismatch,
                    fmt::format("the body has another {} digest than the request's header says", algorithm_.name));
    }

private:
    const Algorithm& algorithm_;
    const std::string digest_;
    std::unique_ptr<EVP_MD_CTX, ContextDeleter> context_;
};

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0 || text.empty()) return std::nullopt;
    std::string out(text.size() / 4 * 3, '\0');
    const int count =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (count < 0) return std::nullopt;
    const auto padding = static_cast<std::size_t>(std::ranges::count(text.substr(text.size() - 2), '='));
    out.resize(static_cast<std::size_t>(count) - padding);
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

// A dictionary of byte sequences (RFC 8941, sections 3.2 and 3.3.5): `sha-256=:base64:, ...`.
Status read_field(std::string_view name, std::string_view text, std::vector<Expected>& expected) {
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view one = trimmed(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        const std::size_t equals = std::min(one.find('='), one.size());
        const auto algorithm = std::ranges::find(kAlgorithms, one.substr(0, equals), &Algorithm::name);
        if (algorithm == kAlgorithms.end()) continue;
        std::string_view value = one.substr(std::min(equals + 1, one.size()));
        std::optional<std::string> digest;
        if (value.size() > 2 && value.front() == ':' && value.back() == ':')
            digest = from_base64(value.substr(1, value.size() - 2));
        if (!digest || digest->size() != algorithm->bytes)
            return fail(FailureCode::bad_argument, fmt::format("`{}: {}` is no digest", name, one));
        expected.emplace_back(*algorithm, *std::move(digest));
    }
    return {};
}

// Nothing in this program changes a body on its way, so that both headers speak of the same bytes.
Result<std::vector<Expected>> read_headers(const Headers& headers) {
    std::vector<Expected> expected;
    for (const char* name : {"Content-Digest", "Repr-Digest"}) {
        if (const std::string* text = headers.find(name)) TRY(read_field(name, *text, expected));
    }
    return expected;
}

class CheckedBody final : public ByteSource {
public:
    CheckedBody(ByteSource& inner, std::vector<Expected> expected) : inner_(inner), expected_(std::move(expected)) {}

    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = TRY(inner_.read(room));
        for (Expected& one : expected_) {
            if (count > 0) {
                one.add(room.first(count));
            } else if (!ended_) {
                TRY(one.finish());
            }
        }
        ended_ = count == 0;
        return count;
    }

private:
    ByteSource& inner_;
    std::vector<Expected> expected_;
    bool ended_ = false;
};

} // namespace

Result<std::unique_ptr<ByteSource>> check_digest(const Headers& headers, ByteSource& body) {
    auto expected = TRY(read_headers(headers));
    if (expected.empty()) return nullptr;
    return std::make_unique<CheckedBody>(body, std::move(expected));
}

Status check_digest(const Headers& headers, std::string_view body) {
    for (Expected& one : TRY(read_headers(headers))) {
        one.add(body);
        TRY(one.finish());
    }
    return {};
}

} // namespace inlet::http
