#include "http/multipart.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet::http {

namespace {

// Gives a few bytes at a time.
class Drip final : public ByteSource {
public:
    Drip(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
    Result<std::size_t> read(std::span<char> room) override {
        const std::size_t count = std::min({room.size(), step_, text_.size() - at_});
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, room.begin());
        at_ += count;
        return count;
    }

private:
    std::string text_;
    std::size_t step_;
    std::size_t at_ = 0;
};

// "name|file|type|content;..." or the error's message.
std::string told(const std::string& body, std::size_t step = 1 << 20, std::size_t room_bytes = 4096,
                 std::string_view boundary = "b") {
    Drip drip(body, step);
    MultipartReader reader(drip, boundary);
    std::string out;
    std::vector<char> room(room_bytes);
    for (;;) {
        auto part = reader.next();
        if (!part) return part.error().message;
        if (!*part) return out;
        out += (*part)->name + "|" + (*part)->file_name.value_or("-") + "|" + (*part)->type + "|";
        for (;;) {
            const auto count = reader.read(room);
            if (!count) return count.error().message;
            if (*count == 0) break;
            out.append(room.data(), *count);
        }
        out += ";";
    }
}

std::string part(const std::string& header, const std::string& content, const std::string& boundary = "b") {
    return "--" + boundary + "\r\n" + header + "\r\n\r\n" + content + "\r\n";
}

const std::string kField = "Content-Disposition: form-data; name=\"f\"";

TEST(Multipart, ReadsPartsInBlocksOfAnySize) {
    const std::string content = "a\r\nb\r\n--\r\n-\r\n--c\r\n\r\n--";
    const std::string body =
        "preamble\r\n" + part(kField, content) +
        part("content-disposition:form-data;name=g;filename=\"x.csv\"\r\nContent-Type: text/csv", "") +
        "--b--\r\nepilogue";
    const std::string expected = "f|-||" + content + ";g|x.csv|text/csv|;";
    for (const std::size_t step : {1UL, 2UL, 3UL, 5UL, 7UL, 64UL, 1UL << 20U})
        for (const std::size_t room : {1UL, 3UL, 4096UL}) EXPECT_EQ(told(body, step, room), expected) << step;
    EXPECT_EQ(told("--b--"), "");
    EXPECT_EQ(told("--b\r\n" + kField + "\r\n\r\n--b--"), "f|-||;") << "a part that has no body";
    EXPECT_EQ(told("--b  \t\r\n" + kField + "\r\n\r\nx\r\n--b--"), "f|-||x;");
}

TEST(Multipart, ReadsContentLargerThanItsBlock) {
    std::string content;
    for (int i = 0; i < 50'000; ++i) content += "\r\n--" + std::to_string(i);
    for (const std::size_t step : {1000UL, 65'536UL, 65'537UL})
        EXPECT_EQ(told(part(kField, content) + "--b--", step), "f|-||" + content + ";");
}

TEST(Multipart, ReadsTheNamesOfFiles) {
    const auto name = [](const std::string& parameters) {
        return told(part("Content-Disposition: form-data; name=\"f\"; " + parameters, "") + "--b--");
    };
    EXPECT_EQ(name("filename=\"a b.csv\""), "f|a b.csv||;");
    EXPECT_EQ(name("filename=\"a%22b%0D%0A%41.csv\""), "f|a\"b\r\n%41.csv||;"); // as browsers write it
    EXPECT_EQ(name("filename=\"a\\\"b\""), "f|a\"b||;");
    EXPECT_EQ(name("filename=\"C:\\dir\\a.csv\""), "f|C:\\dir\\a.csv||;");
    EXPECT_EQ(name("filename=\"a;b=c.csv\""), "f|a;b=c.csv||;");
    EXPECT_EQ(name("filename=plain.csv"), "f|plain.csv||;");
    EXPECT_EQ(name("filename=\"\""), "f|||;");
    EXPECT_EQ(name("filename=\"x\"; filename*=UTF-8''na%C3%AFve%20file.csv"), "f|na\xC3\xAFve file.csv||;");
    EXPECT_EQ(name("filename=\"\xC3\xA9.csv\""), "f|\xC3\xA9.csv||;");
}

TEST(Multipart, RefusesWhatIsBroken) {
    EXPECT_EQ(told(""), "the body ends before its last boundary");
    EXPECT_EQ(told("no boundary"), "the body ends before its last boundary");
    EXPECT_EQ(told(part(kField, "x")), "the body ends before its last boundary");
    EXPECT_EQ(told(part(kField, "x") + "--b"), "the body ends in a boundary");
    EXPECT_EQ(told("--bc\r\n" + kField + "\r\n\r\n--bc--"), "a boundary goes on where its line should end");
    EXPECT_EQ(told("--b\r\n" + kField), "the body ends in the header of a part");
    EXPECT_EQ(told(part("X: y", "x") + "--b--"), "a part has no Content-Disposition");
    EXPECT_EQ(told(part("Content-Disposition: attachment; name=f", "x") + "--b--"),
              "the Content-Disposition of a part is not form-data");
    EXPECT_EQ(told(part("Content-Disposition: form-data", "x") + "--b--"), "a part has no name");
    EXPECT_EQ(told(part("Content-Disposition: form-data; name=\"f", "x") + "--b--"),
              "the Content-Disposition of a part is not form-data");
    EXPECT_EQ(told(part("nonsense", "x") + "--b--"), "a line in the header of a part is no header");
    EXPECT_EQ(told(part(kField + "; filename*=latin1''x", "") + "--b--"),
              "the `filename*` of a part is not in UTF-8 as RFC 8187 has it");
    EXPECT_EQ(told(part(kField + "\r\nX: " + std::string(17'000, 'x'), "") + "--b--"),
              "the header of a part has at most 16384 bytes");
    EXPECT_EQ(told("--b" + std::string(100, ' ') + "\r\n"), "a boundary goes on where its line should end");
}

TEST(Multipart, FindsTheBoundary) {
    EXPECT_TRUE(is_multipart("Multipart/Form-Data; boundary=x"));
    EXPECT_FALSE(is_multipart("multipart/mixed; boundary=x"));
    EXPECT_FALSE(is_multipart(""));
    EXPECT_EQ(*boundary_of("multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundaryAbC"),
              "----WebKitFormBoundaryAbC");
    EXPECT_EQ(*boundary_of("multipart/form-data; boundary=\"a b:c\""), "a b:c");
    for (const std::string& type : {std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
                                    "multipart/form-data; boundary=" + std::string(71, 'x')}) {
        const auto boundary = boundary_of(type);
        ASSERT_FALSE(boundary) << type;
        EXPECT_EQ(boundary.error().code, FailureCode::multipart_malformed);
    }
}

} // namespace
} // namespace inlet::http
