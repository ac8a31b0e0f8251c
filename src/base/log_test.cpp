#include "base/log.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

class LogTest : public testing::Test {
protected:
    ManualClock clock_{0};
    std::string said_;
    Log log_{clock_, [this](std::string_view line) { said_ += line; }};
};

TEST_F(LogTest, ALineOfJson) {
    log_.write(LogLine(LogLevel::info, "request")
                   .with("path", "/a\n\"b\"")
                   .with("status", 200)
                   .with("seconds", 0.5)
                   .with("last", true));
    EXPECT_EQ(said_, "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"level\":\"info\",\"message\":\"request\","
                     "\"path\":\"/a\\n\\\"b\\\"\",\"status\":200,\"seconds\":0.5,\"last\":true}\n");
}

TEST_F(LogTest, ALineForPeople) {
    log_.set(LogFormat::text, LogLevel::info);
    log_.write(LogLine(LogLevel::warning, "cannot send")
                   .with("to", "crm")
                   .with("why", "a b\nc=\"d\"")
                   .with("empty", "")
                   .with("n", 3));
    EXPECT_EQ(said_,
              "1970-01-01T00:00:00.000000Z warning cannot send to=crm why=\"a b\\nc=\\\"d\\\"\" empty=\"\" n=3\n");
}

TEST_F(LogTest, WhatIsBelowTheLevelIsNotSaid) {
    log_.write(LogLine(LogLevel::debug, "a"));
    EXPECT_EQ(said_, "");
    log_.set(LogFormat::text, LogLevel::error);
    EXPECT_FALSE(log_.takes(LogLevel::warning));
    log_.write(LogLine(LogLevel::warning, "b"));
    EXPECT_EQ(said_, "");
    log_.set(LogFormat::text, LogLevel::debug);
    log_.write(LogLine(LogLevel::debug, "c"));
    EXPECT_NE(said_, "");
}

TEST_F(LogTest, FieldsThatSayNothingCanBeLeftOut) {
    log_.set(LogFormat::text, LogLevel::info);
    log_.write(LogLine(LogLevel::info, "m").with_any("a", std::string()).with_any("b", 0).with_any("c", 7));
    EXPECT_EQ(said_, "1970-01-01T00:00:00.000000Z info    m c=7\n");
}

TEST_F(LogTest, AnErrorIsSaidWithItsCodeAndItsCauses) {
    const Error error = Error(FailureCode::io_failed, "cannot write a.csv")
                            .with("path", "/data/a.csv")
                            .caused_by(Error(FailureCode::disk_full, "no room"));
    log_.write(LogLine(LogLevel::error, error.message).with(error));
    const std::string expected = R"x("message":"cannot write a.csv","code":"io-failed","path":"/data/a.csv",)x"
                                 R"x("because":"no room (disk-full)")x";
    EXPECT_NE(said_.find(expected), std::string::npos) << said_;
}

} // namespace
} // namespace inlet
