#include "notify/signature.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace inlet {
namespace {

constexpr std::string_view kBody = R"({"test": 2432232314})";

// The example that the specification's own verification page signs.
TEST(Signature, IsTheOneOfThePublishedExample) {
    const std::string key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
    EXPECT_EQ(webhook_signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, kBody, {key}),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, IsMadeWithEveryKeyWhileOneReplacesAnother) {
    const std::string key = from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
    const std::string other(32, 'k');
    const std::string both = webhook_signature("msg_1", 1, kBody, {key, other});
    EXPECT_EQ(both, webhook_signature("msg_1", 1, kBody, {key}) + " " + webhook_signature("msg_1", 1, kBody, {other}));
}

TEST(Signature, CoversIdTimeAndBody) {
    const std::vector<std::string> keys{std::string(32, 'k')};
    const std::string signature = webhook_signature("msg_1", 1, kBody, keys);
    EXPECT_NE(signature, webhook_signature("msg_2", 1, kBody, keys));
    EXPECT_NE(signature, webhook_signature("msg_1", 2, kBody, keys));
    EXPECT_NE(signature, webhook_signature("msg_1", 1, "{}", keys));
    EXPECT_NE(signature, webhook_signature("msg_1", 1, kBody, {std::string(32, 'l')}));
}

} // namespace
} // namespace inlet
