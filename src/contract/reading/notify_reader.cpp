// Receivers, their secrets, and expectations. See notify_reader.hpp.
#include "contract/reading/notify_reader.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "contract/reading/names.hpp"
#include "contract/reading/nearest.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

// Of a signing key (the Standard Webhooks specification, "Signature scheme").
constexpr std::size_t kKeyBytesLeast = 24;
constexpr std::size_t kKeyBytesMost = 64;
constexpr std::string_view kKeyPrefix = "whsec_";

struct Context {
    std::span<const std::string_view> known;
    const ProjectFiles& files;
    const Page& page;
};

bool has_scheme(std::string_view url, std::string_view scheme) {
    return url.size() > scheme.size() + 3 && url.starts_with(scheme) && url.substr(scheme.size()).starts_with("://");
}

// No control characters or spaces: such a text goes into a request or a header as it is.
bool is_plain_word(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7F'; });
}

std::string read_url(const Mapping& mapping, std::string_view key, std::span<const std::string_view> schemes,
                     bool required, const Context& context) {
    const Element* node = required ? mapping.require(key) : mapping.find(key);
    if (node == nullptr) return {};
    const auto text = read_text(*node, fmt::format("`{}`", key), context.page);
    const auto url = text ? context.files.expand(*node, *text, context.page) : std::nullopt;
    if (!url) return {};
    const bool known = std::ranges::any_of(schemes, [&](std::string_view scheme) { return has_scheme(*url, scheme); });
    if (!known || !is_plain_word(*url)) {
        context.page.wrong(node->place, fmt::format("`{}` must be an address that begins with {}://", key,
                                                    fmt::join(schemes, ":// or ")));
    }
    return *url;
}

std::string read_address(const Element& node, std::string_view name, const Context& context) {
    const auto text = read_text(node, name, context.page);
    const auto address = text ? context.files.expand(node, *text, context.page) : std::nullopt;
    if (!address) return {};
    const std::size_t at = address->rfind('@');
    const bool is_one = at != std::string::npos && at > 0 && at + 1 < address->size() && is_plain_word(*address) &&
                        address->find_first_of("<>,;\"") == std::string::npos;
    if (!is_one) {
        context.page.wrong(node.place, fmt::format("{} must be an e-mail address such as team@example.com; found {}",
                                                   name, found(node)));
        return {};
    }
    return *address;
}

std::vector<std::string> read_choices(const Mapping& mapping, std::string_view key, std::string_view what,
                                      std::span<const std::string_view> known, const Page& page) {
    std::vector<std::string> chosen;
    const Element* node = mapping.find(key);
    if (node == nullptr) return chosen;
    for (const auto& [word, place] : read_names(*node, fmt::format("`{}`", key), page)) {
        if (std::ranges::find(known, std::string_view(word)) == known.end()) {
            const std::string_view meant = nearest(word, known);
            page.wrong(place, fmt::format("there is no {} `{}` to be told of", what, word),
                       meant.empty() ? "" : fmt::format("did you mean `{}`?", meant));
            continue;
        }
        chosen.push_back(word);
    }
    return chosen;
}

EventChoice read_choice(const Mapping& mapping, const Context& context) {
    return {.events = read_choices(mapping, "events", "event", kToldEvents, context.page),
            .datasets = read_choices(mapping, "datasets", "dataset or package", context.known, context.page)};
}

// A secret is never in the project file itself.
std::optional<std::string> read_secret(const Element& node, std::string_view name, const Context& context) {
    const auto text = read_text(node, name, context.page);
    if (!text) return std::nullopt;
    if (text->find("${") == std::string::npos) {
        context.page.wrong(
            node.place,
            fmt::format("{} must not stand in the project file: write ${{env:NAME}} or ${{file:PATH}}", name));
        return std::nullopt;
    }
    return context.files.expand(node, *text, context.page);
}

void read_key(const Element& node, const Context& context, WebhookSettings& webhook) {
    const auto secret = read_secret(node, "`secret`", context);
    if (!secret) return;
    const auto key = secret->starts_with(kKeyPrefix) ? from_base64(std::string_view(*secret).substr(kKeyPrefix.size()))
                                                     : std::nullopt;
    if (!key || key->size() < kKeyBytesLeast || key->size() > kKeyBytesMost) {
        context.page.wrong(node.place, fmt::format("`secret` must be whsec_ and the base64 of {} to {} random bytes, "
                                                   "such as `echo whsec_$(openssl rand -base64 32)` makes",
                                                   kKeyBytesLeast, kKeyBytesMost));
        return;
    }
    webhook.keys.push_back(*key);
}

std::vector<WebhookSettings> read_webhooks(const Element& node, const Context& context) {
    static constexpr KeySet kKeys{keys::kWebhook};
    static constexpr std::array<std::string_view, 2> kSchemes{"https", "http"};
    std::vector<WebhookSettings> webhooks;
    if (node.kind != Element::Kind::list) {
        context.page.wrong(node.place, fmt::format("`webhooks` must be a list; found {}", found(node)));
        return webhooks;
    }
    for (const Element* item : node.items) {
        WebhookSettings webhook;
        const Mapping mapping(*item, item->place, "an item of `webhooks`", context.page, &kKeys);
        if (!mapping.usable()) continue;
        if (const Element* name = mapping.require("name")) {
            webhook.name = read_text(*name, "`name`", context.page).value_or("");
            check_plain_name("webhook", webhook.name, name->place, context.page);
            if (std::ranges::find(webhooks, webhook.name, &WebhookSettings::name) != webhooks.end())
                context.page.wrong(name->place, fmt::format("there are two webhooks `{}`", webhook.name));
        }
        webhook.url = read_url(mapping, "url", kSchemes, true, context);
        if (const Element* secret = mapping.require("secret")) {
            if (secret->kind == Element::Kind::list) {
                for (const Element* one : secret->items) read_key(*one, context, webhook);
                if (secret->items.empty()) context.page.wrong(secret->place, "`secret` must not be an empty list");
            } else {
                read_key(*secret, context, webhook);
            }
        }
        webhook.choice = read_choice(mapping, context);
        webhooks.push_back(std::move(webhook));
    }
    return webhooks;
}

MailSettings read_email(const Element& node, const Context& context) {
    static constexpr KeySet kKeys{keys::kEmail};
    static constexpr std::array<std::string_view, 2> kSchemes{"smtps", "smtp"};
    static const Words<bool> kTls{{"required", true}, {"optional", false}};
    MailSettings mail;
    const Mapping mapping(node, node.place, "`email`", context.page, &kKeys);
    if (!mapping.usable()) return mail;
    mail.smtp = read_url(mapping, "smtp", kSchemes, true, context);
    if (const Element* one = mapping.require("from")) mail.from = read_address(*one, "`from`", context);
    if (const Element* one = mapping.find("user")) {
        const auto text = read_text(*one, "`user`", context.page);
        mail.user = text ? context.files.expand(*one, *text, context.page).value_or("") : "";
        if (mapping.find("password") == nullptr) context.page.wrong(one->place, "`user` needs a `password`");
    }
    if (const Element* one = mapping.find("password")) {
        mail.password = read_secret(*one, "`password`", context).value_or("");
        if (mapping.find("user") == nullptr) context.page.wrong(one->place, "`password` needs a `user`");
    }
    if (const Element* one = mapping.find("tls"))
        mail.tls_required = read_word(*one, "`tls`", kTls, context.page).value_or(true);
    if (const Element* one = mapping.require("to")) {
        if (one->kind == Element::Kind::list) {
            for (const Element* item : one->items) mail.to.push_back(read_address(*item, "an item of `to`", context));
        } else {
            mail.to.push_back(read_address(*one, "`to`", context));
        }
    }
    mail.choice = read_choice(mapping, context);
    return mail;
}

std::optional<double> read_factor(const Element& node, std::string_view name, const Page& page) {
    static constexpr double kMost = 1000;
    if (node.kind == Element::Kind::scalar && node.text.ends_with('%')) {
        const std::string digits = node.text.substr(0, node.text.size() - 1);
        char* end = nullptr;
        const double percent =
            digits.find_first_not_of("0123456789.") == std::string::npos ? std::strtod(digits.c_str(), &end) : -1;
        if (!digits.empty() && end != nullptr && *end == '\0' && percent / 100 <= kMost) return percent / 100;
    }
    page.wrong(node.place,
               fmt::format("{} must be a share of what is usual, such as 50% or 200%; found {}", name, found(node)));
    return std::nullopt;
}

std::optional<std::chrono::seconds> read_time_of_day(const Element& node, const Page& page) {
    const std::string& text = node.text;
    const bool is_one = node.kind == Element::Kind::scalar && text.size() == 5 && text[2] == ':' &&
                        (text.substr(0, 2) + text.substr(3)).find_first_not_of("0123456789") == std::string::npos;
    const int hours = is_one ? std::stoi(text.substr(0, 2)) : 24;
    const int minutes = is_one ? std::stoi(text.substr(3)) : 60;
    if (hours > 23 || minutes > 59) {
        page.wrong(node.place, fmt::format("`by` must be a time of day in UTC in quotes, such as \"06:00\"; found {}",
                                           found(node)));
        return std::nullopt;
    }
    return std::chrono::hours(hours) + std::chrono::minutes(minutes);
}

void read_volume(const Element& node, std::string_view thing, const Page& page, Expectation& expectation) {
    static constexpr KeySet kKeys{keys::kExpectRows};
    static constexpr std::array<std::string_view, 1> kUsual{"usual"};
    const Mapping mapping(node, node.place, fmt::format("`rows` of {}", thing), page, &kKeys);
    if (!mapping.usable()) return;
    const Element* least = mapping.find("min_share");
    const Element* most = mapping.find("max_share");
    if (least != nullptr) expectation.min_share = read_factor(*least, "`min_share`", page);
    if (most != nullptr) expectation.max_share = read_factor(*most, "`max_share`", page);
    if (least == nullptr && most == nullptr) page.wrong(node.place, "`rows` needs `min_share` or `max_share`");
    if (expectation.min_share && expectation.max_share && *expectation.min_share > *expectation.max_share)
        page.wrong(most->place, "`max_share` must not be below `min_share`");
    if (const Element* of = mapping.find("of")) read_word_at(*of, "`of`", kUsual, page);
}

} // namespace

NotifySettings read_notify(const Element& node, std::span<const std::string_view> known, const ProjectFiles& files,
                           const Page& page) {
    static constexpr KeySet kKeys{keys::kNotify};
    static constexpr std::array<std::string_view, 2> kSchemes{"https", "http"};
    const Context context{known, files, page};
    NotifySettings settings;
    const Mapping mapping(node, node.place, "`notify`", page, &kKeys);
    if (!mapping.usable()) return settings;
    settings.base_url = read_url(mapping, "base_url", kSchemes, false, context);
    while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
    if (const Element* webhooks = mapping.find("webhooks")) settings.webhooks = read_webhooks(*webhooks, context);
    if (const Element* email = mapping.find("email")) settings.email = read_email(*email, context);
    return settings;
}

Expectation read_expectation(const Element& node, std::string_view thing, const Page& page) {
    static constexpr KeySet kKeys{keys::kExpect};
    Expectation expectation;
    const Mapping mapping(node, node.place, fmt::format("`expect` of {}", thing), page, &kKeys);
    if (!mapping.usable()) return expectation;
    if (const Element* every = mapping.find("every")) {
        expectation.every = read_duration(*every, "`every`", page);
        if (expectation.every && *expectation.every < std::chrono::minutes(1)) {
            page.wrong(every->place, "`every` must be a minute at least");
            expectation.every.reset();
        }
    }
    if (const Element* by = mapping.find("by")) {
        expectation.by = read_time_of_day(*by, page);
        const bool whole_days = expectation.every && *expectation.every % std::chrono::days(1) == std::chrono::days(0);
        if (!whole_days) page.wrong(by->place, "`by` needs `every` in whole days, such as 1d");
    }
    if (const Element* rows = mapping.find("rows")) read_volume(*rows, thing, page, expectation);
    return expectation;
}

} // namespace inlet::reading
