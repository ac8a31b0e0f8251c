// What every catalog must do, as tests. An implementation's test file instantiates the suite:
//
//     INSTANTIATE_TEST_SUITE_P(Memory, CatalogConformance, testing::ValuesIn(catalog_cases(make)), catalog_case_name);
//
// Floor 3, testing only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "catalog/catalog.hpp"

namespace inlet {

// An empty catalog, the clock it asks and what it stands on; all go with it.
class CatalogHarness {
public:
    virtual ~CatalogHarness() = default;
    virtual Catalog& catalog() = 0;
    virtual ManualClock& clock() = 0;
};
using CatalogFactory = std::function<std::unique_ptr<CatalogHarness>()>;

struct CatalogCase {
    std::string name;
    CatalogFactory make;

    friend void PrintTo(const CatalogCase& item, std::ostream* out) { *out << item.name; } // for GoogleTest
};

// The catalog as it is, and behind the fault wrapper with no faults.
std::vector<CatalogCase> catalog_cases(const CatalogFactory& make);
std::string catalog_case_name(const testing::TestParamInfo<CatalogCase>& info);

class CatalogConformance : public testing::TestWithParam<CatalogCase> {
protected:
    CatalogConformance();
    ~CatalogConformance() override;

    Catalog& catalog() { return harness_->catalog(); }
    ManualClock& clock() { return harness_->clock(); }

    // Creates, and reads back.
    SubmissionRecord stored(const SubmissionRecord& record);
    // Updates the submission to the state from whatever state it has, and reads it back.
    SubmissionRecord moved(SubmissionRecord record, SubmissionState state);
    std::optional<SubmissionRecord> same_bytes(const std::string& target, const std::string& sha256);
    std::vector<std::int64_t> listed(const SubmissionFilter& filter);

private:
    std::unique_ptr<CatalogHarness> harness_;
};

// For tests of catalogs: a delivery to the target with one part for the dataset; and one with every member set to
// something.
SubmissionRecord sample_delivery(const std::string& target, const std::string& dataset);
SubmissionRecord sample_with_everything();

} // namespace inlet
