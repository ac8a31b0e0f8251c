#include "pipeline/fresh_objects.hpp"

namespace inlet {

Result<FreshObjects::Stored> FreshObjects::finish(ObjectWriter& writer) {
    const std::shared_lock storing(storing_);
    ObjectInfo info = TRY(writer.finish());
    Claim claimed = claim(info.id);
    return Stored{std::move(info), std::move(claimed)};
}

Result<FreshObjects::Stored> FreshObjects::take_over(ObjectStore& objects, const std::string& path,
                                                     const ObjectId& id) {
    const std::shared_lock storing(storing_);
    auto taken = objects.take_over(path, id);
    if (!taken) {
        if (taken.error().code != FailureCode::file_not_found || !TRY(objects.exists(id)))
            return fail(std::move(taken.error()));
        taken = ObjectInfo{.id = id, .size = TRY(objects.open(id))->size()};
    }
    Claim claimed = claim(id);
    return Stored{*std::move(taken), std::move(claimed)};
}

FreshObjects::Claim FreshObjects::claim(const ObjectId& id) {
    const std::lock_guard lock(mutex_);
    claimed_.insert(id);
    return {this, id};
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
