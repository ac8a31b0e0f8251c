// What is written is read back as it was, or refused.
#include "records/field_writer.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace inlet {
namespace {

using Missing = std::vector<std::string>;

// A column of one field, filled by the reader itself.
struct Stored {
    Column column;
    TextArena arena;
    std::vector<std::string> texts;

    Stored(const Field& field, std::vector<std::string> cells, const Missing& missing) : texts(std::move(cells)) {
        std::vector<TextRef> refs;
        for (std::string& text : texts) {
            refs.push_back({text.data(), static_cast<std::uint32_t>(text.size())});
            text.append(64, ' ');
            refs.back().data = text.data();
        }
        FlawList flaws;
        flaws.reset(1, refs.size(), 100);
        FieldReader::make(field, missing).value()->read({refs, 0, 1}, column, arena, flaws);
    }
};

// The cells that the values of these cells are written as; or what is wrong.
std::vector<std::string> rewritten(const Field& field, const std::vector<std::string>& cells,
                                   const Missing& missing = {""}) {
    const Stored stored(field, cells, missing);
    const auto writer = FieldWriter::make(field, missing);
    if (!writer) return {"!! " + writer.error().message};
    std::vector<TextRef> out;
    TextArena arena;
    const Status written = writer->write(stored.column, cells.size(), out, arena);
    if (!written) return {"! " + written.error().message};
    std::vector<std::string> texts;
    for (const TextRef text : out) texts.emplace_back(text.view());
    return texts;
}

Field field(FieldType type, const std::string& format = "default") {
    Field result;
    result.name = "f";
    result.type = type;
    result.format = format;
    return result;
}

using Texts = std::vector<std::string>;

TEST(FieldWriter, WritesPlainNotations) {
    EXPECT_EQ(rewritten(field(FieldType::integer), {"1", "-9223372036854775808", "", " 7 "}),
              (Texts{"1", "-9223372036854775808", "", "7"}));
    EXPECT_EQ(rewritten(field(FieldType::number), {"1.50", "1e300", "NaN", "INF", "-INF"}),
              (Texts{"1.5", "1e+300", "NaN", "INF", "-INF"}));
    EXPECT_EQ(rewritten(field(FieldType::date), {"2024-12-31", "0001-01-01"}), (Texts{"2024-12-31", "0001-01-01"}));
    EXPECT_EQ(rewritten(field(FieldType::datetime), {"2024-12-31T23:59:59Z", "2024-12-31T23:59:59.25+01:00"}),
              (Texts{"2024-12-31T23:59:59", "2024-12-31T22:59:59.25"}));
    EXPECT_EQ(rewritten(field(FieldType::time), {"23:59:59.000001"}), (Texts{"23:59:59.000001"}));
    EXPECT_EQ(rewritten(field(FieldType::string), {"a", " b ", ""}), (Texts{"a", " b ", ""}));
    EXPECT_EQ(rewritten(field(FieldType::boolean), {"TRUE", "0", ""}), (Texts{"true", "false", ""}));
    EXPECT_EQ(rewritten(field(FieldType::object, "python"), {"{'a': None}"}), Texts{R"({"a":null})"});
    EXPECT_EQ(rewritten(field(FieldType::array), {"[1, 2]"}), Texts{"[1, 2]"});
}

TEST(FieldWriter, WritesTheContractsNotations) {
    Field number = field(FieldType::number);
    number.decimal_char = ",";
    number.group_char = ".";
    EXPECT_EQ(rewritten(number, {"1.234,5", "-0,25", "1e-7"}), (Texts{"1234,5", "-0,25", "1e-07"}));
    Field truth = field(FieldType::boolean);
    truth.true_values = {"yes", "ja"};
    truth.false_values = {"no"};
    EXPECT_EQ(rewritten(truth, {"ja", "no"}), (Texts{"yes", "no"}));
    EXPECT_EQ(rewritten(field(FieldType::date, "%d/%m/%Y"), {"1/2/2024"}), Texts{"01/02/2024"});
    EXPECT_EQ(rewritten(field(FieldType::date, "%A %d %B %y"), {"Monday 5 may 68"}), Texts{"Saturday 05 May 68"});
    EXPECT_EQ(rewritten(field(FieldType::date, "%Y, day %j"), {"2024, day 60"}), Texts{"2024, day 060"});
    EXPECT_EQ(rewritten(field(FieldType::datetime, "%b %d %Y %I:%M:%S.%f %p %z"), {"Mar 4 2020 12:00:01.5 AM +0130"}),
              Texts{"Mar 03 2020 10:30:01.500000 PM +0000"});
    EXPECT_EQ(rewritten(field(FieldType::time, "%H%M"), {"0930"}), Texts{"0930"});
    EXPECT_EQ(rewritten(field(FieldType::date, "any"), {"3 Feb 2020"}), Texts{"2020-02-03"});
    EXPECT_EQ(rewritten(field(FieldType::datetime, "any"), {"2020-02-03 10:00"}), Texts{"2020-02-03T10:00:00"});
}

TEST(FieldWriter, WritesADeclaredMissingValue) {
    EXPECT_EQ(rewritten(field(FieldType::string), {"-", "", "n/a"}, {"-", "n/a"}), (Texts{"-", "", "-"}));
    EXPECT_EQ(rewritten(field(FieldType::string), {"-", "x"}, {"-", ""}), (Texts{"", "x"}));
}

TEST(FieldWriter, TakesAnotherNotationWhereOneMeansNothing) {
    EXPECT_EQ(rewritten(field(FieldType::integer), {"+999", "999"}, {"999", ""}), (Texts{"+999", ""}));
    EXPECT_EQ(rewritten(field(FieldType::number), {"0.0"}, {"0"}), (Texts{"+0"}));
    EXPECT_EQ(rewritten(field(FieldType::boolean), {"1", "true"}, {"true"}), (Texts{"True", "true"}));
}

TEST(FieldWriter, RefusesWhatWouldNotReadBack) {
    // Stored under an older contract: the missing values, the pattern or the notation were changed since.
    const auto refused = [](const Field& now, const Missing& missing, const Field& then, const std::string& cell,
                            const Missing& missing_then = {}) {
        const Stored stored(then, {cell}, missing_then);
        std::vector<TextRef> out;
        TextArena arena;
        const Status written = FieldWriter::make(now, missing).value().write(stored.column, 1, out, arena);
        if (written) return std::string(out[0].view());
        EXPECT_EQ(written.error().code, FailureCode::value_unwritable);
        return written.error().message;
    };
    const Field text = field(FieldType::string);
    EXPECT_NE(refused(text, {"n/a"}, text, "n/a").find("the text `n/a`"), std::string::npos);
    EXPECT_NE(refused(text, {""}, text, "").find("the text ``"), std::string::npos);
    EXPECT_NE(refused(text, {}, text, "", {""}).find("without a value"), std::string::npos);
    EXPECT_NE(refused(field(FieldType::date, "%Y-%m"), {""}, field(FieldType::date), "2020-01-02").find("2020-01-02"),
              std::string::npos);
    EXPECT_NE(
        refused(field(FieldType::date, "%d.%m.%y"), {""}, field(FieldType::date), "1923-01-02").find("1923-01-02"),
        std::string::npos);
    Field bare = field(FieldType::number);
    bare.bare_number = false;
    EXPECT_NE(refused(bare, {""}, field(FieldType::number), "NaN").find("NaN"), std::string::npos);
}

TEST(FieldWriter, DoesNotJudgeWhatIsStored) {
    Field strict = field(FieldType::integer);
    strict.constraints.minimum = "10";
    const Stored stored(field(FieldType::integer), {"3"}, {""});
    std::vector<TextRef> out;
    TextArena arena;
    ASSERT_TRUE(FieldWriter::make(strict, {""}).value().write(stored.column, 1, out, arena));
    EXPECT_EQ(out[0].view(), "3");
}

} // namespace
} // namespace inlet
