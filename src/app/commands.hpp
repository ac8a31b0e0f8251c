// All commands, in the order of the overview. Floor 7.
#pragma once

#include <memory>
#include <vector>

#include "app/command.hpp"

namespace inlet {

using Commands = std::vector<std::unique_ptr<Command>>;

// Each adds the commands of its file.
void add_check_commands(Commands& commands);        // check
void add_validate_command(Commands& commands);      // validate
void add_load_command(Commands& commands);          // load
void add_submission_commands(Commands& commands);   // submissions, show, approve, cancel, retry
void add_delivery_commands(Commands& commands);     // errors, rejects, raw
void add_query_commands(Commands& commands);        // query, export
void add_version_commands(Commands& commands);      // datasets, versions, diff, undo, prune
void add_keeping_commands(Commands& commands);      // backup, restore, verify
void add_erasing_commands(Commands& commands);      // purge, erase
void add_serve_command(Commands& commands);         // serve
void add_simulate_command(Commands& commands);      // simulate
void add_provider_commands(Commands& commands);     // providers
void add_notification_commands(Commands& commands); // notifications
void add_jobs_command(Commands& commands);          // jobs
void add_keys_command(Commands& commands);          // keys
void add_access_commands(Commands& commands);       // users, audit
void add_reference_commands(Commands& commands);    // failures, completion

Commands make_commands();

} // namespace inlet
