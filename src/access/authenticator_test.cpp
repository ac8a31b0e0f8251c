// Passwords, anonymous callers, and what becomes of those who guess.
#include "access/authenticator.hpp"

#include <gtest/gtest.h>

#include "access/password.hpp"
#include "catalog/memory/memory_catalog.hpp"

namespace inlet {

namespace {

class AuthenticatorTest : public testing::Test {
protected:
    void open() {
        auto opened = Authenticator::open(project_, *catalog_, clock_);
        ASSERT_TRUE(opened);
        authenticator_ = *std::move(opened);
    }
    FailureCode refusal(const Credential& credential, std::string_view address = "192.0.2.1") {
        const auto who = authenticator_->who(credential, address);
        return who ? FailureCode::internal : who.error().code;
    }

    ManualClock clock_;
    Project project_;
    std::unique_ptr<Catalog> catalog_ = make_memory_catalog(clock_);
    std::unique_ptr<Authenticator> authenticator_;
};

TEST(Password, IsKnownByItsHashAlone) {
    const auto hash = hash_password("swordfish");
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    EXPECT_TRUE(verify_password("swordfish", *hash));
    EXPECT_FALSE(verify_password("Swordfish", *hash));
    EXPECT_FALSE(verify_password("", *hash));
    EXPECT_FALSE(verify_password("swordfish", "not a hash"));
    EXPECT_NE(*hash_password("swordfish"), *hash);
    EXPECT_FALSE(hash_password(""));
    EXPECT_FALSE(hash_password(std::string(kPasswordBytesMax + 1, 'x')));
}

TEST_F(AuthenticatorTest, AUserIsKnownByThePassword) {
    project_.access.users = {{.name = "ann", .password_hash = *hash_password("one"), .roles = {"admin"}},
                             {.name = "bob", .password = "two", .roles = {"none such"}}};
    open();
    EXPECT_TRUE(authenticator_->has_users());
    for (int again = 0; again < 2; ++again) { // the second time from memory
        const auto ann = authenticator_->who(PasswordCredential{"ann", "one"}, "");
        ASSERT_TRUE(ann);
        EXPECT_EQ(ann->id, "user:ann");
        EXPECT_EQ(ann->kind, Principal::Kind::user);
        EXPECT_TRUE(ann->is_admin());
        EXPECT_EQ(refusal(PasswordCredential{"ann", "two"}), FailureCode::unauthenticated);
        EXPECT_EQ(refusal(PasswordCredential{"bob", "one"}), FailureCode::unauthenticated);
        EXPECT_EQ(refusal(PasswordCredential{"cat", "one"}), FailureCode::unauthenticated);
    }
    const auto bob = authenticator_->who(PasswordCredential{"bob", "two"}, "");
    ASSERT_TRUE(bob);
    EXPECT_FALSE(bob->may(Permission::read, "ratings"));
}

TEST_F(AuthenticatorTest, NobodyIsLetInOnlyWhereThatIsConfigured) {
    open();
    EXPECT_EQ(refusal({}), FailureCode::unauthenticated);
    Grant grant{.pattern = "ratings"};
    grant.allow.add(Permission::read);
    project_.access.roles = {{.name = "visitor", .grants = {grant}}};
    project_.access.anonymous_roles = {"visitor"};
    open();
    const auto nobody = authenticator_->who({}, "");
    ASSERT_TRUE(nobody);
    EXPECT_EQ(nobody->kind, Principal::Kind::anonymous);
    EXPECT_EQ(nobody->id, "");
    EXPECT_TRUE(nobody->may(Permission::read, "ratings"));
    EXPECT_FALSE(nobody->may(Permission::submit, "ratings"));
    // Who shows something wrong is not let in as nobody.
    EXPECT_EQ(refusal(KeyCredential{"inlet_x"}), FailureCode::unauthenticated);
    EXPECT_EQ(refusal(BrokenCredential{}), FailureCode::unauthenticated);
}

TEST_F(AuthenticatorTest, WhoGuessesMustWait) {
    open();
    const auto made =
        authenticator_->keyring().make({.name = "a", .roles = {"admin"}, .datasets = {}, .expires_at = 0});
    for (std::size_t i = 0; i < FailedAttempts::kMost; ++i)
        EXPECT_EQ(refusal(KeyCredential{"guess"}), FailureCode::unauthenticated);
    const auto refused = authenticator_->who(KeyCredential{"guess"}, "192.0.2.1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, FailureCode::rate_limited);
    EXPECT_EQ(refused.error().context.back(), (std::pair<std::string, std::string>("retry_after", "60")));
    EXPECT_EQ(refusal(KeyCredential{"guess"}, "192.0.2.2"), FailureCode::unauthenticated);
    EXPECT_TRUE(authenticator_->who(KeyCredential{made->text}, "192.0.2.1")); // a right one is taken all the same
    clock_.advance(60'000'000);
    EXPECT_EQ(refusal(KeyCredential{"guess"}), FailureCode::unauthenticated);
}

TEST(FailedAttempts, NeighboursInAnIpv6NetworkAreOne) {
    ManualClock clock;
    FailedAttempts attempts(clock);
    for (std::size_t i = 0; i < FailedAttempts::kMost; ++i) attempts.note("2001:db8:1:2:" + std::to_string(i) + "::1");
    EXPECT_GT(attempts.wait("2001:db8:1:2:ffff:0:0:9").count(), 0);
    EXPECT_EQ(attempts.wait("2001:db8:1:3::1").count(), 0);
    EXPECT_EQ(attempts.wait("192.0.2.1").count(), 0);
}

TEST(FailedAttempts, TheTableIsBounded) {
    ManualClock clock;
    FailedAttempts attempts(clock);
    for (std::size_t i = 0; i < FailedAttempts::kMost; ++i) attempts.note("first");
    EXPECT_GT(attempts.wait("first").count(), 0);
    clock.advance(1);
    for (std::size_t i = 0; i < FailedAttempts::kAddressesMax; ++i) attempts.note("host" + std::to_string(i));
    EXPECT_EQ(attempts.wait("first").count(), 0); // the oldest made room
}

} // namespace

} // namespace inlet
