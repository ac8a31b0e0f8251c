// The checksum extension of tus 1.0.0: holds the bytes of one request against what its header, or its trailer, says.
// Floor 6; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "fronts/tus/upload_headers.hpp"
#include "http/body.hpp"

namespace inlet::tus {

// In the order of preference. crc32 is that of ISO 3309, its most significant byte first.
inline constexpr std::string_view kChecksumAlgorithms = "sha1,sha256,crc32";

class CheckedBody final : public ByteSource {
public:
    // Borrows the body. Whether there is a checksum to be held against; a trailer counts if `Trailer` announced it.
    // Error: bad-argument.
    static Result<std::unique_ptr<CheckedBody>> open(const http::Request& request, http::Body& body);
    ~CheckedBody() override;

    bool is_checked() const { return checked_; }
    Result<std::size_t> read(std::span<char> room) override;
    // Once all is read. Errors: upload-checksum-mismatch; bad-argument (the trailer is not there, or wrong).
    Status verify();

private:
    class Digests;
    CheckedBody(http::Body& body, bool checked, std::optional<Checksum> expected);

    http::Body& body_;
    const bool checked_;
    std::optional<Checksum> expected_; // nothing: the trailer will say
    std::unique_ptr<Digests> digests_;
};

} // namespace inlet::tus
