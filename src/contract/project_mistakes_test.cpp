// Wrong projects, each with the place of its mistake and the words that say what it is.
#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "contract/testing/expect_mistake.hpp"
#include "contract/testing/memory_source.hpp"

namespace inlet {
namespace {

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
             {"^[]", "the project must be a mapping with project, storage, datasets, packages, models, views, access, "
                     "providers, notify, server or $schema; found a list"},
             {"^just text",
              "the project must be a mapping with project, storage, datasets, packages, models, views, access, "
              "providers, notify, server or $schema; found `just text`"},
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
              "unknown key `modles` in the project; expected project, storage, datasets, packages, models, views, "
              "access, providers, notify, server or $schema",
              "did you mean `models`?"},
             {"^provider: {}",
              "unknown key `provider` in the project; expected project, storage, datasets, packages, models, views, "
              "access, providers, notify, server or $schema",
              "did you mean `providers`?"},
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
    EXPECT_TRUE(
        parse_project("project: p\ndatasets:\n  " + std::string(63, 'a') + dataset, "inlet.yaml", MemorySource()));

    expect_project_mistake({"", "project `my movies`" + std::string(kPlainRule)},
                           "project: ^my movies\n" + std::string(kGoodDataset));
    EXPECT_TRUE(parse_project("project: my-movies\n" + std::string(kGoodDataset), "inlet.yaml", MemorySource()));

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
        "title, description, kind, schema, dialect, write, duplicate, rejects, deletes, retention or expect";
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
             {"kind: files\n    write: ^append",
              "`write` is for tables; dataset `a` is of `kind: files`, whose objects are written and deleted one by "
              "one"},
             {"kind: ^tabel", "`kind` must be table or files; found `tabel`", "did you mean `table`?"},
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
             {"deletes: {policy: ^all}", "`policy` must be none or missing; found `all`"},
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
              "unknown key `shema` in dataset `a`; expected title, description, kind, schema, dialect, write, "
              "duplicate, rejects, "
              "deletes, retention or expect",
              "did you mean `schema`?"},
             {"  ^a:\n",
              "dataset `a` must be a mapping with title, description, kind, schema, dialect, write, duplicate, "
              "rejects, deletes, retention or expect; found nothing"},
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
              "unknown key `file` in package `d`; expected match, members or duplicate"},
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
inlet.yaml:5:5: unknown key `titel` in dataset `ratings`; expected title, description, kind, schema, dialect, write, duplicate, rejects, deletes, retention or expect; did you mean `title`?
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

} // namespace
} // namespace inlet
