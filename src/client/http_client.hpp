// Calls of a server over HTTP or HTTPS (RFC 9110), at an address or a Unix socket. Connections are kept for the next
// call. Floor 5; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "records/byte_source.hpp"

namespace inlet::client {

struct ServerAddress {
    std::string url;            // "https://data.example.org:8443"; "unix:/run/inlet/http.sock" for a Unix socket
    std::string key = {};       // empty: the call says nothing of who asks
    std::string authority = {}; // file of certificates (PEM) that vouch for the server; empty: the system's
};

struct HttpCall {
    std::string method = "GET";
    std::string target; // "/v1/submissions?limit=5"
    std::vector<std::pair<std::string, std::string>> headers = {};
    ByteSource* body = nullptr;                         // null: none
    std::optional<std::uint64_t> body_bytes = {};       // nothing: it is sent in chunks
    std::function<void(std::uint64_t bytes)> sent = {}; // told how much of the body went out
    std::chrono::seconds stall{300};                    // without a byte moving, after which it is given up; 0: never
};

struct HttpAnswer {
    long status = 0;
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
    std::string body;

    const std::string* header(std::string_view name) const;           // null: there is none; `name` in lower case
    std::optional<std::uint64_t> number(std::string_view name) const; // of a header
};

// An answer's body as it comes. Read to its end or let go at any time.
class HttpStream : public ByteSource {
public:
    // Up to room.size() bytes; 0: the end. Nothing: none came in that time.
    virtual Result<std::optional<std::size_t>> read_within(std::span<char> room, std::chrono::milliseconds time) = 0;
};

// `text` as one segment of a path, or one value in a query (RFC 3986, section 2).
std::string escaped(std::string_view text);

// The failure that an answer of 400 and above tells (RFC 9457); one that is no Inlet's: server-unreachable.
Error failure_of(const HttpAnswer& answer, std::string_view asked);

class HttpClient {
public:
    virtual ~HttpClient() = default;

    // Errors: bad-argument (no such address).
    static Result<std::unique_ptr<HttpClient>> open(const ServerAddress& address);

    // Any answer that came whole, of 64 MiB at most. Errors: server-unreachable, the body's.
    virtual Result<HttpAnswer> exchange(const HttpCall& call) = 0;
    // The same; an answer of 400 and above is the Error that it tells.
    Result<HttpAnswer> ask(const HttpCall& call);
    // A GET whose answer may be of any length. Errors: as ask().
    virtual Result<std::unique_ptr<HttpStream>> open_stream(const HttpCall& call) = 0;
};

} // namespace inlet::client
