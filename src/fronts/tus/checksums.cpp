#include "fronts/tus/checksums.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include <boost/crc.hpp>
#include <fmt/format.h>

namespace inlet::tus {

namespace {

enum class Algorithm : std::uint8_t { sha1, sha256, crc32 };

std::optional<Algorithm> algorithm_of(std::string_view name) {
    if (name == "sha1") return Algorithm::sha1;
    if (name == "sha256") return Algorithm::sha256;
    if (name == "crc32") return Algorithm::crc32;
    return std::nullopt;
}

Result<Checksum> known_checksum(std::string_view text) {
    Checksum checksum = TRY(parse_checksum(text));
    if (!algorithm_of(checksum.algorithm)) {
        return fail(FailureCode::bad_argument, fmt::format("checksums by `{}` are not known here; these are: {}",
                                                           checksum.algorithm, kChecksumAlgorithms));
    }
    return checksum;
}

class Hash {
public:
    explicit Hash(const EVP_MD* kind) : context_(EVP_MD_CTX_new()) {
        CHECK(context_ != nullptr && EVP_DigestInit_ex(context_, kind, nullptr) == 1);
    }
    ~Hash() { EVP_MD_CTX_free(context_); }
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;

    void update(std::span<const char> bytes) { CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1); }
    std::string finish() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
        unsigned size = 0;
        CHECK(EVP_DigestFinal_ex(context_, hash.data(), &size) == 1);
        return {hash.begin(), hash.begin() + size};
    }

private:
    EVP_MD_CTX* context_;
};

bool announces_trailer(const http::Request& request) {
    const std::string* names = request.headers.find("Trailer");
    if (names == nullptr) return false;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    static constexpr std::string_view kName = "upload-checksum";
    return !std::ranges::search(*names, kName, {}, lower).empty();
}

} // namespace

// Of a trailer's algorithm nothing is known before the end, so that all are computed.
class CheckedBody::Digests {
public:
    explicit Digests(std::optional<Algorithm> only) : only_(only) {}

    void update(std::span<const char> bytes) {
        if (wants(Algorithm::sha1)) sha1_.update(bytes);
        if (wants(Algorithm::sha256)) sha256_.update(bytes);
        if (wants(Algorithm::crc32)) crc32_.process_bytes(bytes.data(), bytes.size());
    }

    std::string finish(Algorithm algorithm) {
        if (algorithm == Algorithm::sha1) return sha1_.finish();
        if (algorithm == Algorithm::sha256) return sha256_.finish();
        const std::uint32_t sum = crc32_.checksum();
        std::string bytes;
        for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(sum >> shift & 0xFFU);
        return bytes;
    }

private:
    bool wants(Algorithm algorithm) const { return !only_ || *only_ == algorithm; }

    std::optional<Algorithm> only_;
    Hash sha1_{EVP_sha1()};
    Hash sha256_{EVP_sha256()};
    boost::crc_32_type crc32_;
};

CheckedBody::CheckedBody(http::Body& body, bool checked, std::optional<Checksum> expected)
    : body_(body), checked_(checked), expected_(std::move(expected)) {
    if (checked_) digests_ = std::make_unique<Digests>(expected_ ? algorithm_of(expected_->algorithm) : std::nullopt);
}
CheckedBody::~CheckedBody() = default;

Result<std::unique_ptr<CheckedBody>> CheckedBody::open(const http::Request& request, http::Body& body) {
    std::optional<Checksum> expected;
    if (const std::string* header = request.headers.find("Upload-Checksum")) expected = TRY(known_checksum(*header));
    const bool checked = expected || announces_trailer(request);
    return std::unique_ptr<CheckedBody>(new CheckedBody(body, checked, std::move(expected)));
}

Result<std::size_t> CheckedBody::read(std::span<char> room) {
    const std::size_t count = TRY(body_.read(room));
    if (digests_) digests_->update(room.first(count));
    return count;
}

Status CheckedBody::verify() {
    CHECK(digests_ != nullptr);
    if (!expected_) {
        const http::Headers trailers = body_.trailers();
        const std::string* trailer = trailers.find("Upload-Checksum");
        if (trailer == nullptr)
            return fail(FailureCode::bad_argument, "the trailer Upload-Checksum was announced and did not come");
        expected_ = TRY(known_checksum(*trailer));
    }
    if (digests_->finish(algorithm_of(expected_->algorithm).value()) == expected_->bytes) return {};
    return fail(FailureCode::upload_checksum_mismatch,
                fmt::format("the bytes have another {} than the request says", expected_->algorithm));
}

} // namespace inlet::tus
