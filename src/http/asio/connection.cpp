#include "http/asio/connection.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "http/asio/response_writer.hpp"

namespace inlet::http {

namespace {

constexpr std::uint64_t kDrainBytesMax = 256 << 10; // of a body nobody wants, to keep the connection
constexpr std::chrono::seconds kDrainTime{5};

Response not_found(const Router::Match& match, bool known_method) {
    if (match.allowed.empty() && known_method)
        return problem(
            Error(FailureCode::unknown_address, "there is nothing at this address; /openapi.json lists what there is"));
    Response response =
        problem(Error(FailureCode::method_not_allowed,
                      known_method ? "this address takes only " + match.allowed : "this method is not known here"));
    if (!match.allowed.empty()) response.headers.add("Allow", match.allowed);
    return response;
}

Response call(const HttpServer::Guard& guard, const Route& route, Request& request, Body& body) {
    if (route.needs.what != Needs::nothing && guard) {
        Status allowed = guard(request);
        if (allowed) allowed = admit(route, request.principal);
        if (!allowed) {
            Response response = problem(allowed.error());
            if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"inlet\"");
            return response;
        }
    }
    auto response = route.handler(request, body);
    return response ? *std::move(response) : problem(response.error());
}

} // namespace

Connection::Connection(Serving& serving, Loop& loop, std::unique_ptr<Channel> channel, std::string peer)
    : serving_(serving), loop_(loop), channel_(std::move(channel)), peer_(std::move(peer)),
      reader_(*channel_, serving.options) {
    loop_.connections.insert(this);
}

Connection::~Connection() {
    loop_.connections.erase(this);
    serving_.connections.fetch_sub(1);
}

asio::awaitable<void> Connection::run(std::unique_ptr<Connection> connection) {
    bool more = true;
    while (more) more = co_await connection->serve_one();
    co_await connection->channel_->end();
}

void Connection::close_if_idle() {
    if (idle_) channel_->cancel();
}

asio::awaitable<bool> Connection::serve_one() {
    if (!reader_.has_begun()) {
        if (serving_.stopping) co_return false;
        idle_ = true;
        channel_->expires_after(serving_.options.idle_time);
        const error_code error = co_await reader_.wait();
        idle_ = false;
        if (error) co_return false;
    }
    channel_->expires_after(serving_.options.header_time);
    const error_code error = co_await reader_.read_head();
    started_ = Clock::now();
    bool keep = false;
    if (!error) {
        keep = co_await answer();
    } else if (error.category() == make_error_code(wire::error::bad_method).category() &&
               error != wire::error::end_of_stream) {
        co_await refuse_unread(error);
    }
    co_return keep;
}

// A request that is no HTTP. What follows it cannot be told apart from it, so that the connection ends.
asio::awaitable<void> Connection::refuse_unread(error_code error) {
    const bool too_long = error == wire::error::header_limit;
    Response response = problem(
        Error(FailureCode::bad_argument, too_long ? fmt::format("the request's headers are longer than {} bytes",
                                                                serving_.options.header_bytes_max)
                                                  : "the request is no HTTP/1.1: " + error.message()));
    if (too_long) response.status = 431;
    co_await write_response(*channel_, response, {.keep = false}, serving_.long_calls, serving_.options);
    log(nullptr, response.status);
    co_await linger();
}

asio::awaitable<bool> Connection::answer() {
    const auto& head = reader_.head();
    auto exchange = std::make_shared<Exchange>(co_await asio::this_coro::executor);
    Request& request = exchange->request;
    request.target_text = head.target();
    request.peer = peer_;
    for (const auto& field : head) request.headers.add(field.name_string(), field.value());
    request.body_bytes = reader_.content_length();

    const auto method = method_from(head.method_string());
    if (method) request.method = *method;
    std::optional<Error> refusal = reader_.objection();
    const bool in_order = !refusal;
    Router::Match match;
    if (!refusal) {
        auto target = Target::parse(request.target_text);
        if (!target) {
            refusal = target.error();
        } else {
            request.target = *std::move(target);
            if (method) match = overridden(request, serving_.router.match(*method, request.target));
            request.values = match.values;
        }
    }
    if (refusal) {
        exchange->response = problem(*refusal);
    } else if (match.route == nullptr) {
        exchange->response = not_found(match, method.has_value());
    } else {
        submit(exchange, *match.route);
    }
    const bool fed = co_await feed(*exchange);
    const bool body_read = fed && in_order;
    Response response = *std::move(exchange->response);
    if (match.address != nullptr) {
        for (const auto& [name, value] : match.address->standing.all()) response.headers.add(name, value);
    }
    const AnswerForm form{.version = head.version(),
                          .is_head = head.method() == wire::verb::head,
                          .keep = body_read && reader_.keep_alive() && !serving_.stopping};
    const bool keep = co_await write_response(*channel_, response, form, serving_.long_calls, serving_.options);
    log(&request, response.status);
    if (!body_read) co_await linger();
    co_return keep;
}

// Starts the call on its pool.
void Connection::submit(const std::shared_ptr<Exchange>& exchange, const Route& route) {
    Calls& calls = route.takes_long ? serving_.long_calls : serving_.calls;
    const bool taken = calls.submit([exchange, &guard = serving_.guard, &route] {
        exchange->respond(call(guard, route, exchange->request, *exchange));
    });
    if (taken) return;
    exchange->response =
        problem(Error(FailureCode::rate_limited, "the server works on as many requests as it may; try again"));
    exchange->response->headers.add("Retry-After", "1");
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
    bool continued = !beast::iequals(reader_.head()[wire::field::expect], "100-continue");
    bool broken = false;
    if (reader_.body_read()) exchange.pipe.end();
    exchange.stop_reading = [this] { channel_->cancel(); };
    while (!exchange.response) {
        co_await inform(exchange);
        if (exchange.given_up && !broken) {
            exchange.pipe.break_off(*exchange.given_up);
            broken = true;
        }
        if (broken || reader_.body_read() || !exchange.pipe.has_room()) {
            co_await exchange.wait();
            continue;
        }
        channel_->expires_after(serving_.options.body_time);
        if (!continued) {
            continued = true;
            static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
            const std::array<asio::const_buffer, 1> buffers{asio::buffer(kContinue)};
            co_await channel_->write(buffers);
        }
        std::vector<char> block = exchange.pipe.spare();
        block.resize(serving_.options.body_block_bytes);
        const error_code error = co_await reader_.read_body(block);
        exchange.pipe.push(std::move(block)); // what came before an error too
        if (exchange.given_up) continue;
        if (error) {
            exchange.pipe.break_off(Error(FailureCode::incomplete_upload,
                                          "the request's body broke off before its end: " + error.message()));
            broken = true;
            continue;
        }
        if (reader_.body_read()) exchange.pipe.end(trailers(exchange.request));
    }
    exchange.stop_reading = nullptr;
    if (broken) co_return false;
    co_await inform(exchange);
    // A call that answered without its body: a small rest is read, so that the connection can go on.
    if (!continued && !reader_.body_read()) co_return false; // the client was never told to send it
    std::uint64_t drained = 0;
    std::vector<char> block;
    while (!reader_.body_read()) {
        block.resize(serving_.options.body_block_bytes);
        channel_->expires_after(serving_.options.body_time);
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
    channel_->expires_after(serving_.options.send_time);
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
    channel_->expires_after(kDrainTime);
    co_await channel_->end();
    std::vector<char> block(16 << 10);
    std::uint64_t read = 0;
    error_code error;
    while (!error && read < kDrainBytesMax) {
        std::size_t count = 0;
        error = co_await channel_->read(block, count);
        read += count;
    }
}

void Connection::log(const Request* request, unsigned status) const {
    if (!serving_.log) return;
    const std::chrono::duration<double> time = Clock::now() - started_;
    serving_.log({request, status, time.count()});
}

} // namespace inlet::http
