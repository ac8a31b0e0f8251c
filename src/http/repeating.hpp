// Requests that may be repeated (draft-ietf-httpapi-idempotency-key-header): a POST with an Idempotency-Key is carried
// out once, and its answer kept. Floor 5; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "catalog/requests.hpp"
#include "http/body.hpp"
#include "http/router.hpp"

namespace inlet::http {

// Of the request, whose body is at hand: its key, if it has one. Two requests are the same if method, address, content
// type, the headers Upload-... and body are. bad-argument: the key is empty, or longer than 255 characters.
Result<std::optional<RequestKey>> request_key(const Request& request, std::string_view body);

StoredAnswer kept_answer(const Response& response);
Response replayed_answer(const StoredAnswer& answer);

// A request with a key, while it is carried out: its body, which is hashed on its way to the route.
class Repeat final : public Body {
public:
    Repeat(Body& body, RequestKey head); // borrowed
    ~Repeat() override;

    // The whole request's key. Reads what is left of the body, whose errors it gives.
    Result<RequestKey> request();

    Result<std::size_t> read(std::span<char> room) override;
    Headers trailers() const override { return body_.trailers(); }
    void inform(unsigned status, std::string_view reason, const Headers& headers) override {
        body_.inform(status, reason, headers);
    }
    void give_up(Error error) override { body_.give_up(std::move(error)); }

private:
    class Digest;

    Body& body_;
    RequestKey key_;
    std::unique_ptr<Digest> digest_; // null: key_ is of the whole request
};

// Calls the route's handler, or answers as it did. A call that failed did nothing: its key is free again. Whatever
// else the answer says is kept with the key; a route whose deed is a change of the catalog keeps it in that change
// (Request::repeat).
Result<Response> call_once(Requests& requests, const Route& route, Request& request, Body& body);

} // namespace inlet::http
