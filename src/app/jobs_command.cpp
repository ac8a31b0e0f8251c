// `inlet jobs`: what is worked on, and what waits for it.
#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/console.hpp"
#include "app/display_text.hpp"
#include "app/figures.hpp"
#include "app/session.hpp"
#include "app/text_table.hpp"
#include "catalog/job_list.hpp"

namespace inlet {

namespace {

class JobsCommand final : public Command {
public:
    CommandText text() const override {
        return {.name = "jobs",
                .group = "Serving",
                .summary = "list what is being worked on and what waits",
                .description = "One line for each delivery, in the order of receipt, and how many small submissions "
                               "wait. `retrying` failed for a reason that may pass, and is tried again. Works beside "
                               "a running server.",
                .examples = {{"inlet jobs", "all of them"}, {"inlet cancel 12", "one is not wanted any more"}}};
    }

    std::vector<Argument> arguments() override { return {}; }

    Result<int> run(Session& session) override {
        Catalog* catalog = TRY(session.catalog());
        const std::vector<OpenJob> open = TRY(open_jobs(*catalog));
        const std::uint64_t small = TRY(catalog->inbox().count_waiting());
        Console& console = session.console();
        if (console.json()) {
            JsonWriter json;
            json.begin_object().key("jobs").begin_array();
            for (const OpenJob& one : open) write_job(json, one);
            json.end_array().key("records").begin_object().member("waiting", small).end_object().end_object();
            TRY(console.print(json));
            return kDone;
        }
        if (!open.empty()) TRY(console.print(table(open).render(width(console), console.paint())));
        if (small > 0) console.note(fmt::format("{} small submissions wait to be published", show_count(small)));
        if (open.empty() && small == 0) console.note("there are none");
        return kDone;
    }

private:
    static std::size_t width(const Console& console) { return console.terminal().out ? console.terminal().width : 0; }

    static TextTable table(const std::vector<OpenJob>& open) {
        TextTable table({{"id", Align::right},
                         {"received"},
                         {"file"},
                         {"to"},
                         {"state"},
                         {"worker"},
                         {"failures", Align::right},
                         {"why"}});
        for (const OpenJob& one : open) {
            const SubmissionRecord& record = one.record;
            const JobRecord job = one.job.value_or(JobRecord());
            table.add({std::to_string(record.id.value), show_moment(record.received_at), record.file_name,
                       record.target, std::string(job_state(one)), job.worker, std::to_string(job.failures), job.code});
        }
        return table;
    }
};

} // namespace

void add_jobs_command(Commands& commands) { commands.push_back(std::make_unique<JobsCommand>()); }

} // namespace inlet
