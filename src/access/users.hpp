// The users of the project file, and whether a password is theirs. Floor 4. Safe from many threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "access/principal.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace inlet {

class Users {
public:
    // `project` and `clock` are borrowed. Hashes passwords that the file gives as they are. Error: internal.
    static Result<std::unique_ptr<Users>> open(const Project& project, const Clock& clock);

    bool none() const { return users_.empty(); }
    // Whether that password was shown for that user within the last minute: costs microseconds.
    Result<Principal> remembered(std::string_view name, std::string_view password);
    // Asks argon2id, for as long whether or not there is such a user. At most two are asked at once and sixteen wait;
    // beyond that: rate-limited. unauthenticated: no such user, or not the password.
    Result<Principal> verified(std::string_view name, std::string_view password);

private:
    struct Known {
        std::string phc;
        std::shared_ptr<const Grants> grants;
    };

    Users(const Clock& clock, std::string secret) : clock_(clock), secret_(std::move(secret)) {}
    // What is remembered of a password: useless outside this process.
    std::string mark(std::string_view name, std::string_view password, const Known& known) const;
    static Principal principal(std::string_view name, const Known& known);
    bool begin_work();
    void end_work();

    const Clock& clock_;
    const std::string secret_;
    std::map<std::string, Known, std::less<>> users_;
    std::string nobodys_phc_;

    std::mutex mutex_; // over all below
    std::condition_variable free_;
    std::size_t working_ = 0;
    std::size_t waiting_ = 0;
    std::map<std::string, Timestamp> marks_; // when they were verified
};

} // namespace inlet
