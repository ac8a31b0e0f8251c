#include "notify/mail_message.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace inlet {
namespace {

MailMessage sample() {
    return {.from = "inlet@example.com",
            .to = "anna@example.com",
            .id = "msg_1",
            .subject = "plain",
            .text = "Hello\n",
            .html = "<p>Hello</p>",
            .attachments = {{.name = "rejects.csv", .type = "text/csv; charset=utf-8", .bytes = "a,b\n"}}};
}

TEST(MailMessage, IsMultipartWithBothTextsAndTheAttachment) {
    const std::string wire = wire_text(sample(), 1'700'000'000'000'000);
    EXPECT_TRUE(wire.starts_with("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nFrom: <inlet@example.com>\r\n"
                                 "To: <anna@example.com>\r\nMessage-ID: <msg_1@example.com>\r\nSubject: plain\r\n"));
    EXPECT_NE(wire.find("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                        base64("Hello\n") + "\r\n"),
              std::string::npos);
    EXPECT_NE(wire.find(base64("<p>Hello</p>")), std::string::npos);
    EXPECT_NE(wire.find("Content-Disposition: attachment; filename=\"rejects.csv\"\r\n"), std::string::npos);
    EXPECT_TRUE(wire.ends_with("--=_inlet_mixed_msg_1--\r\n"));
}

TEST(MailMessage, IsAsciiInShortLinesWhateverItHolds) {
    MailMessage message = sample();
    message.subject = std::string(3000, 'x') + "\r\nBcc: evil@example.com\r\n\r\n\xFF\xC3\xA4";
    message.text = std::string(5000, '\n') + "\r\n.\r\n--=_inlet_mixed_msg_1--\r\n" + std::string(9000, 'y');
    message.attachments[0].name = "\"\r\nX: y";
    const std::string wire = wire_text(message, 0);
    std::istringstream lines(wire);
    for (std::string line; std::getline(lines, line);) {
        ASSERT_TRUE(line.ends_with('\r')) << line;
        EXPECT_LE(line.size(), 998U);
        EXPECT_FALSE(line.starts_with("Bcc")) << line;
        EXPECT_FALSE(line.starts_with("X:")) << line;
        for (const char c : line.substr(0, line.size() - 1)) EXPECT_TRUE(c >= ' ' && c <= '~') << line;
    }
    std::size_t ends = 0;
    for (std::size_t at = wire.find("--=_inlet_mixed_msg_1--"); at != std::string::npos;
         at = wire.find("--=_inlet_mixed_msg_1--", at + 1))
        ++ends;
    EXPECT_EQ(ends, 1U);
}

TEST(MailMessage, EncodesHeadersInWholeCharacters) {
    EXPECT_EQ(header_text("[shop] a.csv was published"), "[shop] a.csv was published");
    EXPECT_EQ(header_text("\xC3\xA4"), "=?utf-8?B?w6Q=?=");
    // What looks encoded already is text like any other.
    EXPECT_EQ(header_text("=?utf-8?Q?a?="), "=?utf-8?B?" + base64("=?utf-8?Q?a?=") + "?=");
    std::string umlauts;
    for (int i = 0; i < 50; ++i) umlauts += "\xC3\xA4";
    std::string decoded;
    std::istringstream lines(header_text(umlauts));
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.starts_with(' ')) line.erase(0, 1);
        ASSERT_LE(line.size(), 75U);
        ASSERT_TRUE(line.starts_with("=?utf-8?B?") && line.ends_with("?=")) << line;
        const std::string word = from_base64(line.substr(10, line.size() - 12)).value();
        EXPECT_EQ(word.size() % 2, 0U) << "no character is cut";
        decoded += word;
    }
    EXPECT_EQ(decoded, umlauts);
}

TEST(OneLine, TakesAwayWhatIsNoText) {
    EXPECT_EQ(one_line("a\r\nb\tc\x7F"
                       "d",
                       100),
              "a  b c d");
    EXPECT_EQ(one_line("a\xFF"
                       "b\xC3",
                       100),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
    EXPECT_EQ(one_line("gpj.\xE2\x80\xAE.exe \xE2\x81\xA6 \xEF\xBB\xBF \xC2\x85", 100), "gpj. .exe      ");
    EXPECT_EQ(one_line("\xE2\x82\xAC\xF0\x9F\x98\x80", 100), "\xE2\x82\xAC\xF0\x9F\x98\x80");
    EXPECT_EQ(one_line("abcdef", 3), "abc\xE2\x80\xA6");
    EXPECT_EQ(one_line("abc", 3), "abc");
}

} // namespace
} // namespace inlet
