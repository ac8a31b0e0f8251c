#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "contract/testing/expect_mistake.hpp"
#include "contract/testing/memory_source.hpp"

namespace inlet {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Project project_of(std::string_view text, const FileSource& files = MemorySource(),
                   const std::string& path = "/p/inlet.yaml") {
    auto project = parse_project(text, path, files);
    if (!project) {
        ADD_FAILURE() << to_error(project.error()).message;
        return {};
    }
    return std::move(*project);
}

constexpr std::string_view kMovies = R"yaml(
project: movies
storage: {data: ./data}
datasets:
  movies_raw:
    schema: schemas/movies.json
    write: replace
  ratings:
    title: Ratings
    description: One line for each rating.
    kind: table
    schema:
      fields:
        - {name: userId, type: integer, constraints: {required: true, minimum: 1}}
        - {name: movieId, type: integer, title: Movie, description: Its number}
        - {name: rating, type: number, constraints: {minimum: 0.5, maximum: 5}}
        - {name: timestamp, type: integer}
      primaryKey: [userId, movieId]
    dialect: {delimiter: ";", quoteChar: "'", header: false}
    write: upsert
    rejects: {max_rows: 100, max_share: 1%, then: publish_rest, keep: 5}
    deletes: {policy: none, max_rows: 10, max_share: 0.25, allow_empty: true, on_rejects: keep_broken, over_limit: skip}
    retention: {raw: 90d, rejects: 12h, history: 400d}
packages:
  movies-drop: {match: "data*.zip", members: {movies_metadata.csv: movies_raw, ratings.csv: ratings}}
models:
  genres: {sql: models/genres.sql, primaryKey: name}
  by_year:
    primaryKey: [year, genre]
    sql: |
      select 1 as year, 2 as genre
views:
  top: {sql: select * from genres}
)yaml";

MemorySource movie_files(const std::string& folder) {
    MemorySource files;
    files.files[folder + "schemas/movies.json"] =
        "{\"$schema\": \"x\", \"fields\": [{\"name\": \"id\"}], \"missingValues\": [\"\", \"NA\"]}";
    files.files[folder + "models/genres.sql"] = "select 'x' as name\n";
    return files;
}

TEST(ReadProject, ReadsEverything) {
    const Project project = project_of(kMovies, movie_files("/p/"));
    EXPECT_EQ(project.name, "movies");
    EXPECT_EQ(project.folder, "/p");
    EXPECT_EQ(project.data_folder, "/p/data");

    ASSERT_EQ(project.datasets.size(), 2U);
    const Dataset& raw = project.datasets[0];
    EXPECT_EQ(raw.name, "movies_raw");
    EXPECT_EQ(raw.write, WriteMode::replace);
    EXPECT_EQ(raw.schema.fields.at(0).name, "id");
    EXPECT_EQ(raw.schema.fields.at(0).type, FieldType::string);
    EXPECT_EQ(raw.schema.missing_values, (std::vector<std::string>{"", "NA"}));

    const Dataset& ratings = project.datasets[1];
    EXPECT_EQ(ratings.name, "ratings");
    EXPECT_EQ(ratings.title, "Ratings");
    EXPECT_EQ(ratings.description, "One line for each rating.");
    ASSERT_EQ(ratings.schema.fields.size(), 4U);
    EXPECT_EQ(ratings.schema.fields[0].constraints.minimum, "1");
    EXPECT_TRUE(ratings.schema.fields[0].constraints.required);
    EXPECT_TRUE(ratings.schema.fields[1].constraints.required) << "part of the key";
    EXPECT_EQ(ratings.schema.fields[1].title, "Movie");
    EXPECT_EQ(ratings.schema.fields[1].description, "Its number");
    EXPECT_EQ(ratings.schema.fields[2].type, FieldType::number);
    EXPECT_EQ(ratings.schema.fields[2].constraints.minimum, "0.5");
    EXPECT_EQ(ratings.schema.fields[2].constraints.maximum, "5");
    EXPECT_FALSE(ratings.schema.fields[3].constraints.required);
    EXPECT_EQ(ratings.schema.primary_key, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(ratings.schema.missing_values, std::vector<std::string>{""});
    EXPECT_EQ(ratings.dialect, (Dialect{';', '\'', false}));
    EXPECT_EQ(ratings.write, WriteMode::upsert);
    EXPECT_EQ(ratings.rejects, (RejectPolicy{100, 0.01, RejectPolicy::Then::publish_rest, 5}));
    EXPECT_EQ(ratings.deletes,
              (DeletePolicy{DeletePolicy::Policy::none, 10, 0.25, true, DeletePolicy::OnRejects::keep_broken_keys,
                            DeletePolicy::OverLimit::skip}));
    EXPECT_EQ(ratings.retention, (Retention{days(90), hours(12), days(400)}));

    ASSERT_EQ(project.packages.size(), 1U);
    EXPECT_EQ(project.packages[0].name, "movies-drop");
    EXPECT_EQ(project.packages[0].match, "data*.zip");
    EXPECT_EQ(project.packages[0].members,
              (std::map<std::string, std::string>{{"movies_metadata.csv", "movies_raw"}, {"ratings.csv", "ratings"}}));

    ASSERT_EQ(project.models.size(), 2U);
    EXPECT_EQ(project.models[0].name, "genres");
    EXPECT_EQ(project.models[0].sql, "select 'x' as name\n");
    EXPECT_EQ(project.models[0].primary_key, std::vector<std::string>{"name"});
    EXPECT_EQ(project.models[1].name, "by_year");
    EXPECT_EQ(project.models[1].sql, "select 1 as year, 2 as genre\n");
    EXPECT_EQ(project.models[1].primary_key, (std::vector<std::string>{"year", "genre"}));
    ASSERT_EQ(project.views.size(), 1U);
    EXPECT_EQ(project.views[0].name, "top");
    EXPECT_EQ(project.views[0].sql, "select * from genres");
}

TEST(ReadProject, HasDefaults) {
    const Project project = project_of("project: p\ndatasets: {a: {schema: {fields: [{name: x}]}}}");
    EXPECT_EQ(project.data_folder, "/p/data");
    ASSERT_EQ(project.datasets.size(), 1U);
    const Dataset& dataset = project.datasets[0];
    EXPECT_EQ(dataset.write, WriteMode::append);
    EXPECT_EQ(dataset.dialect, Dialect{});
    EXPECT_EQ(dataset.rejects, RejectPolicy{});
    EXPECT_EQ(dataset.rejects.then, RejectPolicy::Then::reject);
    EXPECT_EQ(dataset.deletes, DeletePolicy{});
    EXPECT_EQ(dataset.retention, Retention{});
    EXPECT_EQ(dataset.schema.fields[0], (Field{.name = "x"}));
    EXPECT_TRUE(project.packages.empty());
    EXPECT_TRUE(project.models.empty());
    EXPECT_TRUE(project.views.empty());
}

TEST(ReadProject, TakesJson) {
    const Project project = project_of(
        "{\n\t\"$schema\": \"inlet.schema.json\",\n\t\"project\": \"p\",\n\t\"datasets\": {\"a\": {\"schema\": "
        "{\"fields\": [{\"name\": \"x\", \"type\": \"integer\", \"constraints\": {\"enum\": [1, 2]}}]}}}\n}\n");
    ASSERT_EQ(project.datasets.size(), 1U);
    EXPECT_EQ(project.datasets[0].schema.fields[0].constraints.enumeration, (std::vector<std::string>{"1", "2"}));
}

TEST(ReadProject, SyncDeletesWhatIsMissingUnlessToldOtherwise) {
    const std::string head =
        "project: p\ndatasets:\n  a:\n    schema: {fields: [{name: x}], primaryKey: x}\n    write: sync\n";
    EXPECT_EQ(project_of(head).datasets[0].deletes.policy, DeletePolicy::Policy::missing);
    EXPECT_EQ(project_of(head + "    deletes: {max_share: 10%}").datasets[0].deletes.policy,
              DeletePolicy::Policy::missing);
    EXPECT_EQ(project_of(head + "    deletes: {policy: none}").datasets[0].deletes.policy, DeletePolicy::Policy::none);
}

TEST(ReadProject, ReadsSharesAndTimes) {
    const auto share = [](const std::string& text) {
        return project_of(
                   "project: p\ndatasets: {a: {schema: {fields: [{name: x}]}, rejects: {then: hold, max_share: " +
                   text + "}}}")
            .datasets.at(0)
            .rejects.max_share;
    };
    EXPECT_EQ(share("1%"), 0.01);
    EXPECT_EQ(share("\"0.5 %\""), 0.005);
    EXPECT_EQ(share("100%"), 1.0);
    EXPECT_EQ(share("0%"), 0.0);
    EXPECT_EQ(share("0.01"), 0.01);
    EXPECT_EQ(share("1"), 1.0);
    EXPECT_EQ(share("1e-3"), 0.001);
    const auto time = [](const std::string& text) {
        return project_of("project: p\ndatasets: {a: {schema: {fields: [{name: x}]}, retention: {raw: " + text + "}}}")
            .datasets.at(0)
            .retention.raw;
    };
    EXPECT_EQ(time("45s"), seconds(45));
    EXPECT_EQ(time("30m"), minutes(30));
    EXPECT_EQ(time("12h"), hours(12));
    EXPECT_EQ(time("400d"), days(400));
    EXPECT_EQ(time("2w"), days(14));
    EXPECT_EQ(time("0d"), seconds(0));
}

TEST(ReadProject, ReadsFields) {
    const Project project = project_of(R"yaml(
project: p
datasets:
  a:
    schema:
      missingValues: ["", -, 1]
      fields:
        - {name: price, type: number, decimalChar: ",", groupChar: ".", bareNumber: false, constraints: {minimum: 0.5, maximum: "1.000,5"}}
        - {name: plain, type: integer, groupChar: null}
        - {name: ok, type: boolean, trueValues: [yes, 1], falseValues: ["no"], constraints: {enum: [true]}}
        - {name: day, type: date, format: "%d/%m/%Y", constraints: {minimum: 01/02/2020}}
        - {name: at, type: datetime, format: any, constraints: {maximum: "2030-12-31T00:00:00Z"}}
        - {name: clock, type: time, format: "%H:%M"}
        - {name: list, type: array, format: python, constraints: {minLength: 0, maxLength: 3}}
        - {name: map, type: object, format: default, constraints: {enum: ['{"a":1}']}}
        - {name: code, rdfType: http://schema.org/Country, example: [x], constraints: {pattern: '[A-Z]{2}', unique: true, enum: [NO, "null", 7]}}
        - {name: 2020, type: any}
)yaml");
    ASSERT_EQ(project.datasets.size(), 1U);
    const Schema& schema = project.datasets[0].schema;
    ASSERT_EQ(schema.fields.size(), 10U);
    EXPECT_EQ(schema.missing_values, (std::vector<std::string>{"", "-", "1"}));
    EXPECT_EQ(schema.fields[0].decimal_char, ",");
    EXPECT_EQ(schema.fields[0].group_char, ".");
    EXPECT_FALSE(schema.fields[0].bare_number);
    EXPECT_EQ(schema.fields[0].constraints.minimum, "0.5");
    EXPECT_EQ(schema.fields[0].constraints.maximum, "1000.5") << "a JSON number, whatever the field's notation";
    EXPECT_EQ(schema.fields[1].group_char, "");
    EXPECT_EQ(schema.fields[2].true_values, (std::vector<std::string>{"yes", "1"}));
    EXPECT_EQ(schema.fields[2].false_values, std::vector<std::string>{"no"});
    EXPECT_EQ(schema.fields[2].constraints.enumeration, std::vector<std::string>{"yes"})
        << "in the field's own notation";
    EXPECT_EQ(schema.fields[3].format, "%d/%m/%Y");
    EXPECT_EQ(schema.fields[3].constraints.minimum, "01/02/2020");
    EXPECT_EQ(schema.fields[4].format, "any");
    EXPECT_EQ(schema.fields[5].format, "%H:%M");
    EXPECT_EQ(schema.fields[6].format, "python");
    EXPECT_EQ(schema.fields[6].constraints.min_length, 0);
    EXPECT_EQ(schema.fields[6].constraints.max_length, 3);
    EXPECT_EQ(schema.fields[7].constraints.enumeration, std::vector<std::string>{"{\"a\":1}"});
    EXPECT_EQ(schema.fields[8].constraints.pattern, "[A-Z]{2}");
    EXPECT_TRUE(schema.fields[8].constraints.unique);
    EXPECT_EQ(schema.fields[8].constraints.enumeration, (std::vector<std::string>{"NO", "null", "7"}));
    EXPECT_EQ(schema.fields[9].name, "2020");
    EXPECT_EQ(schema.fields[9].type, FieldType::any);
}

TEST(ReadProject, PutsEnvironmentAndFilesIntoStorage) {
    MemorySource files;
    files.variables["WHERE"] = "/srv";
    files.files["/p/secrets/name"] = "vault\r\n";
    const auto data = [&](const std::string& text) {
        return project_of("project: p\nstorage: {data: \"" + text +
                              "\"}\ndatasets: {a: {schema: {fields: [{name: x}]}}}",
                          files)
            .data_folder;
    };
    EXPECT_EQ(data("${env:WHERE}/x/${file:secrets/name}"), "/srv/x/vault");
    EXPECT_EQ(data("a$b{c}"), "/p/a$b{c}");
    EXPECT_EQ(data("../shared/./data/"), "/shared/data");
    EXPECT_EQ(data("/abs"), "/abs");
}

TEST(ReadProject, SharesASchemaByAlias) {
    const Project project =
        project_of("project: p\ndatasets:\n  a:\n    schema: &s {fields: [{name: x}]}\n  b: {schema: *s}\n");
    ASSERT_EQ(project.datasets.size(), 2U);
    EXPECT_EQ(project.datasets[0].schema, project.datasets[1].schema);
}

TEST(ReadProject, FindsFilesBesideTheProject) {
    MemorySource files = movie_files("sub/");
    files.files["sub/inlet.yaml"] = kMovies;
    const auto project = read_project("sub/inlet.yaml", files);
    ASSERT_TRUE(project) << lines_of(project.error());
    EXPECT_EQ(project->folder, (std::filesystem::current_path() / "sub").string());
    EXPECT_EQ(project->data_folder, (std::filesystem::current_path() / "sub/data").string());

    MemorySource here = movie_files("");
    here.files["inlet.yaml"] = kMovies;
    const auto same = read_project("inlet.yaml", here);
    ASSERT_TRUE(same) << lines_of(same.error());
    EXPECT_EQ(same->folder, std::filesystem::current_path().string());
}

TEST(ReadProject, ReportsAProjectThatCannotBeRead) {
    const auto project = read_project("/p/inlet.yaml", MemorySource());
    ASSERT_FALSE(project);
    EXPECT_EQ(lines_of(project.error()), "/p/inlet.yaml: no such file\n");
}

TEST(FileSource, ReadsTheEnvironmentOfTheProcess) {
    class Plain final : public FileSource {
        Result<std::string> read(const std::string&) const override {
            return fail(FailureCode::file_not_found, "no such file");
        }
    };
    const Plain source;
    EXPECT_TRUE(source.environment("PATH"));
    EXPECT_FALSE(source.environment("INLET_TEST_NO_SUCH_VARIABLE"));
}

TEST(ParseDialect, ReadsWhatInletKnows) {
    const auto dialect = [](std::string_view text) {
        const auto read = parse_dialect(text, "d.json");
        if (!read) ADD_FAILURE() << lines_of(read.error());
        return read.value_or(Dialect{});
    };
    EXPECT_EQ(dialect("{}"), Dialect{});
    EXPECT_EQ(dialect("delimiter: ';'"), (Dialect{';', {}, {}}));
    EXPECT_EQ(dialect("{\"delimiter\": \"\\t\"}"), (Dialect{'\t', {}, {}}));
    EXPECT_EQ(dialect("delimiter: \\t"), (Dialect{'\t', {}, {}}));
    EXPECT_EQ(dialect("{quoteChar: '', header: true}"), (Dialect{{}, '\0', true}));
    EXPECT_EQ(dialect("{quoteChar: null}"), (Dialect{{}, '\0', {}}));
    EXPECT_EQ(
        dialect(
            R"({"csvddfVersion": 1.2, "delimiter": "|", "doubleQuote": true, "lineTerminator": "\r\n", "quoteChar": "\"",)"
            R"( "skipInitialSpace": false, "header": true, "caseSensitiveHeader": false})"),
        (Dialect{'|', '"', true}));
}

// Whatever is cut off or changed, the reader answers: a project, or mistakes with places that exist.
TEST(ReadProject, NeverFailsToAnswer) {
    const MemorySource files = movie_files("/p/");
    const std::string whole(kMovies);
    const auto lines = static_cast<int>(std::count(whole.begin(), whole.end(), '\n')) + 1;
    const auto check = [&](const std::string& text) {
        const auto project = parse_project(text, "/p/inlet.yaml", files);
        if (project) return;
        ASSERT_FALSE(project.error().empty()) << text;
        for (const Diagnostic& mistake : project.error()) {
            EXPECT_FALSE(mistake.message.empty()) << text;
            EXPECT_GE(mistake.line, 1) << text;
            EXPECT_LE(mistake.line, lines + 1) << text;
            EXPECT_GE(mistake.column, 1) << text;
        }
    };
    for (std::size_t i = 0; i <= whole.size(); ++i) check(whole.substr(0, i));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string text = whole;
        text.erase(i, 1);
        check(text);
        for (const char c : std::string_view("{}[]:,'\"&*!|>%@`#-?\n\t\x80")) {
            if (i % 7 != static_cast<unsigned char>(c) % 7) continue;
            text = whole;
            text[i] = c;
            check(text);
        }
    }
}

} // namespace
} // namespace inlet
