#include "pipeline/content_kind.hpp"

#include <string>

#include <gtest/gtest.h>

namespace inlet {
namespace {

using std::string_literals::operator""s;

ContentKind kind(const std::string& head) { return recognise(head).kind; }

TEST(ContentKind, TakesWhatPeopleCallCsvAsText) {
    EXPECT_EQ(kind(""), ContentKind::text);
    EXPECT_EQ(kind("id,name\n1,anna\n"), ContentKind::text);
    EXPECT_EQ(kind("\xef\xbb\xbfid;name\r\n"), ContentKind::text);
    EXPECT_EQ(kind("{\"id\":1}\n"), ContentKind::text);
}

TEST(ContentKind, DoesNotMistakeTextThatBeginsLikeSomethingElse) {
    EXPECT_EQ(kind("MZ,name\n1,anna\n"), ContentKind::text);
    EXPECT_EQ(kind("BM,name\n"), ContentKind::text);
    EXPECT_EQ(kind("#!not a path,name\n"), ContentKind::text);
    EXPECT_EQ(kind("PAR1,PAR2\n"), ContentKind::text);
    EXPECT_EQ(kind("BZh9,name\n"), ContentKind::text);
}

TEST(ContentKind, KnowsArchives) {
    EXPECT_EQ(kind("PK\x03\x04 and so on"), ContentKind::zip);
    EXPECT_EQ(kind("PK\x05\x06"), ContentKind::zip);
    EXPECT_EQ(kind("\x1f\x8b\x08"), ContentKind::archive);
    EXPECT_EQ(kind("BZh91AY&SY"), ContentKind::archive);
    EXPECT_EQ(kind(std::string(257, 'a') + "ustar"), ContentKind::archive);
    EXPECT_EQ(kind(std::string(257, 'a') + "usta"), ContentKind::text);
}

TEST(ContentKind, KnowsTextInOtherEncodings) {
    EXPECT_EQ(kind("\xff\xfei\0d\0"s), ContentKind::recoded);
    EXPECT_EQ(kind("\xfe\xff\0i\0d"s), ContentKind::recoded);
    EXPECT_EQ(kind("i\0d\0\n\0001\0"s), ContentKind::recoded);
    EXPECT_EQ(kind("\0i\0d\0\n\0001"s), ContentKind::recoded);
    EXPECT_EQ(recognise("\xff\xfe\0\0i\0\0\0"s).name, "UTF-32");
    EXPECT_EQ(kind("id\0name\n1"s), ContentKind::text) << "a zero byte does not make UTF-16";
    EXPECT_EQ(kind("\0\0\0\0\0\0"s), ContentKind::text);
    EXPECT_NE(wrong_encoding("a.csv", recognise("\xff\xfei\0"s)).message.find("iconv -f UTF-16"), std::string::npos);
}

TEST(ContentKind, KnowsPrograms) {
    EXPECT_EQ(kind("\x7f"
                   "ELF\x02\x01"),
              ContentKind::executable);
    EXPECT_EQ(kind("MZ\x90\0\x03"s), ContentKind::executable);
    EXPECT_EQ(kind("\xcf\xfa\xed\xfe"), ContentKind::executable);
    EXPECT_EQ(kind("#!/bin/sh\nrm -rf /\n"), ContentKind::executable);
    EXPECT_EQ(kind("#! /usr/bin/env python3\n"), ContentKind::executable);
}

TEST(ContentKind, KnowsImagesAndDocuments) {
    EXPECT_EQ(kind("\x89PNG\r\n\x1a\n"), ContentKind::other);
    EXPECT_EQ(kind("%PDF-1.7"), ContentKind::other);
    EXPECT_EQ(recognise("GIF89a"s).name, "a GIF image");
}

} // namespace
} // namespace inlet
