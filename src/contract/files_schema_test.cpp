#include "contract/files_schema.hpp"

#include <string>

#include <gtest/gtest.h>

namespace inlet {

namespace {

TEST(FilesSchema, PutsItsFieldsBeforeTheDatasetsOwn) {
    Schema own;
    own.fields.emplace_back().name = "region";
    const Schema schema = files_schema(own);
    ASSERT_EQ(schema.fields.size(), 9U);
    EXPECT_EQ(schema.fields.front().name, "path");
    EXPECT_EQ(schema.fields.back().name, "region");
    EXPECT_EQ(schema.primary_key, std::vector<std::size_t>{0});
    EXPECT_TRUE(is_files_note(schema, "region"));
    EXPECT_TRUE(is_files_note(schema, "comment"));
    EXPECT_FALSE(is_files_note(schema, "sha256"));
    EXPECT_FALSE(is_files_note(schema, "nothing"));
    EXPECT_TRUE(is_files_field("SHA256"));
}

TEST(FilePath, IsTakenOrRefused) {
    for (const std::string& path : {std::string("a"), std::string("a/b.csv"), std::string("..a/b.."),
                                    std::string("\xC3\xA9 \xF0\x9F\x98\x80.txt"), std::string(1024, 'x')})
        EXPECT_TRUE(check_file_path(path)) << path;
    for (const std::string& path :
         {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string("."),
          std::string("a/../b"), std::string(".."), std::string("a\0b", 3), std::string("a\nb"), std::string("a\\b"),
          std::string(1025, 'x'), std::string("\xC3"), std::string("\xC0\x80"), std::string("\xED\xA0\x80"),
          std::string("\xF4\x90\x80\x80"), std::string("\xFF")}) {
        const Status checked = check_file_path(path);
        ASSERT_FALSE(checked) << path;
        EXPECT_EQ(checked.error().code, FailureCode::path_invalid) << path;
    }
}

} // namespace
} // namespace inlet
