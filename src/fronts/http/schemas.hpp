// What the calls answer, as JSON Schema (draft 2020-12) for the OpenAPI document. Floor 6; plain functions.
#pragma once

#include <string>

namespace inlet::http {

std::string datasets_schema();
std::string dataset_schema();
std::string delivered_schema();
std::string records_schema(); // the answer to a few records
std::string sent_records_schema();
std::string submissions_schema();
std::string submission_schema();
std::string keys_schema();
std::string made_key_schema();
std::string audit_schema();
std::string notifications_schema();
std::string notification_schema();
std::string events_schema();
std::string sources_schema();
std::string backup_schema();
std::string erased_schema();
std::string pruned_schema();
std::string verification_schema();

} // namespace inlet::http
