// `access:` of a project, right and wrong.
#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "contract/testing/expect_mistake.hpp"
#include "contract/testing/memory_source.hpp"

namespace inlet {
namespace {

constexpr std::string_view kHead = "project: p\n"
                                   "datasets: {ratings: {schema: {fields: [{name: x}]}}}\n"
                                   "packages: {drop: {match: 'd*.zip', members: {r.csv: ratings}}}\n";
constexpr std::string_view kHash = "'$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g'";

void expect_access_mistake(const Wrong& wrong) {
    expect_one_mistake(wrong, std::string(kHead) + std::string(wrong.text),
                       [](const std::string& text) { return parse_project(text, "inlet.yaml", MemorySource{}); });
}

TEST(ReadAccess, RolesUsersAndNobody) {
    const auto project = parse_project(std::string(kHead) +
                                           "access:\n"
                                           "  roles:\n"
                                           "    sender: [{dataset: 'rat*', allow: [submit]}, {package: drop, allow: "
                                           "[submit, read]}]\n"
                                           "  users:\n"
                                           "    ann: {password_hash: " +
                                           std::string(kHash) +
                                           ", roles: sender}\n"
                                           "  anonymous: {roles: [sender, admin]}\n",
                                       "inlet.yaml", MemorySource{});
    ASSERT_TRUE(project);
    const AccessRules& rules = project->access;
    ASSERT_EQ(rules.roles.size(), 1U);
    ASSERT_EQ(rules.roles[0].grants.size(), 2U);
    EXPECT_EQ(rules.roles[0].grants[0].pattern, "rat*");
    EXPECT_FALSE(rules.roles[0].grants[0].of_package);
    EXPECT_TRUE(rules.roles[0].grants[0].allow.holds(Permission::submit));
    EXPECT_FALSE(rules.roles[0].grants[0].allow.holds(Permission::read));
    EXPECT_TRUE(rules.roles[0].grants[1].of_package);
    ASSERT_EQ(rules.users.size(), 1U);
    EXPECT_EQ("'" + rules.users[0].password_hash + "'", kHash);
    EXPECT_EQ(rules.users[0].roles, std::vector<std::string>{"sender"});
    EXPECT_EQ(rules.anonymous_roles, (std::vector<std::string>{"sender", "admin"}));
    EXPECT_TRUE(parse_project(kHead, "inlet.yaml", MemorySource{})->access.roles.empty());
}

TEST(ReadAccess, SaysWhatIsWrong) {
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"access: ^[]", "`access` must be a mapping with roles, users or anonymous; found a list"},
             {"^roles: {}",
              "unknown key `roles` in the project; expected project, storage, datasets, packages, models, "
              "views, access, providers, notify, server or $schema",
              "`roles` belongs inside `access`"},
             {"access: {^keys: {}}", "unknown key `keys` in `access`; expected roles, users or anonymous",
              "keys are made with `inlet keys create`, and never stand in a file"},
             {"access: {roles: {a: ^[]}}",
              "role `a` must be a list of grants such as {dataset: ratings, allow: [read]}; found a list"},
             {"access: {roles: {^1a: [{dataset: ratings, allow: [read]}]}}",
              "role `1a`: a name begins with a letter and goes on with letters, digits, `-` and `_`, at most 63 in "
              "all"},
             {"access: {roles: {^admin: [{dataset: ratings, allow: [read]}]}}",
              "role `admin` is there already, and may do everything", "choose another name"},
             {"access: {roles: {a: [^{allow: [read]}]}}",
              "a grant of role `a` must name either a `dataset` or a `package`"},
             {"access: {roles: {a: [^{dataset: ratings, package: drop, allow: [read]}]}}",
              "a grant of role `a` must name either a `dataset` or a `package`"},
             {"access: {roles: {a: [{dataset: ^rating, allow: [read]}]}}", "there is no dataset `rating`",
              "did you mean `ratings`?"},
             {"access: {roles: {a: [{package: ^'x*', allow: [read]}]}}", "there is no package `x*`"},
             {"access: {roles: {a: [^{dataset: ratings}]}}", "a grant of role `a` lacks `allow`"},
             {"access: {roles: {a: [{dataset: ratings, allow: ^read}]}}",
              "`allow` of a grant of role `a` must be a list of submit, read, approve, admin; found `read`"},
             {"access: {roles: {a: [{dataset: ratings, allow: [^write]}]}}",
              "an item of `allow` must be submit, read, approve or admin; found `write`", "did you mean `submit`?"},
             {"access: {users: {^ann: {roles: [admin]}}}",
              "user `ann` must have either a `password_hash` or a `password`",
              "`inlet users hash` makes a `password_hash`"},
             {"access: {users: {ann: {password_hash: ^secret, roles: [admin]}}}",
              "`password_hash` is no argon2id hash ($argon2id$v=19$...)", "`inlet users hash` makes one"},
             {"access: {users: {ann: {password: ^secret, roles: [admin]}}}",
              "`password` must be ${env:NAME} or ${file:PATH}: a password does not stand in a file that many read",
              "or write a `password_hash`, which `inlet users hash` makes"},
             {"access: {users: {ann: {password: ^'${env:NONE}', roles: [admin]}}}",
              "the environment has no variable `NONE`"},
             {"access: {users: {^'a:b': {password_hash: '$argon2id$v=19$m=8,t=1,p=1$YQ$YQ', roles: admin}}}",
              "user `a:b`: a name has 1 to 255 bytes, and neither spaces nor `:`"},
             {"access: {users: {ann: {password_hash: '$argon2id$v=19$m=8,t=1,p=1$YQ$YQ', roles: [^admn]}}}",
              "there is no role `admn`", "did you mean `admin`?"},
             {"access: {anonymous: ^[admin]}", "`anonymous` must be a mapping with roles; found a list"},
         }) {
        expect_access_mistake(wrong);
    }
}

} // namespace
} // namespace inlet
