// What grants grant, and which submissions that opens.
#include <array>

#include <gtest/gtest.h>

#include "access/submission_rights.hpp"

namespace inlet {

namespace {

constexpr std::array kAll{Permission::submit, Permission::read, Permission::approve, Permission::admin};

Grant grant(std::string pattern, std::initializer_list<Permission> allow, bool of_package = false) {
    Grant made{.pattern = std::move(pattern), .of_package = of_package};
    for (const Permission permission : allow) made.allow.add(permission);
    return made;
}

class RightsTest : public testing::Test {
protected:
    RightsTest() {
        for (const char* name : {"a", "b", "c"}) project_.datasets.push_back({.name = name});
        project_.packages = {{.name = "ab", .match = "", .members = {{"1", "a"}, {"2", "b"}}},
                             {.name = "bc", .match = "", .members = {{"1", "b"}, {"2", "c"}}}};
    }
    Principal with(std::vector<Grant> grants, std::vector<std::string> only = {}) {
        project_.access.roles = {{.name = "r", .grants = std::move(grants)}};
        const std::vector<std::string> roles{"r"};
        return {.name = "me",
                .kind = Principal::Kind::key,
                .id = "key:1",
                .grants = std::make_shared<const Grants>(Grants::of(project_, roles, std::move(only)))};
    }
    const Package& package(const char* name) { return *project_.package(name); }

    Project project_;
};

TEST_F(RightsTest, NothingIsGrantedUnlessSaid) {
    for (const Principal& nobody : {Principal(), with({}), with({grant("z", {Permission::admin})})}) {
        for (const Permission permission : kAll) {
            EXPECT_FALSE(nobody.may(permission, "a"));
            EXPECT_FALSE(nobody.may(permission, package("ab")));
            EXPECT_FALSE(nobody.may_everywhere(permission));
        }
    }
}

TEST_F(RightsTest, OnePermissionIsNoOther) {
    for (const Permission given : kAll) {
        const Principal one = with({grant("a", {given})});
        for (const Permission asked : kAll) {
            EXPECT_EQ(one.may(asked, "a"), asked == given || given == Permission::admin);
            EXPECT_FALSE(one.may(asked, "b"));
            EXPECT_FALSE(one.may(asked, ""));
        }
        EXPECT_FALSE(one.is_admin());
        EXPECT_EQ(with({grant("*", {given})}).is_admin(), given == Permission::admin);
    }
}

TEST_F(RightsTest, APackageTakesItsOwnGrantOrThoseOfAllItsDatasets) {
    EXPECT_TRUE(with({grant("ab", {Permission::submit}, true)}).may(Permission::submit, package("ab")));
    EXPECT_FALSE(with({grant("ab", {Permission::submit}, true)}).may(Permission::submit, "a"));
    EXPECT_FALSE(with({grant("ab", {Permission::submit}, true)}).may(Permission::submit, package("bc")));
    EXPECT_FALSE(with({grant("a", {Permission::submit})}).may(Permission::submit, package("ab")));
    const Principal both = with({grant("a", {Permission::submit}), grant("b", {Permission::submit})});
    EXPECT_TRUE(both.may(Permission::submit, package("ab")));
    EXPECT_FALSE(both.may(Permission::read, package("ab")));
    // A dataset's grant is none of a package of the same name, and the other way round.
    EXPECT_FALSE(with({grant("ab", {Permission::submit})}).may(Permission::submit, package("ab")));
    // To read a package is to read its datasets.
    const Principal reader = with({grant("ab", {Permission::read}, true)});
    EXPECT_TRUE(reader.may(Permission::read, "a"));
    EXPECT_FALSE(reader.may(Permission::read, "c"));
}

TEST_F(RightsTest, AKeyRestrictedToDatasetsMayNothingElse) {
    const Principal one = with({grant("*", {Permission::admin}), grant("*", {Permission::admin}, true)}, {"a"});
    EXPECT_TRUE(one.may(Permission::read, "a"));
    EXPECT_FALSE(one.may(Permission::read, "b"));
    EXPECT_FALSE(one.may(Permission::read, package("ab")));
    EXPECT_FALSE(one.is_admin());
    EXPECT_FALSE(one.may_everywhere(Permission::read));
    EXPECT_TRUE(with({grant("*", {Permission::admin})}, {"b", "*"}).is_admin());
}

TEST_F(RightsTest, SubmissionsAreSeenByWhatTheyTouch) {
    SubmissionRecord record;
    record.target = "ab";
    record.target_is_package = true;
    record.parts = {{.name = "1", .dataset = "a"}, {.name = "2", .dataset = "b"}};
    const auto sees = [&](const Principal& principal) { return may_see(principal, project_, record); };
    EXPECT_TRUE(sees(with({grant("a", {Permission::read}), grant("b", {Permission::read})})));
    EXPECT_TRUE(sees(with({grant("ab", {Permission::read}, true)})));
    EXPECT_TRUE(sees(with({grant("*", {Permission::read})})));
    EXPECT_FALSE(sees(with({grant("a", {Permission::read})})));
    EXPECT_FALSE(sees(with({grant("*", {Permission::submit, Permission::approve})})));
    record.sender = "key:1";
    EXPECT_TRUE(sees(with({grant("c", {Permission::submit})}))); // their own
    EXPECT_FALSE(sees(with({grant("a", {Permission::approve})})));
    record.sender = "key:2";
    EXPECT_FALSE(sees(with({grant("*", {Permission::submit})})));
    Principal anonymous = with({grant("*", {Permission::submit})});
    anonymous.id = "";
    record.sender = "";
    EXPECT_FALSE(sees(anonymous)); // nobody's are not everybody's
}

TEST_F(RightsTest, DecisionsTakeTheGrantOnAllThatIsTouched) {
    SubmissionRecord record;
    record.target = "ab";
    record.target_is_package = true;
    record.parts = {{.name = "1", .dataset = "a"}, {.name = "2", .dataset = "b"}};
    const auto decides = [&](const Principal& principal) { return may_decide(principal, project_, record); };
    EXPECT_TRUE(decides(with({grant("ab", {Permission::approve}, true)})));
    EXPECT_TRUE(decides(with({grant("?", {Permission::approve})})));
    EXPECT_FALSE(decides(with({grant("a", {Permission::approve})})));
    EXPECT_FALSE(decides(with({grant("*", {Permission::read, Permission::submit})})));
    record.parts.push_back({.name = "3", .dataset = "c"}); // no member any more
    EXPECT_FALSE(decides(with({grant("ab", {Permission::approve}, true)})));
    record = {};
    record.kind = SubmissionKind::undo;
    EXPECT_FALSE(decides(with({grant("?", {Permission::approve})})));
    EXPECT_TRUE(decides(with({grant("*", {Permission::approve})})));
    record.parts = {{.name = "", .dataset = "a"}};
    EXPECT_TRUE(decides(with({grant("a", {Permission::approve})})));
    record.target = "b";
    EXPECT_FALSE(decides(with({grant("a", {Permission::approve})})));
}

} // namespace

} // namespace inlet
