// Keeps what a check finds wrong as objects: the error list and rejects.csv, in the space `_inlet`. Nothing is stored
// when nothing is wrong. Floor 5; for one check at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "objects/object_store.hpp"
#include "pipeline/fresh_objects.hpp"
#include "records/part_check.hpp"

namespace inlet {

inline constexpr const char* kOutputSpace = "_inlet";

struct KeptOutputs {
    std::string errors_sha256; // empty: there are none
    std::string rejects_sha256;
    std::vector<FreshObjects::Claim> claims;
};

class PartOutputs final : public OutputFactory {
public:
    // Both are borrowed.
    PartOutputs(ObjectStore& objects, FreshObjects& fresh);
    ~PartOutputs() override;

    Result<CheckOutputs> begin() override;
    // After the check: makes what was written durable.
    Result<KeptOutputs> finish();

private:
    class Sink;

    ObjectStore& objects_;
    FreshObjects& fresh_;
    std::unique_ptr<Sink> errors_;
    std::unique_ptr<Sink> rejects_;
};

} // namespace inlet
