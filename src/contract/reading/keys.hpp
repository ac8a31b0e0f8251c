// Which keys may stand where: the one list behind "unknown key", its suggestions, and the test that holds the JSON
// Schema to the reader. Floor 1, inside contract/; constants.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace inlet::reading {

// A key that is known, but belongs somewhere else.
struct Misplaced {
    std::string_view key;
    std::string_view advice;
};

struct KeySet {
    std::span<const std::string_view> known;
    std::span<const std::string_view> later = {}; // of the specification or the design, but not of this version
    std::span<const Misplaced> misplaced = {};
};

namespace keys {

using namespace std::string_view_literals;

inline constexpr std::array kProject{"project"sv, "storage"sv,   "datasets"sv, "packages"sv, "models"sv, "views"sv,
                                     "access"sv,  "providers"sv, "notify"sv,   "server"sv,   "$schema"sv};
inline constexpr std::array kProjectLater{"processors"sv, "events"sv};
inline constexpr std::array kProjectMisplaced{
    Misplaced{"roles", "`roles` belongs inside `access`"}, Misplaced{"users", "`users` belongs inside `access`"},
    Misplaced{"anonymous", "`anonymous` belongs inside `access`"},
    Misplaced{"principals", "write `users` inside `access`"}, Misplaced{"grants", "write `roles` inside `access`"}};

inline constexpr std::array kAccess{"roles"sv, "users"sv, "anonymous"sv};
inline constexpr std::array kAccessMisplaced{
    Misplaced{"keys", "keys are made with `inlet keys create`, and never stand in a file"}};
inline constexpr std::array kGrant{"dataset"sv, "package"sv, "allow"sv};
inline constexpr std::array kUser{"password_hash"sv, "password"sv, "roles"sv};
inline constexpr std::array kAnonymous{"roles"sv};

inline constexpr std::array kStorage{"data"sv};
inline constexpr std::array kStorageLater{"catalog"sv, "warehouse"sv, "objects"sv};

inline constexpr std::array kDataset{"title"sv,     "description"sv, "kind"sv,    "schema"sv,    "dialect"sv, "write"sv,
                                     "duplicate"sv, "rejects"sv,     "deletes"sv, "retention"sv, "expect"sv};
inline constexpr std::array kServer{"listen"sv,           "socket_mode"sv, "tls"sv,  "limits"sv,  "cors"sv,
                                    "threads"sv,          "jobs"sv,        "scan"sv, "metrics"sv, "trusted_proxies"sv,
                                    "forwarded_header"sv, "log"sv};
inline constexpr std::array kJobs{"running"sv, "memory"sv, "retries"sv};
inline constexpr std::array kScan{"clamd"sv, "on_failure"sv, "on_found"sv, "records"sv, "time_out"sv};
inline constexpr std::array kMetrics{"listen"sv, "from"sv};
inline constexpr std::array kLog{"format"sv, "level"sv, "access"sv};
inline constexpr std::array kTls{"certificate"sv, "key"sv, "min_version"sv};
inline constexpr std::array kLimits{"connections"sv,  "uploads"sv,     "calls"sv,       "waiting"sv,
                                    "header_bytes"sv, "body_bytes"sv,  "small_bytes"sv, "body_rate"sv,
                                    "disk_free"sv,    "header_time"sv, "idle_time"sv,   "body_time"sv,
                                    "send_time"sv,    "stop_time"sv,   "per_address"sv, "per_principal"sv};
inline constexpr std::array kAddressRates{"connections"sv, "requests_per_second"sv, "burst"sv, "bytes_per_second"sv};
inline constexpr std::array kPrincipalRates{"requests_per_second"sv, "burst"sv, "bytes_per_second"sv};
inline constexpr std::array kCors{"origins"sv, "max_age"sv};

inline constexpr std::array kDatasetMisplaced{
    Misplaced{"primaryKey", "`primaryKey` belongs inside `schema`"},
    Misplaced{"primary_key", "write `primaryKey` inside `schema`"},
    Misplaced{"fields", "`fields` belongs inside `schema`"},
    Misplaced{"missingValues", "`missingValues` belongs inside `schema`"},
    Misplaced{"duplicates", "write `duplicate`"},
    Misplaced{"delimiter", "`delimiter` belongs inside `dialect`"},
    Misplaced{"quoteChar", "`quoteChar` belongs inside `dialect`"},
    Misplaced{"header", "`header` belongs inside `dialect`"},
    Misplaced{"policy", "`policy` belongs inside `deletes`"},
    Misplaced{"then", "`then` belongs inside `rejects`"},
    Misplaced{"history", "`history` belongs inside `retention`"},
    Misplaced{"sql", "a dataset takes deliveries; SQL makes a model: put it under `models`"}};

inline constexpr std::array kSchema{"fields"sv, "primaryKey"sv, "missingValues"sv, "$schema"sv};
inline constexpr std::array kSchemaLater{"foreignKeys"sv, "uniqueKeys"sv, "fieldsMatch"sv};

inline constexpr std::array kField{"name"sv,        "title"sv,      "description"sv, "type"sv,        "format"sv,
                                   "constraints"sv, "trueValues"sv, "falseValues"sv, "decimalChar"sv, "groupChar"sv,
                                   "bareNumber"sv,  "rdfType"sv,    "example"sv};
inline constexpr std::array kFieldLater{"missingValues"sv, "categories"sv, "categoriesOrdered"sv};
inline constexpr std::array kFieldMisplaced{Misplaced{"required", "`required` belongs inside `constraints`"},
                                            Misplaced{"unique", "`unique` belongs inside `constraints`"},
                                            Misplaced{"minimum", "`minimum` belongs inside `constraints`"},
                                            Misplaced{"maximum", "`maximum` belongs inside `constraints`"},
                                            Misplaced{"minLength", "`minLength` belongs inside `constraints`"},
                                            Misplaced{"maxLength", "`maxLength` belongs inside `constraints`"},
                                            Misplaced{"pattern", "`pattern` belongs inside `constraints`"},
                                            Misplaced{"enum", "`enum` belongs inside `constraints`"},
                                            Misplaced{"primaryKey", "name the field in the schema's `primaryKey`"}};

inline constexpr std::array kConstraints{"required"sv,  "unique"sv,    "minimum"sv, "maximum"sv,
                                         "minLength"sv, "maxLength"sv, "pattern"sv, "enum"sv};
inline constexpr std::array kConstraintsLater{"exclusiveMinimum"sv, "exclusiveMaximum"sv, "jsonSchema"sv};

inline constexpr std::array kDialect{"delimiter"sv,           "quoteChar"sv,      "header"sv,
                                     "doubleQuote"sv,         "lineTerminator"sv, "skipInitialSpace"sv,
                                     "caseSensitiveHeader"sv, "csvddfVersion"sv};
inline constexpr std::array kDialectLater{"escapeChar"sv, "commentChar"sv, "commentRows"sv,
                                          "headerRows"sv, "headerJoin"sv,  "encoding"sv};
inline constexpr std::array kDialectMisplaced{
    Misplaced{"nullSequence", "list the text in the schema's `missingValues`"}};

inline constexpr std::array kRejects{"max_rows"sv, "max_share"sv, "then"sv, "keep"sv};
inline constexpr std::array kDeletes{"policy"sv,      "max_rows"sv,   "max_share"sv,
                                     "allow_empty"sv, "on_rejects"sv, "over_limit"sv};
inline constexpr std::array kRetention{"raw"sv, "rejects"sv, "history"sv};

inline constexpr std::array kExpect{"every"sv, "by"sv, "rows"sv};
inline constexpr std::array kExpectRows{"min_share"sv, "max_share"sv, "of"sv};

inline constexpr std::array kNotify{"base_url"sv, "webhooks"sv, "email"sv};
inline constexpr std::array kWebhook{"name"sv, "url"sv, "secret"sv, "events"sv, "datasets"sv};
inline constexpr std::array kEmail{"smtp"sv, "from"sv, "user"sv,   "password"sv,
                                   "tls"sv,  "to"sv,   "events"sv, "datasets"sv};

inline constexpr std::array kPackage{"match"sv, "members"sv, "duplicate"sv};
inline constexpr std::array kModel{"sql"sv, "primaryKey"sv};
inline constexpr std::array kModelLater{"refresh"sv};
inline constexpr std::array kView{"sql"sv};

inline constexpr std::array kProvider{"title"sv, "contacts"sv, "sources"sv};
inline constexpr std::array kProviderLater{"expect"sv, "credentials"sv};
inline constexpr std::array kProviderMisplaced{Misplaced{"folder", "`folder` belongs into an item of `sources`"},
                                               Misplaced{"outbox", "`outbox` belongs into an item of `sources`"},
                                               Misplaced{"settle", "`settle` belongs into an item of `sources`"}};
inline constexpr std::array kSource{
    "folder"sv, "pattern"sv, "dataset"sv, "package"sv, "settle"sv, "allow_short_settle"sv, "outbox"sv};
inline constexpr std::array kSourceLater{"s3"sv, "kafka"sv, "command"sv, "schedule"sv};
inline constexpr std::array kSourceMisplaced{Misplaced{"to", "write `dataset: NAME` or `package: NAME`"}};

} // namespace keys
} // namespace inlet::reading
