// Every version of the vectorised loops against the plain automaton, on text made to be awkward.
#include "records/csv_scan.hpp"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "records/csv_grammar.hpp"

namespace inlet {
namespace {

// Text with the bytes that matter far more often than nature has them, padded as the loops need it.
std::string awkward(std::mt19937_64& random, std::size_t bytes, std::string_view alphabet) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += alphabet[random() % alphabet.size()];
    return text;
}

std::string well_quoted(std::mt19937_64& random, std::size_t records) {
    std::string text;
    for (std::size_t i = 0; i < records; ++i) {
        const std::size_t cells = 1 + random() % 4;
        for (std::size_t c = 0; c < cells; ++c) {
            if (c > 0) text += ',';
            if (random() % 2 == 0) {
                text += awkward(random, random() % 12, "abc 1.");
                continue;
            }
            text += '"';
            for (std::size_t k = random() % 20; k > 0; --k) {
                const char byte = "ab,\n\r\""[random() % 6];
                text += byte;
                if (byte == '"') text += byte;
            }
            text += '"';
        }
        text += random() % 2 == 0 ? "\n" : "\r\n";
    }
    return text;
}

class Kernels : public testing::TestWithParam<CsvKernels> {};

TEST_P(Kernels, SplitWhereTheAutomatonSplits) {
    std::mt19937_64 random(1);
    const CsvFormat format;
    std::size_t irregular = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string text = round % 3 == 0 ? awkward(random, random() % 300, "a,\n\"")
                           : round % 3 == 1
                               ? awkward(random, random() % 300, "abcdefgh,,\n\r")
                               : well_quoted(random, random() % 20) + awkward(random, random() % 8, "a,\n\"");
        const std::size_t size = text.size();
        text.append(kScanPadding, '"');
        const std::string_view seen(text.data(), size);
        const SplitScan scan = GetParam().split(seen, format);
        if (scan.quoting == Quoting::irregular) {
            ++irregular;
            continue;
        }
        EXPECT_EQ(scan.quoting == Quoting::none, seen.find('"') == std::string_view::npos);
        ASSERT_EQ(scan.whole, split_exact(seen, format, false, size)) << testing::PrintToString(std::string(seen));
    }
    EXPECT_GT(irregular, 300U);
}

TEST_P(Kernels, NeverCallBrokenQuotingRegular) {
    std::mt19937_64 random(2);
    const CsvFormat format;
    for (int round = 0; round < 20000; ++round) {
        std::string text = awkward(random, 1 + random() % 90, "a,\n\"\r");
        text += '\n';
        const std::size_t size = text.size();
        text.append(kScanPadding, 'x');
        const std::string_view seen(text.data(), size);
        const SplitScan scan = GetParam().split(seen, format);
        if (scan.quoting == Quoting::irregular || scan.whole != size) continue;
        CellIndex exact;
        index_exact(seen, format, exact);
        ASSERT_TRUE(exact.malformed.empty()) << testing::PrintToString(std::string(seen));
        CellIndex fast;
        GetParam().index(seen, format, scan.quoting, fast);
        ASSERT_EQ(fast.rows, exact.rows);
        ASSERT_EQ(fast.cells, exact.cells) << testing::PrintToString(std::string(seen));
        ASSERT_TRUE(std::equal(exact.ends.begin(), exact.ends.end(), fast.ends.begin()));
        ASSERT_TRUE(std::equal(exact.row_ends.begin(), exact.row_ends.end(), fast.row_ends.begin()));
    }
}

TEST_P(Kernels, IndexLongText) {
    std::mt19937_64 random(3);
    const CsvFormat format;
    for (int round = 0; round < 200; ++round) {
        std::string text = well_quoted(random, 1 + random() % 400);
        if (round % 5 == 0) text += std::string(1 + random() % 200, ',') + "\n"; // many cells in one block
        if (round % 7 == 0) text += "caf\xC3\xA9\n";
        const std::size_t size = text.size();
        text.append(kScanPadding, ',');
        const std::string_view seen(text.data(), size);
        const SplitScan scan = GetParam().split(seen, format);
        ASSERT_NE(scan.quoting, Quoting::irregular);
        CellIndex exact;
        CellIndex fast;
        index_exact(seen, format, exact);
        GetParam().index(seen, format, scan.quoting, fast);
        ASSERT_EQ(fast.rows, exact.rows);
        ASSERT_EQ(fast.cells, exact.cells);
        ASSERT_TRUE(std::equal(exact.ends.begin(), exact.ends.end(), fast.ends.begin()));
        ASSERT_TRUE(std::equal(exact.row_ends.begin(), exact.row_ends.end(), fast.row_ends.begin()));
        ASSERT_EQ(fast.ascii, exact.ascii);
        ASSERT_EQ(fast.line_feeds, exact.line_feeds);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Kernels, testing::ValuesIn(csv_kernels().begin(), csv_kernels().end()),
                         [](const auto& kernels) { return std::string(kernels.param.name); });

TEST(Grammar, BrokenRecordsCostThemselves) {
    const CsvFormat format;
    const auto records = [&](std::string_view text) {
        std::vector<std::string> result;
        for (std::size_t at = 0; at < text.size();) {
            const RecordEnd end = scan_record(text, at, format, true, nullptr);
            result.push_back((end.state == RecordScan::malformed ? "!" : "") +
                             std::string(text.substr(at, end.next - at - 1)));
            at = end.next;
        }
        return result;
    };
    using Records = std::vector<std::string>;
    EXPECT_EQ(records("a,b\n\"c,d\ne,f\n"), (Records{"a,b", "!\"c,d", "e,f"})); // never closed
    EXPECT_EQ(records("\"c,d\n\"x\",2\ne,f\n"),
              (Records{"!\"c,d", "\"x\",2", "e,f"})); // closed by the next record's quote
    EXPECT_EQ(records("\"a\nb\",\"c\"d,e\nf\n"),
              (Records{"!\"a\nb\",\"c\"d,e", "f"})); // a good quoted line break before
    EXPECT_EQ(records("a \"quoted\" word,2\n3,4\n"), (Records{"a \"quoted\" word,2", "3,4"})); // stray quotes are text
    EXPECT_EQ(records("\"a\"\"b\",\"\"\n"), (Records{"\"a\"\"b\",\"\""}));
    EXPECT_EQ(records("\"a\"\r\nb\r\n"), (Records{"\"a\"\r", "b\r"}));
    EXPECT_EQ(unquote("\"a\"\"b\"", '"'), "a\"b");
    EXPECT_EQ(unquote("a\"b", '"'), "a\"b");
}

} // namespace
} // namespace inlet
