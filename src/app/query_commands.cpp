// `inlet query`, `export`: reading the data, as it is or as it was.
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "app/byte_files.hpp"
#include "app/change_view.hpp"
#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/contract_csv.hpp"
#include "app/figures.hpp"
#include "app/names.hpp"
#include "app/out_file.hpp"
#include "app/result_writers.hpp"
#include "app/session.hpp"

namespace inlet {

namespace {

constexpr std::size_t kSqlBytesMax = 4 << 20;
constexpr std::int64_t kTerminalRows = 50; // shown on a terminal unless asked for more

enum class Format : std::uint8_t { table, csv, json, ndjson, parquet };

std::vector<std::string> format_names() { return {"table", "csv", "json", "ndjson", "parquet"}; }

Format format_from(const std::string& name) {
    const std::vector<std::string> names = format_names();
    return static_cast<Format>(std::ranges::find(names, name) - names.begin());
}

// What --format says, else the ending of the output's name, else JSON with --json, else `usual`.
Format choose_format(const std::string& asked, const std::string& output, bool json, Format usual) {
    if (!asked.empty()) return format_from(asked);
    const std::string ending = output.substr(std::min(output.rfind('.'), output.size() - 1) + 1);
    if (!output.empty() && ending != "table" && std::ranges::count(format_names(), ending) > 0)
        return format_from(ending);
    return json ? Format::json : usual;
}

std::optional<Version> version_of(const std::optional<std::int64_t>& number) {
    return number ? std::optional(Version(*number)) : std::nullopt;
}

// Where a result goes: a file, written in one step, or standard output.
struct Destination {
    std::string path; // empty: standard output
    Format format = Format::table;
    std::optional<std::int64_t> rows_max;
    const Dataset* dataset = nullptr; // whose contract is to read a CSV back
};

std::unique_ptr<ResultWriter> make_writer(ByteSink& out, const Destination& to, const Console& console) {
    const bool terminal = to.path.empty() && console.terminal().out;
    switch (to.format) {
    case Format::csv:
        return to.dataset != nullptr ? make_contract_csv_writer(out, *to.dataset) : make_csv_writer(out);
    case Format::json:
        return make_json_writer(out);
    case Format::ndjson:
        return make_ndjson_writer(out);
    case Format::table:
    case Format::parquet:
        break;
    }
    const TableBounds bounds{.width_max = terminal ? console.terminal().width : 0,
                             .rows_max = static_cast<std::size_t>(to.rows_max.value_or(terminal ? kTerminalRows : 0))};
    return make_table_writer(out, bounds, to.path.empty() ? console.paint() : Paint());
}

// `read` writes the rows to the sink it is given.
template <class Read>
Status deliver_rows(Session& session, const Destination& to, Read read) {
    Console& console = session.console();
    std::unique_ptr<OutFile> file;
    if (!to.path.empty()) file = TRY(OutFile::create(session.disk(), to.path));
    const auto writer = make_writer(file ? static_cast<ByteSink&>(*file) : console.out(), to, console);
    TRY(read(*writer));
    TRY(writer->end());
    if (!file) return {};
    TRY(file->commit());
    console.note(fmt::format("{}: {}", to.path, show_count(writer->rows(), "row")));
    return {};
}

// `write` makes a Parquet file at the path it is given.
template <class Write>
Status deliver_parquet(Session& session, const Destination& to, Write write) {
    Console& console = session.console();
    if (!to.path.empty() && takes_plain_file(to.path)) {
        const std::string target = behind_links(to.path);
        const std::string temporary = temporary_beside(target);
        Status status = write(temporary);
        if (status) status = session.disk().rename(temporary, target);
        if (!status) (void)session.disk().remove(temporary);
        return status;
    }
    if (to.path.empty() && console.terminal().out)
        return usage_error("a Parquet file is not for the eye; name a file with --output");
    const std::string folder = TRY(session.temp_folder());
    const std::string path = folder + "/result.parquet";
    TRY(write(path));
    const auto bytes = TRY(FileOrigin(session.disk(), path).open());
    if (to.path.empty()) return copy_bytes(*bytes, console.out());
    const auto out = TRY(OutFile::create(session.disk(), to.path));
    TRY(copy_bytes(*bytes, *out));
    return out->commit();
}

Argument as_of_argument(std::optional<std::int64_t>& version) {
    return {.names = "--as-of", .value = "VERSION", .help = "as the data stood at this version", .into = &version};
}

Argument format_argument(std::string& format, std::string help) {
    return {.names = "--format",
            .value = "FORMAT",
            .help = std::move(help),
            .into = &format,
            .completes = Completes::choices,
            .choices = format_names()};
}

Argument output_argument(std::string& output) {
    return {.names = "-o,--output",
            .value = "FILE",
            .help = "write to this file, whole or not at all",
            .into = &output,
            .completes = Completes::files};
}

class QueryCommand final : public Command {
public:
    CommandText text() const override {
        return {
            .name = "query",
            .group = "Reading",
            .summary = "ask with SQL, now or as of a version",
            .description = "Runs one read-only statement (DuckDB's SQL) over the datasets, models and views by their "
                           "names. Every row also has "
                           "_version and _submission: since when it is visible, and who brought it.\n\n"
                           "json prints an array of objects: numbers as numbers, JSON columns nested, dates and times "
                           "in ISO 8601. csv is RFC 4180; an "
                           "empty text is written \"\", no value as nothing. On a terminal a table is cut to its width "
                           "and to 50 rows.",
            .examples = {{"inlet query \"SELECT * FROM ratings LIMIT 10\"", "a look"},
                         {"inlet query \"FROM ratings\" --as-of 3 --format csv --output ratings-3.csv",
                          "how it was at version 3"},
                         {"inlet query - --format ndjson < report.sql", "a statement from a file"},
                         {"inlet query \"SELECT count(*) AS n FROM ratings\" --json", "for a program: [{\"n\":...}]"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "SQL",
             .help = "the statement; `-` reads it from standard input",
             .into = &sql_,
             .required = true},
            as_of_argument(as_of_),
            format_argument(format_, "how to write the result; else by the output's ending, else table"),
            output_argument(output_),
            {.names = "--rows", .value = "N", .help = "rows of a table to show; 0: all", .into = &rows_},
        };
    }

    Result<int> run(Session& session) override {
        const Destination to{.path = output_ == "-" ? "" : output_,
                             .format = choose_format(format_, output_, session.console().json(), Format::table),
                             .rows_max = rows_};
        const std::string sql = sql_ == "-" ? TRY(sql_from_input()) : sql_;
        const Project* project = TRY(session.project());
        Warehouse* warehouse = TRY(session.reading());
        const std::optional<Version> version = version_of(as_of_);
        if (to.format == Format::parquet) {
            TRY(deliver_parquet(session, to, [&](const std::string& path) {
                return warehouse->query_to_parquet(sql, project->views, version, path);
            }));
        } else {
            TRY(deliver_rows(session, to,
                             [&](ResultSink& sink) { return warehouse->query(sql, project->views, version, sink); }));
        }
        return kDone;
    }

private:
    static Result<std::string> sql_from_input() {
        DescriptorSource input(STDIN_FILENO);
        std::string text;
        std::vector<char> block(64 << 10);
        while (const std::size_t count = TRY(input.read(block))) {
            text.append(block.data(), count);
            if (text.size() > kSqlBytesMax)
                return fail(FailureCode::bad_argument, fmt::format("the SQL is longer than {} bytes", kSqlBytesMax));
        }
        return text;
    }

    std::string sql_;
    std::optional<std::int64_t> as_of_;
    std::string format_;
    std::string output_;
    std::optional<std::int64_t> rows_;
};

// Leaves out the columns that are Inlet's own, which stand behind the contract's.
class ContractColumns final : public ResultSink {
public:
    explicit ContractColumns(ResultSink& sink) : sink_(sink) {}
    Status begin(const std::vector<ResultColumn>& columns) override {
        std::vector<ResultColumn> own = columns;
        while (!own.empty() && own.back().name.starts_with('_')) own.pop_back();
        return sink_.begin(own);
    }
    // A sink takes the columns that it was told of, from the front.
    Status batch(const RecordBatch& rows) override { return sink_.batch(rows); }

private:
    ResultSink& sink_;
};

class ExportCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "export",
                .group = "Reading",
                .summary = "write a dataset or model to a file",
                .description =
                    "Writes all rows, now or as of a version, in no certain order, with the columns of the "
                    "contract. Memory does not grow with "
                    "the number of rows; the file is there whole or not at all.\n\n"
                    "A dataset's CSV is written as its contract reads it: its dialect, missingValues, formats, "
                    "trueValues and decimalChar. Loaded again it gives equal rows; a value that cannot be "
                    "written so is refused (value-unwritable).",
                .examples = {
                    {"inlet export ratings --output ratings.csv", "the format follows from the ending"},
                    {"inlet export ratings --as-of 3 --format parquet --output old.parquet", "how it was at version 3"},
                    {"inlet export movies --format ndjson | head", "to another program"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "DATASET",
             .help = "the dataset or model",
             .into = &table_,
             .completes = Completes::tables,
             .required = true},
            as_of_argument(as_of_),
            format_argument(format_, "how to write it; else by the output's ending, else csv"),
            output_argument(output_),
            {.names = "--with-versions", .help = "also the columns _version and _submission", .into = &with_versions_},
        };
    }

    Result<int> run(Session& session) override {
        const Project* project = TRY(session.project());
        TRY(check_table(*project, table_));
        const Destination to{.path = output_ == "-" ? "" : output_,
                             .format = choose_format(format_, output_, session.console().json(), Format::csv),
                             .rows_max = 0,
                             .dataset = project->dataset(table_)};
        Warehouse* warehouse = TRY(session.reading());
        const std::optional<Version> version = version_of(as_of_);
        if (to.format == Format::parquet) {
            const std::string sql = TRY(same_as_sql(*warehouse));
            TRY(deliver_parquet(session, to, [&](const std::string& path) {
                return warehouse->query_to_parquet(sql, {}, version, path);
            }));
            return kDone;
        }
        TRY(deliver_rows(session, to, [&](ResultSink& sink) {
            if (with_versions_) return warehouse->read(table_, version, sink);
            ContractColumns own(sink);
            return warehouse->read(table_, version, own);
        }));
        return kDone;
    }

private:
    // Parquet is written from a statement only: the one that a person would write for this.
    Result<std::string> same_as_sql(Warehouse& warehouse) const {
        const auto quoted = [](const std::string& name) {
            std::string out = "\"";
            for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
            return out + "\"";
        };
        if (with_versions_) return "SELECT * FROM " + quoted(table_);
        std::string columns;
        const std::vector<ResultColumn> own = TRY(table_columns(warehouse, table_));
        for (const ResultColumn& column : own) columns += (columns.empty() ? "" : ", ") + quoted(column.name);
        return fmt::format("SELECT {} FROM {}", columns, quoted(table_));
    }

    std::string table_;
    std::optional<std::int64_t> as_of_;
    std::string format_;
    std::string output_;
    bool with_versions_ = false;
};

} // namespace

void add_query_commands(Commands& commands) {
    commands.push_back(std::make_unique<QueryCommand>());
    commands.push_back(std::make_unique<ExportCommand>());
}

} // namespace inlet
