// What every catalog must do with uploads.
#include "catalog/testing/conformance.hpp"

namespace inlet {

namespace {

UploadRecord sample_upload(std::string id) {
    UploadRecord record;
    record.id = std::move(id);
    record.owner = "key:1f2e3d4c";
    record.by = "somebody";
    record.target = "ratings";
    record.expires_at = 100;
    return record;
}

UploadRecord upload_with_everything() {
    UploadRecord record = sample_upload("everything");
    record.kind = UploadKind::final;
    record.state = UploadState::done;
    record.target_is_package = true;
    record.file_name = "d\xC3\xA4ta.csv";
    record.metadata = "dataset cmF0aW5ncw==,empty";
    record.concat = "final;/v1/uploads/a /v1/uploads/b";
    record.partials = {"a", "b", "a"};
    record.ends_when_told = true;
    record.length = std::uint64_t{1} << 40U;
    record.offset = (std::uint64_t{1} << 40U) - 1;
    record.sha256 = std::string(64, 'a');
    record.submission = SubmissionId(7);
    record.expires_at = 1'800'000'000'000'000;
    return record;
}

std::vector<std::string> ids(const Result<std::vector<UploadRecord>>& records) {
    std::vector<std::string> names;
    for (const UploadRecord& record : records.value()) names.push_back(record.id);
    return names;
}

} // namespace

TEST_P(CatalogConformance, UploadsAreKeptChangedAndRemoved) {
    UploadRecords& uploads = catalog().uploads();
    UploadRecord bare = sample_upload("bare");
    UploadRecord full = upload_with_everything();
    bare.created_at = full.created_at = clock().now();
    ASSERT_TRUE(uploads.add(bare));
    ASSERT_TRUE(uploads.add(full));
    EXPECT_EQ(uploads.find("bare").value(), std::optional(bare));
    EXPECT_EQ(uploads.find("everything").value(), std::optional(full));
    EXPECT_EQ(uploads.find("EVERYTHING").value(), std::nullopt);
    EXPECT_EQ(uploads.add(bare).error().code, FailureCode::bad_argument);

    clock().advance(5);
    UploadRecord changed = full;
    changed.id = "bare";
    ASSERT_TRUE(uploads.update(changed));
    EXPECT_EQ(uploads.find("bare").value(), std::optional(changed)) << "and it is as old as it was";
    changed.length.reset();
    ASSERT_TRUE(uploads.update(changed));
    EXPECT_EQ(uploads.find("bare").value(), std::optional(changed));
    EXPECT_EQ(uploads.find("everything").value(), std::optional(full));

    ASSERT_TRUE(uploads.remove("bare"));
    ASSERT_TRUE(uploads.remove("bare")) << "again";
    EXPECT_EQ(uploads.find("bare").value(), std::nullopt);
    EXPECT_EQ(uploads.update(changed).error().code, FailureCode::unknown_upload);
}

TEST_P(CatalogConformance, UploadsExpireInOrder) {
    UploadRecords& uploads = catalog().uploads();
    for (const auto& [id, moment] : {std::pair("c", 30), std::pair("a", 10), std::pair("b", 20), std::pair("b2", 20)}) {
        UploadRecord record = sample_upload(id);
        record.expires_at = moment;
        ASSERT_TRUE(uploads.add(record));
    }
    EXPECT_EQ(ids(uploads.expired(9)), std::vector<std::string>());
    EXPECT_EQ(ids(uploads.expired(20)), (std::vector<std::string>{"a", "b", "b2"}));
    EXPECT_EQ(ids(uploads.expired(30)).size(), 4U);
}

TEST_P(CatalogConformance, UploadsThatWaitForTheProgramAreFoundAndKeepTheirObjects) {
    UploadRecords& uploads = catalog().uploads();
    const std::string hash(64, 'a');
    const std::uint64_t received = sample_upload("x").offset;
    EXPECT_EQ(*uploads.unfinished(), UnfinishedUploads());
    std::vector<std::string> expected;
    for (const UploadKind kind : {UploadKind::whole, UploadKind::partial, UploadKind::final}) {
        for (const UploadState state :
             {UploadState::receiving, UploadState::complete, UploadState::done, UploadState::expired}) {
            UploadRecord record = sample_upload(std::string(to_string(kind)) + "." + std::string(to_string(state)));
            record.kind = kind;
            record.state = state;
            record.sha256 = hash;
            ASSERT_TRUE(uploads.add(record));
            if (state == UploadState::complete || (kind == UploadKind::final && state == UploadState::receiving))
                expected.push_back(record.id);
            EXPECT_EQ(upload_kind_from(to_string(kind)), kind);
            EXPECT_EQ(upload_state_from(to_string(state)), state);
        }
    }
    EXPECT_EQ(ids(uploads.unsettled()), expected);
    EXPECT_EQ(*uploads.unfinished(), (UnfinishedUploads{.count = 3, .bytes = 3 * received}));
    EXPECT_EQ(catalog().references("ratings", hash), 3U);
    EXPECT_EQ(catalog().references("links", hash), 0U);
    EXPECT_EQ(catalog().references("ratings", std::string(64, 'b')), 0U);
}

} // namespace inlet
