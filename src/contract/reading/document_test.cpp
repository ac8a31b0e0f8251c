#include "contract/reading/document.hpp"

#include <gtest/gtest.h>

namespace inlet::reading {
namespace {

// The one mistake of a text that cannot be read, as "line:column: message; suggestion".
std::string mistake_of(std::string_view text) {
    Mistakes mistakes("x.yaml");
    const Page page{"x.yaml", mistakes};
    const bool read = Document::parse(text, page).has_value();
    std::string all;
    for (const Diagnostic& one : std::move(mistakes).sorted()) {
        all += (all.empty() ? "" : "\n") + std::to_string(one.line) + ":" + std::to_string(one.column) + ": " +
               one.message;
        if (!one.suggestion.empty()) all += "; " + one.suggestion;
    }
    return (read ? "read; " : "") + all;
}

std::string dump(const Element& node) {
    const std::string at = "@" + std::to_string(node.place.line) + ":" + std::to_string(node.place.column);
    switch (node.kind) {
    case Element::Kind::null:
        return "null" + at;
    case Element::Kind::scalar:
        return (node.quoted ? "\"" + node.text + "\"" : node.text) + at;
    case Element::Kind::list: {
        std::string text = "[";
        for (const Element* item : node.items) text += (text.size() > 1 ? ", " : "") + dump(*item);
        return text + "]" + at;
    }
    case Element::Kind::mapping:
        break;
    }
    std::string text = "{";
    for (const Entry& entry : node.entries) {
        text += (text.size() > 1 ? ", " : "") + entry.key + "@" + std::to_string(entry.place.line) + ":" +
                std::to_string(entry.place.column) + ": " + dump(*entry.value);
    }
    return text + "}" + at;
}

std::string tree_of(std::string_view text) {
    Mistakes mistakes("x.yaml");
    const Page page{"x.yaml", mistakes};
    const auto document = Document::parse(text, page);
    if (!document || !mistakes.none()) return "mistake: " + mistake_of(text);
    return dump(document->root());
}

TEST(Document, KnowsThePlaceOfEverything) {
    EXPECT_EQ(tree_of("a: 1\nb:\n  - x\n  - \"y\"\n"), "{a@1:1: 1@1:4, b@2:1: [x@3:5, \"y\"@4:5]@3:3}@1:1");
    EXPECT_EQ(tree_of("{a: [1, {b: 'c'}]}"), "{a@1:2: [1@1:6, {b@1:10: \"c\"@1:13}@1:9]@1:5}@1:1");
}

TEST(Document, CountsCharactersNotBytes) {
    EXPECT_EQ(tree_of("{é: ü, x: 1}"), "{é@1:2: ü@1:5, x@1:8: 1@1:11}@1:1");
    EXPECT_EQ(tree_of("\xEF\xBB\xBF{a: 1}"), "{a@1:2: 1@1:5}@1:1"); // a byte order mark is no character
}

TEST(Document, ReadsWindowsLineEnds) { EXPECT_EQ(tree_of("a: 1\r\nb: x\r\n"), "{a@1:1: 1@1:4, b@2:1: x@2:4}@1:1"); }

TEST(Document, ReadsJson) {
    EXPECT_EQ(tree_of("{\n\t\"a\": \"\\/\\u00e9\\n\",\n\t\"b\": [true, null, -1.5e3]\n}\n"),
              "{a@2:2: \"/é\n\"@2:7, b@3:2: [true@3:8, null@3:14, -1.5e3@3:20]@3:7}@1:1");
}

TEST(Document, JoinsJsonsSurrogatesAndStillKnowsThePlaces) {
    EXPECT_EQ(tree_of(R"({"a": "\ud83d\ude00\ud83d\ude00!", "b": 1, "c": "\\ud83d", "d": 2})"),
              "{a@1:2: \"\U0001F600\U0001F600!\"@1:7, b@1:36: 1@1:41, c@1:44: \"\\ud83d\"@1:49, d@1:60: 2@1:65}@1:1");
    EXPECT_EQ(mistake_of("{\"a\": \"\\ud83d\"}"), "1:14: not valid YAML: invalid unicode: 55357");
}

TEST(Document, PlacesAMissingValueAtItsKey) {
    EXPECT_EQ(tree_of("a:\n  b:\n  c: ~\nd: null\n"),
              "{a@1:1: {b@2:3: null@2:3, c@3:3: null@3:3}@2:3, d@4:1: null@4:1}@1:1");
}

TEST(Document, KeepsKeysThatStandTwice) { EXPECT_EQ(tree_of("a: 1\na: 2\n"), "{a@1:1: 1@1:4, a@2:1: 2@2:4}@1:1"); }

TEST(Document, KnowsQuotedTexts) {
    EXPECT_EQ(tree_of("[1, '1', \"1\", !!str 1]"), "[1@1:2, \"1\"@1:5, \"1\"@1:10, \"1\"@1:15]@1:1");
    EXPECT_EQ(tree_of("a: |\n  select 1\n  from t\n"), "{a@1:1: \"select 1\nfrom t\n\"@1:4}@1:1");
    EXPECT_EQ(tree_of("['it''s', \"a\\\"b\", '']"), "[\"it's\"@1:2, \"a\"b\"@1:11, \"\"@1:19]@1:1");
}

TEST(Document, SharesAliasedValues) {
    EXPECT_EQ(tree_of("a: &x {b: 1}\nc: *x\n&k d: *k\n"),
              "{a@1:1: {b@1:8: 1@1:11}@1:4, c@2:1: {b@1:8: 1@1:11}@1:4, d@3:1: d@3:1}@1:1");
    EXPECT_EQ(mistake_of("a: &x [*x]"), "read; 1:8: this alias stands inside the value that it repeats");
    EXPECT_EQ(mistake_of("a: *x"), "1:4: not valid YAML: the referenced anchor is not defined");
}

TEST(Document, AManyfoldAliasCostsNothing) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 40; ++i) {
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 8; ++k) text += (k ? ", *a" : "*a") + std::to_string(i - 1);
        text += "]\n";
    }
    Mistakes mistakes("x.yaml");
    const Page page{"x.yaml", mistakes};
    const auto document = Document::parse(text, page);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().entries.size(), 40U);
    EXPECT_EQ(document->root().entries[39].value->items.size(), 8U);
}

TEST(Document, ReportsWhereTheTextIsBroken) {
    EXPECT_EQ(mistake_of(""), "1:1: the file is empty");
    EXPECT_EQ(mistake_of("# nothing but a comment\n"), "1:1: the file is empty");
    EXPECT_EQ(mistake_of("a: 1\n b: 2\n"), "2:3: not valid YAML: illegal map value");
    EXPECT_EQ(mistake_of("a: [1, 2\n"), "2:1: not valid YAML: end of sequence flow not found");
    EXPECT_EQ(mistake_of("a: @b\n"), "1:4: not valid YAML: unknown token");
    EXPECT_EQ(mistake_of("a:\n\tb: 1\n").substr(0, 2), "2:");
    EXPECT_NE(mistake_of("a:\n\tb: 1\n").find("; indent with spaces, not with tabs"), std::string::npos);
    EXPECT_EQ(mistake_of("a: 1\n---\nb: 2\n"), "2:1: a second document begins here; a file holds one");
    EXPECT_EQ(
        mistake_of("a: 1\n---\nb: [\n"),
        "2:1: a second document begins here; a file holds one\n4:1: not valid YAML: end of sequence flow not found");
}

TEST(Document, ReportsAQuoteThatIsNeverClosed) {
    EXPECT_EQ(mistake_of("a: \"x\nb: 1\n"), "1:4: this quote is never closed");
    EXPECT_EQ(mistake_of("a: 'it''s\n"), "1:4: this quote is never closed");
    EXPECT_EQ(mistake_of("a: \"x\\\"\n"), "1:4: this quote is never closed");
    EXPECT_EQ(mistake_of("a: 'x'"), "read; ");
    EXPECT_EQ(mistake_of("a: \"\""), "read; ");
}

TEST(Document, RefusesWhatIsNotText) {
    EXPECT_EQ(mistake_of(std::string_view("a: \0", 4)), "1:4: the control character 0x00 is not allowed");
    EXPECT_EQ(mistake_of("a: 1\nb: é\x04\n"), "2:5: the control character 0x04 is not allowed");
    for (const char* bad : {"\xC0\xAF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xFF",
                            "\x80", "\xC3", "\xE2\x82"}) {
        const std::string text = std::string("a: ü") + bad;
        EXPECT_EQ(mistake_of(text).substr(0, 15), "1:5: the byte 0") << mistake_of(text);
    }
    EXPECT_EQ(mistake_of("a: \xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"), "read; ");
}

TEST(Document, RefusesTagsThatMeanNothingHere) {
    EXPECT_EQ(mistake_of("a: !include b.yaml"), "read; 1:4: the tag `!include` has no meaning here");
    EXPECT_EQ(mistake_of("a: !!set {b: 1}"), "read; 1:4: the tag `tag:yaml.org,2002:set` has no meaning here");
}

TEST(Document, RefusesKeysThatAreNotWords) {
    EXPECT_EQ(mistake_of("? [1]\n: 2\n"), "read; 1:3: a key must be a word");
    EXPECT_EQ(mistake_of("~: 2\n").substr(0, 6), "read; ");
    EXPECT_NE(mistake_of("~: 2\n").find("a key must be a word"), std::string::npos);
}

TEST(Document, HasBounds) {
    EXPECT_EQ(mistake_of(std::string(Document::kBytesMax + 1, ' ')),
              "0:0: the file has 4194305 bytes; at most 4194304 are read");
    for (const std::string& deep : {std::string(100'000, '['), [] {
                                        std::string text;
                                        for (int i = 0; i < 5'000; ++i) text += "- ";
                                        return text;
                                    }()}) {
        EXPECT_NE(mistake_of(deep).find(": not valid YAML: "), std::string::npos) << mistake_of(deep);
    }
}

} // namespace
} // namespace inlet::reading
