#include "pipeline/fresh_objects.hpp"

namespace inlet {

Result<FreshObjects::Stored> FreshObjects::finish(ObjectWriter& writer) {
    const std::shared_lock storing(storing_);
    ObjectInfo info = TRY(writer.finish());
    {
        const std::lock_guard lock(mutex_);
        claimed_.insert(info.id);
    }
    Claim claim(this, info.id);
    return Stored{std::move(info), std::move(claim)};
}

Status FreshObjects::unless_claimed(const ObjectId& id, const std::function<Status()>& remove) {
    const std::unique_lock alone(storing_);
    {
        const std::lock_guard lock(mutex_);
        if (claimed_.contains(id)) return {};
    }
    return remove();
}

void FreshObjects::release(const ObjectId& id) {
    const std::lock_guard lock(mutex_);
    claimed_.erase(claimed_.find(id));
}

} // namespace inlet
