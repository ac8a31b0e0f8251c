// Keys: told once, known again, and refused when they should be.
#include "access/keyring.hpp"

#include <gtest/gtest.h>

#include "access/secret.hpp"
#include "catalog/memory/memory_catalog.hpp"
#include "catalog/testing/conformance.hpp"

namespace inlet {

// Linked in with the stores' test libraries, played elsewhere.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);

namespace {

class KeyringTest : public testing::Test {
protected:
    FailureCode refusal(std::string_view text) {
        const auto who = keyring_.who(text);
        EXPECT_FALSE(who);
        return who ? FailureCode::internal : who.error().code;
    }

    ManualClock clock_;
    std::unique_ptr<Catalog> catalog_ = make_memory_catalog(clock_);
    Keyring keyring_{*catalog_, clock_};
};

TEST_F(KeyringTest, AKeyIsKnownAgain) {
    const auto made = keyring_.make("the clerk", "admin", 0);
    ASSERT_TRUE(made);
    const auto who = keyring_.who(made->text);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->name, "the clerk");
    EXPECT_EQ(who->kind, Principal::Kind::key);
    EXPECT_EQ(who->id, "key:" + made->record.id);
    EXPECT_TRUE(who->is_admin());
    EXPECT_NE(made->text, keyring_.make("the clerk", "admin", 0)->text);
}

TEST_F(KeyringTest, ItsSecretIsNotKept) {
    const auto made = keyring_.make("the clerk", "admin", 0);
    const std::string secret = made->text.substr(made->text.size() - 64);
    const std::vector<KeyRecord> kept = *catalog_->keys();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].sha256, sha256_hex(secret));
    EXPECT_NE(kept[0].sha256, secret);
}

TEST_F(KeyringTest, WhatIsNotThatKeyIsRefused) {
    const std::string text = keyring_.make("the clerk", "admin", 0)->text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] = other[i] == '0' ? '1' : '0';
        EXPECT_EQ(refusal(other), FailureCode::unauthenticated) << i;
        EXPECT_EQ(refusal(text.substr(0, i)), FailureCode::unauthenticated) << i;
    }
    EXPECT_EQ(refusal(text + "0"), FailureCode::unauthenticated);
}

TEST_F(KeyringTest, ARevokedOrExpiredKeyIsRefused) {
    const auto revoked = keyring_.make("the clerk", "admin", 0);
    ASSERT_TRUE(catalog_->revoke_key(revoked->record.id));
    EXPECT_EQ(refusal(revoked->text), FailureCode::unauthenticated);
    const auto expiring = keyring_.make("the clerk", "admin", clock_.now() + 10);
    EXPECT_TRUE(keyring_.who(expiring->text));
    clock_.advance(10);
    EXPECT_EQ(refusal(expiring->text), FailureCode::unauthenticated);
}

TEST_F(KeyringTest, AKeyHasAName) { EXPECT_EQ(keyring_.make("", "admin", 0).error().code, FailureCode::bad_argument); }

TEST(Secret, HashesAsPublished) { // FIPS 180-4, example of "abc"
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

} // namespace

} // namespace inlet
