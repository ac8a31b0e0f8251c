// One reader per type. The loop over a column tries the short way first (a value in its plainest notation) and leaves
// all else (missing values, spaces, signs, group characters, mistakes) to a second look at the single cell.
#include "records/field_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>

#include <fast_float/fast_float.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include "records/number_text.hpp"
#include "records/scalars.hpp"

namespace inlet {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Texts that count as no value. The usual list is just the empty text.
class MissingValues {
public:
    explicit MissingValues(const std::vector<std::string>& texts) : texts_(texts) {
        only_empty_ = texts.size() == 1 && texts.front().empty();
        for (const auto& text : texts) longest_ = std::max(longest_, text.size());
    }
    bool contains(std::string_view text) const {
        if (only_empty_) return text.empty();
        if (text.size() > longest_) return false;
        return std::find(texts_.begin(), texts_.end(), text) != texts_.end();
    }
    const std::vector<std::string>& texts() const { return texts_; }

private:
    std::vector<std::string> texts_;
    std::size_t longest_ = 0;
    bool only_empty_ = false;
};

template <class T>
struct Bounds {
    std::optional<T> minimum;
    std::optional<T> maximum;
    std::vector<T> allowed; // sorted; empty: any

    bool any() const { return minimum || maximum || !allowed.empty(); }
    // A value within the bounds, held by cells that have none, so that one pass over the column can tell that all is
    // well.
    T neutral() const {
        if (minimum) return *minimum;
        if (maximum) return *maximum;
        return T{};
    }
};

class Reader : public FieldReader {
public:
    Reader(const Field& field, const std::vector<std::string>& missing_values)
        : field_(field), missing_(missing_values), physical_(physical_type(field)),
          required_(field.constraints.required) {}

protected:
    // A cell with no value of its own: absent, missing, or (already reported) wrong.
    void leave_out(const Cells& cells, std::size_t row, Column& out, FlawList& flaws) const {
        out.present.reset(row);
        if (required_ && cells.text[row].size != kNoCell) report(cells, row, Rule::required, flaws);
    }
    void report(const Cells& cells, std::size_t row, Rule rule, FlawList& flaws) const {
        flaws.add({static_cast<std::uint32_t>(row), cells.field, cells.column, rule, cells.text[row]});
    }
    void wrong(const Cells& cells, std::size_t row, Rule rule, Column& out, FlawList& flaws) const {
        out.present.reset(row);
        report(cells, row, rule, flaws);
    }

    template <class T>
    void check(const Bounds<T>& bounds, const Cells& cells, const Column& column, FlawList& flaws,
               bool look_closely = false) const {
        if (!bounds.any()) return;
        const T* const values = column.values<T>();
        const std::size_t rows = cells.text.size();
        if (bounds.minimum || bounds.maximum) {
            T least = bounds.neutral();
            T most = least;
            for (std::size_t row = 0; row < rows; ++row) {
                least = values[row] < least ? values[row] : least;
                most = values[row] > most ? values[row] : most;
            }
            const bool low = bounds.minimum && least < *bounds.minimum;
            const bool high = bounds.maximum && most > *bounds.maximum;
            if (low || high || look_closely) {
                for (std::size_t row = 0; row < rows; ++row) {
                    if (!column.present.test(row)) continue;
                    if (bounds.minimum && !(values[row] >= *bounds.minimum)) {
                        report(cells, row, Rule::minimum, flaws);
                    } else if (bounds.maximum && !(values[row] <= *bounds.maximum)) {
                        report(cells, row, Rule::maximum, flaws);
                    }
                }
            }
        }
        if (bounds.allowed.empty()) return;
        for (std::size_t row = 0; row < rows; ++row) {
            if (column.present.test(row) &&
                !std::binary_search(bounds.allowed.begin(), bounds.allowed.end(), values[row])) {
                report(cells, row, Rule::enumeration, flaws);
            }
        }
    }

    template <class T, class Parse>
    Result<Bounds<T>> bounds(Parse parse) const {
        Bounds<T> result;
        const auto value = [&](const std::string& text, std::string_view what) -> Result<T> {
            const std::optional<T> parsed = parse(text);
            if (!parsed) {
                return fail(FailureCode::schema_error, fmt::format("`{}` of field `{}` is `{}`, which is no {}", what,
                                                                   field_.name, text, to_string(field_.type)));
            }
            return *parsed;
        };
        const Constraints& constraints = field_.constraints;
        if (constraints.minimum) result.minimum = TRY(value(*constraints.minimum, "minimum"));
        if (constraints.maximum) result.maximum = TRY(value(*constraints.maximum, "maximum"));
        for (const auto& text : constraints.enumeration) result.allowed.push_back(TRY(value(text, "enum")));
        std::sort(result.allowed.begin(), result.allowed.end());
        return result;
    }

    Field field_;
    MissingValues missing_;
    PhysicalType physical_;
    bool required_;
};

// Numbers as people write them: spaces around, group characters, another decimal mark, and, unless bare, text before
// and after.
class Notation {
public:
    explicit Notation(const Field& field)
        : decimal_(field.decimal_char), group_(field.group_char), bare_(field.bare_number) {}
    bool plain() const { return decimal_ == "." && group_.empty() && bare_; }
    std::string normal(std::string_view text) const {
        std::string result(text);
        if (!bare_) {
            const auto first = result.find_first_of("+-0123456789" + decimal_);
            const auto last = result.find_last_of("0123456789" + decimal_);
            if (first == std::string::npos || last == std::string::npos || last < first) return {};
            result = result.substr(first, last - first + 1);
        }
        if (!group_.empty() && result.find(group_) != std::string::npos) {
            const auto fraction = result.find(decimal_);
            if (!grouped(result) ||
                (fraction != std::string::npos && result.find(group_, fraction) != std::string::npos))
                return {};
            for (auto at = result.find(group_); at != std::string::npos; at = result.find(group_, at))
                result.erase(at, group_.size());
        }
        if (decimal_ != ".") {
            if (result.find('.') != std::string::npos) return {};
            if (const auto at = result.find(decimal_); at != std::string::npos) {
                return fmt::format("{}.{}", result.substr(0, at), result.substr(at + decimal_.size()));
            }
        }
        return result;
    }

private:
    // Whether group characters stand where people put them: one to three digits, groups of three (or of two, as in
    // India), three at the end. Else `1.50` under groupChar `.` would silently be 150.
    bool grouped(std::string_view text) const {
        text = trimmed(text.substr(0, text.find(decimal_)));
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        for (bool first = true;; first = false) {
            const std::size_t end = text.find(group_);
            const std::string_view group = text.substr(0, end);
            const bool digits = std::all_of(group.begin(), group.end(), [](char c) { return c >= '0' && c <= '9'; });
            const bool last = end == std::string_view::npos;
            const std::size_t least = last ? 3 : first ? 1 : 2;
            if (!digits || group.size() < least || group.size() > 3) return false;
            if (last) return true;
            text.remove_prefix(end + group_.size());
        }
    }

    std::string decimal_;
    std::string group_;
    bool bare_;
};

enum class IntegerText : std::uint8_t { good, too_large, not_one };

IntegerText parse_integer(std::string_view text, std::int64_t& value) {
    text = trimmed(text);
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty()) return IntegerText::not_one;
    if (error == std::errc::result_out_of_range) return IntegerText::too_large;
    return error == std::errc{} ? IntegerText::good : IntegerText::not_one;
}

std::optional<double> parse_number(std::string_view text) {
    text = trimmed(text);
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "INF") return std::numeric_limits<double>::infinity();
    if (text == "-INF") return -std::numeric_limits<double>::infinity();
    if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
    const bool digit = std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digit) return std::nullopt; // nan, infinity and the like, which from_chars would take
    double value = 0;
    const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

class IntegerReader final : public Reader {
public:
    using Reader::Reader;

    Status prepare() {
        notation_.emplace(field_);
        bounds_ = TRY(bounds<std::int64_t>([&](const std::string& text) -> std::optional<std::int64_t> {
            std::int64_t value = 0;
            if (parse_integer(text, value) != IntegerText::good) return std::nullopt;
            return value;
        }));
        // Only if a missing value could be taken for a number must every cell be asked first.
        for (const auto& text : missing_.texts()) {
            std::int64_t value = 0;
            ask_first_ = ask_first_ || parse_integer(notation_->normal(text), value) == IntegerText::good;
        }
        ask_first_ = ask_first_ || !notation_->plain();
        return {};
    }

    void read(const Cells& cells, Column& out, TextArena&, FlawList& flaws) const override {
        const std::size_t rows = cells.text.size();
        out.reset(PhysicalType::int64, rows);
        auto* const values = out.values<std::int64_t>();
        const std::int64_t neutral = bounds_.neutral();
        for (std::size_t row = 0; row < rows; ++row) {
            const TextRef cell = cells.text[row];
            if (!ask_first_ && parse_short_integer(cell.data, cell.size, values[row])) [[likely]]
                continue;
            values[row] = neutral;
            read_slowly(cells, row, out, values[row], flaws);
        }
        check(bounds_, cells, out, flaws);
    }

private:
    void read_slowly(const Cells& cells, std::size_t row, Column& out, std::int64_t& value, FlawList& flaws) const {
        const TextRef cell = cells.text[row];
        if (cell.size == kNoCell || missing_.contains(cell.view())) return leave_out(cells, row, out, flaws);
        std::int64_t read = 0;
        const IntegerText state =
            notation_->plain() ? parse_integer(cell.view(), read) : parse_integer(notation_->normal(cell.view()), read);
        if (state == IntegerText::good) {
            value = read;
        } else {
            wrong(cells, row, state == IntegerText::too_large ? Rule::number_range : Rule::type, out, flaws);
        }
    }

    std::optional<Notation> notation_;
    Bounds<std::int64_t> bounds_;
    bool ask_first_ = false;
};

class NumberReader final : public Reader {
public:
    using Reader::Reader;

    Status prepare() {
        notation_.emplace(field_);
        bounds_ = TRY(bounds<double>([](const std::string& text) { return parse_number(text); }));
        for (const auto& text : missing_.texts()) ask_first_ = ask_first_ || parse_number(notation_->normal(text));
        ask_first_ = ask_first_ || !notation_->plain();
        return {};
    }

    void read(const Cells& cells, Column& out, TextArena&, FlawList& flaws) const override {
        const std::size_t rows = cells.text.size();
        out.reset(PhysicalType::float64, rows);
        auto* const values = out.values<double>();
        const double neutral = bounds_.neutral();
        bool nan = false;
        for (std::size_t row = 0; row < rows; ++row) {
            const TextRef cell = cells.text[row];
            if (!ask_first_ && parse_short_number(cell.data, cell.size, values[row])) [[likely]]
                continue;
            values[row] = neutral;
            read_slowly(cells, row, out, values[row], flaws);
            nan = nan || std::isnan(values[row]);
        }
        check(bounds_, cells, out, flaws, nan); // not-a-number lies within no bounds, and escapes plain comparisons
    }

private:
    void read_slowly(const Cells& cells, std::size_t row, Column& out, double& value, FlawList& flaws) const {
        const TextRef cell = cells.text[row];
        if (cell.size == kNoCell || missing_.contains(cell.view())) return leave_out(cells, row, out, flaws);
        const std::optional<double> read =
            notation_->plain() ? parse_number(cell.view()) : parse_number(notation_->normal(cell.view()));
        if (read) {
            value = *read;
        } else {
            wrong(cells, row, Rule::type, out, flaws);
        }
    }

    std::optional<Notation> notation_;
    Bounds<double> bounds_;
    bool ask_first_ = false;
};

class BooleanReader final : public Reader {
public:
    using Reader::Reader;

    Status prepare() {
        for (const auto& text : field_.constraints.enumeration) {
            const std::optional<bool> value = truth(text);
            if (!value)
                return fail(FailureCode::schema_error,
                            fmt::format("`enum` of field `{}` holds `{}`, which is no boolean", field_.name, text));
            (*value ? true_allowed_ : false_allowed_) = true;
        }
        if (field_.constraints.enumeration.empty()) true_allowed_ = false_allowed_ = true;
        return {};
    }

    void read(const Cells& cells, Column& out, TextArena&, FlawList& flaws) const override {
        const std::size_t rows = cells.text.size();
        out.reset(PhysicalType::boolean, rows);
        auto* const values = out.values<std::uint8_t>();
        for (std::size_t row = 0; row < rows; ++row) {
            values[row] = 0;
            const TextRef cell = cells.text[row];
            if (cell.size == kNoCell || missing_.contains(cell.view())) {
                leave_out(cells, row, out, flaws);
                continue;
            }
            const std::optional<bool> value = truth(cell.view());
            if (!value) {
                wrong(cells, row, Rule::type, out, flaws);
            } else if (!(*value ? true_allowed_ : false_allowed_)) {
                wrong(cells, row, Rule::enumeration, out, flaws);
            } else {
                values[row] = *value;
            }
        }
    }

private:
    std::optional<bool> truth(std::string_view text) const {
        for (const auto& word : field_.true_values) {
            if (text == word) return true;
        }
        for (const auto& word : field_.false_values) {
            if (text == word) return false;
        }
        if (const std::string_view inner = trimmed(text); inner.size() != text.size()) return truth(inner);
        return std::nullopt;
    }

    bool true_allowed_ = false;
    bool false_allowed_ = false;
};

// date, time and datetime; T is how the column holds them.
template <class T>
class TemporalReader final : public Reader {
public:
    using Reader::Reader;

    Status prepare() {
        if (field_.format != "default" && field_.format != "any") {
            const auto kind = field_.type == FieldType::date   ? TemporalPattern::Kind::date
                              : field_.type == FieldType::time ? TemporalPattern::Kind::time
                                                               : TemporalPattern::Kind::datetime;
            pattern_ = TRY(TemporalPattern::compile(field_.format, kind));
        }
        bounds_ = TRY(this->template bounds<T>([this](const std::string& text) { return parse(text); }));
        return {};
    }

    void read(const Cells& cells, Column& out, TextArena&, FlawList& flaws) const override {
        const std::size_t rows = cells.text.size();
        out.reset(physical_, rows);
        auto* const values = out.values<T>();
        for (std::size_t row = 0; row < rows; ++row) {
            values[row] = bounds_.neutral();
            const TextRef cell = cells.text[row];
            if (cell.size == kNoCell || missing_.contains(cell.view())) {
                leave_out(cells, row, out, flaws);
                continue;
            }
            std::optional<T> value = parse(cell.view());
            if (!value) {
                if (const std::string_view inner = trimmed(cell.view()); inner.size() != cell.size)
                    value = parse(inner);
            }
            if (value) {
                values[row] = *value;
            } else {
                wrong(cells, row, Rule::type, out, flaws);
            }
        }
        check(bounds_, cells, out, flaws);
    }

private:
    std::optional<T> parse(std::string_view text) const {
        if (pattern_) {
            const auto value = pattern_->parse(text);
            return value ? std::optional<T>(static_cast<T>(*value)) : std::nullopt;
        }
        const bool any = field_.format == "any";
        if constexpr (std::is_same_v<T, std::int32_t>) {
            return any ? parse_date_any(text) : parse_date(text);
        } else if (field_.type == FieldType::time) {
            return any ? parse_time_any(text) : parse_time(text);
        } else {
            return any ? parse_datetime_any(text) : parse_datetime(text);
        }
    }

    std::optional<TemporalPattern> pattern_;
    Bounds<T> bounds_;
};

class TextReader final : public Reader {
public:
    using Reader::Reader;

    Status prepare() {
        const Constraints& constraints = field_.constraints;
        if (constraints.pattern) {
            pattern_ = std::make_unique<re2::RE2>(*constraints.pattern, re2::RE2::Quiet);
            if (!pattern_->ok()) {
                return fail(FailureCode::schema_error,
                            fmt::format("`pattern` of field `{}` is no regular expression: {}", field_.name,
                                        pattern_->error()));
            }
        }
        allowed_.insert(constraints.enumeration.begin(), constraints.enumeration.end());
        return {};
    }

    void read(const Cells& cells, Column& out, TextArena&, FlawList& flaws) const override {
        const std::size_t rows = cells.text.size();
        out.reset(PhysicalType::text, rows);
        auto* const values = out.values<TextRef>();
        for (std::size_t row = 0; row < rows; ++row) {
            const TextRef cell = cells.text[row];
            values[row] = cell;
            if (cell.size == kNoCell || missing_.contains(cell.view())) {
                values[row] = TextRef{};
                leave_out(cells, row, out, flaws);
            }
        }
        if (pattern_ || !allowed_.empty() || field_.constraints.min_length || field_.constraints.max_length)
            judge(cells, out, flaws);
    }

private:
    void judge(const Cells& cells, const Column& column, FlawList& flaws) const {
        const Constraints& constraints = field_.constraints;
        for (std::size_t row = 0; row < cells.text.size(); ++row) {
            if (!column.present.test(row)) continue;
            const std::string_view text = cells.text[row].view();
            if (constraints.min_length || constraints.max_length) {
                const auto length = static_cast<std::int64_t>(utf8_length(text));
                if (constraints.min_length && length < *constraints.min_length)
                    report(cells, row, Rule::min_length, flaws);
                if (constraints.max_length && length > *constraints.max_length)
                    report(cells, row, Rule::max_length, flaws);
            }
            if (pattern_ && !re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *pattern_)) {
                report(cells, row, Rule::pattern, flaws);
            }
            if (!allowed_.empty() && !allowed_.contains(std::string(text)))
                report(cells, row, Rule::enumeration, flaws);
        }
    }

    std::unique_ptr<re2::RE2> pattern_;
    std::unordered_set<std::string> allowed_;
};

// object and array: kept as JSON text.
class JsonReader final : public Reader {
public:
    using Reader::Reader;

    Status prepare() {
        kind_ = field_.type == FieldType::object ? JsonKind::object : JsonKind::array;
        python_ = field_.format == "python";
        for (const auto& text : field_.constraints.enumeration) {
            std::string json = text;
            if (python_) {
                json.clear();
                if (!python_to_json(text, kind_, json)) json = text;
            }
            allowed_.insert(std::move(json));
        }
        return {};
    }

    void read(const Cells& cells, Column& out, TextArena& arena, FlawList& flaws) const override {
        const std::size_t rows = cells.text.size();
        out.reset(PhysicalType::text, rows);
        auto* const values = out.values<TextRef>();
        const Constraints& constraints = field_.constraints;
        std::string json;
        for (std::size_t row = 0; row < rows; ++row) {
            const TextRef cell = cells.text[row];
            values[row] = TextRef{};
            if (cell.size == kNoCell || missing_.contains(cell.view())) {
                leave_out(cells, row, out, flaws);
                continue;
            }
            std::optional<std::int64_t> members;
            if (python_) {
                json.clear();
                members = python_to_json(cell.view(), kind_, json);
                if (members) values[row] = json == cell.view() ? cell : arena.store(json);
            } else {
                members = json_members(cell.view(), kind_);
                values[row] = cell;
            }
            if (!members) {
                wrong(cells, row, Rule::type, out, flaws);
                continue;
            }
            if (constraints.min_length && *members < *constraints.min_length)
                report(cells, row, Rule::min_length, flaws);
            if (constraints.max_length && *members > *constraints.max_length)
                report(cells, row, Rule::max_length, flaws);
            if (!allowed_.empty() && !allowed_.contains(std::string(values[row].view())))
                report(cells, row, Rule::enumeration, flaws);
        }
    }

private:
    JsonKind kind_ = JsonKind::object;
    bool python_ = false;
    std::unordered_set<std::string> allowed_;
};

template <class T>
Result<std::unique_ptr<FieldReader>> build(const Field& field, const std::vector<std::string>& missing_values) {
    auto reader = std::make_unique<T>(field, missing_values);
    TRY(reader->prepare());
    return reader;
}

} // namespace

Result<std::unique_ptr<FieldReader>> FieldReader::make(const Field& field,
                                                       const std::vector<std::string>& missing_values) {
    switch (field.type) {
    case FieldType::integer:
        return build<IntegerReader>(field, missing_values);
    case FieldType::number:
        return build<NumberReader>(field, missing_values);
    case FieldType::boolean:
        return build<BooleanReader>(field, missing_values);
    case FieldType::date:
        return build<TemporalReader<std::int32_t>>(field, missing_values);
    case FieldType::datetime:
    case FieldType::time:
        return build<TemporalReader<std::int64_t>>(field, missing_values);
    case FieldType::object:
    case FieldType::array:
        return build<JsonReader>(field, missing_values);
    case FieldType::string:
    case FieldType::any:
        return build<TextReader>(field, missing_values);
    }
    return fail(FailureCode::schema_error, fmt::format("field `{}` has an unknown type", field.name));
}

} // namespace inlet
