#include "http/asio/connection.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "http/asio/response_writer.hpp"
#include "http/cors.hpp"
#include "http/forwarded.hpp"
#include "http/repeating.hpp"
#include "http/request_marks.hpp"

namespace inlet::http {

namespace {

constexpr std::uint64_t kReadHereMost = 16 << 10; // bytes of a body that is read on the connection's own thread

// Passwords take long to check, and wait for each other.
bool takes_a_password(const Request& request) {
    const std::string* credential = request.headers.find("Authorization");
    return credential != nullptr && beast::iequals(std::string_view(*credential).substr(0, 6), "Basic ");
}

constexpr std::uint64_t kDrainBytesMax = 256 << 10; // of a body nobody wants, to keep the connection
constexpr std::uint64_t kLingerBytesMax = 64 << 20; // of a body that was refused, so that the answer is heard
constexpr std::chrono::seconds kLingerTime{5};

// What the address knows, for a method that nobody knows; empty: there is nothing at the address.
std::string allowed_at(const Router& router, const Target& target) {
    for (const Method method : {Method::put, Method::patch, Method::del, Method::post, Method::get, Method::options}) {
        const Router::Match match = router.match(method, target);
        if (match.route == nullptr) return match.allowed;
    }
    return {};
}

Response not_found(const Router::Match& match, bool known_method) {
    if (match.allowed.empty())
        return problem(
            Error(FailureCode::unknown_address, "there is nothing at this address; /openapi.json lists what there is"));
    Response response =
        problem(Error(FailureCode::method_not_allowed,
                      known_method ? "this address takes only " + match.allowed : "this method is not known here"));
    if (!match.allowed.empty()) response.headers.add("Allow", match.allowed);
    return response;
}

Response too_many(const std::string& what, std::uint64_t retry_after_seconds) {
    Response response = problem(Error(FailureCode::rate_limited, what));
    response.headers.add("Retry-After", std::to_string(retry_after_seconds));
    return response;
}

Error body_failure(error_code error) {
    if (error == beast::error::timeout)
        return {FailureCode::too_slow, "the request's body came too slowly, or not on at all"};
    return {FailureCode::incomplete_upload, "the request's body broke off before its end: " + error.message()};
}

Response witnessed(const Serving& serving, const Route& route, const Request& request, Response response) {
    if (route.action.empty() || !serving.witness || response.replayed) return response;
    const Status written = serving.witness(route, request, response);
    return written ? std::move(response) : problem(written.error());
}

// Why the caller may not have what it asks for; nothing if it may.
std::optional<Response> refuse(Serving& serving, const ServerSettings& settings, const Route& route,
                               Exchange& exchange) {
    Request& request = exchange.request;
    if (route.needs.what == Needs::nothing || !serving.guard) return std::nullopt;
    if (route.open_to && route.open_to(request)) return std::nullopt;
    if (const Status known = serving.guard(request); !known) {
        Response response = problem(known.error());
        if (response.status == 401) response.headers.add("WWW-Authenticate", settings.challenge);
        return response;
    }
    if (const Status admitted = admit(route, request.principal); !admitted)
        return witnessed(serving, route, request, problem(admitted.error()));
    const auto verdict = serving.principals.request(request.principal.id, settings.limits.per_principal, Clock::now());
    exchange.quotas.insert(exchange.quotas.end(), verdict.quotas.begin(), verdict.quotas.end());
    if (verdict.retry_after_seconds != 0)
        return too_many("more is asked for with this key than it may", verdict.retry_after_seconds);
    return std::nullopt;
}

void call(Serving& serving, const ServerSettings& settings, const Route& route,
          const std::shared_ptr<Exchange>& exchange) {
    Request& request = exchange->request;
    if (auto refusal = refuse(serving, settings, route, *exchange)) return exchange->respond(*std::move(refusal));
    if (route.deferred) {
        route.deferred(request, exchange->pipe,
                       [exchange](Response response) { exchange->respond(std::move(response)); });
        return;
    }
    const bool may_be_repeated = route.method == Method::post && serving.options.requests != nullptr;
    auto answered = may_be_repeated ? call_once(*serving.options.requests, route, request, *exchange)
                                    : route.handler(request, *exchange);
    Response response = answered ? *std::move(answered) : problem(answered.error());
    exchange->respond(witnessed(serving, route, request, std::move(response)));
}

} // namespace

Connection::Connection(Serving& serving, Loop& loop, std::unique_ptr<Channel> channel, Peer peer)
    : serving_(serving), loop_(loop), channel_(std::move(channel)), peer_(std::move(peer)), reader_(*channel_) {
    loop_.connections.insert(this);
}

Connection::~Connection() {
    loop_.connections.erase(this);
    serving_.connections.remove(peer_.address);
}

asio::awaitable<void> Connection::run(std::unique_ptr<Connection> connection) {
    bool more = co_await connection->greet();
    while (more) more = co_await connection->serve_one();
    co_await connection->channel_->end();
}

// What waits for the client ends now; a client that reads a feed goes on elsewhere, from the last that it took.
void Connection::close_if_idle() {
    if (idle_ || sending_feed_) channel_->cancel();
    if (feeding_ != nullptr) feeding_->wake();
}

asio::awaitable<bool> Connection::greet() {
    channel_->expires_after(serving_.settings()->limits.header_time);
    idle_ = true;
    const error_code error = co_await channel_->begin();
    idle_ = false;
    co_return !error;
}

asio::awaitable<bool> Connection::serve_one() {
    if (!reader_.has_begun()) {
        if (serving_.stopping) co_return false;
        idle_ = true;
        channel_->expires_after(serving_.settings()->limits.idle_time);
        const error_code error = co_await reader_.wait();
        idle_ = false;
        if (error) co_return false;
    }
    settings_ = serving_.settings();
    channel_->expires_after(settings_->limits.header_time);
    const error_code error = co_await reader_.read_head(settings_->limits);
    started_ = Clock::now();
    bool keep = false;
    if (!error) {
        serving_.activity.begin();
        keep = co_await answer();
        serving_.activity.end();
    } else if (error.category() == make_error_code(wire::error::bad_method).category() &&
               error != wire::error::end_of_stream && error != wire::error::partial_message) {
        co_await refuse_unread(error);
    }
    co_return keep;
}

// A request that is no HTTP. What follows it cannot be told apart from it, so that the connection ends.
asio::awaitable<void> Connection::refuse_unread(error_code error) {
    const bool too_long = error == wire::error::header_limit;
    Response response = problem(
        Error(FailureCode::bad_argument,
              too_long ? fmt::format("the request's headers are longer than {} bytes", settings_->limits.header_bytes)
                       : "the request is no HTTP/1.1: " + error.message()));
    if (too_long) response.status = 431;
    co_await write_response(*channel_, response, {.keep = false}, serving_.long_calls, settings_->limits.send_time);
    log(nullptr, nullptr, response);
    co_await linger();
}

asio::awaitable<bool> Connection::answer() {
    auto exchange = std::make_shared<Exchange>(co_await asio::this_coro::executor);
    read_request(*exchange);
    const Router::Match match = find_call(*exchange);
    bool ready = !exchange->response;
    if (ready && match.route->deferred) ready = co_await gather(*exchange);
    if (ready) submit(exchange, *match.route);
    const bool fed = co_await feed(*exchange);
    const bool body_read = fed && in_order_;
    Response response = *std::move(exchange->response);
    if (match.address != nullptr) {
        for (const auto& [name, value] : match.address->standing.all()) response.headers.add(name, value);
    }
    add_quotas(response, exchange->quotas);
    allow_origin(settings_->cors, exchange->request, response);
    add_marks(response, exchange->request);
    const AnswerForm form{.version = reader_.head().version(),
                          .is_head = reader_.head().method() == wire::verb::head,
                          .keep = body_read && reader_.keep_alive() && !serving_.stopping};
    const auto send_time = settings_->limits.send_time;
    bool keep = false;
    if (response.feed != nullptr) {
        feeding_ = exchange.get();
        const FeedTimes times{.send = send_time, .idle = serving_.options.feed_idle};
        keep = co_await write_feed(*channel_, response, form, *exchange, serving_.stopping, times, sending_feed_);
        feeding_ = nullptr;
    } else {
        keep = co_await write_response(*channel_, response, form, serving_.long_calls, send_time);
    }
    log(&exchange->request, match.route, response);
    if (!body_read) co_await linger();
    co_return keep;
}

void Connection::read_request(Exchange& exchange) {
    Request& request = exchange.request;
    request.target_text = reader_.head().target();
    request.local_user = peer_.local_user;
    for (const auto& field : reader_.head()) request.headers.add(field.name_string(), field.value());
    if (request.local_user) {
        request.peer = peer_.address;
    } else {
        Client client = client_of(peer_.address, request.headers, settings_->proxies);
        request.peer = std::move(client.address);
        request.relayed = client.relayed;
    }
    request.id = request_id(request.headers);
    if (request.id.empty()) request.id = serving_.request_ids.next();
    request.trace = trace_of(request.headers);
    request.body_bytes = reader_.content_length();
    continued_ = !beast::iequals(reader_.head()[wire::field::expect], "100-continue");
    broken_ = false;
    in_order_ = true;
}

// The route that is to be called; or why none is, as the response.
Router::Match Connection::find_call(Exchange& exchange) {
    Request& request = exchange.request;
    Router::Match match;
    const auto method = method_from(reader_.head().method_string());
    if (method) request.method = *method;
    if (const auto objection = reader_.objection()) {
        in_order_ = false;
        exchange.response = problem(*objection);
        return match;
    }
    auto target = Target::parse(request.target_text);
    if (!target) {
        exchange.response = problem(target.error());
        return match;
    }
    request.target = *std::move(target);
    exchange.response = preflight(settings_->cors, request);
    if (!exchange.response && !request.peer.empty()) {
        auto verdict = serving_.addresses.request(request.peer, settings_->limits.per_address, started_);
        exchange.quotas = std::move(verdict.quotas);
        if (verdict.retry_after_seconds != 0)
            exchange.response = too_many("this address asks for more than it may", verdict.retry_after_seconds);
    }
    if (exchange.response) return match;
    if (method) match = overridden(request, serving_.router.match(*method, request.target));
    request.values = match.values;
    if (!method) match.allowed = allowed_at(serving_.router, request.target);
    if (match.route == nullptr) {
        exchange.response = not_found(match, method.has_value());
    } else if (const auto no = refusal(exchange, *match.route)) {
        exchange.response = problem(*no);
    }
    return match;
}

// Why the route is not called although it is the right one.
std::optional<Error> Connection::refusal(Exchange& exchange, const Route& route) {
    if (route.body.empty()) return std::nullopt;
    const std::uint64_t announced = exchange.request.body_bytes.value_or(0);
    const auto& most = settings_->limits.body_bytes;
    if (most && announced > *most)
        return Error(FailureCode::file_too_large,
                     fmt::format("{} bytes are announced; a body may have {}", announced, *most));
    if (auto room = serving_.disk_room.take(announced, settings_->limits.disk_free, exchange.disk_share); !room)
        return room.error();
    return std::nullopt;
}

// Starts the call: on its pool, or here if it waits for nothing and has little to read.
void Connection::submit(const std::shared_ptr<Exchange>& exchange, const Route& route) {
    if (route.deferred && exchange->body_bytes <= kReadHereMost && !takes_a_password(exchange->request))
        return call(serving_, *settings_, route, exchange);
    Calls& calls = route.takes_long ? serving_.long_calls : serving_.calls;
    const bool taken = calls.submit(
        [exchange, &serving = serving_, settings = settings_, &route] { call(serving, *settings, route, exchange); });
    if (!taken) exchange->response = too_many("the server works on as many requests as it may; try again", 1);
}

// Puts all of a small body into the pipe. False: it is too long or broke off, and that is the response.
asio::awaitable<bool> Connection::gather(Exchange& exchange) {
    const std::uint64_t bytes_max = settings_->limits.small_bytes;
    std::uint64_t bytes = exchange.request.body_bytes.value_or(0);
    if (bytes <= bytes_max) co_await allow_body();
    bytes = bytes > bytes_max ? bytes : 0;
    while (bytes <= bytes_max && !reader_.body_read()) {
        std::vector<char> block(std::min<std::uint64_t>(serving_.options.body_block_bytes,
                                                        exchange.request.body_bytes.value_or(bytes_max) + 1));
        const error_code error = co_await reader_.read_body(block);
        bytes += block.size();
        if (const Status taken = take(exchange, block.size()); error || !taken) {
            exchange.response = problem(error ? body_failure(error) : taken.error());
            broken_ = true;
            co_return false;
        }
        if (!block.empty()) exchange.pipe.push(std::move(block));
    }
    if (bytes > bytes_max) {
        exchange.response = problem(Error(
            FailureCode::file_too_large,
            fmt::format("the body is longer than the {} bytes that this call takes; send more as a file", bytes_max)));
        co_return false;
    }
    exchange.pipe.end();
    co_return true;
}

// Counts bytes of the body. Errors: file-too-large, disk-full.
Status Connection::take(Exchange& exchange, std::uint64_t count) {
    const Clock::time_point now = Clock::now();
    exchange.body_bytes += count;
    const std::string& address = exchange.request.peer;
    if (!address.empty()) serving_.addresses.bytes(address, settings_->limits.per_address, count, now);
    const auto& most = settings_->limits.body_bytes;
    if (most && exchange.body_bytes > *most)
        return fail(FailureCode::file_too_large, fmt::format("the body is larger than {} bytes", *most));
    return exchange.disk_share.receive(count);
}

// A client that asked whether it may send the body is told so, once.
asio::awaitable<void> Connection::allow_body() {
    if (continued_) co_return;
    continued_ = true;
    channel_->expires_after(settings_->limits.send_time);
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::array<asio::const_buffer, 1> buffers{asio::buffer(kContinue)};
    co_await channel_->write(buffers);
}

// The call that X-HTTP-Method-Override asks for, where that is allowed.
Router::Match Connection::overridden(Request& request, Router::Match match) const {
    const std::string* name = request.headers.find("X-HTTP-Method-Override");
    const auto method = name == nullptr ? std::nullopt : method_from(*name);
    if (!method) return match;
    Router::Match other = serving_.router.match(*method, request.target);
    if (other.route == nullptr || !other.route->overridable) return match;
    request.method = *method;
    return other;
}

// Hands the body to the call for as long as it wants it, until the answer is there. Whether the body was read to its
// end.
asio::awaitable<bool> Connection::feed(Exchange& exchange) {
    if (reader_.body_read()) exchange.pipe.end();
    exchange.stop_reading = [this] { channel_->cancel(); };
    while (!exchange.response) {
        co_await inform(exchange);
        if (exchange.given_up && !broken_) {
            exchange.pipe.break_off(*exchange.given_up);
            broken_ = true;
        }
        if (broken_ || reader_.body_read() || !exchange.pipe.has_room()) {
            co_await exchange.wait();
            continue;
        }
        co_await allow_body();
        std::vector<char> block = exchange.pipe.spare();
        block.resize(serving_.options.body_block_bytes);
        const error_code error = co_await reader_.read_body(block);
        const Status taken = take(exchange, block.size());
        exchange.pipe.push(std::move(block)); // what came before an error too
        if (exchange.given_up) continue;
        if (error || !taken) {
            exchange.pipe.break_off(error ? body_failure(error) : taken.error());
            broken_ = true;
            continue;
        }
        if (reader_.body_read()) exchange.pipe.end(trailers(exchange.request));
    }
    exchange.stop_reading = nullptr;
    // By now it is known whose it is.
    serving_.principals.bytes(exchange.request.principal.id, settings_->limits.per_principal, exchange.body_bytes,
                              Clock::now());
    if (broken_) co_return false;
    co_await inform(exchange);
    // A call that answered without its body: a small rest is read, so that the connection can go on.
    if (!continued_ && !reader_.body_read()) co_return false; // the client was never told to send it
    std::uint64_t drained = 0;
    std::vector<char> block;
    while (!reader_.body_read()) {
        block.resize(serving_.options.body_block_bytes);
        const error_code error = co_await reader_.read_body(block);
        if (error || drained > kDrainBytesMax) co_return false;
        drained += block.size();
    }
    co_return true;
}

// Sends the interim responses that the call has asked for.
asio::awaitable<void> Connection::inform(Exchange& exchange) {
    const std::string text = exchange.take_interim();
    if (text.empty() || reader_.head().version() == 10) co_return;
    channel_->expires_after(settings_->limits.send_time);
    const std::array<asio::const_buffer, 1> buffers{asio::buffer(text)};
    co_await channel_->write(buffers); // an error shows again with the answer
}

// The parser puts them among the headers.
Headers Connection::trailers(const Request& request) const {
    Headers found;
    for (const auto& field : reader_.head()) {
        if (request.headers.find(field.name_string()) == nullptr) found.add(field.name_string(), field.value());
    }
    return found;
}

// Reads on for a moment what the client is still sending, lest it lose the answer to a reset (RFC 9112, section 9.6).
asio::awaitable<void> Connection::linger() {
    channel_->expires_after(kLingerTime);
    co_await channel_->end();
    std::vector<char> block(16 << 10);
    std::uint64_t read = 0;
    error_code error;
    while (!error && read < kLingerBytesMax) {
        std::size_t count = 0;
        error = co_await channel_->read(block, count);
        read += count;
    }
}

void Connection::log(const Request* request, const Route* route, const Response& response) {
    const Channel::Traffic before = std::exchange(counted_, channel_->traffic());
    if (!serving_.log) return;
    const std::chrono::duration<double> time = Clock::now() - started_;
    Served served{.request = request,
                  .route = route,
                  .status = response.status,
                  .failure = std::nullopt,
                  .submission = response.submission,
                  .seconds = time.count(),
                  .bytes_received = counted_.received - before.received,
                  .bytes_sent = counted_.sent - before.sent};
    if (response.failed) served.failure = response.failure;
    serving_.log(served);
}

} // namespace inlet::http
