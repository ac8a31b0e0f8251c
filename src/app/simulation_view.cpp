#include "app/simulation_view.hpp"

#include <array>

#include <fmt/format.h>

#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/text_table.hpp"

namespace inlet {

namespace {

using simulate::DatasetReconciliation;
using simulate::PlayReport;
using simulate::PlaySettings;
using simulate::Reconciliation;
using simulate::Tally;

constexpr std::array<double, 4> kShares{0.5, 0.9, 0.99, 0.999};

double per_second(std::uint64_t count, double seconds) {
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

void write_tally(JsonWriter& json, const Tally& tally, double seconds) {
    json.key("machines").begin_object().member("requests", tally.requests);
    json.member("per_second", per_second(tally.requests, seconds)).member("records", tally.records);
    json.member("with_mistakes", tally.mistakes).member("repeated", tally.repeated).member("cut", tally.cut);
    json.member("answered_otherwise", tally.other_answers).member("unsettled", tally.unsettled);
    json.key("latency_ms").begin_object();
    for (const double share : kShares) json.member(fmt::format("p{}", share * 100), tally.latencies.percentile(share));
    json.member("max", tally.latencies.most()).end_object().end_object();
    json.key("people").begin_object().member("uploads", tally.uploads).member("bytes", tally.upload_bytes);
    json.member("breaks", tally.breaks).member("abandoned", tally.abandoned).member("refused", tally.refused);
    json.member("corrections", tally.corrections).member("lost_bytes", tally.lost_bytes).end_object();
    json.key("answers").begin_object();
    for (const auto& [answer, count] : tally.answers) json.member(answer, count);
    json.end_object().member("unanswered", tally.unanswered).member("connections", tally.connections);
}

void write_reconciliation(JsonWriter& json, const Reconciliation& found) {
    json.begin_object().member("passed", found.passed()).member("by", found.by_rows ? "rows" : "counts");
    json.member("complete", found.complete).member("submissions", found.submissions).member("unknown", found.unknown);
    json.member("unpublished", found.unpublished).member("waiting", found.waiting);
    json.member("undo_forgotten", found.undo_forgotten).key("datasets").begin_array();
    for (const DatasetReconciliation& one : found.datasets) {
        json.begin_object().member("name", one.dataset).member("acknowledged", one.acknowledged);
        json.member("present", one.present).member("lost", one.lost).member("doubled", one.doubled);
        json.member("unexpected", one.unexpected).member("unsettled", one.unsettled);
        json.member("unsettled_present", one.unsettled_present).end_object();
    }
    json.end_array().end_object();
}

std::string describe(const Reconciliation& found, const Console& console) {
    TextTable table({{"dataset"},
                     {"acknowledged", Align::right},
                     {"present", Align::right},
                     {"lost", Align::right},
                     {"doubled", Align::right},
                     {"unexpected", Align::right},
                     {"unsettled", Align::right}});
    for (const DatasetReconciliation& one : found.datasets) {
        table.add({one.dataset, show_count(one.acknowledged), show_count(one.present), show_count(one.lost),
                   show_count(one.doubled), show_count(one.unexpected),
                   fmt::format("{} ({} present)", show_count(one.unsettled), show_count(one.unsettled_present))});
    }
    const Paint paint = console.paint();
    std::string text = table.render(console.terminal().out ? console.terminal().width : 0, paint);
    const auto fault = [&text](std::uint64_t count, std::string_view what) {
        if (count > 0) text += fmt::format("{}: {}\n", what, show_count(count));
    };
    fault(found.unknown, "acknowledged submissions that do not exist");
    fault(found.unpublished, "good submissions that were not published");
    fault(found.waiting, "submissions that are not at their end");
    fault(found.undo_forgotten, "undone submissions that stand");
    text += fmt::format("{} submissions acknowledged, reconciled by {}: {}\n", show_count(found.submissions),
                        found.by_rows ? "rows" : "the number of records",
                        found.passed() ? "everything is there, once, and nothing else" : "NOT all is as acknowledged");
    if (!found.complete) text += "the run did not come to its end: it may have sent more than its journal tells\n";
    return text;
}

std::string describe(const Tally& tally, double seconds) {
    std::string text =
        fmt::format("machines: {} in {}, {:.0f} a second; {} with mistakes, {} repeated, {} cut off\n",
                    show_count(tally.requests, "request"), show_span(seconds), per_second(tally.requests, seconds),
                    show_count(tally.mistakes), show_count(tally.repeated), show_count(tally.cut));
    text += "latency:";
    for (const double share : kShares)
        text += fmt::format(" p{} {:.1f} ms,", share * 100, tally.latencies.percentile(share));
    text += fmt::format(" most {:.1f} ms\n", tally.latencies.most());
    text += fmt::format("people:   {} ({}), {}, {} abandoned, {} corrected\n", show_count(tally.uploads, "upload"),
                        show_bytes(tally.upload_bytes), show_count(tally.breaks, "break"), show_count(tally.abandoned),
                        show_count(tally.corrections));
    text += "answers: ";
    for (const auto& [answer, count] : tally.answers) text += fmt::format(" {}: {},", answer, show_count(count));
    text += fmt::format(" none: {}\n", show_count(tally.unanswered));
    if (tally.unsettled > 0) text += fmt::format("without an answer at the end: {}\n", show_count(tally.unsettled));
    if (tally.other_answers > 0)
        text += fmt::format("FAULT: {} answered otherwise than the first time\n",
                            show_count(tally.other_answers, "repeated request"));
    if (tally.lost_bytes > 0)
        text += fmt::format("FAULT: {} of uploads were lost that had been called safe\n", show_bytes(tally.lost_bytes));
    return text;
}

} // namespace

Status print_report(Console& console, const PlaySettings& settings, const PlayReport& report) {
    if (console.json()) {
        JsonWriter json;
        json.begin_object().member("run", simulate::Run{settings.run}.name()).member("seed", settings.seed);
        json.member("seconds", report.seconds).key("datasets").begin_array();
        for (const std::string& name : report.played) json.value(name);
        json.end_array().key("left_out").begin_object();
        for (const auto& [name, why] : report.left_out) json.member(name, why);
        json.end_object();
        write_tally(json, report.tally, report.seconds);
        json.key("reconciliation");
        if (report.reconciliation)
            write_reconciliation(json, *report.reconciliation);
        else
            json.null();
        json.end_object();
        return console.print(json);
    }
    std::string text;
    for (const auto& [name, why] : report.left_out) text += fmt::format("left out {}: {}\n", name, printable(why));
    text += describe(report.tally, report.seconds);
    text += report.reconciliation ? describe(*report.reconciliation, console)
                                  : "the server did not answer at the end: nothing is reconciled\n";
    return console.print(text);
}

Status print_reconciliation(Console& console, const Reconciliation& found) {
    if (!console.json()) return console.print(describe(found, console));
    JsonWriter json;
    write_reconciliation(json, found);
    return console.print(json);
}

} // namespace inlet
