// Rendering of a check's report.
#include "app/check_view.hpp"

#include <fmt/format.h>

#include "app/record_view.hpp"

namespace inlet {

namespace {

std::string sign_text(char sign) {
    if (sign == '\t') return "tab";
    return fmt::format("`{}`", sign);
}

void write_sign(JsonWriter& json, std::string_view name, std::optional<char> sign) {
    json.key(name);
    if (!sign)
        json.null();
    else
        json.value(std::string_view(&*sign, *sign == '\0' ? 0 : 1));
}

} // namespace

PartRecord part_of(const CheckReport& report, const std::string& name, const std::string& dataset) {
    PartRecord part;
    part.name = name;
    part.dataset = dataset;
    part.rows = report.rows;
    part.accepted = report.accepted;
    part.rejected = report.rejected;
    part.errors_total = report.errors_total;
    for (const ViolationCount& count : report.counts) {
        part.counts.push_back({std::string(failure_info(count.code).code), count.field, count.count});
    }
    return part;
}

bool is_valid(const CheckReport& report) { return report.file_ok && report.errors_total == 0; }

std::string dialect_text(const Dialect& dialect) {
    std::string text = "delimiter " + sign_text(dialect.delimiter.value_or(','));
    const char quote = dialect.quote_char.value_or('"');
    text += quote == '\0' ? std::string(", no quotes") : ", quote " + sign_text(quote);
    return text + (dialect.header.value_or(true) ? ", with header" : ", without header");
}

std::string check_json_head(const CheckReport& report) {
    JsonWriter json;
    json.begin_object().member("valid", is_valid(report));
    json.member("rows", report.rows).member("accepted", report.accepted).member("rejected", report.rejected);
    json.member("errors_total", report.errors_total).key("counts");
    write_counts(json, part_of(report, "", "").counts);
    json.key("errors").begin_array();
    return json.take();
}

std::string check_json_tail(const CheckReport& report, double seconds) {
    JsonWriter json;
    json.begin_object().key("dialect").begin_object();
    write_sign(json, "delimiter", report.dialect.delimiter);
    write_sign(json, "quoteChar", report.dialect.quote_char);
    json.member("header", report.dialect.header.value_or(true)).end_object();
    json.member("seconds", seconds).end_object();
    return "]," + json.take().substr(1);
}

} // namespace inlet
