// What every object store must do, as tests. An implementation's test file instantiates the suite:
//
//     INSTANTIATE_TEST_SUITE_P(Directory, ObjectStoreConformance, testing::ValuesIn(object_store_cases(make)),
//     object_store_case_name);
//
// Floor 3, testing only.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "objects/object_store.hpp"

namespace inlet {

// An empty store and what it stands on; both go with it.
class ObjectStoreHarness {
public:
    virtual ~ObjectStoreHarness() = default;
    virtual ObjectStore& store() = 0;
    virtual std::string path_of(const std::string& name) = 0; // of a file that the store could take over
};
using ObjectStoreFactory = std::function<std::unique_ptr<ObjectStoreHarness>()>;

struct ObjectStoreCase {
    std::string name;
    ObjectStoreFactory make;

    friend void PrintTo(const ObjectStoreCase& item, std::ostream* out) { *out << item.name; } // for GoogleTest
};

// The store as it is, and behind the fault wrapper with no faults.
std::vector<ObjectStoreCase> object_store_cases(const ObjectStoreFactory& make);
std::string object_store_case_name(const testing::TestParamInfo<ObjectStoreCase>& info);

class ObjectStoreConformance : public testing::TestWithParam<ObjectStoreCase> {
protected:
    ObjectStoreConformance();
    ~ObjectStoreConformance() override;

    ObjectStore& store() { return harness_->store(); }
    std::string harness_file(const std::string& name) { return harness_->path_of(name); }

private:
    std::unique_ptr<ObjectStoreHarness> harness_;
};

// For tests of stores and of what stands on them.
Result<ObjectInfo> put_object(ObjectStore& store, const std::string& space, std::string_view bytes);
Result<std::string> get_object(const ObjectStore& store, const ObjectId& id);
Result<std::vector<ObjectInfo>> list_objects(const ObjectStore& store); // sorted by id

} // namespace inlet
