// What inlet.yaml says, as values: datasets with their contracts, packages, models, views and providers. Floor 1;
// immutable once read, so shared freely between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/access_rules.hpp"
#include "contract/dialect.hpp"
#include "contract/field.hpp"
#include "contract/notify.hpp"
#include "contract/provider.hpp"
#include "contract/server_config.hpp"

namespace inlet {

// table: records. files: objects of any kind, each with a row of its own (contract/files_schema.hpp).
enum class DatasetKind : std::uint8_t { table, files };

enum class WriteMode : std::uint8_t { append, upsert, replace, sync };

// What becomes of a delivery whose bytes were delivered before and still stand. yaml: `duplicate`.
enum class Duplicates : std::uint8_t {
    ignore, // nothing: the earlier submission is the answer
    reject,
    accept, // as of any other
};

struct RejectPolicy {
    enum class Then : std::uint8_t { reject, hold, publish_rest };
    // Within the limits a submission goes on as `then` says; beyond either, or with neither set and any reject, it is
    // rejected.
    std::optional<std::int64_t> max_rows;
    std::optional<double> max_share; // 0.01 is 1 % of the records read
    Then then = Then::reject;
    std::int64_t keep = 1'000'000; // rejects kept with their text per part; counts are always complete

    bool operator==(const RejectPolicy&) const = default;
};

struct DeletePolicy {
    enum class Policy : std::uint8_t { none, missing };
    enum class OnRejects : std::uint8_t { delete_nothing, keep_broken_keys }; // yaml: nothing | keep_broken
    enum class OverLimit : std::uint8_t { hold, reject, skip };
    Policy policy = Policy::none;         // sync defaults to missing
    std::optional<std::int64_t> max_rows; // rows that may go in one submission
    std::optional<double> max_share;      // share of the live rows that may go; 0.1 is 10 %
    bool allow_empty = false;             // an empty snapshot may delete everything
    OnRejects on_rejects = OnRejects::delete_nothing;
    OverLimit over_limit = OverLimit::hold; // what becomes of deletions over a limit

    bool operator==(const DeletePolicy&) const = default;
};

struct Retention { // nothing: kept for ever
    std::optional<std::chrono::seconds> raw;
    std::optional<std::chrono::seconds> rejects;
    std::optional<std::chrono::seconds> history;

    bool operator==(const Retention&) const = default;
};

struct Dataset {
    std::string name;
    std::string title;
    std::string description;
    DatasetKind kind = DatasetKind::table;
    Schema schema;
    Dialect dialect;
    WriteMode write = WriteMode::append;
    Duplicates duplicates = Duplicates::ignore;
    RejectPolicy rejects;
    DeletePolicy deletes;
    Retention retention;
    Expectation expect;
};

struct Package {
    std::string name;
    std::string match;                          // file name pattern with * and ?
    std::map<std::string, std::string> members; // member name -> dataset
    Duplicates duplicates = Duplicates::ignore; // of the archive as a whole
};

struct Model {
    std::string name;
    std::string sql;                      // the text
    std::vector<std::string> primary_key; // column names; empty: compared as a bag of rows
};

struct View {
    std::string name;
    std::string sql;
};

struct Project {
    std::string name;
    std::string folder;      // absolute; relative paths in the file are below it
    std::string data_folder; // absolute
    std::vector<Dataset> datasets;
    std::vector<Package> packages;
    std::vector<Model> models; // in the order of the file
    std::vector<View> views;
    std::vector<Provider> providers;
    AccessRules access;
    NotifySettings notify;
    ServerConfig server;

    const Dataset* dataset(std::string_view dataset_name) const;
    const Package* package(std::string_view package_name) const;
    const Model* model(std::string_view model_name) const;
    const View* view(std::string_view view_name) const;
};

std::string_view to_string(WriteMode mode);
std::string_view to_string(DatasetKind kind);
std::string_view to_string(Duplicates duplicates);

// The schema as canonical JSON: what is stored with a contract revision and compared with. Equal text for schemas that
// accept the same records: fields (names, types, formats, notation, constraints), key, missing values, but no titles
// and descriptions. It is a Table Schema itself, and parse_schema() reads it back to an equal one.
std::string schema_json(const Schema& schema);

// "*" any run of characters, "?" one character, all else itself; the whole name must match.
bool name_matches(std::string_view pattern, std::string_view name);

} // namespace inlet
