// `inlet providers`: who sends, on which ways, and what waits there.
#include <algorithm>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "fronts/folder/candidates.hpp"
#include "fronts/folder/open_folder.hpp"

namespace inlet {

namespace {

struct Waiting {
    folder::SeenFile file;
    double settled_in = 0; // seconds
};

struct SourceView {
    const FolderSource* source;
    std::vector<Waiting> waiting;
    std::vector<Error> troubles;
};

// Another process watches, by a clock of its own; what the system says of the file's last change tells nearly the same.
double seconds_left(const FolderSource& source, const FileMark& mark, Timestamp now) {
    const auto still = static_cast<double>(now - mark.changed_ns / 1000) / 1e6;
    const auto settle = static_cast<double>(source.settle.count());
    return std::clamp(settle - still, 0.0, settle);
}

SourceView view_of(const FolderSource& source, Timestamp now) {
    SourceView view{&source, {}, {}};
    const auto opened = folder::OpenFolder::open(source.folder);
    const auto entries = opened ? opened->list() : Result<std::vector<folder::FolderEntry>>(fail(opened.error()));
    if (!entries) {
        view.troubles.push_back(entries.error());
        return view;
    }
    folder::Candidates found = folder::candidates(source, *entries);
    for (folder::SeenFile& file : found.files) {
        const double left = seconds_left(source, file.mark, now);
        view.waiting.push_back({std::move(file), left});
    }
    for (folder::Candidates::Refused& one : found.refused) view.troubles.push_back(std::move(one.reason));
    return view;
}

void write_source(JsonWriter& json, const SourceView& view) {
    const FolderSource& source = *view.source;
    json.begin_object().member("folder", source.folder).member("pattern", source.pattern);
    json.member(source.target_is_package ? "package" : "dataset", source.target);
    json.member("settle_seconds", source.settle.count()).member("outbox", source.outbox);
    json.key("waiting").begin_array();
    for (const Waiting& one : view.waiting) {
        json.begin_object().member("file", one.file.name).member("bytes", one.file.mark.size);
        json.member("settled_in_seconds", one.settled_in).end_object();
    }
    json.end_array().key("troubles").begin_array();
    for (const Error& error : view.troubles) {
        json.begin_object().member("code", failure_info(error.code).code).member("message", error.message);
        json.end_object();
    }
    json.end_array().end_object();
}

class ProvidersCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "providers",
                .group = "Serving",
                .summary = "who sends, their watch folders, and what waits there",
                .description =
                    "Lists the providers of the project file, each with its watch folders and the files in them. How "
                    "long a file has still to settle is told by the time of its last change; the files are taken by "
                    "`inlet serve`, and by nobody while it does not run.",
                .examples = {{"inlet providers", "all of them"}, {"inlet providers studio", "one of them"}}};
    }

    std::vector<Argument> arguments() override { return {{.names = "NAME", .help = "only this one", .into = &name_}}; }

    Result<int> run(Session& session) override {
        const Project* project = TRY(session.project());
        std::vector<const Provider*> wanted;
        for (const Provider& provider : project->providers) {
            if (name_.empty() || provider.name == name_) wanted.push_back(&provider);
        }
        if (wanted.empty() && !name_.empty())
            return fail(FailureCode::bad_argument, fmt::format("there is no provider `{}`", printable(name_)));
        const Timestamp now = session.clock().now();
        return session.console().json() ? print_json(session.console(), wanted, now)
                                        : print(session.console(), wanted, now);
    }

private:
    static Result<int> print_json(Console& console, const std::vector<const Provider*>& wanted, Timestamp now) {
        JsonWriter json;
        json.begin_object().key("providers").begin_array();
        for (const Provider* provider : wanted) {
            json.begin_object().member("name", provider->name).member("title", provider->title);
            json.key("contacts").begin_array();
            for (const std::string& contact : provider->contacts) json.value(contact);
            json.end_array().key("sources").begin_array();
            for (const FolderSource& source : provider->sources) write_source(json, view_of(source, now));
            json.end_array().end_object();
        }
        json.end_array().end_object();
        TRY(console.print(json));
        return kDone;
    }

    static Result<int> print(Console& console, const std::vector<const Provider*>& wanted, Timestamp now) {
        if (wanted.empty()) console.note("there are none: `providers` in the project file names them");
        const Paint paint = console.paint();
        std::string text;
        for (const Provider* provider : wanted) {
            text += fmt::format("{}{}{}\n", paint.bold(provider->name), provider->title.empty() ? "" : ": ",
                                printable(provider->title));
            if (!provider->contacts.empty()) text += fmt::format("  contacts: {}\n", joined(provider->contacts));
            for (const FolderSource& source : provider->sources) text += describe(view_of(source, now), console);
        }
        TRY(console.print(text));
        return kDone;
    }

    static std::string joined(const std::vector<std::string>& texts) {
        std::string all;
        for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + printable(text);
        return all;
    }

    static std::string describe(const SourceView& view, const Console& console) {
        const FolderSource& source = *view.source;
        std::string text =
            fmt::format("  {}/{} to {} `{}`, settles in {}; answers in {}\n", printable(source.folder),
                        printable(source.pattern), source.target_is_package ? "package" : "dataset", source.target,
                        show_span(static_cast<double>(source.settle.count())), printable(source.outbox));
        for (const Error& error : view.troubles)
            text += fmt::format("    {}: {}\n", failure_info(error.code).code, printable(error.message));
        if (view.waiting.empty()) return text;
        TextTable table({{"  file"}, {"size", Align::right}, {"settled in", Align::right}});
        for (const Waiting& one : view.waiting) {
            table.add({"  " + one.file.name, show_bytes(one.file.mark.size),
                       one.settled_in == 0 ? "now" : show_span(one.settled_in)});
        }
        return text + table.render(console.terminal().out ? console.terminal().width : 0, console.paint());
    }

    std::string name_;
};

} // namespace

void add_provider_commands(Commands& commands) { commands.push_back(std::make_unique<ProvidersCommand>()); }

} // namespace inlet
