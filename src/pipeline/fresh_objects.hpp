// Objects that were just stored and that the catalog does not name yet: whoever removes what nobody needs must not take
// them. An object may be old all the same, for the same bytes stored again are the same object. Floor 5. Safe from many
// threads.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "base/result.hpp"
#include "objects/object_store.hpp"

namespace inlet {

class FreshObjects {
public:
    // Keeps one object from being removed for as long as it lives. Must not outlive the FreshObjects it came from.
    class Claim {
    public:
        Claim() = default;
        Claim(Claim&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), id_(std::move(other.id_)) {}
        Claim& operator=(Claim&& other) noexcept {
            std::swap(owner_, other.owner_);
            std::swap(id_, other.id_);
            return *this;
        }
        ~Claim() {
            if (owner_ != nullptr) owner_->release(id_);
        }

    private:
        friend class FreshObjects;
        Claim(FreshObjects* owner, ObjectId id) : owner_(owner), id_(std::move(id)) {}

        FreshObjects* owner_ = nullptr;
        ObjectId id_;
    };

    struct Stored {
        ObjectInfo info;
        Claim claim; // to be kept until the catalog names the object
    };

    // writer.finish(), claimed from the moment the object is there.
    Result<Stored> finish(ObjectWriter& writer);
    // objects.take_over(), claimed in the same way. If there is no file at `path` and the object is there, because that
    // was done before, the object is claimed.
    Result<Stored> take_over(ObjectStore& objects, const std::string& path, const ObjectId& id);
    // Runs `remove` unless the object is claimed; nothing is stored meanwhile.
    Status unless_claimed(const ObjectId& id, const std::function<Status()>& remove);

private:
    Claim claim(const ObjectId& id);
    void release(const ObjectId& id);

    std::shared_mutex storing_; // shared by those who store, alone for who removes
    std::mutex mutex_;
    std::multiset<ObjectId> claimed_; // behind mutex_
};

} // namespace inlet
