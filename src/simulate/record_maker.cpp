#include "simulate/record_maker.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/json_writer.hpp"

namespace inlet::simulate {

namespace {

constexpr std::int64_t kMarkCharacters = 32;
constexpr std::int64_t kNumbersOfRun = std::int64_t{1} << 32;
constexpr const char* kNoValue = "no such value";

std::int64_t between(std::int64_t least, std::int64_t most, Chance& chance) {
    return std::uniform_int_distribution<std::int64_t>(least, std::max(least, most))(chance);
}

bool one_in(unsigned many, Chance& chance) { return chance() % many == 0; }

double bound(const std::optional<std::string>& text, double otherwise) {
    return text ? std::strtod(text->c_str(), nullptr) : otherwise;
}

bool is_free(const Field& field) { return !field.constraints.pattern && field.constraints.enumeration.empty(); }

bool takes_text_marks(const Field& field) {
    const Constraints& constraints = field.constraints;
    return field.type == FieldType::string && is_free(field) && constraints.min_length.value_or(0) <= 12 &&
           constraints.max_length.value_or(kMarkCharacters) >= kMarkCharacters;
}

bool takes_integer_marks(const Field& field, const Run& run) {
    const auto base = static_cast<double>(run.integer_base());
    return field.type == FieldType::integer && is_free(field) && bound(field.constraints.minimum, 0) <= base &&
           bound(field.constraints.maximum, 9.2e18) >= base + static_cast<double>(kNumbersOfRun);
}

bool is_temporal(FieldType type) {
    return type == FieldType::date || type == FieldType::datetime || type == FieldType::time;
}

// Of a moment in 2020 to 2025, as the field's format asks for.
std::string moment_text(const Field& field, Chance& chance) {
    const Constraints& constraints = field.constraints;
    if (constraints.minimum) return *constraints.minimum;
    if (constraints.maximum) return *constraints.maximum;
    const std::tm moment = fmt::gmtime(static_cast<std::time_t>(between(1'577'836'800, 1'767'225'599, chance)));
    if (field.format != "default" && field.format != "any") {
        std::string text(128, '\0');
        text.resize(std::strftime(text.data(), text.size(), field.format.c_str(), &moment));
        return text;
    }
    if (field.type == FieldType::date) return fmt::format("{:%Y-%m-%d}", moment);
    if (field.type == FieldType::time) return fmt::format("{:%H:%M:%S}", moment);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", moment);
}

std::string number_text(const Field& field, Chance& chance) {
    const double least = bound(field.constraints.minimum, bound(field.constraints.maximum, 1000) - 1000);
    const double most = bound(field.constraints.maximum, least + 1000);
    if (field.type == FieldType::integer) {
        return std::to_string(
            between(static_cast<std::int64_t>(std::ceil(least)), static_cast<std::int64_t>(std::floor(most)), chance));
    }
    const double share = static_cast<double>(chance() % 1'000'000) / 1e6;
    std::string text = fmt::format("{:.6f}", std::clamp(least + (most - least) * share, least, most));
    const double read = std::strtod(text.c_str(), nullptr);
    if (read < least || read > most) text = fmt::format("{}", least);
    return text;
}

std::string letters(std::int64_t count, Chance& chance) {
    std::string text;
    for (std::int64_t i = 0; i < count; ++i) text.push_back(static_cast<char>('a' + chance() % 26));
    return text;
}

std::string text_of_length(const Field& field, Chance& chance) {
    const std::int64_t least = std::max<std::int64_t>(field.constraints.min_length.value_or(4), 1);
    const std::int64_t most = std::min(field.constraints.max_length.value_or(least + 20), least + 20);
    return letters(between(std::min(least, most), most, chance), chance);
}

std::string nested_text(const Field& field, Chance& chance) {
    const bool array = field.type == FieldType::array;
    std::string text(1, array ? '[' : '{');
    for (std::int64_t i = 0; i < field.constraints.min_length.value_or(0); ++i) {
        if (i > 0) text += ',';
        text += array ? std::to_string(chance() % 100) : fmt::format(R"("m{}":{})", i, chance() % 100);
    }
    return text + (array ? ']' : '}');
}

std::string made_up(const Field& field, Chance& chance) {
    const Constraints& constraints = field.constraints;
    if (!constraints.enumeration.empty()) return constraints.enumeration[chance() % constraints.enumeration.size()];
    switch (field.type) {
    case FieldType::integer:
    case FieldType::number:
        return number_text(field, chance);
    case FieldType::boolean:
        return one_in(2, chance) ? field.true_values.front() : field.false_values.front();
    case FieldType::date:
    case FieldType::datetime:
    case FieldType::time:
        return moment_text(field, chance);
    case FieldType::object:
    case FieldType::array:
        return nested_text(field, chance);
    case FieldType::string:
    case FieldType::any:
        break;
    }
    return text_of_length(field, chance);
}

// Whether made_up() knows no value of the field.
bool is_beyond_us(const Field& field) {
    if (!field.constraints.enumeration.empty()) return false;
    return field.constraints.pattern || field.format.find("%f") != std::string::npos ||
           field.format.find("%z") != std::string::npos;
}

bool is_numeric(const Field& field) { return field.type == FieldType::integer || field.type == FieldType::number; }

// A cell in the field's own notation: decimal commas and the like.
std::string cell_text(const Field& field, std::string text) {
    if (field.type == FieldType::number && field.decimal_char != ".")
        if (const auto point = text.find('.'); point != std::string::npos) text.replace(point, 1, field.decimal_char);
    return text;
}

void append_cell(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos && !text.empty()) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

} // namespace

std::string Run::name() const { return fmt::format("sim-{:08x}", id); }
std::int64_t Run::integer_base() const { return static_cast<std::int64_t>(id) << 32; }

std::string mark_text(const MarkField& field, const Run& run, std::int64_t number) {
    if (field.integer) return std::to_string(run.integer_base() + number);
    return fmt::format("{}-{}", run.name(), number);
}

std::optional<std::int64_t> number_of_mark(const MarkField& field, const Run& run, std::string_view cell) {
    if (!field.integer) {
        const std::string prefix = run.name() + "-";
        if (!cell.starts_with(prefix)) return {};
        cell.remove_prefix(prefix.size());
    }
    std::int64_t number = 0;
    const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), number);
    if (read.ec != std::errc() || read.ptr != cell.data() + cell.size()) return {};
    if (field.integer) number -= run.integer_base();
    if (number < 0 || number >= kNumbersOfRun) return {};
    return number;
}

Result<RecordMaker> RecordMaker::make(const std::string& dataset, Schema schema, const Run& run) {
    RecordMaker maker(std::move(schema), run);
    const std::vector<Field>& fields = maker.schema_.fields;
    const std::vector<std::size_t>& key = maker.schema_.primary_key;
    const auto in_key = [&key](std::size_t field) { return std::ranges::find(key, field) != key.end(); };
    // A field of the key above all, a text above a number.
    std::optional<std::size_t> mark;
    for (const bool of_key : {true, false}) {
        for (const bool integer : {false, true}) {
            for (std::size_t i = 0; i < fields.size() && !mark; ++i) {
                if (in_key(i) != of_key) continue;
                if (integer ? takes_integer_marks(fields[i], run) : takes_text_marks(fields[i])) mark = i;
            }
        }
    }
    if (!mark || (!key.empty() && !in_key(*mark))) {
        return fail(FailureCode::not_supported,
                    fmt::format("records of `{}` cannot be told apart: {} field is a text of up to {} characters, or "
                                "an integer, without a pattern, an enumeration or narrow bounds",
                                dataset, key.empty() ? "no" : "no key", kMarkCharacters));
    }
    maker.mark_ = {fields[*mark].name, fields[*mark].type == FieldType::integer};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const Field& field = fields[i];
        Flavour flavour = Flavour::made_up;
        if (i == *mark) {
            flavour = Flavour::mark;
        } else if (field.constraints.unique) {
            if (!takes_text_marks(field) && !takes_integer_marks(field, run))
                return fail(FailureCode::not_supported,
                            fmt::format("field `{}` of `{}` is unique, and is neither a long text nor an integer",
                                        field.name, dataset));
            flavour = Flavour::distinct;
        } else if (is_beyond_us(field)) {
            if (field.constraints.required || in_key(i))
                return fail(FailureCode::not_supported,
                            fmt::format("field `{}` of `{}` is required, and values of its pattern or format cannot "
                                        "be made up",
                                        field.name, dataset));
            flavour = Flavour::absent;
        }
        maker.flavours_.push_back(flavour);
        if (i != *mark && (is_numeric(field) || is_temporal(field.type))) maker.breakable_.push_back(i);
    }
    return maker;
}

std::optional<std::string> RecordMaker::value(std::size_t position, std::int64_t number, Chance& chance) const {
    const Field& field = schema_.fields[position];
    const bool in_key = std::ranges::find(schema_.primary_key, position) != schema_.primary_key.end();
    switch (flavours_[position]) {
    case Flavour::mark:
        return mark_text(mark_, run_, number);
    case Flavour::distinct:
        return mark_text({field.name, field.type == FieldType::integer}, run_, number);
    case Flavour::absent:
        return {};
    case Flavour::made_up:
        break;
    }
    if (in_key) {
        Chance same(static_cast<std::uint64_t>(number)); // the same key each time
        return made_up(field, same);
    }
    if (!field.constraints.required && one_in(10, chance)) return {};
    return made_up(field, chance);
}

std::optional<std::size_t> RecordMaker::field_to_break(Chance& chance) const {
    const std::size_t choice = chance() % (breakable_.size() + 1);
    if (choice == breakable_.size()) return {};
    return breakable_[choice];
}

void RecordMaker::append_json(std::string& out, std::int64_t number, Chance& chance, bool mistake) const {
    const std::optional<std::size_t> broken = mistake ? field_to_break(chance) : std::nullopt;
    JsonWriter json;
    json.begin_object();
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
        const Field& field = schema_.fields[i];
        if (i == broken) {
            json.member(field.name, kNoValue);
            continue;
        }
        const std::optional<std::string> text = value(i, number, chance);
        if (!text) continue;
        if (is_numeric(field) || field.type == FieldType::object || field.type == FieldType::array)
            json.key(field.name).raw(*text);
        else
            json.member(field.name, *text);
    }
    if (mistake && !broken) json.member("no such field", 1);
    out += json.end_object().str();
}

void RecordMaker::append_csv_header(std::string& out) const {
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
        if (i > 0) out += ',';
        append_cell(out, schema_.fields[i].name);
    }
    out += '\n';
}

void RecordMaker::append_csv(std::string& out, std::int64_t number, Chance& chance, bool mistake) const {
    const std::optional<std::size_t> broken = mistake ? field_to_break(chance) : std::nullopt;
    for (std::size_t i = 0; i < schema_.fields.size(); ++i) {
        if (i > 0) out += ',';
        if (i == broken) {
            out += kNoValue;
            continue;
        }
        if (const std::optional<std::string> text = value(i, number, chance))
            append_cell(out, cell_text(schema_.fields[i], *text));
    }
    if (mistake && !broken) out += ",one more";
    out += '\n';
}

} // namespace inlet::simulate
