#include "contract/project_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

namespace inlet {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Files and environment in memory.
class MemorySource final : public FileSource {
public:
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> variables;

    Result<std::string> read(const std::string& path) const override {
        const auto file = files.find(path);
        if (file == files.end()) return fail(FailureCode::file_not_found, "no such file");
        return file->second;
    }
    std::optional<std::string> environment(const std::string& name) const override {
        const auto variable = variables.find(name);
        if (variable == variables.end()) return std::nullopt;
        return variable->second;
    }
};

Project project_of(std::string_view text, const FileSource& files = MemorySource(),
                   const std::string& path = "/p/inlet.yaml") {
    auto project = parse_project(text, path, files);
    if (!project) {
        ADD_FAILURE() << to_error(project.error()).message;
        return {};
    }
    return std::move(*project);
}

std::string lines_of(const std::vector<Diagnostic>& mistakes) {
    std::string lines;
    for (const Diagnostic& mistake : mistakes) lines += to_string(mistake) + "\n";
    return lines;
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
    EXPECT_EQ(project_of(head + "    deletes: {policy: explicit}").datasets[0].deletes.policy,
              DeletePolicy::Policy::explicit_);
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

// What is wrong, and where: `^` stands before the place of the one mistake and is taken out.
struct Wrong {
    std::string_view text;
    std::string_view message;
    std::string_view suggestion = "";
};

struct Place {
    int line;
    int column;
    std::string text;
};

Place without_mark(std::string text) {
    const std::size_t mark = text.find('^');
    EXPECT_NE(mark, std::string::npos) << text;
    EXPECT_EQ(text.find('^', mark + 1), std::string::npos) << text;
    text.erase(mark, 1);
    const std::size_t line_start = mark == 0 ? std::string::npos : text.rfind('\n', mark - 1);
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), '\n') + 1;
    const std::size_t column = line_start == std::string::npos ? mark + 1 : mark - line_start;
    return {static_cast<int>(line), static_cast<int>(column), text};
}

template <class Parse>
void expect_one_mistake(const Wrong& wrong, const std::string& whole, Parse parse) {
    const Place place = without_mark(whole);
    const auto read = parse(place.text);
    ASSERT_FALSE(read) << place.text;
    ASSERT_EQ(read.error().size(), 1U) << place.text << "\n" << lines_of(read.error());
    const Diagnostic& mistake = read.error()[0];
    EXPECT_EQ(mistake.message, wrong.message) << place.text;
    EXPECT_EQ(mistake.suggestion, wrong.suggestion) << place.text;
    EXPECT_EQ(mistake.line, place.line) << place.text;
    EXPECT_EQ(mistake.column, place.column) << place.text;
    EXPECT_EQ(mistake.file, "inlet.yaml");
}

void expect_project_mistake(const Wrong& wrong, const std::string& whole) {
    MemorySource files;
    files.files["empty.sql"] = " \n";
    files.files["good.sql"] = "select 1";
    expect_one_mistake(wrong, whole, [&](const std::string& text) { return parse_project(text, "inlet.yaml", files); });
}

constexpr std::string_view kGoodDataset = "datasets: {a: {schema: {fields: [{name: x}]}}}\n";

TEST(ReadProject, SaysWhatIsWrongAtTheTop) {
    const std::string good = "project: p\n" + std::string(kGoodDataset);
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"^[]", "the project must be a mapping with project, storage, datasets, packages, models, views or "
                     "$schema; found a list"},
             {"^just text", "the project must be a mapping with project, storage, datasets, packages, models, views or "
                            "$schema; found `just text`"},
             {"project: p\n^datasets: {}\n", "`datasets` must name at least one dataset"},
             {"project: p\n^datasets:\n", "`datasets` must be a mapping; found nothing"},
             {"project: p\ndatasets: ^[a]\n", "`datasets` must be a mapping; found a list"},
             {"^project: p\n", "the project lacks `datasets`"},
         }) {
        expect_project_mistake(wrong, std::string(wrong.text));
    }
    expect_project_mistake({"", "the project lacks `project`"}, "^" + std::string(kGoodDataset));
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"^modles: {}",
              "unknown key `modles` in the project; expected project, storage, datasets, packages, models, views or "
              "$schema",
              "did you mean `models`?"},
             {"^provider: {}", "unknown key `provider` in the project; expected project, storage, datasets, packages, "
                               "models, views or $schema"},
             {"^providers: {}", "`providers` in the project is not supported by this version of Inlet"},
             {"^project: q", "`project` stands twice in the project; first in line 1"},
             {"storage: ^./data", "`storage` must be a mapping with data; found `./data`"},
             {"storage: {^warehouse: x}", "`warehouse` in `storage` is not supported by this version of Inlet"},
             {"storage: {^dta: x}", "unknown key `dta` in `storage`; expected data", "did you mean `data`?"},
             {"storage: {data: ^''}", "`data` must not be empty"},
             {"storage: {data: ^[]}", "`data` must be a text; found a list"},
             {"storage: {data: ^'${env:NONE}'}", "the environment has no variable `NONE`"},
             {"storage: {data: ^'${file:none}'}", "cannot read `none`: no such file"},
             {"storage: {data: ^'${evn:X}'}", "`${evn:X}` must be ${env:NAME} or ${file:PATH}"},
             {"storage: {data: ^'${env:}'}", "`${env:}` must be ${env:NAME} or ${file:PATH}"},
             {"storage: {data: ^'a/${env:X'}", "`${env:X` must be ${env:NAME} or ${file:PATH}"},
         }) {
        expect_project_mistake(wrong, good + std::string(wrong.text));
    }
}

TEST(ReadProject, SaysWhichNamesAreWrong) {
    constexpr std::string_view kRule =
        ": a name begins with a letter and goes on with letters, digits and `_`, at most 63 in all";
    constexpr std::string_view kPlainRule =
        ": a name begins with a letter and goes on with letters, digits, `-` and `_`, at most 63 in all";
    const std::string dataset = ": {schema: {fields: [{name: x}]}}\n";
    const auto in_datasets = [&](const std::string& name, const std::string& message) {
        expect_project_mistake({"", message}, "project: p\ndatasets:\n  ^" + name + dataset);
    };
    in_datasets("_x", "dataset `_x`: names that begin with `_` are reserved for Inlet");
    in_datasets("2x", "dataset `2x`" + std::string(kRule));
    in_datasets("a-b", "dataset `a-b`" + std::string(kRule));
    in_datasets("größe", "dataset `größe`" + std::string(kRule));
    in_datasets("''", "dataset ``" + std::string(kRule));
    in_datasets(std::string(64, 'a'), "dataset `" + std::string(64, 'a') + "`" + std::string(kRule));
    EXPECT_EQ(project_of("project: p\ndatasets:\n  " + std::string(63, 'a') + dataset).datasets.size(), 1U);

    expect_project_mistake({"", "project `my movies`" + std::string(kPlainRule)},
                           "project: ^my movies\n" + std::string(kGoodDataset));
    EXPECT_EQ(project_of("project: my-movies\n" + std::string(kGoodDataset)).name, "my-movies");

    const std::string good = "project: p\n" + std::string(kGoodDataset);
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"models: {^_m: {sql: select 1}}", "model `_m`: names that begin with `_` are reserved for Inlet"},
             {"views: {^_v: {sql: select 1}}", "view `_v`: names that begin with `_` are reserved for Inlet"},
             {"packages: {^_k: {match: a.zip, members: {x: a}}}",
              "package `_k`: names that begin with `_` are reserved for Inlet"},
             {"models: {^a: {sql: select 1}}", "model `a` has the name of dataset `a` (line 2)"},
             {"views: {^A: {sql: select 1}}",
              "view `A` has the name of dataset `a` (line 2): SQL does not tell upper from lower case"},
             {"models: {m: {sql: select 1}}\nviews: {^m: {sql: select 1}}",
              "view `m` has the name of model `m` (line 3)"},
             {"models: {m: {sql: select 1}, ^m: {sql: select 1}}", "`m` stands twice in `models`; first in line 3"},
             {"models: {m: {sql: select 1}, ^M: {sql: select 1}}",
              "model `M` has the name of model `m` (line 3): SQL does not tell upper from lower case"},
         }) {
        expect_project_mistake(wrong, good + std::string(wrong.text));
    }
}

TEST(ReadProject, SaysWhatIsWrongWithADataset) {
    constexpr std::string_view kKeys =
        "title, description, kind, schema, dialect, write, rejects, deletes or retention";
    const auto unknown = [&](std::string_view key) {
        return "unknown key `" + std::string(key) + "` in dataset `a`; expected " + std::string(kKeys);
    };
    const std::string titel = unknown("titel");
    const std::string primary_key = unknown("primaryKey");
    const std::string fields = unknown("fields");
    const std::string header = unknown("header");
    const std::string sql = unknown("sql");
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"^titel: x", titel, "did you mean `title`?"},
             {"^primaryKey: x", primary_key, "`primaryKey` belongs inside `schema`"},
             {"^fields: []", fields, "`fields` belongs inside `schema`"},
             {"^header: true", header, "`header` belongs inside `dialect`"},
             {"^sql: select 1", sql, "a dataset takes deliveries; SQL makes a model: put it under `models`"},
             {"title: ^[x]", "`title` must be a text; found a list"},
             {"^title:", "`title` must be a text; found nothing", "quote it if a text is meant: \"\" or \"null\""},
             {"kind: ^files", "`kind: files` is not supported by this version of Inlet; expected table"},
             {"kind: ^tabel", "`kind` must be table; found `tabel`", "did you mean `table`?"},
             {"write: ^upsrt", "`write` must be append, upsert, replace or sync; found `upsrt`",
              "did you mean `upsert`?"},
             {"write: ^merge", "`write` must be append, upsert, replace or sync; found `merge`",
              "did you mean `upsert`?"},
             {"write: ^[sync]", "`write` must be append, upsert, replace or sync; found a list"},
             {"write: ^upsert", "`write: upsert` needs a `primaryKey` in the schema of dataset `a`"},
             {"write: ^sync", "`write: sync` needs a `primaryKey` in the schema of dataset `a`"},
             {"rejects: ^1%",
              "`rejects` of dataset `a` must be a mapping with max_rows, max_share, then or keep; found `1%`"},
             {"rejects: {^max_row: 1}",
              "unknown key `max_row` in `rejects` of dataset `a`; expected max_rows, max_share, then or keep",
              "did you mean `max_rows`?"},
             {"rejects: {max_rows: ^10}", "`rejects` of dataset `a` sets a limit, but not what happens within it",
              "add `then: publish_rest` or `then: hold`"},
             {"rejects: {then: ^hold}",
              "`then` of `rejects` of dataset `a` says what happens within `max_rows` or `max_share`, and neither is "
              "set",
              "add `max_share: 100%` to allow any number"},
             {"rejects: {max_rows: 1, then: ^publish}", "`then` must be reject, hold or publish_rest; found `publish`",
              "did you mean `publish_rest`?"},
             {"rejects: {max_rows: ^-1, then: hold}", "`max_rows` must be a whole number, 0 or more; found `-1`"},
             {"rejects: {max_rows: ^1.5, then: hold}", "`max_rows` must be a whole number, 0 or more; found `1.5`"},
             {"rejects: {max_rows: ^'1', then: hold}", "`max_rows` must be a whole number, 0 or more; found \"1\""},
             {"rejects: {max_rows: ^1%, then: hold}", "`max_rows` must be a whole number, 0 or more; found `1%`"},
             {"rejects: {max_rows: ^99999999999999999999, then: hold}",
              "`max_rows` must be a whole number, 0 or more; found `99999999999999999999`"},
             {"rejects: {max_share: ^5, then: hold}",
              "`max_share` must be a share from 0 to 1, such as 1% or 0.01; found `5`", "did you mean `5%`?"},
             {"rejects: {max_share: ^500, then: hold}",
              "`max_share` must be a share from 0 to 1, such as 1% or 0.01; found `500`"},
             {"rejects: {max_share: ^101%, then: hold}",
              "`max_share` must be a share from 0 to 1, such as 1% or 0.01; found `101%`"},
             {"rejects: {max_share: ^-1%, then: hold}",
              "`max_share` must be a share from 0 to 1, such as 1% or 0.01; found `-1%`"},
             {"rejects: {max_share: ^'0.01', then: hold}",
              "`max_share` must be a share from 0 to 1, such as 1% or 0.01; found \"0.01\""},
             {"rejects: {max_share: ^nan, then: hold}",
              "`max_share` must be a share from 0 to 1, such as 1% or 0.01; found `nan`"},
             {"rejects: {keep: ^-5}", "`keep` must be a whole number, 0 or more; found `-5`"},
             {"deletes: {policy: ^missing}", "`policy: missing` needs `write: sync` or `write: replace`; dataset `a` "
                                             "has `write: append`, whose deliveries do not say what is gone"},
             {"deletes: {policy: ^explicit}", "`policy: explicit` needs a `primaryKey` in the schema of dataset `a`"},
             {"deletes: {policy: ^all}", "`policy` must be none, explicit or missing; found `all`"},
             {"deletes: {on_rejects: ^keep_broken}",
              "`on_rejects: keep_broken` needs a `primaryKey` in the schema of dataset `a`"},
             {"deletes: {on_rejects: ^keep}", "`on_rejects` must be nothing or keep_broken; found `keep`",
              "did you mean `keep_broken`?"},
             {"deletes: {over_limit: ^holt}", "`over_limit` must be hold, reject or skip; found `holt`",
              "did you mean `hold`?"},
             {"deletes: {allow_empty: ^yes}", "`allow_empty` must be true or false; found `yes`",
              "did you mean `true`?"},
             {"deletes: {allow_empty: ^'true'}", "`allow_empty` must be true or false; found \"true\"",
              "did you mean `true`?"},
             {"deletes: {max_rows: ^-1}", "`max_rows` must be a whole number, 0 or more; found `-1`"},
             {"deletes: {^max: 5%}", "unknown key `max` in `deletes` of dataset `a`; expected policy, max_rows, "
                                     "max_share, allow_empty, on_rejects or over_limit"},
             {"retention: ^90d",
              "`retention` of dataset `a` must be a mapping with raw, rejects or history; found `90d`"},
             {"retention: {raw: ^90}", "`raw` must be a time such as 45s, 30m, 12h, 90d or 2w; found `90`",
              "the unit is missing; did you mean `90d`?"},
             {"retention: {raw: ^30 days}", "`raw` must be a time such as 45s, 30m, 12h, 90d or 2w; found `30 days`",
              "did you mean `30d`?"},
             {"retention: {rejects: ^-4d}", "`rejects` must be a time such as 45s, 30m, 12h, 90d or 2w; found `-4d`"},
             {"retention: {history: ^3y}", "`history` must be a time such as 45s, 30m, 12h, 90d or 2w; found `3y`"},
             {"retention: {history: ^1.5d}", "`history` must be a time such as 45s, 30m, 12h, 90d or 2w; found `1.5d`"},
             {"retention: {history: ^d}", "`history` must be a time such as 45s, 30m, 12h, 90d or 2w; found `d`"},
             {"retention: {history: ^9000000000000000000w}",
              "`history` must be at most 10,000 years; found `9000000000000000000w`", "leave it out to keep for ever"},
             {"retention: {^hisotry: 3d}",
              "unknown key `hisotry` in `retention` of dataset `a`; expected raw, rejects or history",
              "did you mean `history`?"},
         }) {
        expect_project_mistake(wrong, "project: p\ndatasets:\n  a:\n    schema: {fields: [{name: x}]}\n    " +
                                          std::string(wrong.text) + "\n");
    }
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"  ^a: {title: x}\n", "dataset `a` lacks `schema`"},
             {"  a: {^shema: {fields: []}}\n",
              "unknown key `shema` in dataset `a`; expected title, description, kind, schema, dialect, write, rejects, "
              "deletes or retention",
              "did you mean `schema`?"},
             {"  ^a:\n", "dataset `a` must be a mapping with title, description, kind, schema, dialect, write, "
                         "rejects, deletes or retention; found nothing"},
             {"  a: {schema: ^string}\n",
              "`schema` must be a Table Schema or the path of a .json, .yaml or .yml file; found `string`"},
             {"  a: {schema: ^none.json}\n", "cannot read `none.json`: no such file"},
             {"  a: {schema: ^none.json, write: upsert}\n", "cannot read `none.json`: no such file"},
             {"  a:\n    schema: {fields: [{name: x}], primaryKey: x}\n    write: upsert\n    deletes: {policy: "
              "^missing}\n",
              "`policy: missing` needs `write: sync` or `write: replace`; dataset `a` has `write: upsert`, whose "
              "deliveries do not say what is gone"},
             {"  a:\n    schema: {fields: [{name: x}]}\n    write: ^bogus\n    deletes: {policy: missing}\n",
              "`write` must be append, upsert, replace or sync; found `bogus`"},
             {"  a: {schema: {fields: [{name: x}]}, ^schema: {}}\n",
              "`schema` stands twice in dataset `a`; first in line 3"},
         }) {
        expect_project_mistake(wrong, "project: p\ndatasets:\n" + std::string(wrong.text));
    }
}

TEST(ReadProject, SaysWhatIsWrongWithAPackageModelOrView) {
    const std::string head = "project: p\ndatasets:\n"
                             "  ratings: {schema: {fields: [{name: x}]}}\n"
                             "  movies: {schema: {fields: [{name: x}]}, write: replace}\n"
                             "models: {genres: {sql: good.sql}}\n";
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"packages: {d: {match: d.zip, members: {r.csv: ^rating}}}", "there is no dataset `rating`",
              "did you mean `ratings`?"},
             {"packages: {d: {match: d.zip, members: {r.csv: ^Ratings}}}", "there is no dataset `Ratings`",
              "did you mean `ratings`?"},
             {"packages: {d: {match: d.zip, members: {r.csv: ^people}}}", "there is no dataset `people`"},
             {"packages: {d: {match: d.zip, members: {r.csv: ^genres}}}",
              "`genres` is a model; a file goes into a dataset"},
             {"packages: {d: {match: d.zip, members: {r.csv: ^[ratings]}}}",
              "the dataset of `r.csv` must be a text; found a list"},
             {"packages: {d: {match: d.zip, members: {r.csv: ratings, ^r.csv: ratings}}}",
              "`r.csv` stands twice in `members` of package `d`; first in line 6"},
             {"packages: {d: {match: d.zip, members: {a.csv: movies, b.csv: ^movies}}}",
              "`a.csv` and `b.csv` both go into dataset `movies`, and `write: replace` takes one file as the whole"},
             {"packages: {d: {match: d.zip, members: ^{}}}",
              "`members` of package `d` must name at least one file and its dataset"},
             {"packages: {d: {match: d.zip, members: ^[r.csv]}}",
              "`members` of package `d` must be a mapping; found a list"},
             {"packages: {^d: {match: d.zip}}", "package `d` lacks `members`"},
             {"packages: {^d: {members: {r.csv: ratings}}}", "package `d` lacks `match`"},
             {"packages: {d: {match: ^in/d.zip, members: {r.csv: ratings}}}",
              "`match` is compared with the name of a file, which has no `/`; found `in/d.zip`"},
             {"packages: {d: {match: d.zip, members: {r.csv: ratings}, ^file: x}}",
              "unknown key `file` in package `d`; expected match or members"},
             {"packages: {d: {match: d.zip, members: {r.csv: ratings}}, ^e: {match: d.zip, members: {r.csv: ratings}}}",
              "packages `d` and `e` match the same files: `d.zip`"},
             {"views: {^v: {}}", "view `v` lacks `sql`"},
             {"views: {v: {sql: ^''}}", "`sql` must not be empty"},
             {"views: {v: {sql: ^'  '}}", "`sql` must not be empty"},
             {"views: {v: {sql: ^none.sql}}", "cannot read `none.sql`: no such file"},
             {"views: {v: {sql: ^empty.sql}}", "`empty.sql` is empty"},
             {"views: {v: {sql: ^views/v.sq}}", "`sql` must be a query or the path of a .sql file; found `views/v.sq`"},
             {"views: {v: {sql: select 1, ^primaryKey: x}}", "unknown key `primaryKey` in view `v`; expected sql"},
             {"views: {v: {sql: select a, ^count(*) from ratings group by a}}",
              "unknown key `count(*) from ratings group by a` in view `v`; expected sql",
              "a text that holds a comma must be quoted here"},
             {"views: {v: ^select 1}", "view `v` must be a mapping with sql; found `select 1`"},
             {"views: ^[]", "`views` must be a mapping; found a list"},
         }) {
        expect_project_mistake(wrong, head + std::string(wrong.text) + "\n");
    }
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"models: {m: {sql: select 1, primaryKey: ^[]}}",
              "`primaryKey` must be a name or a list of names; found a list", "leave it out if there is none"},
             {"models: {m: {sql: select 1, primaryKey: [a, ^a]}}", "`a` stands twice in `primaryKey`"},
             {"models: {m: {sql: select 1, primaryKey: [a, ^{}]}}",
              "an item of `primaryKey` must be a text; found a mapping"},
             {"models: {m: {sql: select 1, ^refresh: publish}}",
              "`refresh` in model `m` is not supported by this version of Inlet"},
             {"models: {m: {sql: ^[a]}}", "`sql` must be a text; found a list"},
         }) {
        expect_project_mistake(wrong, "project: p\n" + std::string(kGoodDataset) + std::string(wrong.text) + "\n");
    }
}

TEST(ParseSchema, SaysWhatIsWrong) {
    const auto expect_schema_mistake = [](const Wrong& wrong) {
        expect_one_mistake(wrong, std::string(wrong.text),
                           [](const std::string& text) { return parse_schema(text, "inlet.yaml"); });
    };
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"^[]", "the schema must be a mapping with fields, primaryKey, missingValues or $schema; found a list"},
             {"^primaryKey: x", "the schema lacks `fields`"},
             {"fields: ^[]", "`fields` must be a list with at least one field; found an empty one"},
             {"fields: ^{name: x}", "`fields` must be a list with at least one field; found a mapping"},
             {"{fields: [{name: x}], ^foreignKeys: []}",
              "`foreignKeys` in the schema is not supported by this version of Inlet"},
             {"{fields: [{name: x}], ^uniqueKeys: []}",
              "`uniqueKeys` in the schema is not supported by this version of Inlet"},
             {"{fields: [{name: x}], ^missing_values: []}",
              "unknown key `missing_values` in the schema; expected fields, primaryKey, missingValues or $schema",
              "did you mean `missingValues`?"},
             {"{fields: [{name: x}], missingValues: ^NA}", "`missingValues` must be a list of texts; found `NA`",
              "did you mean [`NA`]?"},
             {"{fields: [{name: x}], missingValues: [^null]}",
              "an item of `missingValues` must be a text; found nothing",
              "quote it if a text is meant: \"\" or \"null\""},
             {"{fields: [{name: x}], missingValues: [a, ^a]}", "`a` stands twice in `missingValues`"},
             {"{fields: [{name: x}], primaryKey: ^y}", "`primaryKey` names `y`, which is not a field"},
             {"{fields: [{name: userId}], primaryKey: [^userID]}", "`primaryKey` names `userID`, which is not a field",
              "did you mean `userId`?"},
             {"{fields: [{name: x}], primaryKey: [x, ^x]}", "`x` stands twice in `primaryKey`"},
             {"{fields: [{name: x}], primaryKey: ^[]}", "`primaryKey` must be a name or a list of names; found a list",
              "leave it out if there is none"},
             {"{fields: [{name: x}], ^primaryKey: }", "`primaryKey` must be a name or a list of names; found nothing",
              "leave it out if there is none"},
             {"{fields: [{name: x, type: array}], primaryKey: ^x}",
              "field `x` is of type array, which cannot be part of a primary key"},
             {"{fields: [{name: x}, {name: ^x}]}", "there are two fields named `x`; the first is in line 1"},
             {"{fields: [{name: Id},\n {name: ^iD}]}",
              "field `iD` has the name of field `Id` (line 1): SQL does not tell upper from lower case"},
         }) {
        expect_schema_mistake(wrong);
    }
}

TEST(ParseSchema, SaysWhatIsWrongWithAField) {
    const auto expect_field_mistake = [](const Wrong& wrong) {
        expect_one_mistake(wrong, "fields:\n  - " + std::string(wrong.text) + "\n",
                           [](const std::string& text) { return parse_schema(text, "inlet.yaml"); });
    };
    constexpr std::string_view kKeys =
        "name, title, description, type, format, constraints, trueValues, falseValues, decimalChar, groupChar, "
        "bareNumber, rdfType or example";
    constexpr std::string_view kTypes = "string, integer, number, boolean, date, datetime, time, object, array or any";
    constexpr std::string_view kOrdered = "integer, number, date, datetime and time fields";
    constexpr std::string_view kLong = "string, array and object fields";
    constexpr std::string_view kDirectives = "%Y %y %m %d %j %b %B %a %A %H %I %p %M %S %f %z %Z %%";
    const auto text = [](auto... parts) {
        std::string whole;
        ((whole += parts), ...);
        return whole;
    };
    struct Case {
        std::string text;
        std::string message;
        std::string suggestion = "";
    };
    for (const Case& one : std::initializer_list<Case>{
             {"^id", text("field 1 must be a mapping with ", kKeys, "; found `id`")},
             {"^{}", "field 1 lacks `name`"},
             {"{name: ^''}", "the name of a field must not be empty"},
             {"{name: ^[x]}", "the name of a field must be a text; found a list"},
             {"{name: ^_x}", "field `_x`: names that begin with `_` are reserved for Inlet"},
             {"{name: ^\"a\\0\"}", "the name of a field cannot hold the character NUL"},
             {"{name: ^" + std::string(256, 'x') + "}", "the name of a field has at most 255 bytes; found 256"},
             {"{name: x, ^tpye: string}", text("unknown key `tpye` in field `x`; expected ", kKeys),
              "did you mean `type`?"},
             {"{name: x, ^required: true}", text("unknown key `required` in field `x`; expected ", kKeys),
              "`required` belongs inside `constraints`"},
             {"{name: x, ^categories: []}", "`categories` in field `x` is not supported by this version of Inlet"},
             {"{name: x, ^missingValues: []}",
              "`missingValues` in field `x` is not supported by this version of Inlet"},
             {"{name: x, title: ^{}}", "`title` must be a text; found a mapping"},
             {"{name: x, type: ^integr}", text("`type` must be ", kTypes, "; found `integr`"),
              "did you mean `integer`?"},
             {"{name: x, type: ^int}", text("`type` must be ", kTypes, "; found `int`"), "did you mean `integer`?"},
             {"{name: x, type: ^Timestamp}", text("`type` must be ", kTypes, "; found `Timestamp`"),
              "did you mean `datetime`?"},
             {"{name: x, type: ^colour}", text("`type` must be ", kTypes, "; found `colour`")},
             {"{name: x, type: ^[integer, string]}", text("`type` must be ", kTypes, "; found a list")},
             {"{name: x, type: ^year}",
              text("type `year` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^yearmonth}",
              text("type `yearmonth` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^duration}",
              text("type `duration` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^geopoint}",
              text("type `geopoint` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, type: ^geojson}",
              text("type `geojson` is not supported by this version of Inlet; expected ", kTypes)},
             {"{name: x, format: ^email}", "format `email` is not supported by this version of Inlet"},
             {"{name: x, format: ^defualt}",
              "`format` of field `x`, which is of type string, must be default; found `defualt`",
              "did you mean `default`?"},
             {"{name: x, type: integer, format: ^'%d'}",
              "`format` of field `x`, which is of type integer, must be default; found `%d`"},
             {"{name: x, type: any, format: ^x}",
              "`format` of field `x`, which is of type any, must be default; found `x`"},
             {"{name: x, type: array, format: ^pyhton}", "`format` must be default or python; found `pyhton`",
              "did you mean `python`?"},
             {"{name: x, type: date, format: ^YYYY-MM-DD}",
              "`format` of field `x` must be default, any or a pattern such as %d/%m/%Y; found `YYYY-MM-DD`"},
             {"{name: x, type: date, format: ^Any}",
              "`format` of field `x` must be default, any or a pattern such as %d/%m/%Y; found `Any`",
              "did you mean `any`?"},
             {"{name: x, type: date, format: ^'%d/%q/%Y'}",
              text("the pattern `%d/%q/%Y` has `%q`, which is not one of ", kDirectives)},
             {"{name: x, type: date, format: ^'%d/%m'}", "the pattern `%d/%m` does not read the year: `%Y` or `%y`"},
             {"{name: x, type: time, format: ^'%M:%S'}", "the pattern `%M:%S` does not read the hour: `%H` or `%I`"},
             {"{name: x, type: datetime, format: ^'%Y %'}",
              "the pattern `%Y %` ends in a lone `%`; write `%%` for the sign itself"},
             {"{name: x, trueValues: ^[y]}", "`trueValues` is for boolean fields; field `x` is of type string"},
             {"{name: x, type: boolean, trueValues: ^y}", "`trueValues` must be a list of texts; found `y`",
              "did you mean [`y`]?"},
             {"{name: x, type: boolean, trueValues: [y], falseValues: ^[n, y]}",
              "`y` stands in both `trueValues` and `falseValues` of field `x`"},
             {"{name: x, type: boolean, trueValues: ^[\"0\"]}",
              "`0` stands in both `trueValues` and `falseValues` of field `x`"},
             {"{name: x, type: integer, decimalChar: ^','}",
              "`decimalChar` is for number fields; field `x` is of type integer"},
             {"{name: x, type: string, groupChar: ^','}",
              "`groupChar` is for number and integer fields; field `x` is of type string"},
             {"{name: x, type: string, bareNumber: ^true}",
              "`bareNumber` is for number and integer fields; field `x` is of type string"},
             {"{name: x, type: number, bareNumber: ^no}", "`bareNumber` must be true or false; found `no`",
              "did you mean `false`?"},
             {"{name: x, type: number, decimalChar: ^'::'}",
              "`decimalChar` must be one character that is no digit, sign or exponent; found \"::\""},
             {"{name: x, type: number, decimalChar: ^e}",
              "`decimalChar` must be one character that is no digit, sign or exponent; found `e`"},
             {"{name: x, type: number, decimalChar: ^''}", "`decimalChar` must not be empty"},
             {"{name: x, type: number, decimalChar: ',', groupChar: ^','}",
              "`groupChar` and `decimalChar` of field `x` are both `,`"},
             {"{name: x, type: number, groupChar: ^.}", "`groupChar` and `decimalChar` of field `x` are both `.`"},
             {"{name: x, constraints: ^[required]}",
              "the constraints of field `x` must be a mapping with required, unique, minimum, maximum, minLength, "
              "maxLength, pattern or enum; found a list"},
             {"{name: x, constraints: {^requierd: true}}",
              "unknown key `requierd` in the constraints of field `x`; expected required, unique, minimum, maximum, "
              "minLength, maxLength, pattern or enum",
              "did you mean `required`?"},
             {"{name: x, constraints: {^jsonSchema: {}}}",
              "`jsonSchema` in the constraints of field `x` is not supported by this version of Inlet"},
             {"{name: x, constraints: {required: ^yes}}", "`required` must be true or false; found `yes`",
              "did you mean `true`?"},
             {"{name: x, constraints: {unique: ^1}}", "`unique` must be true or false; found `1`",
              "did you mean `true`?"},
             {"{name: x, constraints: {minimum: ^1}}",
              text("`minimum` is for ", kOrdered, "; field `x` is of type string")},
             {"{name: x, type: integer, constraints: {minLength: ^1}}",
              text("`minLength` is for ", kLong, "; field `x` is of type integer")},
             {"{name: x, type: date, constraints: {maxLength: ^1}}",
              text("`maxLength` is for ", kLong, "; field `x` is of type date")},
             {"{name: x, type: any, constraints: {maxLength: ^1}}",
              text("`maxLength` is for ", kLong, "; field `x` is of type any")},
             {"{name: x, type: boolean, constraints: {maximum: ^1}}",
              text("`maximum` is for ", kOrdered, "; field `x` is of type boolean")},
             {"{name: x, type: integer, constraints: {pattern: ^x}}",
              "`pattern` is for string fields; field `x` is of type integer"},
             {"{name: x, constraints: {minLength: ^-1}}", "`minLength` must be a whole number, 0 or more; found `-1`"},
             {"{name: x, constraints: {maxLength: ^ten}}",
              "`maxLength` must be a whole number, 0 or more; found `ten`"},
             {"{name: x, constraints: {minLength: 5, maxLength: ^4}}",
              "`maxLength` 4 of field `x` is below its `minLength` 5"},
             {"{name: x, type: integer, constraints: {minimum: ^1.5}}",
              "`minimum` of field `x` must be a whole number of at most 64 bits; found `1.5`"},
             {"{name: x, type: integer, constraints: {maximum: ^9223372036854775808}}",
              "`maximum` of field `x` must be a whole number of at most 64 bits; found `9223372036854775808`"},
             {"{name: x, type: number, constraints: {minimum: ^low}}",
              "`minimum` of field `x` must be a number; found `low`"},
             {"{name: x, type: number, constraints: {minimum: ^.nan}}",
              "`minimum` of field `x` must be a number; found `.nan`"},
             {"{name: x, type: number, constraints: {^minimum: }}",
              "`minimum` of field `x` must be a number; found nothing"},
             {"{name: x, type: number, constraints: {minimum: ^[1]}}",
              "`minimum` of field `x` must be a number; found a list"},
             {"{name: x, type: number, decimalChar: ',', constraints: {minimum: ^'1.5'}}",
              "`minimum` of field `x` must be a number, written with `,`; found \"1.5\""},
             {"{name: x, type: date, constraints: {minimum: ^01/02/2020}}",
              "`minimum` of field `x` must be a date such as 2024-12-31; found `01/02/2020`"},
             {"{name: x, type: date, constraints: {minimum: ^2021-02-29}}",
              "`minimum` of field `x` must be a date such as 2024-12-31; found `2021-02-29`"},
             {"{name: x, type: date, format: '%d/%m/%Y', constraints: {minimum: ^2020-01-01}}",
              "`minimum` of field `x` must be a date written as %d/%m/%Y; found `2020-01-01`"},
             {"{name: x, type: datetime, constraints: {maximum: ^2020-01-01}}",
              "`maximum` of field `x` must be a date and time such as 2024-12-31T23:59:59Z; found `2020-01-01`"},
             {"{name: x, type: datetime, format: '%Y %H', constraints: {maximum: ^x}}",
              "`maximum` of field `x` must be a date and time written as %Y %H; found `x`"},
             {"{name: x, type: time, constraints: {maximum: ^'25:00:00'}}",
              "`maximum` of field `x` must be a time such as 23:59:59; found \"25:00:00\""},
             {"{name: x, type: time, format: '%H', constraints: {maximum: ^x}}",
              "`maximum` of field `x` must be a time written as %H; found `x`"},
             {"{name: x, type: integer, constraints: {minimum: 10, maximum: ^9}}",
              "`maximum` 9 of field `x` is below its `minimum` 10"},
             {"{name: x, type: number, constraints: {minimum: 0.5, maximum: ^1e-1}}",
              "`maximum` 0.1 of field `x` is below its `minimum` 0.5"},
             {"{name: x, type: date, format: '%d/%m/%Y', constraints: {minimum: 01/02/2020, maximum: ^02/01/2020}}",
              "`maximum` 02/01/2020 of field `x` is below its `minimum` 01/02/2020"},
             {"{name: x, type: datetime, constraints: {minimum: '2020-01-01T00:00:00Z', maximum: "
              "^'2020-01-01T00:30:00+01:00'}}",
              "`maximum` 2020-01-01T00:30:00+01:00 of field `x` is below its `minimum` 2020-01-01T00:00:00Z"},
             {"{name: x, constraints: {pattern: ^'('}}",
              "the pattern of field `x` is not a regular expression (RE2): missing ): ("},
             {"{name: x, constraints: {pattern: ^'(?=a)b'}}",
              "the pattern of field `x` is not a regular expression (RE2): invalid perl operator: (?="},
             {"{name: x, constraints: {pattern: ^''}}", "`pattern` must not be empty"},
             {"{name: x, constraints: {enum: ^a}}",
              "`enum` of field `x` must be a list with at least one value; found `a`"},
             {"{name: x, constraints: {enum: ^[]}}",
              "`enum` of field `x` must be a list with at least one value; found an empty one"},
             {"{name: x, constraints: {enum: [a, b, ^a]}}", "`a` stands twice in `enum` of field `x`"},
             {"{name: x, constraints: {enum: [a, ^null]}}",
              "an item of `enum` of field `x` must be a text; found nothing",
              "a field that is not required may be empty whatever its `enum` says"},
             {"{name: x, type: integer, constraints: {enum: [1, ^two]}}",
              "an item of `enum` of field `x` must be a whole number of at most 64 bits; found `two`"},
             {"{name: x, type: number, constraints: {enum: [1.5, ^a]}}",
              "an item of `enum` of field `x` must be a number; found `a`"},
             {"{name: x, type: boolean, constraints: {enum: [true, ^maybe]}}",
              "an item of `enum` of field `x` must be a truth value of the field; found `maybe`"},
             {"{name: x, type: date, constraints: {enum: [2020-01-01, ^2020]}}",
              "an item of `enum` of field `x` must be a date such as 2024-12-31; found `2020`"},
             {"{name: x, type: array, constraints: {enum: [^[1]]}}",
              "an item of `enum` of field `x` must be its JSON as a text; found a list"},
         }) {
        expect_field_mistake({one.text, one.message, one.suggestion});
    }
}

TEST(ParseSchema, AnUnknownTypeCausesNoOtherMistakes) {
    const auto schema = parse_schema(
        "fields: [{name: x, type: intt, format: '%d', trueValues: [a], constraints: {minimum: x, pattern: '('}}]",
        "s.json");
    ASSERT_FALSE(schema);
    EXPECT_EQ(schema.error().size(), 1U) << lines_of(schema.error());
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

TEST(ParseDialect, SaysWhatIsWrong) {
    for (const Wrong& wrong : std::initializer_list<Wrong>{
             {"^;", "the dialect must be a mapping with delimiter, quoteChar, header, doubleQuote, lineTerminator, "
                    "skipInitialSpace, caseSensitiveHeader or "
                    "csvddfVersion; found `;`"},
             {"^delimeter: x",
              "unknown key `delimeter` in the dialect; expected delimiter, quoteChar, header, doubleQuote, "
              "lineTerminator, skipInitialSpace, "
              "caseSensitiveHeader or csvddfVersion",
              "did you mean `delimiter`?"},
             {"^escapeChar: x", "`escapeChar` in the dialect is not supported by this version of Inlet"},
             {"^commentChar: '#'", "`commentChar` in the dialect is not supported by this version of Inlet"},
             {"^nullSequence: NULL",
              "unknown key `nullSequence` in the dialect; expected delimiter, quoteChar, header, doubleQuote, "
              "lineTerminator, skipInitialSpace, "
              "caseSensitiveHeader or csvddfVersion",
              "list the text in the schema's `missingValues`"},
             {"delimiter: ^'::'", "`delimiter` must be one ASCII character; found \"::\""},
             {"delimiter: ^tab", "`delimiter` must be one ASCII character; found `tab`", "did you mean \"\\t\"?"},
             {"delimiter: ^¦", "`delimiter` must be one ASCII character; found `¦`"},
             {"delimiter: ^\"\\n\"", "`delimiter` must be one ASCII character; found \"\n\""},
             {"delimiter: ^''", "`delimiter` must not be empty"},
             {"{delimiter: ';', quoteChar: ^';'}", "`quoteChar` and `delimiter` are the same character"},
             {"header: ^1", "`header` must be true or false; found `1`", "did you mean `true`?"},
             {"doubleQuote: ^false", "`doubleQuote` is always true in this version of Inlet"},
             {"skipInitialSpace: ^true", "`skipInitialSpace` is always false in this version of Inlet"},
             {"caseSensitiveHeader: ^true", "`caseSensitiveHeader` is always false in this version of Inlet"},
             {"lineTerminator: ^';'", "`lineTerminator` must be \"\\r\\n\" or \"\\n\"; both are always read"},
         }) {
        expect_one_mistake(wrong, std::string(wrong.text),
                           [](const std::string& text) { return parse_dialect(text, "inlet.yaml"); });
    }
}

TEST(ReadProject, ReportsAllMistakesOfAllFilesAtOnce) {
    constexpr std::string_view kText = R"yaml(project: my movies
storage: {data: ./data, objects: s3://bucket}
datasets:
  ratings:
    titel: Ratings
    schema:
      fields:
        - {name: userId, type: int, constraints: {minimum: 1}}
        - {name: UserID, type: integer}
        - {name: rating, type: number, constraints: {minimum: 5, maximum: 0.5}}
        - {name: seen, type: date, format: "%d/%m/%Q"}
      primaryKey: [userID, rating]
    write: upsrt
    rejects: {max_share: 5, then: publish_rest}
    retention: {raw: 90, history: -4d}
  movies:
    schema: movies.yaml
    write: sync
  Ratings:
    schema: movies.yaml
packages:
  drop: {match: data.zip, members: {ratings.csv: rating}}
models:
  genres: {sql: genres.sql}
views: []
)yaml";
    MemorySource files;
    files.files["movies.yaml"] =
        "fields:\n  - {name: id, type: integer, constraints: {minLength: 3}}\n  - {nam: title}\n";
    const auto project = parse_project(kText, "inlet.yaml", files);
    ASSERT_FALSE(project);
    EXPECT_EQ(
        lines_of(project.error()),
        R"(inlet.yaml:1:10: project `my movies`: a name begins with a letter and goes on with letters, digits, `-` and `_`, at most 63 in all
inlet.yaml:2:25: `objects` in `storage` is not supported by this version of Inlet
inlet.yaml:5:5: unknown key `titel` in dataset `ratings`; expected title, description, kind, schema, dialect, write, rejects, deletes or retention; did you mean `title`?
inlet.yaml:8:32: `type` must be string, integer, number, boolean, date, datetime, time, object, array or any; found `int`; did you mean `integer`?
inlet.yaml:9:18: field `UserID` has the name of field `userId` (line 8): SQL does not tell upper from lower case
inlet.yaml:10:75: `maximum` 0.5 of field `rating` is below its `minimum` 5
inlet.yaml:11:44: the pattern `%d/%m/%Q` has `%Q`, which is not one of %Y %y %m %d %j %b %B %a %A %H %I %p %M %S %f %z %Z %%
inlet.yaml:12:20: `primaryKey` names `userID`, which is not a field; did you mean `userId`?
inlet.yaml:13:12: `write` must be append, upsert, replace or sync; found `upsrt`; did you mean `upsert`?
inlet.yaml:14:26: `max_share` must be a share from 0 to 1, such as 1% or 0.01; found `5`; did you mean `5%`?
inlet.yaml:15:22: `raw` must be a time such as 45s, 30m, 12h, 90d or 2w; found `90`; the unit is missing; did you mean `90d`?
inlet.yaml:15:35: `history` must be a time such as 45s, 30m, 12h, 90d or 2w; found `-4d`
inlet.yaml:18:12: `write: sync` needs a `primaryKey` in the schema of dataset `movies`
inlet.yaml:19:3: dataset `Ratings` has the name of dataset `ratings` (line 4): SQL does not tell upper from lower case
inlet.yaml:22:50: there is no dataset `rating`; did you mean `ratings`?
inlet.yaml:24:17: cannot read `genres.sql`: no such file
inlet.yaml:25:8: `views` must be a mapping; found a list
movies.yaml:2:56: `minLength` is for string, array and object fields; field `id` is of type integer
movies.yaml:3:6: unknown key `nam` in field 2; expected name, title, description, type, format, constraints, trueValues, falseValues, decimalChar, groupChar, bareNumber, rdfType or example; did you mean `name`?
)");
    const Error error = to_error(project.error());
    EXPECT_EQ(error.code, FailureCode::project_invalid);
    EXPECT_EQ(error.message + "\n", lines_of(project.error()));
}

TEST(ReadProject, PlacesAMistakeInTheFileThatHasIt) {
    MemorySource files;
    files.files["/p/s/broken.json"] = "{\"fields\": [\n  {\"name\": \"x\"},\n";
    const auto project = parse_project("project: p\ndatasets: {a: {schema: s/broken.json}}", "/p/inlet.yaml", files);
    ASSERT_FALSE(project);
    EXPECT_EQ(lines_of(project.error()).substr(0, 38), "/p/s/broken.json:3:1: not valid YAML: ")
        << lines_of(project.error());
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
