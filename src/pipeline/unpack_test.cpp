// Archives, honest and hostile, and files that are not what they should be.
#include "pipeline/unpack.hpp"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "pipeline/testing/pipeline_rig.hpp"
#include "pipeline/testing/zip_maker.hpp"

namespace inlet {
namespace {

using std::string_literals::operator""s;

class Bytes final : public ObjectReader {
public:
    explicit Bytes(std::string bytes, std::size_t fail_from = SIZE_MAX)
        : bytes_(std::move(bytes)), fail_from_(fail_from) {}
    std::uint64_t size() const override { return bytes_.size(); }
    Result<std::size_t> pread(std::span<std::byte> room, std::uint64_t offset) const override {
        if (offset >= fail_from_) return fail(FailureCode::io_failed, "the disk is gone");
        const std::size_t count = std::min<std::size_t>(room.size(), bytes_.size() - offset);
        std::memcpy(room.data(), bytes_.data() + offset, count);
        return count;
    }

private:
    std::string bytes_;
    std::size_t fail_from_;
};

class Unpack : public testing::Test {
protected:
    Result<std::vector<SentPart>> package(std::string bytes, ArchiveLimits limits = {}) {
        return unpack(project_, target_of("drop", true), "data.zip", std::make_shared<Bytes>(std::move(bytes)), limits);
    }
    Result<std::vector<SentPart>> dataset(std::string bytes, ArchiveLimits limits = {}) {
        return unpack(project_, target_of("a", false), "a.csv", std::make_shared<Bytes>(std::move(bytes)), limits);
    }
    Target target_of(const std::string& name, bool is_package) { return *find_target(project_, name, is_package); }

    static std::string code(const Result<std::vector<SentPart>>& parts) {
        return parts ? "fine" : std::string(failure_info(parts.error().code).code);
    }
    static Result<std::string> text(const SentPart& part) {
        const auto source = TRY(part.origin->open());
        std::string all;
        std::array<char, 7> room{};
        while (const std::size_t count = TRY(source->read(room))) all.append(room.data(), count);
        return all;
    }

    Project project_ = parse_test_project(R"(
project: test
datasets:
  a: {schema: {fields: [{name: id, type: integer}]}}
  b: {schema: {fields: [{name: id, type: integer}]}}
packages:
  drop: {match: data.zip, members: {b.csv: b, a.csv: a}}
)");
};

TEST_F(Unpack, GivesMembersToTheirDatasetsInTheOrderOfNames) {
    const auto parts = package(make_zip({{"b.csv", "id\n2\n"}, {"a.csv", "id\n1\n", "", true}}));
    ASSERT_TRUE(parts) << to_string(parts.error());
    ASSERT_EQ(parts->size(), 2U);
    EXPECT_EQ((*parts)[0].name, "a.csv");
    EXPECT_EQ((*parts)[0].dataset->name, "a");
    EXPECT_EQ((*parts)[0].bytes, 5U);
    EXPECT_EQ(text((*parts)[0]).value(), "id\n1\n");
    EXPECT_EQ(text((*parts)[1]).value(), "id\n2\n");
    EXPECT_EQ(text((*parts)[1]).value(), "id\n2\n") << "from its beginning again";
}

TEST_F(Unpack, PassesOverFoldersAndLitter) {
    const auto parts = package(make_zip({{.name = "drop/", .folder = true},
                                         {"drop/a.csv", "id\n"},
                                         {"drop/b.csv", "id\n"},
                                         {"drop/.DS_Store", "\x7f"
                                                            "ELF"},
                                         {"__MACOSX/drop/._a.csv", "x"}}));
    ASSERT_TRUE(parts) << to_string(parts.error());
    EXPECT_EQ((*parts)[0].name, "a.csv");
}

TEST_F(Unpack, DropsOnlyOneFolderThatAllShare) {
    EXPECT_EQ(code(package(make_zip({{"x/a.csv", "id\n"}, {"y/b.csv", "id\n"}}))), "unknown-member");
    EXPECT_EQ(code(package(make_zip({{"x/y/a.csv", "id\n"}, {"x/y/b.csv", "id\n"}}))), "unknown-member");
}

TEST_F(Unpack, NamesAreComparedExactly) {
    EXPECT_EQ(code(package(make_zip({{"A.csv", "id\n"}, {"b.csv", "id\n"}}))), "unknown-member");
    EXPECT_EQ(code(package(make_zip({{"a.csv", "id\n"}}))), "missing-member");
    EXPECT_EQ(code(package(make_zip({{"a.csv", "id\n"}, {"b.csv", "id\n"}, {"c.csv", "id\n"}}))), "unknown-member");
    EXPECT_EQ(code(package(make_zip({{"a.csv", "id\n"}, {"a.csv", "id\n"}, {"b.csv", "id\n"}}))), "duplicate-member");
    EXPECT_EQ(code(package(make_zip({}))), "missing-member");
}

TEST_F(Unpack, RefusesPathsThatLeadOut) {
    for (const char* name : {"../a.csv", "x/../../a.csv", "/a.csv", "..\\a.csv", "C:\\a.csv", "a\ncsv", ".."}) {
        EXPECT_EQ(code(package(make_zip({{name, "id\n"}, {"b.csv", "id\n"}}))), "path-escape") << name;
    }
    EXPECT_EQ(code(package(make_zip({{"..a.csv", "id\n"}, {"b.csv", "id\n"}}))), "unknown-member") << "only a name";
}

TEST_F(Unpack, RefusesLinks) {
    EXPECT_EQ(code(package(make_zip({{"a.csv", "", "/etc/passwd"}, {"b.csv", "id\n"}}))), "path-escape");
}

TEST_F(Unpack, RefusesEncryptedMembers) {
    EXPECT_EQ(code(package(make_zip({{"a.csv", "id\n1\n"}, {"b.csv", "id\n"}}, true))), "encrypted-archive");
}

TEST_F(Unpack, RefusesWhatIsNoData) {
    EXPECT_EQ(code(package(make_zip({{"a.csv", "\x7f"
                                               "ELF\x02\x01\x01"},
                                     {"b.csv", "id\n"}}))),
              "executable-content");
    EXPECT_EQ(code(package(make_zip({{"a.csv", make_zip({{"x", "y"}})}, {"b.csv", "id\n"}}))), "nested-archive");
    EXPECT_EQ(code(package(make_zip({{"a.csv", "\x1f\x8b\x08"}, {"b.csv", "id\n"}}))), "nested-archive");
    EXPECT_EQ(code(package(make_zip({{"a.csv", "\x89PNG\r\n\x1a\n"}, {"b.csv", "id\n"}}))), "format-error");
    EXPECT_EQ(code(dataset(make_zip({{"[Content_Types].xml", "<x/>"}, {"xl/workbook.xml", "<x/>"}}))), "format-error");
    EXPECT_EQ(code(package(make_zip({{"extra.sh", "#!/bin/sh\n"}, {"a.csv", "id\n"}, {"b.csv", "id\n"}}))),
              "executable-content")
        << "though nobody would read it";
}

TEST_F(Unpack, RefusesBombs) {
    const std::string zeros(1 << 20, '0');
    const ArchiveLimits ratio{.ratio_max = 100, .ratio_free_bytes = 1 << 16};
    EXPECT_EQ(code(package(make_zip({{"a.csv", zeros}, {"b.csv", "id\n"}}), ratio)), "zip-bomb");
    const ArchiveLimits fine{.ratio_max = 100, .ratio_free_bytes = 1 << 21};
    EXPECT_EQ(code(package(make_zip({{"a.csv", zeros}, {"b.csv", "id\n"}}), fine)), "fine");
    EXPECT_EQ(code(package(make_zip({{"a.csv", zeros}, {"b.csv", "id\n"}}), {.unpacked_bytes_max = 1 << 19})),
              "zip-bomb");
    EXPECT_EQ(code(package(make_zip({{"a.csv", ""}, {"b.csv", ""}}), {.members_max = 1})), "zip-bomb");
}

TEST_F(Unpack, RefusesDamagedArchives) {
    const std::string zip = make_zip({{"a.csv", "id\n1\n2\n3\n", "", true}, {"b.csv", "id\n", "", true}});
    EXPECT_EQ(code(package(zip.substr(0, zip.size() / 2))), "file-malformed") << "cut off";
    EXPECT_EQ(code(package(zip.substr(0, zip.size() - 1))), "file-malformed") << "by one byte";
    EXPECT_EQ(code(package("PK\x03\x04 and then nothing that makes sense")), "file-malformed");
    EXPECT_EQ(code(package("id\n1\n")), "file-malformed") << "no zip at all";
}

TEST_F(Unpack, NoticesTheWrongChecksumAtTheEndOfAMember) {
    std::string zip = make_zip({{"a.csv", "id\n1\n2\n3\n", "", true}, {"b.csv", "id\n", "", true}});
    zip[zip.find("1\n2")] = '9';
    const auto parts = package(zip);
    if (parts) {
        const auto read = text((*parts)[0]);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, FailureCode::checksum_mismatch) << to_string(read.error());
        EXPECT_EQ(text((*parts)[1]).value(), "id\n");
    } else {
        EXPECT_EQ(code(parts), "checksum-mismatch");
    }
}

TEST_F(Unpack, ReportsAFailingStoreAsThat) {
    const std::string zip = make_zip({{"a.csv", std::string(1 << 20, 'x'), "", true}, {"b.csv", "id\n"}});
    const auto parts = unpack(project_, target_of("drop", true), "data.zip", std::make_shared<Bytes>(zip, 100), {});
    EXPECT_EQ(code(parts), "io-failed");
}

TEST_F(Unpack, ADatasetTakesAFileOrAZipOfOne) {
    const auto plain = dataset("id\n1\n");
    ASSERT_TRUE(plain);
    EXPECT_EQ((*plain)[0].name, "a.csv");
    EXPECT_EQ(text((*plain)[0]).value(), "id\n1\n");
    const auto zipped = dataset(make_zip({{"x/whatever.csv", "id\n2\n"}}));
    ASSERT_TRUE(zipped) << to_string(zipped.error());
    EXPECT_EQ((*zipped)[0].name, "whatever.csv");
    EXPECT_EQ((*zipped)[0].dataset->name, "a");
    EXPECT_EQ(text((*zipped)[0]).value(), "id\n2\n");
    EXPECT_EQ(code(dataset(make_zip({{"x", "id\n"}, {"y", "id\n"}}))), "unknown-member");
    EXPECT_EQ(code(dataset(make_zip({{.name = "x/", .folder = true}}))), "missing-member");
}

TEST_F(Unpack, RefusesPlainFilesThatAreNoText) {
    EXPECT_EQ(code(dataset("\x7f"
                           "ELF\x02")),
              "executable-content");
    EXPECT_EQ(code(dataset("#!/bin/sh\n")), "executable-content");
    EXPECT_EQ(code(dataset("\x1f\x8b\x08")), "nested-archive");
    EXPECT_EQ(code(dataset("%PDF-1.4")), "format-error");
    EXPECT_EQ(code(dataset("")), "fine") << "an empty file is for the checker to judge";
}

TEST_F(Unpack, KnowsItsTargets) {
    EXPECT_EQ(find_target(project_, "c", false).error().code, FailureCode::unknown_dataset);
    EXPECT_EQ(find_target(project_, "a", true).error().code, FailureCode::unknown_package);
}

} // namespace
} // namespace inlet
