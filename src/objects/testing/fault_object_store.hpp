// An object store for tests that fails when it is told to, in front of a real one. Floor 3, testing only. As safe from
// threads as the one behind it.
#pragma once

#include <cstdint>
#include <memory>

#include "objects/object_store.hpp"

namespace inlet {

class FaultObjectStore final : public ObjectStore {
public:
    enum class When : std::uint8_t {
        before, // the call does nothing
        after,  // the call does its work, but its answer is lost
    };

    explicit FaultObjectStore(ObjectStore& inner); // borrowed
    ~FaultObjectStore() override;

    // The n-th call from now on (1-based) fails, once. Calls of writers and readers count too, size() aside.
    void fail_at(std::uint64_t nth, When when, FailureCode code = FailureCode::io_failed);
    void heal();
    bool fired() const;          // whether the fault of the last fail_at() has come
    std::uint64_t calls() const; // since construction, failed ones included

    Result<std::unique_ptr<ObjectWriter>> create(const std::string& space) override;
    Result<ObjectInfo> take_over(const std::string& path, const ObjectId& id) override;
    Result<std::unique_ptr<ObjectReader>> open(const ObjectId& id) const override;
    Result<bool> exists(const ObjectId& id) const override;
    Status remove(const ObjectId& id) override;
    Status list(const std::function<Status(const ObjectInfo&)>& each) const override;
    Status sweep() override;

private:
    class Plan;
    class Writer;
    class Reader;

    ObjectStore& inner_;
    std::shared_ptr<Plan> plan_; // shared with writers and readers
};

} // namespace inlet
