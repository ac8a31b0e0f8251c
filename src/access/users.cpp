#include "access/users.hpp"

#include "access/password.hpp"
#include "access/secret.hpp"
#include "base/sha256.hpp"

namespace inlet {

namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kWorkingMax = 2;
constexpr std::size_t kWaitingMax = 16;
constexpr std::size_t kMarksMax = 1000;
constexpr Timestamp kRemembered = 60'000'000;

std::unexpected<Error> not_valid() {
    return fail(FailureCode::unauthenticated, "there is no such user, or that is not the password");
}

} // namespace

Result<std::unique_ptr<Users>> Users::open(const Project& project, const Clock& clock) {
    std::unique_ptr<Users> users(new Users(clock, TRY(random_hex(kSecretBytes))));
    for (const User& user : project.access.users) {
        Known known;
        known.phc = user.password_hash.empty() ? TRY(hash_password(user.password)) : user.password_hash;
        known.grants = std::make_shared<const Grants>(Grants::of(project, user.roles));
        // As costly to hold a password against as a user's.
        if (users->nobodys_phc_.empty()) users->nobodys_phc_ = known.phc;
        users->users_.emplace(user.name, std::move(known));
    }
    return users;
}

std::string Users::mark(std::string_view name, std::string_view password, const Known& known) const {
    // Hashes of a fixed length, so that no two passwords run together with what stands beside them.
    return sha256_hex(secret_ + sha256_hex(name) + sha256_hex(secret_ + std::string(password)) + known.phc);
}

Principal Users::principal(std::string_view name, const Known& known) {
    return {.name = std::string(name),
            .kind = Principal::Kind::user,
            .id = "user:" + std::string(name),
            .grants = known.grants};
}

Result<Principal> Users::remembered(std::string_view name, std::string_view password) {
    const auto known = users_.find(name);
    if (known == users_.end()) return not_valid();
    const std::string wanted = mark(name, password, known->second);
    const std::lock_guard lock(mutex_);
    const auto found = marks_.find(wanted);
    if (found == marks_.end() || clock_.now() - found->second >= kRemembered) return not_valid();
    return principal(name, known->second);
}

bool Users::begin_work() {
    std::unique_lock lock(mutex_);
    if (working_ >= kWorkingMax) {
        if (waiting_ >= kWaitingMax) return false;
        ++waiting_;
        free_.wait(lock, [this] { return working_ < kWorkingMax; });
        --waiting_;
    }
    ++working_;
    return true;
}

void Users::end_work() {
    {
        const std::lock_guard lock(mutex_);
        --working_;
    }
    free_.notify_one();
}

Result<Principal> Users::verified(std::string_view name, std::string_view password) {
    if (users_.empty()) return not_valid();
    const auto known = users_.find(name);
    if (!begin_work())
        return fail(Error(FailureCode::rate_limited, "too many passwords are being looked at; try again")
                        .with("retry_after", "1"));
    const bool is_theirs = verify_password(password, known == users_.end() ? nobodys_phc_ : known->second.phc);
    end_work();
    if (!is_theirs || known == users_.end()) return not_valid();
    const std::lock_guard lock(mutex_);
    const Timestamp now = clock_.now();
    if (marks_.size() >= kMarksMax) {
        std::erase_if(marks_, [&](const auto& entry) { return now - entry.second >= kRemembered; });
        if (marks_.size() >= kMarksMax) marks_.clear();
    }
    marks_[mark(name, password, known->second)] = now;
    return principal(name, known->second);
}

} // namespace inlet
