// Which call is whose: the one table of routes. The OpenAPI document is generated from it. Floor 5; built once, then
// safe from many threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/body.hpp"
#include "http/message.hpp"

namespace inlet::http {

// Called on a pool thread; may block. The body is read, at most once, as far as the route wants.
// Of a POST with an Idempotency-Key it is called once (http/repeating.hpp).
using Handler = std::function<Result<Response>(const Request& request, Body& body)>;

// The same, but answering later: `respond` may be called from any thread, once, also after the handler has returned.
// The body is wholly there when the handler is called, which sees to an Idempotency-Key itself.
using Respond = std::move_only_function<void(Response)>;
using DeferredHandler = std::function<void(const Request& request, ByteSource& body, Respond respond)>;

struct Parameter {
    std::string name;
    std::string description;
    std::string schema; // JSON Schema
    bool required = false;
};

struct Answer {
    unsigned status = 200;
    std::string description;
    std::string content_type; // empty: no body
    std::string schema;       // JSON Schema of the body; empty: bytes or text
};

// What a call needs of its caller. There is no default: a route that does not say is not compiled.
struct Needs {
    enum What : std::uint8_t {
        nothing,   // not even a credential
        principal, // somebody who is known (or anonymous, where the project lets them in); shows nothing of any dataset
        grants,    // the same, and the handler asks for the grants on what it touches
        admin      // who may do everything
    };
    constexpr Needs(What needed) : what(needed) {} // implicit, so that routes read well
    What what;
};

struct Route {
    Method method = Method::get;
    std::string path; // "/v1/submissions/{id}"; a {name} stands for one segment that is not empty,
                      // {name+} for one or more, slashes included
    std::map<std::string, std::string> path_values; // JSON Schema of each {name}
    std::string id;                                 // of the operation: "getSubmission"
    std::string summary;
    std::vector<Parameter> parameters; // in the query
    std::vector<Parameter> header_parameters;
    std::string body;                // content type of the request; empty: none
    std::string body_schema;         // JSON Schema of it; empty: bytes
    std::vector<std::string> bodies; // other content types that are taken
    bool body_optional = false;
    std::vector<Answer> answers;                         // that are no failure; those of one status side by side
    std::vector<FailureCode> failures;                   // beside those any call may meet
    bool takes_long = false;                             // its body may be large: called on the threads kept for that
    Needs needs;                                         // of who calls it
    std::function<bool(const Request& request)> open_to; // who needs none of that; empty: nobody
    bool overridable = false;                            // X-HTTP-Method-Override may ask for it
    Headers standing;                                    // go with every answer at this address, refusals too
    std::string action; // "submission.approve": what the audit log calls it; empty: it changes nothing
    Handler handler;    // this or `deferred`
    DeferredHandler deferred;
};

// Once the principal is known: forbidden, for a call for admins by somebody else.
Status admit(const Route& route, const Principal& principal);

class Router {
public:
    void add(Route route);
    const std::vector<Route>& routes() const { return routes_; }

    struct Match {
        const Route* route = nullptr;              // null: none; see `allowed`
        const Route* address = nullptr;            // any route of this path
        std::map<std::string, std::string> values; // of its {names}
        std::string allowed;                       // "GET, HEAD": what the path knows, if the method is wrong
    };
    // HEAD is answered by what answers GET, if it has no route of its own.
    Match match(Method method, const Target& target) const;

private:
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> segments_; // of each route's path
};

} // namespace inlet::http
