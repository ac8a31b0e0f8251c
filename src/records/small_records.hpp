// A few records at once, as machines send them: a JSON object or an array of them, JSON objects line by line, or CSV.
// All of them are in memory; for anything large there is part_check. Floor 2. A reader is immutable: shared by threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "contract/dialect.hpp"
#include "contract/field.hpp"
#include "records/field_reader.hpp"
#include "records/flaws.hpp"
#include "records/json_cursor.hpp"
#include "records/record_batch.hpp"
#include "records/violation.hpp"

namespace inlet {

// How small records are written.
enum class SmallForm : std::uint8_t { json, ndjson, csv };
std::string_view to_string(SmallForm form);
std::optional<SmallForm> small_form_from(std::string_view name);

struct SmallViolation {
    Violation violation;
    std::string pointer; // RFC 6901, into the body, or into the line of NDJSON; empty for CSV
};

// What a body holds. Texts of the batch point into the batch.
struct SmallRecords {
    RecordBatch batch; // ordinal 0
    std::uint64_t errors_total = 0;
    std::vector<ViolationCount> counts;     // by code and field, most frequent first; complete
    std::vector<SmallViolation> violations; // by record; at most as many as asked for
    std::string dialect;                    // JSON, of CSV

    std::uint64_t accepted() const { return batch.rows - batch.rejected_count; }
};

struct SmallOptions {
    bool repeated_keys = true;         // whether a primary key that came before in the body is a violation
    std::size_t violations_max = 1000; // kept
};

class SmallReader {
public:
    // Errors: schema-error.
    static Result<std::unique_ptr<SmallReader>> make(const Schema& schema, const Dialect& dialect);

    // What is wrong with a record or with CSV labels is a violation. Errors: format-error, the body is no JSON at all;
    // the message says where.
    Result<SmallRecords> read(std::string_view body, SmallForm form, const SmallOptions& options) const;

private:
    struct Json;

    SmallReader(const Schema& schema, const Dialect& dialect) : schema_(schema), dialect_(dialect) {}
    Result<SmallRecords> read_csv(std::string_view body, const SmallOptions& options) const;
    Status read_json(std::string_view text, SmallForm form, Json& json) const;
    void take_record(const JsonValue& value, Json& json) const;
    void take_member(std::size_t field, const JsonValue& value, std::uint32_t record, Json& json) const;
    void finish_json(Json& json, const SmallOptions& options, SmallRecords& out) const;
    std::optional<std::size_t> find(std::string_view name, std::size_t expected) const;

    const Schema schema_;
    const Dialect dialect_;
    std::vector<std::unique_ptr<FieldReader>> readers_; // by field
};

} // namespace inlet
