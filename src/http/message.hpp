// A request and its answer, as routes see them. Floor 5; values, one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/principal.hpp"
#include "base/result.hpp"
#include "base/trace_context.hpp"
#include "records/byte_source.hpp"

namespace inlet::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view to_string(Method method);
std::optional<Method> method_from(std::string_view name);

// Names are compared case aside (RFC 9110, section 5.1).
class Headers {
public:
    void add(std::string name, std::string value) { all_.emplace_back(std::move(name), std::move(value)); }
    const std::string* find(std::string_view name) const; // the first of that name, or null
    std::vector<const std::string*> find_all(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

// The part of a request's target before `?`, decoded segment by segment, and the parameters after it (RFC 3986; + is a
// space in a parameter, as in HTML forms).
struct Target {
    std::vector<std::string> segments;
    std::vector<std::pair<std::string, std::string>> parameters;

    // Error: bad-argument. Only the origin form is taken ("/a/b?c=d").
    static Result<Target> parse(std::string_view text);
};

class Repeat; // http/repeating.hpp

struct Request {
    Method method = Method::get;
    std::string target_text; // as sent
    Target target;
    Headers headers;
    std::optional<std::uint64_t> body_bytes;   // as announced; nothing if it comes in chunks
    std::string peer;                          // the client's address, as far as that is known; empty for a Unix socket
    bool relayed = false;                      // it says that it came through a proxy, but through none that is trusted
    std::string id;                            // in logs and for the client
    std::optional<TraceContext> trace;         // of the caller, with a span of our own as its parent_id
    std::optional<std::uint32_t> local_user;   // the system's number of who is asking, if that can be trusted
    std::map<std::string, std::string> values; // of the route's {names}
    Principal principal;                       // who is asking, once that is known
    Repeat* repeat = nullptr;                  // while it is carried out: of one with an Idempotency-Key

    const std::string* parameter(std::string_view name) const; // the first of that name, or null
};

// An answer that goes on as things happen, without a thread that waits for them. The server calls it on one thread at a
// time; nothing in it may block.
class Feed {
public:
    virtual ~Feed() = default; // `wake` is not called any more
    // Called once, before the others. `wake` is to be called, from any thread, when take() has something again.
    virtual void listen(std::function<void()> wake) = 0;
    // What is to be sent now; empty: nothing yet. Nothing: this is the end.
    virtual std::optional<std::string> take() = 0;
    // What is sent when there was nothing for a while, so that either side learns that the other is gone.
    virtual std::string idle() = 0;
};

struct Response {
    unsigned status = 200;
    FailureCode failure{}; // of a problem; said by `failed`
    bool failed = false;
    bool replayed = false; // the answer to an earlier request; nothing was done
    // What is kept of the body for a repetition of the request, if not all of it may be.
    std::optional<std::string> kept_body;
    std::int64_t submission = 0; // that it is about, for the audit log; 0: as the address says, or none
    std::string object;          // the same of what is no submission; empty: as the address says, or none
    std::string reason;          // phrase for the status; empty: the usual one
    Headers headers;
    std::string body;
    // Instead of `body`; read on a pool thread until it ends. `stream_bytes`: how much will come, if known.
    std::unique_ptr<ByteSource> stream;
    std::optional<std::uint64_t> stream_bytes;
    std::unique_ptr<Feed> feed; // instead of either
};

Response json_response(unsigned status, std::string json);
// RFC 9457, with our `code` and way out.
Response problem(const Error& error);

} // namespace inlet::http
