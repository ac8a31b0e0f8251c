#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "contract/testing/expect_mistake.hpp"

namespace inlet {
namespace {

constexpr std::string_view kHead = "project: p\ndatasets: {a: {schema: {fields: [{name: x}]}}}\n";

class Secrets final : public FileSource {
    Result<std::string> read(const std::string&) const override {
        return fail(FailureCode::file_not_found, "no such file");
    }
    std::optional<std::string> environment(const std::string& name) const override {
        if (name == "GOOD") return "whsec_" + std::string(32, 'A');
        if (name == "SHORT") return "whsec_AAAA";
        return std::nullopt;
    }
};

auto parse(const std::string& text) { return parse_project(text, "inlet.yaml", Secrets()); }

TEST(ReadNotify, TakesWebhooksAndEmail) {
    const auto project = parse(std::string(kHead) + R"(notify:
  base_url: https://inlet.example.com/
  webhooks: [{name: crm, url: "http://crm/x", secret: ["${env:GOOD}", "${env:GOOD}"], events: submission.held, datasets: [a]}]
  email: {smtp: "smtp://mail:25", from: a@b.c, to: [d@e.f, g@h.i], tls: optional}
)");
    ASSERT_TRUE(project) << to_error(project.error()).message;
    const NotifySettings& notify = project->notify;
    EXPECT_EQ(notify.base_url, "https://inlet.example.com");
    ASSERT_EQ(notify.webhooks.size(), 1U);
    EXPECT_EQ(notify.webhooks[0].keys, (std::vector<std::string>(2, std::string(24, '\0'))));
    EXPECT_EQ(notify.webhooks[0].choice.events, std::vector<std::string>{"submission.held"});
    ASSERT_TRUE(notify.email);
    EXPECT_EQ(notify.email->to.size(), 2U);
    EXPECT_FALSE(notify.email->tls_required);
}

TEST(ReadNotify, SaysWhatIsWrong) {
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"notify: {webhooks: [{name: x, url: ^ftp://a, secret: \"${env:GOOD}\"}]}",
              "`url` must be an address that begins with https:// or http://"},
             {"notify: {webhooks: [{name: x, url: \"http://a\", secret: ^plain}]}",
              "`secret` must not stand in the project file: write ${env:NAME} or ${file:PATH}"},
             {"notify: {webhooks: [{name: x, url: \"http://a\", secret: ^\"${env:SHORT}\"}]}",
              "`secret` must be whsec_ and the base64 of 24 to 64 random bytes, such as `echo whsec_$(openssl rand "
              "-base64 32)` makes"},
             {"notify: {webhooks: [{name: x, url: \"http://a\", secret: \"${env:GOOD}\", events: [^submission.holt]}]}",
              "there is no event `submission.holt` to be told of", "did you mean `submission.held`?"},
             {"notify: {email: {smtp: \"smtp://a\", from: ^nobody, to: a@b.c}}",
              "`from` must be an e-mail address such as team@example.com; found `nobody`"}}) {
        expect_one_mistake(wrong, std::string(kHead) + std::string(wrong.text) + "\n", parse);
    }
}

TEST(ReadExpectation, TakesTimesAndShares) {
    const auto project = parse("project: p\ndatasets: {a: {schema: {fields: [{name: x}]}, expect: {every: 1d, by: "
                               "\"06:30\", rows: {min_share: 50%, max_share: 200%, of: usual}}}}\n");
    ASSERT_TRUE(project) << to_error(project.error()).message;
    const Expectation& expect = project->datasets[0].expect;
    EXPECT_EQ(expect.every, std::chrono::hours(24));
    EXPECT_EQ(expect.by, std::chrono::minutes(390));
    EXPECT_EQ(expect.min_share, 0.5);
    EXPECT_EQ(expect.max_share, 2.0);
}

TEST(ReadExpectation, SaysWhatIsWrong) {
    const auto whole = [](std::string_view text) {
        return "project: p\ndatasets: {a: {schema: {fields: [{name: x}]}, expect: {" + std::string(text) + "}}}\n";
    };
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"every: ^10s", "`every` must be a minute at least"},
             {"every: 1h, by: ^\"06:00\"", "`by` needs `every` in whole days, such as 1d"},
             {"every: 1d, by: ^\"24:00\"",
              "`by` must be a time of day in UTC in quotes, such as \"06:00\"; found \"24:00\""},
             {"rows: {min_share: ^half}",
              "`min_share` must be a share of what is usual, such as 50% or 200%; found `half`"}}) {
        expect_one_mistake(wrong, whole(wrong.text), parse);
    }
}

} // namespace
} // namespace inlet
