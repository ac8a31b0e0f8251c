#include "fronts/tus/upload_headers.hpp"

#include <gtest/gtest.h>

#include "catalog/testing/conformance.hpp"
#include "objects/testing/conformance.hpp"
#include "warehouse/testing/conformance.hpp"

// Linked along with what stands below.
namespace inlet {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ObjectStoreConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CatalogConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WarehouseConformance);
} // namespace inlet

namespace inlet::tus {
namespace {

TEST(UploadHeaders, Base64IsRead) {
    EXPECT_EQ(base64_decoded(""), "");
    EXPECT_EQ(base64_decoded("YQ=="), "a");
    EXPECT_EQ(base64_decoded("YWI="), "ab");
    EXPECT_EQ(base64_decoded("YWJj"), "abc");
    EXPECT_EQ(base64_decoded("+/+/"), "\xFB\xFF\xBF");
    EXPECT_EQ(base64_decoded("AAA="), std::string(2, '\0'));
    for (const char* wrong :
         {"Y", "YQ", "YQ=", "Y===", "====", "Y=Q=", "YQ==YQ==", "YR==", "YWJ=", "YW j", "YW-_", "\xC3\xA4=="})
        EXPECT_EQ(base64_decoded(wrong), std::nullopt) << wrong;
}

TEST(UploadHeaders, MetadataAreKeysAndValues) {
    const auto metadata = parse_metadata("filename d29ybGQucGRm,is_confidential,empty ,b YQ==").value();
    ASSERT_EQ(metadata.size(), 4U);
    EXPECT_EQ(*find(metadata, "filename"), "world.pdf");
    EXPECT_EQ(*find(metadata, "is_confidential"), "");
    EXPECT_EQ(*find(metadata, "empty"), "");
    EXPECT_EQ(find(metadata, "Filename"), nullptr);
    EXPECT_TRUE(parse_metadata("")->empty());
    EXPECT_EQ(parse_metadata("a YQ==, b YQ==")->size(), 2U) << "as joined by a proxy";
    for (const char* wrong : {",", "a,", ",a", "a,a", "a YQ==,a Yg==", "a YQ", "a YQ== b", " ,a"})
        EXPECT_EQ(parse_metadata(wrong).error().code, FailureCode::bad_argument) << wrong;
}

TEST(UploadHeaders, ConcatNamesUploads) {
    EXPECT_EQ(parse_concat("partial")->kind, UploadKind::partial);
    const auto final = parse_concat("final;/v1/uploads/a https://x.org/in/v1/uploads/b  c?d=e").value();
    EXPECT_EQ(final.kind, UploadKind::final);
    EXPECT_EQ(final.partials, (std::vector<std::string>{"a", "b", "c"}));
    for (const char* wrong :
         {"", "final", "final;", "final; ", "Partial", "partial ", "final;/v1/uploads/", "final /a"})
        EXPECT_EQ(parse_concat(wrong).error().code, FailureCode::bad_argument) << wrong;
}

TEST(UploadHeaders, ChecksumsHaveAnAlgorithm) {
    const auto checksum = parse_checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=").value();
    EXPECT_EQ(checksum.algorithm, "sha1");
    EXPECT_EQ(checksum.bytes.size(), 20U);
    for (const char* wrong : {"", "sha1", "sha1 ", "sha1 !", "sha1 YQ", " YQ=="})
        EXPECT_EQ(parse_checksum(wrong).error().code, FailureCode::bad_argument) << wrong;
}

TEST(UploadHeaders, NumbersAreWholeAndNotNegative) {
    http::Request request;
    request.headers.add("A", "0");
    request.headers.add("B", "9223372036854775807");
    EXPECT_EQ(number_of(request, "a").value(), 0U);
    EXPECT_EQ(number_of(request, "b").value(), 9223372036854775807U);
    EXPECT_EQ(number_of(request, "c").value(), std::nullopt);
    for (const char* wrong : {"", "-1", "+1", "1.0", " 1", "1 ", "x", "9223372036854775808", "99999999999999999999"}) {
        http::Request bad;
        bad.headers.add("A", wrong);
        EXPECT_EQ(number_of(bad, "A").error().code, FailureCode::bad_argument) << wrong;
    }
}

TEST(UploadHeaders, MediaTypesAreComparedWithoutParametersAndCase) {
    http::Request request;
    EXPECT_FALSE(has_media_type(request, "a/b"));
    request.headers.add("Content-Type", "A/b ; c=d");
    EXPECT_TRUE(has_media_type(request, "a/b"));
    EXPECT_FALSE(has_media_type(request, "a/c"));
}

} // namespace
} // namespace inlet::tus
