// Keys that programs and people show: made here once, told once, kept as a hash. Floor 4. Safe from many threads.
//
// The text of a key is `inlet_ID_SECRET`: 8 hex digits by which it is found and spoken of, and 64 of 256 random bits,
// which is why a plain hash of it is enough.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/principal.hpp"
#include "base/clock.hpp"
#include "catalog/catalog.hpp"

namespace inlet {

class Keyring {
public:
    static constexpr std::chrono::hours kGraceDefault{24};

    // Borrowed. The roles are those of the project.
    Keyring(const Project& project, Catalog& catalog, const Clock& clock)
        : project_(project), catalog_(catalog), clock_(clock) {}

    struct Wanted {
        std::string name;                  // whose it is
        std::vector<std::string> roles;    // at least one
        std::vector<std::string> datasets; // patterns: it holds for these alone; empty: for all that its roles name
        Timestamp expires_at = 0;          // 0: never
    };
    struct Made {
        KeyRecord record;
        std::string text; // the only time that it is seen
    };
    // Errors: bad-argument (no name, no role, a role that the project has not), internal, the catalog's.
    Result<Made> make(const Wanted& wanted);
    // A new secret; the one until now is good for `grace` more. Errors: unknown-key, internal, the catalog's.
    Result<Made> rotate(std::string_view id, std::chrono::seconds grace);
    // unauthenticated: no such key, or it is revoked or expired; the message does not say which of them to a stranger.
    // What any process changed about a key holds at once.
    Result<Principal> who(std::string_view key_text);

private:
    struct Known {
        KeyRecord record;
        std::shared_ptr<const Grants> grants;
        std::uint64_t counter = 0; // of changes, before the record was read
        Timestamp noted_at = 0;    // when it was last noted that it is used
    };

    Result<Known> look_up(std::string_view id);
    void note_use(const Known& known);

    const Project& project_;
    Catalog& catalog_;
    const Clock& clock_;

    std::mutex mutex_; // over all below
    std::unordered_map<std::string, Known> known_;
};

} // namespace inlet
