// The steps of an upload against a server that is played here: what it has, what it answers, and when the line breaks.
#include "client/resumable_upload.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "base/disk.hpp"

namespace inlet::client {
namespace {

HttpAnswer answer(long status, std::vector<std::pair<std::string, std::string>> headers = {}, std::string body = "") {
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

// Takes bytes as tus says, as far as it is let.
class PlayedServer final : public HttpClient {
public:
    Result<HttpAnswer> exchange(const HttpCall& call) override {
        calls.push_back(call.method);
        if (away > 0) {
            --away;
            return fail(FailureCode::server_unreachable, "the line broke");
        }
        if (call.method == "POST") {
            id = "u" + std::to_string(++begun);
            bytes.clear();
            return answer(201, {{"location", "http://somewhere.else/v1/uploads/" + id}});
        }
        if (call.target != "/v1/uploads/" + id) return answer(404);
        if (call.method == "HEAD") return answer(200, state());
        return take(call);
    }
    Result<std::unique_ptr<HttpStream>> open_stream(const HttpCall&) override {
        return fail(FailureCode::internal, "no stream is asked for");
    }

    std::vector<std::string> calls;
    std::string bytes; // that are safe
    std::size_t length = 0;
    std::string id;
    int begun = 0;
    int away = 0;                    // calls that do not arrive
    std::vector<std::size_t> breaks; // bytes that the next PATCHes bring before the line breaks
    int busy = 0;                    // PATCHes that are refused, as somebody else sends

private:
    std::vector<std::pair<std::string, std::string>> state() const {
        std::vector<std::pair<std::string, std::string>> headers{{"upload-offset", std::to_string(bytes.size())}};
        if (bytes.size() == length) headers.emplace_back("inlet-submission", "7");
        return headers;
    }

    Result<HttpAnswer> take(const HttpCall& call) {
        if (busy > 0) {
            --busy;
            return answer(423, {}, R"({"code":"upload-locked","detail":"another request"})");
        }
        const auto offset = std::ranges::find(call.headers, "Upload-Offset", [](const auto& one) { return one.first; });
        EXPECT_NE(offset, call.headers.end());
        if (offset->second != std::to_string(bytes.size()))
            return answer(409, {}, R"({"code":"offset-mismatch","detail":"it has others"})");
        std::size_t room = breaks.empty() ? length : breaks.front();
        const bool cut = !breaks.empty();
        if (cut) breaks.erase(breaks.begin());
        std::array<char, 7> block{};
        while (room > 0) {
            const std::size_t count = TRY(call.body->read(std::span(block).first(std::min(room, block.size()))));
            if (count == 0) break;
            bytes.append(block.data(), count);
            room -= count;
        }
        if (cut) return fail(FailureCode::server_unreachable, "the line broke");
        return answer(204, state());
    }
};

class ResumableUploadTest : public testing::Test {
protected:
    ResumableUploadTest() {
        std::filesystem::create_directories(folder_);
        std::ofstream(path_, std::ios::binary) << text_;
        server_.length = text_.size();
    }
    ~ResumableUploadTest() override { std::filesystem::remove_all(folder_); }

    Result<UploadEnd> send() {
        const auto file = TRY(SentFile::open(path_));
        Patience patience({.clock = clock_,
                           .limit = std::chrono::seconds(20),
                           .pause = [this](std::chrono::milliseconds time) { clock_.advance(time.count() * 1000); },
                           .told = [](const Error&) {}});
        UploadMemory memory(*disk_, clock_, folder_ + "/state");
        ResumableUpload upload({.http = server_,
                                .memory = memory,
                                .patience = patience,
                                .sent = [](std::uint64_t) {},
                                .resumed = [this](std::uint64_t bytes) { resumed_ = bytes; }},
                               *file,
                               {.server = "here", .target = {"items"}, .file_name = "x.csv", .newest_now = newest_});
        return upload.send();
    }
    std::size_t remembered() const { return disk_->list(folder_ + "/state")->size(); }

    const std::string folder_ = temporary_name(std::filesystem::temp_directory_path().string(), "inlet-upload");
    const std::string path_ = folder_ + "/x.csv";
    const std::string text_ = "id,name\n1,apple\n2,pear\n3,plum\n4,fig\n";
    const std::unique_ptr<Disk> disk_ = make_posix_disk();
    // Files are as young as they are.
    ManualClock clock_{SystemClock().now()};
    PlayedServer server_;
    std::int64_t newest_ = 3;
    std::uint64_t resumed_ = 0;
};

TEST_F(ResumableUploadTest, InOneGo) {
    EXPECT_EQ(send()->submission, SubmissionId(7));
    EXPECT_EQ(server_.calls, (std::vector<std::string>{"POST", "PATCH"}));
    EXPECT_EQ(server_.bytes, text_);
    EXPECT_EQ(remembered(), 0U);
}

TEST_F(ResumableUploadTest, BreaksAtEveryByte) {
    for (std::size_t at = 0; at <= text_.size(); ++at) {
        server_.bytes.clear();
        server_.breaks = {at, at / 2};
        ASSERT_EQ(send()->submission, SubmissionId(7)) << at;
        EXPECT_EQ(server_.bytes, text_) << at;
    }
}

TEST_F(ResumableUploadTest, AnotherRunGoesOnAndKnowsWhatWasNewThen) {
    server_.breaks = {10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_EQ(send().error().code, FailureCode::server_unreachable);
    EXPECT_EQ(remembered(), 1U);
    server_.breaks.clear();
    newest_ = 9;
    const auto end = send();
    ASSERT_TRUE(end) << to_string(end.error());
    EXPECT_EQ(end->newest_then, 3);
    EXPECT_EQ(resumed_, 10U);
    EXPECT_EQ(server_.begun, 1);
    EXPECT_EQ(server_.bytes, text_);
    EXPECT_EQ(remembered(), 0U);
}

TEST_F(ResumableUploadTest, WhatTheServerForgotBeginsAnew) {
    server_.breaks = std::vector<std::size_t>(20, 0);
    EXPECT_FALSE(send());
    server_.breaks.clear();
    server_.id = "gone";
    EXPECT_EQ(send()->submission, SubmissionId(7));
    EXPECT_EQ(server_.begun, 2);
    EXPECT_EQ(server_.bytes, text_);
}

TEST_F(ResumableUploadTest, BusyAndAwayServersAreWaitedFor) {
    server_.away = 3;
    server_.busy = 2;
    EXPECT_EQ(send()->submission, SubmissionId(7));
    EXPECT_EQ(server_.bytes, text_);
}

TEST(FailureOf, OursKeepTheirCodeAndOthersSayWhatCame) {
    const Error ours = failure_of(
        answer(
            409, {},
            R"({"type":"about:blank","title":"t","status":409,"code":"undo-conflict","detail":"d","what_to_do":"w","keys":"1, 2"})"),
        "here");
    EXPECT_EQ(ours.code, FailureCode::undo_conflict);
    EXPECT_EQ(ours.message, "d");
    EXPECT_EQ(ours.context, (std::vector<std::pair<std::string, std::string>>{{"keys", "1, 2"}}));
    const Error other = failure_of(answer(502, {}, "<html>Bad Gateway</html>"), "http://here");
    EXPECT_EQ(other.code, FailureCode::server_unreachable);
    EXPECT_EQ(other.message, "http://here answered 502, which is no answer that this Inlet knows");
}

TEST(Escaped, WhatAnAddressMayNotHold) {
    EXPECT_EQ(escaped("a b/c?d=1&e\xC3\xA9~-._"), "a%20b%2Fc%3Fd%3D1%26e%C3%A9~-._");
}

} // namespace
} // namespace inlet::client
