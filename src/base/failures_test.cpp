// The generated table of failure codes, as programs see it.
#include "base/failures.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

TEST(Failures, EveryCodeIsFoundByItsName) {
    ASSERT_EQ(all_failures().size(), kFailureCodeCount);
    for (std::size_t i = 0; i < all_failures().size(); ++i) {
        const FailureInfo& info = all_failures()[i];
        const auto code = failure_from_code(info.code);
        ASSERT_TRUE(code.has_value()) << info.code;
        EXPECT_EQ(static_cast<std::size_t>(*code), i) << info.code;
        EXPECT_EQ(&failure_info(*code), &info) << info.code;
    }
}

TEST(Failures, OtherNamesAreNotFound) {
    for (const std::string_view name : {"", "type", "type-error ", "type-errors", "Type-Error", "zzz"}) {
        EXPECT_FALSE(failure_from_code(name).has_value()) << name;
    }
}

TEST(Failures, EnumeratorsMeanTheirCodes) {
    EXPECT_EQ(failure_info(FailureCode::type_error).code, "type-error");
    EXPECT_EQ(failure_info(FailureCode::type_error).kind, FailureKind::record);
    EXPECT_EQ(failure_info(FailureCode::disk_full).http_status, 507);
    EXPECT_EQ(failure_info(FailureCode::internal).code, "internal");
}

TEST(Failures, KindsDecideTheExitCode) {
    EXPECT_EQ(failure_kind_exit_code(FailureKind::notice), 0);
    EXPECT_EQ(failure_kind_exit_code(FailureKind::record), 1);
    EXPECT_EQ(failure_kind_exit_code(FailureKind::policy), 1);
    EXPECT_EQ(failure_kind_exit_code(FailureKind::usage), 2);
    EXPECT_EQ(failure_kind_exit_code(FailureKind::system), 3);
    EXPECT_EQ(failure_kind_name(FailureKind::submission), "submission");
}

} // namespace
} // namespace inlet
