// The list of commands.
#include "app/commands.hpp"

namespace inlet {

Commands make_commands() {
    Commands commands;
    add_check_commands(commands);
    add_validate_command(commands);
    add_load_command(commands);
    add_submission_commands(commands);
    add_delivery_commands(commands);
    add_query_commands(commands);
    add_version_commands(commands);
    add_keeping_commands(commands);
    add_erasing_commands(commands);
    add_serve_command(commands);
    add_simulate_command(commands);
    add_provider_commands(commands);
    add_notification_commands(commands);
    add_jobs_command(commands);
    add_keys_command(commands);
    add_access_commands(commands);
    add_reference_commands(commands);
    return commands;
}

} // namespace inlet
