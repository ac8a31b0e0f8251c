#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace inlet {
namespace {

// RFC 4648, section 10.
TEST(Base64, WritesAndReadsTheVectorsOfTheSpecification) {
    const std::pair<std::string, std::string> kVectors[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : kVectors) {
        EXPECT_EQ(base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
}

TEST(Base64, CarriesEveryByte) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
}

TEST(Base64, RefusesWhatIsNone) {
    for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zm 9v", "Zg==Zg==", "Zm9v\n", "Zm-_"})
        EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

} // namespace
} // namespace inlet
