// UTF-8, JSON text and Python literals.
#include <random>

#include <gtest/gtest.h>

#include "records/scalars.hpp"

namespace inlet {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// RFC 3629, section 4, by its table, one byte at a time.
std::size_t plain_utf8_error(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t ahead) {
            return i + ahead < text.size() ? static_cast<unsigned char>(text[i + ahead]) : 0U;
        };
        const auto in = [&](std::size_t ahead, unsigned low, unsigned high) {
            return byte(ahead) >= low && byte(ahead) <= high;
        };
        const auto tails = [&](std::size_t from, std::size_t to) {
            for (std::size_t k = from; k <= to; ++k) {
                if (!in(k, 0x80, 0xBF)) return false;
            }
            return true;
        };
        if (byte(0) <= 0x7F)
            i += 1;
        else if (in(0, 0xC2, 0xDF) && tails(1, 1))
            i += 2;
        else if (in(0, 0xE0, 0xE0) && in(1, 0xA0, 0xBF) && tails(2, 2))
            i += 3;
        else if (in(0, 0xE1, 0xEC) && tails(1, 2))
            i += 3;
        else if (in(0, 0xED, 0xED) && in(1, 0x80, 0x9F) && tails(2, 2))
            i += 3;
        else if (in(0, 0xEE, 0xEF) && tails(1, 2))
            i += 3;
        else if (in(0, 0xF0, 0xF0) && in(1, 0x90, 0xBF) && tails(2, 3))
            i += 4;
        else if (in(0, 0xF1, 0xF3) && tails(1, 3))
            i += 4;
        else if (in(0, 0xF4, 0xF4) && in(1, 0x80, 0x8F) && tails(2, 3))
            i += 4;
        else
            return i;
    }
    return kNone;
}

TEST(Utf8Error, FindsTheFirstBadByte) {
    EXPECT_EQ(utf8_error(""), kNone);
    EXPECT_EQ(utf8_error("plain"), kNone);
    EXPECT_EQ(utf8_error("caf\u00e9 \u20ac \U0001F600"), kNone);
    EXPECT_EQ(utf8_error("caf\xe9"), 3U);
    EXPECT_EQ(utf8_error("\xC0\x80"), 0U);           // overlong
    EXPECT_EQ(utf8_error("a\xED\xA0\x80"), 1U);      // surrogate
    EXPECT_EQ(utf8_error("ab\xF4\x90\x80\x80"), 2U); // beyond U+10FFFF
    EXPECT_EQ(utf8_error("\xE2\x82"), 0U);           // cut off
    EXPECT_EQ(utf8_error("\xC3\xA9\xA9"), 2U);
}

TEST(Utf8Error, AgreesWithTheTableOnEveryPairAndOnRandomText) {
    for (int a = 0; a < 256; ++a) {
        for (int b = 0; b < 256; ++b) {
            const std::string text{static_cast<char>(a), static_cast<char>(b), '\x80', '\x80'};
            ASSERT_EQ(utf8_error(text), plain_utf8_error(text)) << a << " " << b;
        }
    }
    std::mt19937 random(3);
    const std::string_view pieces[] = {
        "a",    "hello, world ", "\u00e9",   "\u20ac",      "\U0001F600", "0123456789abcdef0123456789abcdef",
        "\xff", "\x80",          "\xE2\x82", "\xED\xA0\x80"};
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        const unsigned count = random() % 12;
        for (unsigned i = 0; i < count; ++i) text += pieces[random() % (round % 2 == 0 ? 6 : 10)];
        ASSERT_EQ(utf8_error(text), plain_utf8_error(text));
    }
}

TEST(Utf8Error, LooksAtEveryPlaceOfALongText) {
    for (std::size_t size = 0; size < 100; ++size) {
        std::string text(size, 'x');
        ASSERT_EQ(utf8_error(text), kNone);
        for (std::size_t i = 0; i < size; ++i) {
            text[i] = '\x9f';
            ASSERT_EQ(utf8_error(text), i);
            text[i] = 'x';
        }
    }
}

TEST(Utf8Length, CountsCharacters) {
    EXPECT_EQ(utf8_length(""), 0U);
    EXPECT_EQ(utf8_length("plain"), 5U);
    EXPECT_EQ(utf8_length("caf\u00e9"), 4U);
    EXPECT_EQ(utf8_length(std::string(10'000, '\x80')), 0U); // not valid, but a count must not overflow
    std::string text;
    for (std::size_t i = 0; i < 50; ++i) {
        EXPECT_EQ(utf8_length(text), i);
        text += i % 4 == 0 ? "\u00e9" : i % 4 == 1 ? "\u20ac" : i % 4 == 2 ? "\U0001F600" : "x";
    }
}

// --- JSON ---

std::optional<std::int64_t> object(std::string_view text) { return json_members(text, JsonKind::object); }
std::optional<std::int64_t> array(std::string_view text) { return json_members(text, JsonKind::array); }
std::string nested(char open, char close, std::size_t depth, std::string_view inner = "") {
    return std::string(depth, open) + std::string(inner) + std::string(depth, close);
}

TEST(JsonMembers, CountsTheOutermost) {
    EXPECT_EQ(array("[]"), 0);
    EXPECT_EQ(array("[1]"), 1);
    EXPECT_EQ(array(" [ 1 , [2, 3], {\"a\": [4, 5]}, \"[,]\" , null,true,false ] \r\n\t"), 7);
    EXPECT_EQ(object("{}"), 0);
    EXPECT_EQ(object(R"({"a": 1})"), 1);
    EXPECT_EQ(object(R"({"a": {"b": 1, "c": 2}, "d": [], "e": {}, "" :"x"})"), 4);
}

TEST(JsonMembers, WantsTheKindAskedFor) {
    EXPECT_FALSE(array("{}"));
    EXPECT_FALSE(object("[]"));
    EXPECT_FALSE(array("1"));
    EXPECT_FALSE(object("\"{}\""));
    EXPECT_FALSE(object("null"));
    EXPECT_FALSE(object(""));
    EXPECT_FALSE(array("   "));
}

TEST(JsonMembers, ReadsEveryValue) {
    for (const std::string_view value : {"0",
                                         "-0",
                                         "1",
                                         "-12",
                                         "0.5",
                                         "1e5",
                                         "1E+5",
                                         "1.25e-10",
                                         "12345678901234567890123",
                                         "\"\"",
                                         R"("\"\\\/\b\f\n\r\t\u00e9\uD83D")",
                                         "\"\u00e9\u20ac\"",
                                         "\"12345678\\\"901234567\"",
                                         "\"1234567\x7f\"",
                                         "true",
                                         "false",
                                         "null",
                                         "[]",
                                         "{}",
                                         "[[]]"}) {
        EXPECT_EQ(array("[" + std::string(value) + "]"), 1) << value;
        EXPECT_EQ(object("{\"k\":" + std::string(value) + "}"), 1) << value;
    }
}

TEST(JsonMembers, RefusesWhatIsNotJson) {
    for (const std::string_view value : {"",
                                         "01",
                                         "+1",
                                         ".5",
                                         "1.",
                                         "1e",
                                         "1e+",
                                         "--1",
                                         "-",
                                         "0x1",
                                         "NaN",
                                         "Infinity",
                                         "True",
                                         "None",
                                         "nul",
                                         "nulll",
                                         "'a'",
                                         "\"a",
                                         "\"\\x\"",
                                         "\"\\u12g4\"",
                                         "\"\\u12\"",
                                         "\"\\u-123\"",
                                         "\"a\nb\"",
                                         "\"1234567\tb\"",
                                         "\"\\",
                                         "1 2",
                                         "[",
                                         "[1",
                                         "{",
                                         "{\"a\"",
                                         "{\"a\":",
                                         "{\"a\":1",
                                         "{a:1}",
                                         "{\"a\":1,}",
                                         "{1:2}",
                                         "[1,]",
                                         "[,1]",
                                         "[1 2]",
                                         "[1}",
                                         "{\"a\" 1}",
                                         "{\"a\":1 \"b\":2}",
                                         "{,}",
                                         "/**/1",
                                         "\xEF\xBB\xBF"
                                         "1",
                                         "]",
                                         "}"}) {
        EXPECT_FALSE(array("[" + std::string(value) + ",1]")) << value;
    }
    for (const std::string_view text : {"[1] 2", "[1]]", "[", "]", "[]x", "[1,2"}) EXPECT_FALSE(array(text)) << text;
    EXPECT_FALSE(object("{} {}"));
    EXPECT_FALSE(array(std::string_view("[\"a\0b\"]", 7)));
}

TEST(JsonMembers, NestsUpToOneHundred) {
    EXPECT_EQ(array(nested('[', ']', 100)), 1);
    EXPECT_FALSE(array(nested('[', ']', 101)));
    EXPECT_EQ(array(nested('[', ']', 100, "1")), 1);
    EXPECT_FALSE(array(nested('[', ']', 101, "1")));
    EXPECT_FALSE(array(std::string(1'000'000, '[')));
}

TEST(JsonMembers, FindsTheEndOfStringsAtEveryPlace) {
    for (std::size_t size = 0; size < 40; ++size) {
        const std::string plain(size, 'x');
        EXPECT_EQ(array("[\"" + plain + "\"]"), 1);
        EXPECT_EQ(array("[\"" + plain + "\\\"" + plain + "\",1]"), 2);
        EXPECT_EQ(array("[\"" + plain + "\u00ff" + plain + "\",1]"), 2);
        EXPECT_FALSE(array("[\"" + plain + "\x1f" + plain + "\"]"));
        EXPECT_FALSE(array("[\"" + plain + "]"));
    }
}

// --- Python ---

std::string python(std::string_view text, JsonKind kind = JsonKind::array) {
    std::string out = "kept:";
    const auto count = python_to_json(text, kind, out);
    EXPECT_EQ(out.substr(0, 5), "kept:");
    out.erase(0, 5);
    if (!count) {
        EXPECT_EQ(out, "");
        return "refused";
    }
    EXPECT_EQ(json_members(out, kind), count) << out;
    return out;
}
std::string dict(std::string_view text) { return python(text, JsonKind::object); }
// One value.
std::string value(std::string_view text) {
    const std::string list = python("[" + std::string(text) + "]");
    return list == "refused" ? list : list.substr(1, list.size() - 2);
}

TEST(PythonToJson, ReadsWhatTheMoviesFileHolds) {
    EXPECT_EQ(python("[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': 'Comedy'}]"),
              R"([{"id":16,"name":"Animation"},{"id":35,"name":"Comedy"}])");
    EXPECT_EQ(dict("{'id': 10194, 'name': 'Toy Story Collection', 'poster_path': '/7G9.jpg', 'backdrop_path': None}"),
              R"({"id":10194,"name":"Toy Story Collection","poster_path":"/7G9.jpg","backdrop_path":null})");
    EXPECT_EQ(python(R"([{'name': "Procirep's", 'ok': True, 'x': "L\'\u00e9t\xe9 \"a\""}])"),
              "[{\"name\":\"Procirep's\",\"ok\":true,\"x\":\"L'\u00e9t\u00e9 \\\"a\\\"\"}]");
    EXPECT_EQ(python("[]"), "[]");
    EXPECT_EQ(dict("{}"), "{}");
}

TEST(PythonToJson, TakesJsonAsItIs) {
    EXPECT_EQ(python(R"( [{"id": 16, "name": "A\/B", "x": null, "y": true}] )"),
              R"([{"id": 16, "name": "A\/B", "x": null, "y": true}])");
    EXPECT_EQ(dict(R"({"a": "\ud83d\ude00"})"), R"({"a": "\ud83d\ude00"})");
}

TEST(PythonToJson, ReadsEveryCharacterAtEveryPlaceOfAString) {
    for (std::size_t size = 1; size < 20; ++size) {
        for (std::size_t place = 0; place < size; ++place) {
            for (int c = 1; c < 0x80; ++c) {
                const char special = static_cast<char>(c);
                std::string text(size, 'x');
                text[place] = special;
                std::string escaped(1, special);
                if (special == '"') escaped = "\\\"";
                if (special == '\t') escaped = "\\t";
                if (c < 0x20 && special != '\t') {
                    escaped = c < 0x10 ? "\\u000" : "\\u001";
                    escaped += "0123456789abcdef"[c % 16];
                }
                std::string expected = '"' + std::string(text).replace(place, 1, escaped) + '"';
                if (special == '\'' || special == '\n' || special == '\r') expected = "refused";
                if (special == '\\') {
                    text[place] = '?';
                    text.insert(place, "\\\\"); // two, for one
                    expected = '"' + std::string(place, 'x') + "\\\\?" + std::string(size - place - 1, 'x') + '"';
                }
                EXPECT_EQ(value('\'' + text + '\''), expected) << size << ' ' << place << ' ' << c;
            }
        }
    }
}

TEST(PythonToJson, CountsMembersAndItems) {
    std::string out;
    EXPECT_EQ(python_to_json("[1, 'a', [2, 3], None,]", JsonKind::array, out), 4);
    EXPECT_EQ(python_to_json("{'a': [1, 2, 3], 'b': {'c': 1}}", JsonKind::object, out), 2);
    EXPECT_EQ(python_to_json("('a', ())", JsonKind::array, out), 2);
    EXPECT_EQ(python_to_json(R"({"a": [1, 2, 3]})", JsonKind::object, out), 1);
    EXPECT_EQ(python_to_json("[1]", JsonKind::object, out), std::nullopt);
    EXPECT_EQ(python_to_json("{'a': 1}", JsonKind::array, out), std::nullopt);
}

TEST(PythonToJson, ReadsStrings) {
    EXPECT_EQ(value(R"('\'\"\\\n\t\r\a\b\f\v')"), R"("'\"\\\n\t\r\u0007\u0008\u000c\u000b")");
    EXPECT_EQ(value(R"('\0\7\101\777\18')"), "\"\\u0000\\u0007A\u01ff\\u00018\"");
    EXPECT_EQ(value(R"('\x41\xe9\u20ac\U0001F600')"), "\"A\u00e9\u20ac\U0001F600\"");
    EXPECT_EQ(value(R"('\ud83d\ude00')"), R"("\ud83d\ude00")");
    EXPECT_EQ(value(R"('\q\/')"), R"("\\q\\/")");
    EXPECT_EQ(value("'a\\\nb'"), R"("ab")");
    EXPECT_EQ(value("u'a'"), R"("a")");
    EXPECT_EQ(value("U\"a\""), R"("a")");
    EXPECT_EQ(value(R"(r'a\n\'b\\')"), R"("a\\n\\'b\\\\")");
    EXPECT_EQ(value("'''a'b\n\"c\"'''"), R"("a'b\n\"c\"")");
    EXPECT_EQ(value("\"\"\"a\r\nb\"\"\""), R"("a\nb")");
    EXPECT_EQ(value("''"), "\"\"");
    EXPECT_EQ(value("'\t\u00e9\x7f'"), "\"\\t\u00e9\x7f\"");
    for (const std::string_view text :
         {"'a", "'a\"", "'a\nb'", R"('\x4')", R"('\xg0')", R"('\u123')", R"('\U00110000')", R"('\N{DASH}')", "b'a'",
          "f'a'", "'\\", "'''a'", "ur'a'", "u", "r"}) {
        EXPECT_EQ(value(text), "refused") << text;
    }
}

TEST(PythonToJson, ReadsNumbers) {
    EXPECT_EQ(value("-1, +2, - 3, 0, 00, 1_000"), "-1,2,-3,0,0,1000");
    EXPECT_EQ(value("123456789012345678901234567890"), "123456789012345678901234567890");
    EXPECT_EQ(value("0x1F, 0XFF_ff, 0b101, 0o17, -0x_10"), "31,65535,5,15,-16");
    EXPECT_EQ(value("0xFFFFFFFFFFFFFFFFFFFFFFFF"), "79228162514264337593543950335");
    EXPECT_EQ(value("0x3B9ACA00, 0xDE0B6B3A7640000"), "1000000000,1000000000000000000"); // zeros within
    EXPECT_EQ(value("1.5, 1., .5, -.5, 01.5, 1e5, 1E+5, 1.e-3, 1_0.0_1e1_0"),
              "1.5,1.0,0.5,-0.5,1.5,1e5,1e+5,1.0e-3,10.01e10");
    EXPECT_EQ(value("1e-999"), "1e-999");
    EXPECT_NE(value("'a', " + std::string(4300, '9')), "refused");
    for (const std::string_view text : {"007", "1__0", "_1", "1_",  "0x",  "0b2",  "0o8",  "1j",   "1.5.2", "--1",
                                        "5e",  ".",    "+",  "nan", "inf", "1_.5", "1._5", "12ab", "0xg",   "1L"}) {
        EXPECT_EQ(value(text), "refused") << text;
    }
    EXPECT_EQ(value("1e999, 'a'"), "refused"); // infinite
    EXPECT_EQ(value("'a', -1e999"), "refused");
    EXPECT_EQ(value("'a', " + std::string(4301, '9')), "refused"); // as Python itself
}

TEST(PythonToJson, ReadsNamesExactly) {
    EXPECT_EQ(value("True, False, None"), "true,false,null");
    for (const std::string_view text :
         {"true, None", "null, None", "none", "TRUE", "Nonesuch", "None1", "x", "None.x", "set()"})
        EXPECT_EQ(value(text), "refused") << text;
}

TEST(PythonToJson, TurnsTuplesIntoArrays) {
    EXPECT_EQ(value("(), (1,), (1, 2), (1, 2,), (1), ('a'), ((1, (2,)),)"), R"([],[1],[1,2],[1,2],1,"a",[[1,[2]]])");
    EXPECT_EQ(python("(1, 2)"), "[1,2]");
    EXPECT_EQ(python("([1, 2])"), "[1,2]");
    EXPECT_EQ(dict("({'a': 1})"), R"({"a":1})");
    EXPECT_EQ(python("(1)"), "refused");
    for (const std::string_view text : {"(,)", "(1,,)", "(1 2)", "(1]", "("}) EXPECT_EQ(value(text), "refused") << text;
}

TEST(PythonToJson, NamesMembersAsJsonDumpsDoes) {
    EXPECT_EQ(dict("{1: 'a', -2: 'b', 1.5: 'c', True: 'd', None: 'e', ('f'): 'g'}"),
              R"({"1":"a","-2":"b","1.5":"c","true":"d","null":"e","f":"g"})");
    for (const std::string_view text : {"{[]: 1}", "{(): 1}", "{{}: 1}", "{1}", "{'a'}", "{'a': }", "{'a' 1}",
                                        "{'a': 1 'b': 2}", "{,}", "{'a': 1,,}", "{'a': 1]", "{x: 1}"}) {
        EXPECT_EQ(dict(text), "refused") << text;
    }
}

TEST(PythonToJson, KeepsTheLastOfMembersWithOneName) {
    EXPECT_EQ(dict("{'a': 1, 'b': {'a': 3}, 'a': 2}"), R"({"b":{"a":3},"a":2})");
    EXPECT_EQ(dict("{'a': {'x': 1, 'x': 2}, '\\x61': 3, 'a': 4}"), R"({"a":4})");
    std::string many = "{";
    for (int i = 0; i < 100; ++i) many += "'k" + std::to_string(i % 60) + "': " + std::to_string(i) + ", ";
    std::string out;
    EXPECT_EQ(python_to_json(many + "}", JsonKind::object, out), 60);
    EXPECT_TRUE(out.starts_with(R"({"k40":40,)")) << out;
    EXPECT_TRUE(out.ends_with(R"("k39":99})")) << out;
}

TEST(PythonToJson, SkipsSpacesBetween) {
    EXPECT_EQ(python(" \t[ 1\n,\r\n2 ,\f3 , ] \n"), "[1,2,3]");
    EXPECT_EQ(dict("{ 'a'\n:\t1 , }"), R"({"a":1})");
    EXPECT_EQ(python("[1] x"), "refused");
    EXPECT_EQ(python("[1], [2]"), "refused");
    EXPECT_EQ(python(""), "refused");
    EXPECT_EQ(python("'a'"), "refused");
    EXPECT_EQ(python(std::string_view("['a\0b']", 7)), "refused");
}

TEST(PythonToJson, NestsUpToOneHundred) {
    EXPECT_EQ(python(nested('[', ']', 100, "'a'")), nested('[', ']', 100, "\"a\""));
    EXPECT_EQ(python(nested('[', ']', 101, "'a'")), "refused");
    EXPECT_EQ(value(nested('(', ')', 99, "'a'")), "\"a\"");
    EXPECT_EQ(value(nested('(', ')', 100, "'a'")), "refused");
    EXPECT_EQ(python(std::string(1'000'000, '[') + "'"), "refused");
}

} // namespace
} // namespace inlet
