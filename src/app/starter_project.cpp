#include "app/starter_project.hpp"

#include <span>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::string_view kText =
    R"(# What is delivered here, and what a good record is. `inlet check` shows mistakes in this file; a running server
# reads it again when it gets SIGHUP. All keys are described in docs/project.md.
project: first

datasets:
  # A dataset to begin with: replace it with your own.
  readings:
    title: What sensors measured
    schema:
      fields:
        - {name: time, type: datetime, constraints: {required: true}}
        - {name: sensor, type: string, constraints: {required: true}}
        - {name: value, type: number, constraints: {required: true, minimum: -50, maximum: 60}}
      primaryKey: [sensor, time]
    write: upsert # a later delivery corrects an earlier one

# Where and how to listen. Without this section: this machine only, port 8080.
# server:
#   listen: ["*:8443"]
#   tls: {certificate: fullchain.pem, key: key.pem}
)";

std::string delivery(const std::string& url, std::string_view rows) {
    return fmt::format("  printf 'time,sensor,value\\n{}' |\n"
                       "    curl -sS -H \"Authorization: Bearer $KEY\" -H 'Prefer: wait=10' --data-binary @- "
                       "{}/v1/datasets/readings/submissions\n",
                       rows, url);
}

} // namespace

Status make_starter_project(Disk& disk) {
    const auto file = TRY(disk.create("inlet.yaml"));
    TRY(file->append(std::as_bytes(std::span(kText))));
    TRY(file->sync());
    return disk.sync_dir(".");
}

std::string first_steps(const std::string& url, const std::string& key) {
    return fmt::format("\nA first delivery, which is accepted:\n\n"
                       "  export KEY={}\n{}"
                       "\nOne that is rejected, because 99 is more than the contract allows:\n\n{}"
                       "\nEvery error of it, and its rejected records:\n\n"
                       "  curl -sS -H \"Authorization: Bearer $KEY\" {}/v1/submissions/2/errors\n"
                       "  curl -sS -H \"Authorization: Bearer $KEY\" {}/v1/submissions/2/rejects.csv\n"
                       "\nThen put your own datasets into inlet.yaml.\n",
                       key, delivery(url, "2026-11-20T12:00:00,kitchen,21.5\\n"),
                       delivery(url, "2026-11-20T12:05:00,kitchen,99\\n"), url, url);
}

} // namespace inlet
