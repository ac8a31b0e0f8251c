// Real folders: links are not followed, and nothing is replaced that should not be.
#include "fronts/folder/open_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "fronts/folder/candidates.hpp"
#include "pipeline/testing/pipeline_rig.hpp"

namespace inlet::folder {
namespace {

namespace fs = std::filesystem;

class OpenFolderTest : public testing::Test {
protected:
    std::string path(const std::string& name) const { return temp_.path() + "/" + name; }
    void write(const std::string& name, std::string_view text) const { std::ofstream(path(name)) << text; }
    std::string read(const std::string& name) const {
        std::ifstream file(path(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    OpenFolder open() const { return OpenFolder::open(temp_.path()).value(); }

    TemporaryFolder temp_;
};

TEST_F(OpenFolderTest, TellsWhatThingsAre) {
    write("file", "1234");
    fs::create_directory(path("folder"));
    fs::create_symlink("file", path("link"));
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    write("twice", "1");
    fs::create_hard_link(path("twice"), path("twice-too"));
    const auto entries = open().list().value();
    using Kind = FolderEntry::Kind;
    std::map<std::string, Kind> kinds;
    for (const FolderEntry& entry : entries) kinds[entry.name] = entry.kind;
    EXPECT_EQ(kinds, (std::map<std::string, Kind>{{"file", Kind::file},
                                                  {"folder", Kind::folder},
                                                  {"link", Kind::link},
                                                  {"pipe", Kind::other},
                                                  {"twice", Kind::file},
                                                  {"twice-too", Kind::file}}));
    EXPECT_EQ(entries.at(0).mark.size, 4U);
    EXPECT_EQ(open().read("link").error().code, FailureCode::not_a_file);
    EXPECT_EQ(open().read("pipe").error().code, FailureCode::not_a_file) << "and does not wait for a writer";
    EXPECT_EQ(open().read("folder").error().code, FailureCode::not_a_file);
    EXPECT_EQ(open().read("none").error().code, FailureCode::file_not_found);
}

TEST_F(OpenFolderTest, OnlyPlainFilesOfTheirOwnAreCandidates) {
    for (const char* name : {"a.csv", ".a.csv", "a.csv~", "a.csv.part", "a.csv.TMP", "b.txt", "\xFF.csv", "two.csv"})
        write(name, "x");
    write(std::string(197, 'n') + ".csv", "x");
    fs::create_hard_link(path("two.csv"), path("elsewhere"));
    fs::create_symlink("a.csv", path("link.csv"));
    ASSERT_EQ(::mkfifo(path("pipe.csv").c_str(), 0600), 0);
    fs::create_directory(path("folder.csv"));
    FolderSource source;
    source.folder = temp_.path();
    source.pattern = "*.csv";
    const Candidates found = candidates(source, open().list().value());
    ASSERT_EQ(found.files.size(), 1U);
    EXPECT_EQ(found.files[0].name, "a.csv");
    std::set<std::string> refused;
    for (const Candidates::Refused& one : found.refused) {
        refused.insert(one.file.name);
        EXPECT_EQ(one.reason.code, FailureCode::not_a_file);
        EXPECT_TRUE(is_utf8(one.reason.message));
    }
    EXPECT_EQ(refused,
              (std::set<std::string>{"\xFF.csv", "two.csv", std::string(197, 'n') + ".csv", "link.csv", "pipe.csv"}));
}

TEST_F(OpenFolderTest, KnowsUtf8) {
    for (const char* good : {"", "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const char* bad : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "a\xE2\x82"})
        EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST_F(OpenFolderTest, WritesOverALinkAndNotThroughIt) {
    write("victim", "untouched");
    fs::create_symlink("victim", path("answer"));
    fs::create_symlink("victim", path(".answer.inlet-tmp"));
    TextSource text("new", 1);
    ASSERT_TRUE(open().write("answer", text));
    EXPECT_EQ(read("victim"), "untouched");
    EXPECT_EQ(read("answer"), "new");
    EXPECT_FALSE(fs::is_symlink(path("answer")));
    EXPECT_FALSE(fs::exists(path(".answer.inlet-tmp")));
}

TEST_F(OpenFolderTest, AWriteThatFailsLeavesWhatWasThere) {
    write("answer", "old");
    TextSource broken("half", Error(FailureCode::io_failed, "broken off"));
    EXPECT_EQ(open().write("answer", broken).error().code, FailureCode::io_failed);
    EXPECT_EQ(read("answer"), "old");
    EXPECT_EQ(open().list()->size(), 1U);
}

TEST_F(OpenFolderTest, MovesOnlyToANameThatIsFree) {
    write("a", "1");
    write("b", "2");
    EXPECT_FALSE(*open().move("a", "b"));
    EXPECT_TRUE(*open().move("a", "c"));
    EXPECT_EQ(read("b") + read("c"), "21");
    EXPECT_EQ(open().move("none", "d").error().code, FailureCode::folder_unavailable);
}

TEST_F(OpenFolderTest, FoldersBelowAreMadeAndLinksInBetweenRefused) {
    ASSERT_TRUE(open().below("out/box"));
    EXPECT_TRUE(fs::is_directory(path("out/box")));
    fs::remove(path("out/box"));
    fs::create_symlink("/tmp", path("out/box"));
    EXPECT_EQ(open().below("out/box").error().code, FailureCode::folder_unavailable);
    EXPECT_EQ(open().below("out/box/deeper").error().code, FailureCode::folder_unavailable);
    EXPECT_EQ(OpenFolder::make(path("out/box")).error().code, FailureCode::folder_unavailable);
}

TEST_F(OpenFolderTest, KnowsWhenItsPathLeadsElsewhere) {
    fs::create_directory(path("in"));
    const OpenFolder folder = OpenFolder::open(path("in")).value();
    EXPECT_TRUE(folder.still_there());
    fs::rename(path("in"), path("old"));
    EXPECT_FALSE(folder.still_there());
    fs::create_directory(path("in"));
    EXPECT_FALSE(folder.still_there());
    EXPECT_EQ(OpenFolder::open(path("none")).error().code, FailureCode::folder_unavailable);
}

} // namespace
} // namespace inlet::folder
