// Keys, for admins.
#include <fmt/format.h>

#include "access/key_json.hpp"
#include "base/json_writer.hpp"
#include "contract/duration.hpp"
#include "fronts/http/api.hpp"
#include "fronts/http/request_reading.hpp"
#include "fronts/http/schemas.hpp"

namespace inlet::http {

namespace {

class KeysApi {
public:
    explicit KeysApi(const ApiParts& parts) : parts_(parts) {}

    Result<Response> keys() const {
        JsonWriter json;
        json.begin_object().key("keys").begin_array();
        for (const KeyRecord& key : TRY(parts_.catalog.keys().all())) write_key(json, key);
        json.end_array().end_object();
        return json_response(200, json.take());
    }

    Result<Response> make(const Request& request, ByteSource& body) const {
        Keyring::Wanted wanted;
        for (const auto& [name, value] : TRY(parameters_of(request, body))) {
            if (name == "name") {
                wanted.name = value;
            } else if (name == "role") {
                wanted.roles.push_back(value);
            } else if (name == "dataset") {
                wanted.datasets.push_back(value);
            } else if (name == "expires") {
                wanted.expires_at = TRY(from_now(value));
            } else {
                return fail(FailureCode::bad_argument,
                            fmt::format("`{}` is none of name, role, dataset and expires", name));
            }
        }
        return shown(201, TRY(parts_.keyring().make(wanted)));
    }

    Result<Response> rotate(const Request& request, ByteSource& body) const {
        std::chrono::seconds grace = Keyring::kGraceDefault;
        for (const auto& [name, value] : TRY(parameters_of(request, body))) {
            const auto given = name == "grace" ? parse_duration(value) : std::nullopt;
            if (!given)
                return fail(FailureCode::bad_argument, "rotate takes `grace`, a time such as 45s, 30m, 12h or 7d");
            grace = *given;
        }
        return shown(200, TRY(parts_.keyring().rotate(request.values.at("id"), grace)));
    }

    Result<Response> revoke(const Request& request) const {
        TRY(parts_.catalog.keys().revoke(request.values.at("id")));
        Response response;
        response.status = 204;
        return response;
    }

private:
    Result<Timestamp> from_now(const std::string& text) const {
        const auto given = parse_duration(text);
        if (!given || given->count() == 0)
            return fail(FailureCode::bad_argument,
                        fmt::format("`expires` is a time such as 12h or 90d, and `{}` is none", text));
        return parts_.clock.now() + std::chrono::microseconds(*given).count();
    }

    // The secret is kept nowhere, so that a repetition of the request does not get it.
    static Response shown(unsigned status, const Keyring::Made& made) {
        Response response = json_response(status, key_text(made.record, made.text));
        response.kept_body = key_text(made.record, std::nullopt) + '\n';
        response.headers.add("Cache-Control", "no-store");
        response.object = made.record.id;
        return response;
    }

    static std::string key_text(const KeyRecord& record, const std::optional<std::string>& secret) {
        JsonWriter json;
        json.begin_object();
        write_key_members(json, record);
        json.key("key");
        if (secret)
            json.value(*secret);
        else
            json.null();
        json.end_object();
        return json.take();
    }

    const ApiParts parts_;
};

} // namespace

void add_keys_api(Router& router, const ApiParts& parts) {
    const auto api = std::make_shared<const KeysApi>(parts); // shared by the routes
    constexpr const char* kForm = "application/x-www-form-urlencoded";
    constexpr const char* kFormSchema = R"({"type":"object","additionalProperties":{"type":"string"}})";
    router.add({.path = "/v1/keys",
                .id = "listKeys",
                .summary = "The keys, without their secrets",
                .answers = {{200, "all of them", "application/json", keys_schema()}},
                .needs = Needs::admin,
                .handler = [api](const Request&, ByteSource&) { return api->keys(); }});
    router.add(
        {.method = Method::post,
         .path = "/v1/keys",
         .id = "makeKey",
         .summary = "Make a key; the answer is the only place where it is shown. The parameters may come as a form",
         .parameters = {{"name", "whose key it is", kNameSchema},
                        {"role", "what it may do; once for each role", kNameSchema},
                        {"dataset", "a dataset or pattern that it is for alone; once for each", kNameSchema},
                        {"expires", "how long it is good for, such as 90d; without it, for ever", kNameSchema}},
         .body = kForm,
         .body_schema = kFormSchema,
         .body_optional = true,
         .answers = {{201, "the key", "application/json", made_key_schema()}},
         .needs = Needs::admin,
         .action = "key.create",
         .handler = [api](const Request& request, ByteSource& body) { return api->make(request, body); }});
    router.add({.method = Method::post,
                .path = "/v1/keys/{id}/rotate",
                .path_values = {{"id", kNameSchema}},
                .id = "rotateKey",
                .summary = "Give a key a new secret; the one until now is good for a while more",
                .parameters = {{"grace", "how long that is, such as 1h; a day unless said", kNameSchema}},
                .body = kForm,
                .body_schema = kFormSchema,
                .body_optional = true,
                .answers = {{200, "the key", "application/json", made_key_schema()}},
                .failures = {FailureCode::unknown_key},
                .needs = Needs::admin,
                .action = "key.rotate",
                .handler = [api](const Request& request, ByteSource& body) { return api->rotate(request, body); }});
    router.add({.method = Method::del,
                .path = "/v1/keys/{id}",
                .path_values = {{"id", kNameSchema}},
                .id = "revokeKey",
                .summary = "Refuse a key from now on",
                .answers = {{204, "it is refused", ""}},
                .failures = {FailureCode::unknown_key},
                .needs = Needs::admin,
                .action = "key.revoke",
                .handler = [api](const Request& request, ByteSource&) { return api->revoke(request); }});
}

} // namespace inlet::http
