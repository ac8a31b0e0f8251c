// What is asked of an upload session, as JSON. Floor 6; values and plain functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/file_note.hpp"
#include "contract/project.hpp"
#include "records/byte_source.hpp"

namespace inlet::http {

struct SessionRequest {
    std::string dataset;
    FileNote note;                          // of a dataset of records only the path, which is the file's name
    std::vector<std::uint64_t> parts;       // bytes of each
    std::string sha256;                     // empty: not told
    std::optional<std::int64_t> expires_in; // seconds

    std::uint64_t bytes() const;
};

// {"dataset","path","bytes","name","type","comment","fields":{},"parts","part_bytes","sha256","expires_in"}.
// bad-argument: not that. What the project says is not looked at.
Result<SessionRequest> read_session_request(std::string_view json);

// What is told with the acknowledgement: the members of the request that say something of the file.
struct Acknowledgement {
    std::string session;
    std::optional<std::uint64_t> bytes;
    std::string sha256;
    std::map<std::string, std::string> fields; // of the note
};
Result<Acknowledgement> read_acknowledgement(std::string_view json);

// What a session keeps between its requests.
struct SessionNote {
    FileNote note;
    std::string sha256;
    std::uint64_t bytes = 0;
};
std::string session_note_json(const SessionNote& note);
std::optional<SessionNote> read_session_note(std::string_view json);

// The whole body, of at most 64 KiB. file-too-large, the body's.
Result<std::string> read_small_body(ByteSource& body);

} // namespace inlet::http
