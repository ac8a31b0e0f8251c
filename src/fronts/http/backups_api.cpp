// Backups that the server makes of itself.
#include "fronts/http/api.hpp"

#include <fmt/format.h>

#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"

namespace inlet::http {

void add_backups_api(Router& router, const ApiParts& parts) {
    router.add({.method = Method::post,
                .path = "/v1/backups",
                .id = "makeBackup",
                .summary = "Back everything up into a folder of the server's machine; answers once it is complete",
                .parameters = {{"dir", "the folder, as an absolute path", kNameSchema, true},
                               {"keep", "generations to keep; without it, all", kIdSchema}},
                .answers = {{201, "what was copied", "application/json", backup_schema()}},
                .failures = {FailureCode::bad_argument, FailureCode::folder_not_empty, FailureCode::disk_full,
                             FailureCode::io_failed, FailureCode::format_too_new},
                .takes_long = true,
                .needs = Needs::admin,
                .action = "backup.make",
                .handler = [parts](const Request& request, ByteSource&) -> Result<Response> {
                    const std::string* folder = request.parameter("dir");
                    if (folder == nullptr || !folder->starts_with('/'))
                        return fail(FailureCode::bad_argument, "`dir` is to be the absolute path of a folder");
                    std::int64_t keep = 0;
                    if (const std::string* text = request.parameter("keep")) keep = TRY(number("keep", *text, 1));
                    return json_response(201, TRY(parts.back_up(*folder, static_cast<std::size_t>(keep))));
                }});
}

} // namespace inlet::http
