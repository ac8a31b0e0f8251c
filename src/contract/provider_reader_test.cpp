// Providers and their watch folders, right ones and wrong ones.
#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "contract/testing/expect_mistake.hpp"
#include "contract/testing/memory_source.hpp"

namespace inlet {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kHead = R"yaml(project: p
storage: {data: /srv/data}
datasets: {log: {schema: {fields: [{name: n}]}}}
packages: {drop: {match: "*.zip", members: {log.csv: log}}}
providers:
)yaml";

std::expected<Project, std::vector<Diagnostic>> read(const std::string& text) {
    MemorySource files;
    files.variables["IN"] = "/in";
    return parse_project(text, "inlet.yaml", files);
}

TEST(Providers, AreRead) {
    MemorySource files;
    files.variables["IN"] = "/in";
    const auto project = parse_project(std::string(kHead) + R"yaml(
  studio:
    title: The studio
    contacts: [ops@studio.example, "Kim.O'Hara+x@b.example"]
    sources:
      - {folder: ./in/studio/, package: drop}
      - {folder: "${env:IN}/csv", pattern: "*.csv", dataset: log, settle: 5m, outbox: out}
      - {folder: /in/csv, pattern: "*.txt", dataset: log, settle: 1s, allow_short_settle: true, outbox: out}
  press-2: {}
)yaml",
                                       "/p/inlet.yaml", files);
    ASSERT_TRUE(project) << lines_of(project.error());
    ASSERT_EQ(project->providers.size(), 2U);
    const Provider& studio = project->providers[0];
    EXPECT_EQ(studio.name, "studio");
    EXPECT_EQ(studio.title, "The studio");
    EXPECT_EQ(studio.contacts, (std::vector<std::string>{"ops@studio.example", "Kim.O'Hara+x@b.example"}));
    ASSERT_EQ(studio.sources.size(), 3U);
    EXPECT_EQ(studio.sources[0].folder, "/p/in/studio");
    EXPECT_EQ(studio.sources[0].pattern, "*");
    EXPECT_EQ(studio.sources[0].target, "drop");
    EXPECT_TRUE(studio.sources[0].target_is_package);
    EXPECT_EQ(studio.sources[0].settle, minutes(15));
    EXPECT_EQ(studio.sources[0].outbox, "/p/in/studio/outbox");
    EXPECT_EQ(studio.sources[1].folder, "/in/csv");
    EXPECT_EQ(studio.sources[1].pattern, "*.csv");
    EXPECT_FALSE(studio.sources[1].target_is_package);
    EXPECT_EQ(studio.sources[1].settle, minutes(5));
    EXPECT_EQ(studio.sources[1].outbox, "/p/out");
    EXPECT_EQ(studio.sources[2].settle, seconds(1));
    EXPECT_EQ(project->providers[1].name, "press-2");
}

TEST(Providers, SayWhatIsWrong) {
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"  ^2a: {}",
              "provider `2a`: a name begins with a letter and goes on with letters, digits, `-` and `_`, at most 63 in "
              "all"},
             {"  a: {^contact: x@y.z}", "unknown key `contact` in provider `a`; expected title, contacts or sources",
              "did you mean `contacts`?"},
             {"  a: {^expect: x}", "`expect` in provider `a` is not supported by this version of Inlet"},
             {"  a: {^folder: x}", "unknown key `folder` in provider `a`; expected title, contacts or sources",
              "`folder` belongs into an item of `sources`"},
             {"  a: {contacts: [^nobody]}", "`nobody` in `contacts` is no e-mail address",
              "write it plainly: someone@example.com"},
             {"  a: {contacts: ^\"A <a@b.c>\"}", "`A <a@b.c>` in `contacts` is no e-mail address",
              "write it plainly: someone@example.com"},
             {"  a: {sources: ^{}}", "`sources` must be a list; found a mapping"},
             {"  a: {sources: [^{dataset: log}]}", "a source of provider `a` lacks `folder`"},
             {"  a: {sources: [^{folder: in}]}",
              "a source of provider `a` must say where its files go: `dataset` or `package`"},
             {"  a: {sources: [^{folder: in, dataset: log, package: drop}]}",
              "a source of provider `a` must say where its files go: `dataset` or `package`, and not both"},
             {"  a: {sources: [{folder: in, dataset: ^lgo}]}", "there is no dataset `lgo`", "did you mean `log`?"},
             {"  a: {sources: [{folder: in, package: ^log}]}", "there is no package `log`"},
             {"  a: {sources: [{folder: in, dataset: log, ^s3: x}]}",
              "`s3` in a source of provider `a` is not supported by this version of Inlet"},
             {"  a: {sources: [{folder: in, dataset: log, pattern: ^x/*}]}",
              "`pattern` is compared with the name of a file, which has no `/`; found `x/*`"},
             {"  a: {sources: [{folder: in, dataset: log, settle: ^4m}]}",
              "`settle` must be at least 5m, so that a delivery can still be corrected; found `4m`",
              "if that is not wanted, say `allow_short_settle: true`"},
             {"  a: {sources: [{folder: in, dataset: log, settle: ^0s, allow_short_settle: true}]}",
              "`settle` must be from 1s to 30d; found `0s`"},
             {"  a: {sources: [{folder: in, dataset: log, settle: ^31d}]}",
              "`settle` must be from 1s to 30d; found `31d`"},
             {"  a: {sources: [{folder: ^/srv/data/in, dataset: log}]}",
              "`folder` `/srv/data/in` lies in the data folder `/srv/data`", "put it beside"},
             {"  a: {sources: [{folder: ^/srv, dataset: log}]}", "`folder` `/srv` holds the data folder `/srv/data`",
              "put it beside"},
             {"  a: {sources: [{folder: /in, outbox: ^/srv/data/x, dataset: log}]}",
              "`outbox` `/srv/data/x` lies in the data folder `/srv/data`", "put it beside"},
             {"  a: {sources: [{folder: ^/p, dataset: log}]}", "`folder` `/p` holds the project file",
              "put it below or beside"},
             {"  a: {sources: [{folder: /in, outbox: ^/in/, dataset: log}]}",
              "`outbox` is the watch folder itself: `/in`"},
             {"  a: {sources: [{folder: /in, dataset: log}, {folder: ^/in, pattern: '*.csv', dataset: log}]}",
              "`/in` and the source of line 6 share the folder, and a file could match both `*` and `*.csv`"},
             {"  a: {sources: [{folder: /in, dataset: log, outbox: /o}, {folder: ^/jn, outbox: /o, dataset: log}]}",
              "`/jn` and the source of line 6 share an outbox, and a file could match both `*` and `*`"},
             {"  a: {sources: [{folder: /in, dataset: log}]}\n  b: {sources: [{folder: ^/in/b, dataset: log}]}",
              "`/in/b` lies in the folder of provider `a` (line 6); each provider has its own"},
             {"  a: {sources: [{folder: /in, dataset: log}]}\n"
              "  b: {sources: [{folder: /jn, outbox: ^/in/x, dataset: log}]}",
              "the outbox `/in/x` lies in a folder of provider `a`"},
             {"  a: {sources: [{folder: /in, dataset: log}, {folder: /jn, outbox: ^/in, dataset: log}]}",
              "the outbox `/in` is a watch folder, of provider `a`"},
         }) {
        expect_one_mistake(wrong, std::string(kHead) + std::string(wrong.text), [](const std::string& text) {
            MemorySource files;
            auto project = parse_project(text, "/p/inlet.yaml", files);
            if (!project) {
                for (Diagnostic& mistake : project.error()) mistake.file = "inlet.yaml";
            }
            return project;
        });
    }
}

TEST(Providers, MayShareAFolderIfNoFileMatchesTwice) {
    EXPECT_TRUE(read(std::string(kHead) +
                     "  a: {sources: [{folder: /in, pattern: '*.zip', package: drop}, {folder: /in, pattern: "
                     "'*.csv', dataset: log}]}"));
    EXPECT_TRUE(
        read(std::string(kHead) + "  a: {sources: [{folder: /in, dataset: log}, {folder: /in/b, dataset: log}]}"));
}

} // namespace
} // namespace inlet
