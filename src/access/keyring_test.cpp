// Keys: told once, known again, and refused when they should be.
#include "access/keyring.hpp"

#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "catalog/memory/memory_catalog.hpp"
#include "catalog/testing/conformance.hpp"

namespace inlet {

// Linked in with the stores' test libraries, played elsewhere.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);

namespace {

class KeyringTest : public testing::Test {
protected:
    KeyringTest() {
        Grant grant{.pattern = "ratings"};
        grant.allow.add(Permission::submit);
        project_.access.roles.push_back({.name = "sender", .grants = {grant}});
    }

    Keyring::Made make(Timestamp expires_at = 0, std::vector<std::string> roles = {"admin"}) {
        auto made = keyring_.make({.name = "the clerk", .roles = std::move(roles), .expires_at = expires_at});
        EXPECT_TRUE(made);
        return *std::move(made);
    }
    FailureCode refusal(std::string_view text) {
        const auto who = keyring_.who(text);
        EXPECT_FALSE(who);
        return who ? FailureCode::internal : who.error().code;
    }

    ManualClock clock_;
    Project project_;
    std::unique_ptr<Catalog> catalog_ = make_memory_catalog(clock_);
    Keyring keyring_{project_, *catalog_, clock_};
};

TEST_F(KeyringTest, AKeyIsKnownAgain) {
    const auto made = make();
    const auto who = keyring_.who(made.text);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->name, "the clerk");
    EXPECT_EQ(who->kind, Principal::Kind::key);
    EXPECT_EQ(who->id, "key:" + made.record.id);
    EXPECT_TRUE(who->is_admin());
    EXPECT_NE(made.text, make().text);
}

TEST_F(KeyringTest, ItsSecretIsNotKept) {
    const auto made = make();
    const std::string secret = made.text.substr(made.text.size() - 64);
    const std::vector<KeyRecord> kept = *catalog_->keys().all();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].sha256, sha256_hex(secret));
    EXPECT_NE(kept[0].sha256, secret);
}

TEST_F(KeyringTest, WhatIsNotThatKeyIsRefused) {
    const std::string text = make().text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] = other[i] == '0' ? '1' : '0';
        EXPECT_EQ(refusal(other), FailureCode::unauthenticated) << i;
        EXPECT_EQ(refusal(text.substr(0, i)), FailureCode::unauthenticated) << i;
    }
    EXPECT_EQ(refusal(text + "0"), FailureCode::unauthenticated);
}

TEST_F(KeyringTest, ARevokedOrExpiredKeyIsRefused) {
    const auto revoked = make();
    EXPECT_TRUE(keyring_.who(revoked.text));
    ASSERT_TRUE(catalog_->keys().revoke(revoked.record.id));
    EXPECT_EQ(refusal(revoked.text), FailureCode::unauthenticated);
    const auto expiring = make(clock_.now() + 10);
    EXPECT_TRUE(keyring_.who(expiring.text));
    clock_.advance(10);
    EXPECT_EQ(refusal(expiring.text), FailureCode::unauthenticated);
}

TEST_F(KeyringTest, ARotatedKeyHasTwoSecretsForAWhile) {
    const auto made = make();
    const auto rotated = keyring_.rotate(made.record.id, std::chrono::seconds(1));
    ASSERT_TRUE(rotated);
    EXPECT_NE(rotated->text, made.text);
    EXPECT_EQ(keyring_.who(made.text)->id, keyring_.who(rotated->text)->id);
    clock_.advance(1'000'000);
    EXPECT_EQ(refusal(made.text), FailureCode::unauthenticated);
    EXPECT_TRUE(keyring_.who(rotated->text));
    const auto at_once = keyring_.rotate(made.record.id, std::chrono::seconds(0));
    EXPECT_EQ(refusal(rotated->text), FailureCode::unauthenticated);
    EXPECT_TRUE(keyring_.who(at_once->text));
    EXPECT_EQ(keyring_.rotate("00000000", std::chrono::seconds(1)).error().code, FailureCode::unknown_key);
}

TEST_F(KeyringTest, ItsUseIsNotedOnceAMinute) {
    const auto made = make();
    const auto noted = [&] { return (**catalog_->keys().find(made.record.id)).last_used_at; };
    const Timestamp first = clock_.now();
    ASSERT_TRUE(keyring_.who(made.text));
    EXPECT_EQ(noted(), first);
    clock_.advance(59'999'999);
    ASSERT_TRUE(keyring_.who(made.text));
    EXPECT_EQ(noted(), first);
    clock_.advance(1);
    ASSERT_TRUE(keyring_.who(made.text));
    EXPECT_EQ(noted(), clock_.now());
}

TEST_F(KeyringTest, AKeyMayWhatItsRolesMayWithinItsDatasets) {
    const auto sender = keyring_.who(make(0, {"sender"}).text);
    EXPECT_TRUE(sender->may(Permission::submit, "ratings"));
    EXPECT_FALSE(sender->may(Permission::read, "ratings"));
    EXPECT_FALSE(sender->is_admin());
    const auto made = keyring_.make({.name = "a", .roles = {"admin"}, .datasets = {"rat*"}});
    const auto limited = keyring_.who(made->text);
    EXPECT_TRUE(limited->may(Permission::approve, "ratings"));
    EXPECT_FALSE(limited->may(Permission::approve, "movies"));
    EXPECT_FALSE(limited->is_admin());
}

TEST_F(KeyringTest, AKeyHasANameAndKnownRoles) {
    const auto code = [&](const Keyring::Wanted& wanted) { return keyring_.make(wanted).error().code; };
    EXPECT_EQ(code({.name = "", .roles = {"admin"}}), FailureCode::bad_argument);
    EXPECT_EQ(code({.name = "a"}), FailureCode::bad_argument);
    EXPECT_EQ(code({.name = "a", .roles = {"sendre"}}), FailureCode::bad_argument);
    EXPECT_EQ(code({.name = "a", .roles = {"sender"}, .datasets = {""}}), FailureCode::bad_argument);
}

} // namespace

} // namespace inlet
