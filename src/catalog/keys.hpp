// Keys that somebody may show, as the catalog keeps them: of a secret only its hash. Floor 3. Safe from many threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace inlet {

struct KeyRecord {
    std::string id;     // public: part of the key's text
    std::string name;   // whose it is, in words
    std::string sha256; // of the secret; 64 lower-case hex digits
    std::vector<std::string> roles;
    std::vector<std::string> datasets; // patterns: the roles hold for these alone; empty: for all they name
    Timestamp created_at = 0;          // given by the catalog
    Timestamp expires_at = 0;          // 0: never
    Timestamp revoked_at = 0;          // 0: it was not
    std::string old_sha256;            // of the secret before the last rotation; empty: there was none
    Timestamp old_until = 0;           // how long that one is still taken
    Timestamp last_used_at = 0;        // to the minute; 0: never

    bool operator==(const KeyRecord&) const = default;
};

// Errors besides those named: those of Catalog.
class Keys {
public:
    virtual ~Keys() = default;

    virtual Status add(KeyRecord key) = 0; // bad-argument: there is one of that id
    virtual Result<std::optional<KeyRecord>> find(std::string_view id) = 0;
    virtual Result<std::vector<KeyRecord>> all() = 0; // oldest first, revoked ones included
    // Revoking it again changes nothing. unknown-key.
    virtual Status revoke(std::string_view id) = 0;
    // Another secret; the one until now is taken until `old_until`. unknown-key, also of one that is revoked.
    virtual Status rotate(std::string_view id, std::string_view sha256, Timestamp old_until) = 0;
    // Returns at once and is written behind that; a power cut may take it back. A key that is not there is no error.
    virtual void note_used(std::string_view id, Timestamp at) = 0;
    // Another number than the one before, if any key may have been changed since, by whichever process. Costs
    // microseconds.
    virtual Result<std::uint64_t> change_counter() = 0;
};

} // namespace inlet
