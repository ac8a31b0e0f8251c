#include "catalog/notification_json.hpp"

namespace inlet {

void write_notification(JsonWriter& json, const NotificationRecord& record) {
    json.begin_object().member("id", record.id).member("event", record.event).member("type", record.type);
    json.key("submission");
    if (record.submission)
        json.value(record.submission.value);
    else
        json.null();
    json.member("receiver", record.receiver).member("message_id", record.message_id);
    json.member("state", to_string(record.state)).member("attempts", record.attempts);
    json.member("created_at", iso_moment(record.created_at)).member("updated_at", iso_moment(record.updated_at));
    json.key("next_at");
    if (record.state == NotificationState::pending)
        json.value(iso_moment(record.next_at));
    else
        json.null();
    json.key("error");
    if (record.last_error.empty())
        json.null();
    else
        json.value(record.last_error);
    json.end_object();
}

} // namespace inlet
