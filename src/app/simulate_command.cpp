// `inlet simulate`: machines and people who send, and whether everything that was acknowledged is there.
#include <sys/un.h>

#include <charconv>
#include <random>
#include <sstream>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/session.hpp"
#include "app/simulation_view.hpp"
#include "contract/duration.hpp"
#include "simulate/play.hpp"

namespace inlet {

namespace {

constexpr std::size_t kSocketPathBytes = sizeof(sockaddr_un::sun_path);
constexpr std::int64_t kRecordsMost = 10'000; // in a request; a call takes a MiB

Result<double> share_of(const std::string& name, const std::string& text, double otherwise) {
    if (text.empty()) return otherwise;
    double number = 0;
    const bool percent = text.ends_with('%');
    const char* end = text.data() + text.size() - (percent ? 1 : 0);
    const auto read = std::from_chars(text.data(), end, number);
    if (percent) number /= 100;
    if (read.ec != std::errc() || read.ptr != end || !(number >= 0 && number <= 1))
        return usage_error(fmt::format("{} takes a share such as 2% or 0.02, and `{}` is none", name, text));
    return number;
}

Result<std::chrono::seconds> time_of(const std::string& name, const std::string& text, std::chrono::seconds otherwise) {
    if (text.empty()) return otherwise;
    const auto time = parse_duration(text);
    if (!time || time->count() == 0)
        return usage_error(fmt::format("{} takes a time such as 30s, 5m or 1h, and `{}` is none", name, text));
    return *time;
}

std::uint64_t by_chance() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

class SimulateCommand final : public Command {
public:
    CommandText text() const override {
        return {
            .name = "simulate",
            .group = "Serving",
            .summary = "play machines and people who send to a server, and reconcile",
            .description =
                "Posts small records over many connections and uploads large files over lines that break, to a "
                "running server; some records are broken, some requests are repeated, some files are given up or "
                "corrected. Records are made up from the contracts, and carry a mark of the run. Where the server "
                "goes away, requests are repeated until it answers again. At the end, or when it is "
                "interrupted once, it prints what was answered, "
                "how fast, and whether everything that was acknowledged is there, once, and nothing else; if not, "
                "the exit code is 1. Nobody else may write to these datasets meanwhile. With --journal each answer "
                "is written down, and --reconcile holds that against the rows themselves once the server has "
                "ended. The data is made up: play against a project of its own.",
            .examples = {{"inlet simulate --for 30s", "against the server that runs on this project"},
                         {"inlet simulate --url http://127.0.0.1:8080 --key KEY --dataset readings --rate 2000",
                          "against any server, at a rate"},
                         {"inlet simulate --for 1m --journal run.ndjson", "with a journal ..."},
                         {"inlet simulate --reconcile run.ndjson", "... and, once the server has ended, row by row"}}};
    }

    std::vector<Argument> arguments() override {
        return {
            {.names = "--url",
             .value = "ADDRESS",
             .help = "the server: http://ADDRESS:PORT or unix:/PATH; the data folder's inlet.sock unless said",
             .into = &url_},
            {.names = "--key", .value = "KEY", .help = "an API key that may submit, read and approve", .into = &key_},
            {.names = "--dataset",
             .value = "NAMES",
             .help = "only these, separated by commas",
             .into = &datasets_,
             .completes = Completes::datasets},
            {.names = "--for", .value = "TIME", .help = "how long to send: 30s unless said", .into = &play_time_},
            {.names = "--patience",
             .value = "TIME",
             .help = "how long to wait after that for answers and for publication: 2m unless said",
             .into = &patience_},
            {.names = "--machines",
             .value = "N",
             .help = "connections that send small requests: 16 unless said",
             .into = &machines_},
            {.names = "--rate",
             .value = "N",
             .help = "requests a second of all machines together; as fast as they are answered unless said",
             .into = &rate_,
             .least = 1},
            {.names = "--records",
             .value = "N",
             .help = "records in a request: 1 unless said",
             .into = &records_,
             .least = 1},
            {.names = "--people", .value = "N", .help = "who upload files: 1 unless said", .into = &people_},
            {.names = "--file-records",
             .value = "N",
             .help = "records in a file: 20000 unless said",
             .into = &file_records_,
             .least = 1},
            {.names = "--file-pause",
             .value = "TIME",
             .help = "between two files of a person: none unless said",
             .into = &file_pause_},
            {.names = "--mistakes",
             .value = "SHARE",
             .help = "of requests and files that hold a broken record: 2% unless said",
             .into = &mistakes_},
            {.names = "--repeats",
             .value = "SHARE",
             .help = "of requests that are sent again after their answer: 2% unless said",
             .into = &repeats_},
            {.names = "--cuts",
             .value = "SHARE",
             .help = "of requests whose connection is dropped before the answer: 1% unless said",
             .into = &cuts_},
            {.names = "--abandoned",
             .value = "SHARE",
             .help = "of files that are given up in the middle: 10% unless said",
             .into = &abandoned_},
            {.names = "--corrections",
             .value = "SHARE",
             .help = "of files that are sent again, corrected: 20% unless said",
             .into = &corrections_},
            {.names = "--seed", .value = "N", .help = "of what is chosen by chance", .into = &seed_},
            {.names = "--journal",
             .value = "FILE",
             .help = "a new file, to which each answer is written before the next request",
             .into = &journal_,
             .completes = Completes::files},
            {.names = "--reconcile",
             .value = "FILE",
             .help = "send nothing; hold this journal against the project's rows, while no server runs",
             .into = &reconcile_,
             .completes = Completes::files}};
    }

    Reach reach() const override { return Reach::nowhere; }

    Result<int> run(Session& session) override {
        if (!reconcile_.empty()) return reconcile(session);
        const simulate::PlaySettings settings = TRY(this->settings(session));
        Console& console = session.console();
        console.note(fmt::format("run {}, seed {}", simulate::Run{settings.run}.name(), settings.seed));
        session.interrupts().hold();
        const auto report = TRY(simulate::play(settings, session.disk(), [&session](std::uint64_t requests) {
            session.progress().show({.doing = "sending", .bytes = 0, .bytes_total = 0, .rows = requests});
            return session.interrupts().wait(std::chrono::milliseconds(0)) != Interrupts::Asked::end;
        }));
        session.progress().clear();
        TRY(print_report(console, settings, report));
        const bool passed = report.reconciliation && report.reconciliation->passed() &&
                            report.tally.other_answers == 0 && report.tally.lost_bytes == 0;
        return passed ? kDone : kNotPassed;
    }

private:
    Result<ListenAddress> server(Session& session) const {
        ListenAddress address = TRY(named_server(session));
        if (address.path.size() >= kSocketPathBytes)
            return fail(FailureCode::bad_argument,
                        fmt::format("{} is too long for the name of a socket: name the server's address with --url",
                                    printable(address.path)));
        return address;
    }

    Result<ListenAddress> named_server(Session& session) const {
        if (url_.empty()) {
            const Project* project = TRY(session.project());
            return ListenAddress{.text = "unix:" + project->data_folder + "/inlet.sock",
                                 .path = project->data_folder + "/inlet.sock"};
        }
        std::string text = url_;
        while (text.ends_with('/')) text.pop_back();
        auto address = parse_listen_address(text);
        if (!address || (address->path.empty() && address->port == 0))
            return usage_error(
                fmt::format("--url takes http://ADDRESS:PORT or unix:/PATH, and `{}` is neither", printable(url_)));
        if (address->tls == ListenAddress::Tls::always)
            return fail(FailureCode::not_supported, "simulate speaks no TLS: name an address of the server that speaks "
                                                    "plain HTTP, or its inlet.sock");
        return *std::move(address);
    }

    Result<simulate::PlaySettings> settings(Session& session) const {
        simulate::PlaySettings settings;
        settings.server = TRY(server(session));
        settings.key = key_;
        std::istringstream names(datasets_);
        for (std::string name; std::getline(names, name, ',');) settings.datasets.push_back(name);
        settings.play_time = TRY(time_of("--for", play_time_, settings.play_time));
        settings.patience = TRY(time_of("--patience", patience_, settings.patience));
        settings.machines = static_cast<std::size_t>(machines_.value_or(16));
        settings.rate = static_cast<double>(rate_.value_or(0));
        settings.records = static_cast<std::size_t>(records_.value_or(1));
        settings.people = static_cast<std::size_t>(people_.value_or(1));
        settings.file_records = static_cast<std::size_t>(file_records_.value_or(20'000));
        settings.file_pause = TRY(time_of("--file-pause", file_pause_, settings.file_pause));
        settings.mistakes = TRY(share_of("--mistakes", mistakes_, settings.mistakes));
        settings.repeats = TRY(share_of("--repeats", repeats_, settings.repeats));
        settings.cuts = TRY(share_of("--cuts", cuts_, settings.cuts));
        settings.abandoned = TRY(share_of("--abandoned", abandoned_, settings.abandoned));
        settings.corrections = TRY(share_of("--corrections", corrections_, settings.corrections));
        if (settings.machines + settings.people == 0) return usage_error("there is nobody who would send anything");
        if (records_.value_or(1) > kRecordsMost)
            return usage_error(fmt::format("--records is at most {}", kRecordsMost));
        // Runs differ also where their seeds are the same.
        settings.run = static_cast<std::uint32_t>(by_chance()) & simulate::Run::kIdMost;
        settings.seed = seed_ ? static_cast<std::uint64_t>(*seed_) : by_chance() >> 33;
        settings.journal = journal_;
        return settings;
    }

    Result<int> reconcile(Session& session) const {
        const simulate::Ledger ledger = TRY(simulate::Journal::read(session.disk(), reconcile_));
        Warehouse* warehouse = TRY(session.reading());
        Catalog* catalog = TRY(session.catalog());
        simulate::SubmissionStates states;
        SubmissionFilter filter;
        filter.limit = 10'000;
        for (;;) {
            const std::vector<SubmissionRecord> page = TRY(catalog->list(filter));
            for (const SubmissionRecord& record : page) states.emplace(record.id.value, record.state);
            if (page.size() < filter.limit) break;
            filter.before = page.back().id;
        }
        const auto found = TRY(simulate::reconcile_rows(ledger, states, simulate::warehouse_rows(*warehouse)));
        TRY(print_reconciliation(session.console(), found));
        return found.passed() ? kDone : kNotPassed;
    }

    std::string url_;
    std::string key_;
    std::string datasets_;
    std::string play_time_;
    std::string patience_;
    std::optional<std::int64_t> machines_;
    std::optional<std::int64_t> rate_;
    std::optional<std::int64_t> records_;
    std::optional<std::int64_t> people_;
    std::optional<std::int64_t> file_records_;
    std::string file_pause_;
    std::string mistakes_;
    std::string repeats_;
    std::string cuts_;
    std::string abandoned_;
    std::string corrections_;
    std::optional<std::int64_t> seed_;
    std::string journal_;
    std::string reconcile_;
};

} // namespace

void add_simulate_command(Commands& commands) { commands.push_back(std::make_unique<SimulateCommand>()); }

} // namespace inlet
