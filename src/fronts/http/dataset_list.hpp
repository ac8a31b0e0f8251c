// The list of datasets and, if wished, of the files in them: by path, page by page. Floor 6; plain functions.
#pragma once

#include "base/json_writer.hpp"
#include "fronts/http/api.hpp"

namespace inlet::http {

// `GET /v1/datasets`. Errors: bad-argument, the warehouse's.
Result<Response> list_datasets(const ApiParts& parts, const Request& request);

// name, path, title, kind, write, version, records, bytes, updated_at; into an open object.
Status write_dataset_members(const ApiParts& parts, JsonWriter& json, const Dataset& dataset);

} // namespace inlet::http
