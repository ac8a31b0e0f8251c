#include "access/keyring.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "access/secret.hpp"
#include "base/sha256.hpp"

namespace inlet {

namespace {

constexpr std::string_view kPrefix = "inlet_";
constexpr std::size_t kIdDigits = 8;
constexpr std::size_t kSecretDigits = 64;
constexpr std::size_t kKnownMax = 10'000;
constexpr Timestamp kNoteEvery = 60'000'000;

std::unexpected<Error> not_valid() { return fail(FailureCode::unauthenticated, "the key is not valid"); }

std::string text_of(std::string_view id, std::string_view secret) {
    return fmt::format("{}{}_{}", kPrefix, id, secret);
}

} // namespace

Result<Keyring::Made> Keyring::make(const Wanted& wanted) {
    if (wanted.name.empty()) return fail(FailureCode::bad_argument, "a key needs a name that says whose it is");
    if (wanted.roles.empty()) return fail(FailureCode::bad_argument, "a key needs at least one role");
    for (const std::string& role : wanted.roles) {
        if (role != kAdminRole && project_.access.role(role) == nullptr)
            return fail(FailureCode::bad_argument, fmt::format("the project has no role `{}`", role));
    }
    for (const std::string& dataset : wanted.datasets) {
        if (dataset.empty() || dataset.contains(','))
            return fail(FailureCode::bad_argument, fmt::format("`{}` is no name or pattern of datasets", dataset));
    }
    const std::string secret = TRY(random_hex(kSecretDigits / 2));
    Made made;
    made.record.id = TRY(random_hex(kIdDigits / 2));
    made.record.name = wanted.name;
    made.record.sha256 = sha256_hex(secret);
    made.record.roles = wanted.roles;
    made.record.datasets = wanted.datasets;
    made.record.expires_at = wanted.expires_at;
    made.text = text_of(made.record.id, secret);
    TRY(catalog_.keys().add(made.record));
    made.record.created_at = clock_.now();
    return made;
}

Result<Keyring::Made> Keyring::rotate(std::string_view id, std::chrono::seconds grace) {
    const std::string secret = TRY(random_hex(kSecretDigits / 2));
    const Timestamp until = clock_.now() + std::chrono::microseconds(grace).count();
    TRY(catalog_.keys().rotate(id, sha256_hex(secret), until));
    const auto record = TRY(catalog_.keys().find(id));
    if (!record) return fail(FailureCode::unknown_key, fmt::format("there is no key `{}`", id));
    return Made{.record = *record, .text = text_of(id, secret)};
}

Result<Principal> Keyring::who(std::string_view key_text) {
    constexpr std::size_t kSize = kPrefix.size() + kIdDigits + 1 + kSecretDigits;
    if (key_text.size() != kSize || !key_text.starts_with(kPrefix) || key_text[kPrefix.size() + kIdDigits] != '_')
        return not_valid();
    const Known known = TRY(look_up(key_text.substr(kPrefix.size(), kIdDigits)));
    const KeyRecord& record = known.record;
    const std::string sha256 = sha256_hex(key_text.substr(kSize - kSecretDigits));
    const Timestamp now = clock_.now();
    const bool is_old = now < record.old_until && same_secret(record.old_sha256, sha256);
    if (!is_old && !same_secret(record.sha256, sha256)) return not_valid();
    if (record.revoked_at != 0) return fail(FailureCode::unauthenticated, "the key was revoked");
    if (record.expires_at != 0 && record.expires_at <= now)
        return fail(FailureCode::unauthenticated, "the key has expired");
    if (now - known.noted_at >= kNoteEvery) note_use(known);
    return Principal{
        .name = record.name, .kind = Principal::Kind::key, .id = "key:" + record.id, .grants = known.grants};
}

// The counter is asked before the record: what changes between the two is seen at the next call.
Result<Keyring::Known> Keyring::look_up(std::string_view id) {
    const std::uint64_t counter = TRY(catalog_.keys().change_counter());
    const std::string text(id);
    Timestamp noted_at = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto found = known_.find(text);
        if (found != known_.end()) {
            if (found->second.counter == counter) return found->second;
            noted_at = found->second.noted_at;
        }
    }
    auto record = TRY(catalog_.keys().find(id));
    if (!record) return not_valid();
    Known known;
    known.grants = std::make_shared<const Grants>(Grants::of(project_, record->roles, record->datasets));
    known.noted_at = std::max(noted_at, record->last_used_at);
    known.record = *std::move(record);
    known.counter = counter;
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kKnownMax) known_.clear();
    known_.insert_or_assign(text, known);
    return known;
}

void Keyring::note_use(const Known& known) {
    const Timestamp now = clock_.now();
    {
        const std::lock_guard lock(mutex_);
        const auto found = known_.find(known.record.id);
        if (found != known_.end()) {
            if (now - found->second.noted_at < kNoteEvery) return; // another thread was first
            found->second.noted_at = now;
        }
    }
    catalog_.keys().note_used(known.record.id, now);
}

} // namespace inlet
