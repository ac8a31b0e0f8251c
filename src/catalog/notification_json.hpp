// Notifications as JSON: what the command line prints and the server answers. Floor 3; pure functions.
#pragma once

#include "base/json_writer.hpp"
#include "catalog/notifications.hpp"

namespace inlet {

// {"id","event","type","submission","receiver","message_id","state","attempts","created_at","updated_at","next_at","error"};
// next_at is null unless it is pending, error if there is none, submission of an event about a dataset.
void write_notification(JsonWriter& json, const NotificationRecord& record);

} // namespace inlet
