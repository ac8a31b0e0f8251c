// The OpenAPI document (https://spec.openapis.org/oas/v3.1.0), from the table of routes and the list of failures alone.
#include "http/openapi.hpp"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/json_writer.hpp"

namespace inlet::http {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// Codes by the status they are answered with.
std::map<int, std::set<std::string_view>> failures_of(const Route& route) {
    std::map<int, std::set<std::string_view>> by_status;
    const auto add = [&](FailureCode code) {
        by_status[failure_info(code).http_status].insert(failure_info(code).code);
    };
    for (const FailureCode code : route.failures) add(code);
    if (route.needs.what != Needs::nothing) {
        add(FailureCode::unauthenticated);
        if (route.needs.what != Needs::principal) add(FailureCode::forbidden);
        add(FailureCode::rate_limited);
        add(FailureCode::bad_argument);
        add(FailureCode::internal);
        add(FailureCode::catalog_failed);
    }
    if (route.method == Method::post) {
        add(FailureCode::idempotency_key_reused);
        add(FailureCode::request_under_way);
    }
    if (!route.body.empty()) {
        for (const FailureCode code : {FailureCode::incomplete_upload, FailureCode::too_slow,
                                       FailureCode::file_too_large, FailureCode::disk_full})
            add(code);
    }
    return by_status;
}

void write_parameter(JsonWriter& json, std::string_view in, const Parameter& parameter) {
    json.begin_object().member("name", parameter.name).member("in", in).member("required", parameter.required);
    if (!parameter.description.empty()) json.member("description", parameter.description);
    json.key("schema").raw(parameter.schema).end_object();
}

void write_parameters(JsonWriter& json, const Route& route) {
    json.key("parameters").begin_array();
    for (const auto& [name, schema] : route.path_values) write_parameter(json, "path", {name, "", schema, true});
    for (const Parameter& parameter : route.parameters) write_parameter(json, "query", parameter);
    for (const Parameter& parameter : route.header_parameters) write_parameter(json, "header", parameter);
    if (route.method == Method::post) {
        write_parameter(json, "header",
                        {"Idempotency-Key", "repeated with the same key, the request is carried out once",
                         R"({"type":"string","minLength":1,"maxLength":255})"});
    }
    json.end_array();
}

void write_content(JsonWriter& json, std::string_view type, std::string_view schema) {
    json.key(type).begin_object().key("schema").raw(schema.empty() ? "{}" : schema).end_object();
}

void write_body(JsonWriter& json, const Route& route) {
    if (route.body.empty()) return;
    json.key("requestBody").begin_object().member("required", !route.body_optional).key("content").begin_object();
    write_content(json, route.body, route.body_schema);
    for (const std::string& other : route.bodies) write_content(json, other, "");
    json.end_object().end_object();
}

void write_route(JsonWriter& json, const Route& route) {
    json.key(lower(to_string(route.method))).begin_object();
    json.member("operationId", route.id).member("summary", route.summary);
    write_parameters(json, route);
    write_body(json, route);
    json.key("responses").begin_object();
    for (std::size_t at = 0; at < route.answers.size();) {
        const unsigned status = route.answers[at].status;
        json.key(std::to_string(status)).begin_object().member("description", route.answers[at].description);
        const bool has_body = !route.answers[at].content_type.empty();
        if (has_body) json.key("content").begin_object();
        for (; at < route.answers.size() && route.answers[at].status == status; ++at) {
            if (route.answers[at].content_type.empty()) continue;
            write_content(json, route.answers[at].content_type, route.answers[at].schema);
        }
        if (has_body) json.end_object();
        json.end_object();
    }
    for (const auto& [status, codes] : failures_of(route)) {
        json.key(std::to_string(status)).begin_object();
        json.member("description", fmt::format("{}", fmt::join(codes, ", ")));
        json.key("content").begin_object().key("application/problem+json").begin_object();
        json.key("schema").begin_object().member("$ref", "#/components/schemas/Problem").end_object();
        json.end_object().end_object().end_object();
    }
    json.end_object();
    if (route.needs.what == Needs::nothing) json.key("security").begin_array().end_array();
    json.end_object();
}

} // namespace

std::string openapi_json(const std::vector<Route>& routes) {
    std::map<std::string, std::vector<const Route*>> by_path;
    for (const Route& route : routes) {
        std::string path = route.path;
        if (const std::size_t rest = path.find("+}"); rest != std::string::npos) path.erase(rest, 1);
        by_path[path].push_back(&route);
    }
    JsonWriter json;
    json.begin_object().member("openapi", "3.1.0");
    json.key("info").begin_object().member("title", "Inlet").member("version", "1").end_object();
    json.key("security").begin_array().begin_object().key("key").begin_array().end_array().end_object().end_array();
    json.key("paths").begin_object();
    for (const auto& [path, here] : by_path) {
        json.key(path).begin_object();
        for (const Route* route : here) write_route(json, *route);
        json.end_object();
    }
    json.end_object();
    json.key("components").begin_object();
    json.key("securitySchemes").begin_object().key("key").begin_object();
    json.member("type", "http").member("scheme", "bearer").end_object().end_object();
    json.key("schemas").begin_object().key("Problem").begin_object().member("type", "object");
    json.key("required").begin_array();
    for (const char* name : {"type", "title", "status", "code", "detail"}) json.value(name);
    json.end_array();
    json.key("properties").begin_object();
    for (const char* name : {"type", "title", "detail", "what_to_do"})
        json.key(name).begin_object().member("type", "string").end_object();
    json.key("status").begin_object().member("type", "integer").end_object();
    json.key("code").begin_object().member("type", "string").key("enum").begin_array();
    for (const FailureInfo& info : all_failures()) json.value(info.code);
    json.end_array().end_object();
    json.end_object().end_object().end_object().end_object().end_object();
    return json.take();
}

} // namespace inlet::http
