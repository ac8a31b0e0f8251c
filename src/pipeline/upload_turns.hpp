// One at a time works on an upload, and who hangs gives way. Floor 5. Safe from many threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace inlet {

class UploadTurns {
    struct Holder;

public:
    explicit UploadTurns(const Clock& clock) : clock_(clock) {} // borrowed; before its turns' end

    // The right to work on one upload, for as long as it lives.
    class Turn {
    public:
        Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), holder_(std::move(other.holder_)) {}
        Turn& operator=(Turn&&) = delete;
        ~Turn();

        void moved(); // bytes came: it does not hang

    private:
        friend class UploadTurns;
        Turn(UploadTurns* owner, std::shared_ptr<Holder> holder) : owner_(owner), holder_(std::move(holder)) {}

        UploadTurns* owner_;
        std::shared_ptr<Holder> holder_; // shared with the owner's map
    };

    enum class Manner : std::uint8_t {
        polite,    // upload-locked if another one works on it
        impatient, // takes the place of one that has not moved for a while
        firm,      // takes anybody's place
    };
    // `give_way` (may be empty) is called at most once, from another thread, while the turn lives: it must not block,
    // and should make the turn end soon. Error: upload-locked, also if the other one does not give way in time.
    Result<Turn> take(const std::string& id, Manner manner, std::function<void()> give_way = {});

private:
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::map<std::string, std::shared_ptr<Holder>> holders_; // behind mutex_
};

} // namespace inlet
