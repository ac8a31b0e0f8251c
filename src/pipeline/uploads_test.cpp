// Uploads over stores in memory, and a clock that stands still until told: what is kept, what expires, what a restart
// goes on with. What the protocol says of them is tested through the binary (tests/uploads_test.py).
#include "pipeline/uploads.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"

namespace inlet {
namespace {

constexpr std::string_view kProject = R"(
project: shop
datasets:
  items:
    schema:
      fields:
        - {name: id, type: integer}
        - {name: name, type: string}
)";
constexpr std::string_view kItems = "id,name\n1,apple\n2,pear\n";
constexpr Timestamp kHour = Timestamp{3600} * 1'000'000;
const UploadCaller kAnna{.id = "key:1", .name = "anna"};

class UploadsTest : public testing::Test {
protected:
    UploadsTest() { restart(); }

    void restart() {
        uploads_.reset();
        if (started_) {
            EXPECT_TRUE(rig_.restart());
        }
        started_ = true;
        folder_ = std::filesystem::path(rig_.write_file("beside", "")).parent_path().string() + "/uploads";
        uploads_ = std::make_unique<Uploads>(
            UploadParts{.project = rig_.project,
                        .pipeline = rig_.pipeline(),
                        .catalog = *rig_.catalog,
                        .disk = *rig_.disk,
                        .clock = rig_.clock,
                        .folder = folder_,
                        .queued = [this] { ++queued_; },
                        .warning = [this](const Error& error) { warnings_.push_back(error.code); }},
            UploadLimits{.bytes_max = 1000});
        ASSERT_TRUE(uploads_->recover());
        uploads_->sweep();
    }

    UploadRecord begin(std::optional<std::uint64_t> length, UploadKind kind = UploadKind::whole) {
        NewUpload upload{.kind = kind, .file_name = "items.csv", .length = length};
        if (kind != UploadKind::partial) upload.target = "items";
        return uploads_->create(kAnna, upload).value();
    }

    Result<UploadRecord> send(const std::string& id, std::uint64_t offset, std::string_view bytes,
                              std::function<Status()> verify = {}) {
        TextSource source(bytes, 5);
        return uploads_->append(kAnna, id, {.offset = offset, .verify = std::move(verify)}, source);
    }

    FailureCode look(const std::string& id) {
        const auto record = uploads_->look(kAnna, id, false);
        return record ? FailureCode::internal : record.error().code;
    }

    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
    }

    PipelineRig rig_{kProject};
    bool started_ = false;
    std::string folder_;
    int queued_ = 0;
    std::vector<FailureCode> warnings_;
    std::unique_ptr<Uploads> uploads_;
};

TEST_F(UploadsTest, PiecesBecomeOneSubmission) {
    const UploadRecord begun = begin(kItems.size());
    EXPECT_EQ(send(begun.id, 0, kItems.substr(0, 7))->offset, 7U);
    const UploadRecord done = send(begun.id, 7, kItems.substr(7)).value();
    EXPECT_EQ(done.state, UploadState::done);
    EXPECT_EQ(queued_, 1);
    EXPECT_EQ(files(), 0U) << "the file is the object";
    EXPECT_EQ(rig_.raw(done.submission), kItems);
    EXPECT_EQ(rig_.record(done.submission).by, "anna");
    EXPECT_EQ(rig_.pipeline().run(done.submission)->state, SubmissionState::published);
    EXPECT_EQ(rig_.rows("items"), (std::vector<std::string>{"1|apple", "2|pear"}));
    EXPECT_EQ(uploads_->look(kAnna, begun.id, false)->submission, done.submission);
}

TEST_F(UploadsTest, AreGoneOnWithAfterARestart) {
    const UploadRecord begun = begin(kItems.size());
    ASSERT_TRUE(send(begun.id, 0, kItems.substr(0, 7)));
    restart(); // its hash is to be made again from the file
    const UploadRecord done = send(begun.id, 7, kItems.substr(7)).value();
    EXPECT_EQ(rig_.raw(done.submission), kItems);
    EXPECT_TRUE(rig_.pipeline().open_raw(done.submission)) << "it has the hash it is stored under";
}

TEST_F(UploadsTest, DropWhatWasWrittenBehindTheSafeOffset) {
    const UploadRecord begun = begin(kItems.size());
    ASSERT_TRUE(send(begun.id, 0, kItems.substr(0, 7)));
    {
        const auto file = rig_.disk->reopen(folder_ + "/" + begun.id, 7).value();
        ASSERT_TRUE(file->append(std::as_bytes(std::span(std::string_view("never answered")))));
    }
    restart();
    EXPECT_EQ(uploads_->look(kAnna, begun.id, false)->offset, 7U);
    EXPECT_EQ(rig_.raw(send(begun.id, 7, kItems.substr(7))->submission), kItems);
}

TEST_F(UploadsTest, KeepWhatCameBeforeABreak) {
    const UploadRecord begun = begin(kItems.size());
    TextSource broken(kItems.substr(0, 12), Error(FailureCode::incomplete_upload, "the line broke"));
    EXPECT_EQ(uploads_->append(kAnna, begun.id, {}, broken).error().code, FailureCode::incomplete_upload);
    EXPECT_EQ(uploads_->look(kAnna, begun.id, false)->offset, 12U);
    EXPECT_EQ(rig_.raw(send(begun.id, 12, kItems.substr(12))->submission), kItems);
}

TEST_F(UploadsTest, KeepNothingThatIsNotVerified) {
    const UploadRecord begun = begin(kItems.size());
    ASSERT_TRUE(send(begun.id, 0, kItems.substr(0, 7)));
    const auto refuse = [] { return Status(fail(FailureCode::upload_checksum_mismatch, "wrong")); };
    EXPECT_EQ(send(begun.id, 7, "XXXX", refuse).error().code, FailureCode::upload_checksum_mismatch);
    EXPECT_EQ(uploads_->look(kAnna, begun.id, false)->offset, 7U);
    EXPECT_EQ(rig_.raw(send(begun.id, 7, kItems.substr(7), [] { return Status(); })->submission), kItems);
}

TEST_F(UploadsTest, ExpireADayAfterTheirLastPiece) {
    const UploadRecord begun = begin(100);
    rig_.clock.advance(23 * kHour);
    ASSERT_TRUE(send(begun.id, 0, "id,"));
    rig_.clock.advance(23 * kHour);
    uploads_->sweep();
    EXPECT_EQ(uploads_->look(kAnna, begun.id, false)->offset, 3U);
    rig_.clock.advance(kHour);
    EXPECT_EQ(look(begun.id), FailureCode::upload_expired);
    EXPECT_EQ(send(begun.id, 3, "n").error().code, FailureCode::upload_expired);
    EXPECT_EQ(files(), 1U);
    uploads_->sweep();
    EXPECT_EQ(files(), 0U);
    restart();
    EXPECT_EQ(look(begun.id), FailureCode::upload_expired) << "it is remembered";
    rig_.clock.advance(7 * 24 * kHour);
    uploads_->sweep();
    EXPECT_EQ(look(begun.id), FailureCode::unknown_upload);
    EXPECT_EQ(warnings_, std::vector<FailureCode>());
}

TEST_F(UploadsTest, ThatExpiredWhileNobodyRanAreSweptToo) {
    const UploadRecord begun = begin(100);
    ASSERT_TRUE(send(begun.id, 0, "id,"));
    rig_.clock.advance(48 * kHour);
    restart();
    uploads_->sweep();
    EXPECT_EQ(files(), 0U);
    EXPECT_EQ(look(begun.id), FailureCode::upload_expired);
}

TEST_F(UploadsTest, FilesOfNoUploadGoAtTheStart) {
    ASSERT_TRUE(rig_.disk->create(folder_ + "/0123456789abcdef"));
    const UploadRecord begun = begin(100);
    ASSERT_TRUE(send(begun.id, 0, "id,"));
    restart();
    EXPECT_EQ(files(), 1U);
    EXPECT_TRUE(send(begun.id, 3, "name"));
}

TEST_F(UploadsTest, AreTheirOwners) {
    const UploadRecord begun = begin(100);
    const UploadCaller bert{.id = "key:2", .name = "bert"};
    EXPECT_EQ(uploads_->look(bert, begun.id, false).error().code, FailureCode::unknown_upload);
    EXPECT_EQ(uploads_->terminate(bert, begun.id).error().code, FailureCode::unknown_upload);
    EXPECT_TRUE(uploads_->look({.id = "key:2", .sees_all = true}, begun.id, false));
}

TEST_F(UploadsTest, AreCompletedOnceWhateverFailsOfTheCatalog) {
    std::size_t failed = 0;
    for (std::uint64_t nth = 1;; ++nth) {
        for (const auto when : {FaultCatalog::When::before, FaultCatalog::When::after}) {
            const std::string text =
                std::string(kItems) + std::to_string(10 + 2 * nth + (when == FaultCatalog::When::after)) + ",nut\n";
            const UploadRecord begun = begin(text.size());
            rig_.catalog->fail_at(nth, when);
            const auto sent = send(begun.id, 0, text);
            const bool fired = rig_.catalog->fired();
            rig_.heal();
            if (!fired) {
                EXPECT_GT(failed, 5U);
                return;
            }
            ++failed;
            restart();
            uploads_->sweep();
            UploadRecord now = uploads_->look(kAnna, begun.id, false).value();
            if (now.state == UploadState::receiving) now = send(begun.id, now.offset, text.substr(now.offset)).value();
            ASSERT_EQ(now.state, UploadState::done) << nth;
            EXPECT_EQ(rig_.raw(now.submission), text);
            std::size_t live = 0;
            for (const SubmissionRecord& record : rig_.records()) {
                if (record.state == SubmissionState::queued) ++live;
            }
            EXPECT_EQ(live, failed) << nth << ": one submission for each upload";
            EXPECT_EQ(files(), 0U);
        }
    }
}

TEST_F(UploadsTest, ThatArePartsMakeAWhole) {
    const UploadRecord first = begin(7, UploadKind::partial);
    const UploadRecord second = begin(std::nullopt, UploadKind::partial);
    const UploadRecord final =
        uploads_
            ->create(
                kAnna,
                {.kind = UploadKind::final, .target = "items", .concat = "final;", .partials = {first.id, second.id}})
            .value();
    EXPECT_EQ(final.state, UploadState::receiving);
    ASSERT_TRUE(send(first.id, 0, kItems.substr(0, 7)));
    TextSource rest(kItems.substr(7));
    ASSERT_TRUE(uploads_->append(kAnna, second.id, {.length = kItems.size() - 7}, rest));
    const UploadRecord whole = uploads_->look(kAnna, final.id, false).value();
    EXPECT_EQ(whole.state, UploadState::done);
    EXPECT_EQ(rig_.raw(whole.submission), kItems);
    rig_.clock.advance(kHour);
    uploads_->sweep();
    EXPECT_EQ(files(), 0U) << "the parts are not kept for long";
}

TEST_F(UploadsTest, AreBounded) {
    EXPECT_EQ(uploads_->create(kAnna, {.target = "items", .length = 1001}).error().code, FailureCode::file_too_large);
    const UploadRecord begun = begin(std::nullopt);
    EXPECT_EQ(send(begun.id, 0, std::string(1001, 'x')).error().code, FailureCode::file_too_large);
    EXPECT_EQ(uploads_->create(kAnna, {.target = "none", .length = 1}).error().code, FailureCode::unknown_dataset);
}

TEST_F(UploadsTest, ASessionIsPutTogetherWhenItIsTold) {
    const std::string first = begin(8, UploadKind::partial).id;
    const std::string second = begin(15, UploadKind::partial).id;
    const NewUpload whole{.kind = UploadKind::final,
                          .target = "items",
                          .file_name = "items.csv",
                          .partials = {first, second},
                          .ends_when_told = true};
    const std::string session = uploads_->create(kAnna, whole)->id;
    const auto end = [&](std::optional<std::uint64_t> bytes = {}, const std::string& sha256 = "") {
        return uploads_->end(kAnna, session, {.bytes = bytes, .sha256 = sha256});
    };
    ASSERT_TRUE(send(second, 0, kItems.substr(8)));
    EXPECT_EQ(end().error().code, FailureCode::upload_unfinished);
    ASSERT_TRUE(send(first, 0, "garbage!"));
    EXPECT_EQ(uploads_->look(kAnna, session, false)->state, UploadState::receiving) << "all parts are there";
    EXPECT_EQ(end(25).error().code, FailureCode::byte_count);
    EXPECT_EQ(end(23, std::string(64, '0')).error().code, FailureCode::hash_count);
    ASSERT_TRUE(uploads_->restart(kAnna, first));
    EXPECT_EQ(uploads_->look(kAnna, first, false)->offset, 0U);
    EXPECT_EQ(end().error().code, FailureCode::upload_unfinished);
    restart();
    ASSERT_TRUE(send(first, 0, kItems.substr(0, 8)));
    const auto done = end(23);
    ASSERT_TRUE(done) << to_string(done.error());
    EXPECT_EQ(rig_.raw(done->submission), kItems);
    EXPECT_EQ(end()->submission, done->submission);
    EXPECT_EQ(uploads_->end(kAnna, first, {}).error().code, FailureCode::final_upload);
    EXPECT_EQ(uploads_->end({.id = "key:2"}, session, {}).error().code, FailureCode::unknown_upload);
    EXPECT_EQ(rig_.pipeline().run(done->submission)->state, SubmissionState::published);
}

} // namespace
} // namespace inlet
