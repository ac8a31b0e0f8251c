// Keys that programs and people show: made here once, told once, kept as a hash. Floor 4. Safe from many threads.
//
// The text of a key is `inlet_ID_SECRET`: 8 hex digits by which it is found and spoken of, and 64 of 256 random bits,
// which is why a plain hash of it is enough.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/principal.hpp"
#include "base/clock.hpp"
#include "catalog/catalog.hpp"

namespace inlet {

class Keyring {
public:
    Keyring(Catalog& catalog, const Clock& clock) : catalog_(catalog), clock_(clock) {} // borrowed

    struct Made {
        KeyRecord record;
        std::string text; // the only time that it is seen
    };
    // `expires_at` 0: never. Errors: bad-argument (no name), internal, the catalog's.
    Result<Made> make(std::string name, std::string role, Timestamp expires_at);
    // unauthenticated: no such key, or it is revoked or expired; the message does not say which of them to a stranger.
    Result<Principal> who(std::string_view key_text) const;

private:
    Catalog& catalog_;
    const Clock& clock_;
};

} // namespace inlet
