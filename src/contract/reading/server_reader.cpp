#include "contract/reading/server_reader.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

// The values of one mapping, each put where it belongs if it is right.
class Values {
public:
    Values(const Mapping& mapping, const Page& page) : mapping_(mapping), page_(page) {}

    // A count of at least `least`.
    template <class Number>
    void count(std::string_view key, Number& into, std::int64_t least = 1) const {
        const Element* node = mapping_.find(key);
        if (node == nullptr) return;
        const auto number = read_count(*node, quoted(key), page_);
        if (!number) return;
        if (*number < least)
            page_.wrong(node->place, fmt::format("{} must be at least {}", quoted(key), least));
        else
            into = static_cast<std::uint64_t>(*number);
    }
    template <class Number>
    void bytes(std::string_view key, Number& into, std::uint64_t least = 1) const {
        const Element* node = mapping_.find(key);
        if (node == nullptr) return;
        const auto number = read_size(*node, quoted(key), page_);
        if (!number) return;
        if (*number < least)
            page_.wrong(node->place, fmt::format("{} must be at least {} bytes", quoted(key), least));
        else
            into = *number;
    }
    void time(std::string_view key, std::chrono::seconds& into, std::int64_t least = 1) const {
        const Element* node = mapping_.find(key);
        if (node == nullptr) return;
        const auto seconds = read_duration(*node, quoted(key), page_);
        if (!seconds) return;
        if (seconds->count() < least)
            page_.wrong(node->place, fmt::format("{} must be at least {}s", quoted(key), least));
        else
            into = *seconds;
    }

private:
    static std::string quoted(std::string_view key) { return fmt::format("`{}`", key); }

    const Mapping& mapping_;
    const Page& page_;
};

std::vector<ListenAddress> read_listen(const Element& node, const Page& page) {
    std::vector<ListenAddress> addresses;
    for (const auto& [text, place] : read_names(node, "`listen`", page)) {
        if (auto address = parse_listen_address(text)) {
            addresses.push_back(std::move(*address));
        } else {
            page.wrong(place,
                       fmt::format("`listen` must be an address and a port such as 127.0.0.1:8080, or unix:/PATH; "
                                   "found `{}`",
                                   text));
        }
    }
    return addresses;
}

std::string read_path(const Mapping& mapping, std::string_view key, const std::string& folder,
                      const ProjectFiles& files, const Page& page) {
    const Element* node = mapping.require(key);
    if (node == nullptr) return {};
    const auto text = read_text(*node, fmt::format("`{}`", key), page);
    const auto expanded = text ? files.expand(*node, *text, page) : std::nullopt;
    if (!expanded || expanded->empty()) return {};
    return (std::filesystem::path(folder) / *expanded).lexically_normal().string();
}

std::optional<TlsConfig> read_tls(const Element& node, const std::string& folder, const ProjectFiles& files,
                                  const Page& page) {
    static constexpr KeySet kKeys{keys::kTls};
    const Mapping mapping(node, node.place, "`tls`", page, &kKeys);
    if (!mapping.usable()) return std::nullopt;
    TlsConfig tls;
    tls.certificate = read_path(mapping, "certificate", folder, files, page);
    tls.key = read_path(mapping, "key", folder, files, page);
    if (const Element* one = mapping.find("min_version")) {
        static const Words<bool> kVersions{{"1.2", false}, {"1.3", true}};
        tls.only_tls13 = read_word(*one, "`min_version`", kVersions, page).value_or(false);
    }
    return tls;
}

ClientRates read_rates(const Element& node, std::string_view key, std::span<const std::string_view> known,
                       const Page& page) {
    const KeySet keys{known};
    const Mapping mapping(node, node.place, fmt::format("`{}`", key), page, &keys);
    const Values values(mapping, page);
    ClientRates rates;
    values.count("connections", rates.connections);
    values.count("requests_per_second", rates.requests_per_second);
    values.count("burst", rates.burst);
    values.bytes("bytes_per_second", rates.bytes_per_second);
    const Element* burst = mapping.find("burst");
    if (burst != nullptr && !rates.requests_per_second)
        page.wrong(burst->place, "`burst` goes with `requests_per_second`, which is not set");
    return rates;
}

ServerLimits read_limits(const Element& node, const Page& page) {
    static constexpr KeySet kKeys{keys::kLimits};
    const Mapping mapping(node, node.place, "`limits`", page, &kKeys);
    const Values values(mapping, page);
    ServerLimits limits;
    values.count("connections", limits.connections);
    values.count("uploads", limits.uploads);
    values.count("calls", limits.calls);
    values.count("waiting", limits.waiting, 0);
    values.bytes("header_bytes", limits.header_bytes, 1024);
    values.bytes("body_bytes", limits.body_bytes);
    values.bytes("small_bytes", limits.small_bytes);
    values.bytes("body_rate", limits.body_rate, 0);
    values.bytes("disk_free", limits.disk_free, 0);
    values.time("header_time", limits.header_time);
    values.time("idle_time", limits.idle_time);
    values.time("body_time", limits.body_time);
    values.time("send_time", limits.send_time);
    values.time("stop_time", limits.stop_time, 0);
    if (const Element* one = mapping.find("per_address"))
        limits.per_address = read_rates(*one, "per_address", keys::kAddressRates, page);
    if (const Element* one = mapping.find("per_principal"))
        limits.per_principal = read_rates(*one, "per_principal", keys::kPrincipalRates, page);
    return limits;
}

// "https://app.example.org:8443": scheme, host and port alone, as browsers send it.
bool is_origin(std::string_view text) {
    if (text == "*") return true;
    const std::size_t scheme = text.find("://");
    if (scheme == 0 || scheme == std::string_view::npos) return false;
    const std::string_view host = text.substr(scheme + 3);
    return !host.empty() && host.find_first_of("/?# ") == std::string_view::npos;
}

Cors read_cors(const Element& node, const Page& page) {
    static constexpr KeySet kKeys{keys::kCors};
    const Mapping mapping(node, node.place, "`cors`", page, &kKeys);
    Cors cors;
    if (const Element* one = mapping.require("origins")) {
        for (const auto& [text, place] : read_names(*one, "`origins`", page)) {
            if (is_origin(text))
                cors.origins.push_back(text);
            else
                page.wrong(place, fmt::format("an item of `origins` must be a scheme and a host such as "
                                              "https://app.example.org, or *; found `{}`",
                                              text));
        }
    }
    Values(mapping, page).time("max_age", cors.max_age, 0);
    return cors;
}

JobLimits read_jobs(const Element& node, const Page& page) {
    static constexpr KeySet kKeys{keys::kJobs};
    const Mapping mapping(node, node.place, "`jobs`", page, &kKeys);
    const Values values(mapping, page);
    JobLimits jobs;
    values.count("running", jobs.running);
    values.count("retries", jobs.retries, 0);
    jobs.memory_bytes = std::max(jobs.memory_bytes, jobs.running * kJobMemoryLeast);
    values.bytes("memory", jobs.memory_bytes, jobs.running * kJobMemoryLeast);
    return jobs;
}

std::optional<ScanConfig> read_scan(const Element& node, const Page& page) {
    static constexpr KeySet kKeys{keys::kScan};
    static const Words<ScanConfig::OnFailure> kFailures{{"hold", ScanConfig::OnFailure::hold},
                                                        {"reject", ScanConfig::OnFailure::reject}};
    static const Words<ScanConfig::OnFound> kFound{{"quarantine", ScanConfig::OnFound::quarantine},
                                                   {"remove", ScanConfig::OnFound::remove}};
    const Mapping mapping(node, node.place, "`scan`", page, &kKeys);
    if (!mapping.usable()) return std::nullopt;
    ScanConfig scan;
    if (const Element* one = mapping.require("clamd")) {
        if (const auto text = read_text(*one, "`clamd`", page)) {
            const auto address = parse_listen_address(*text);
            if (address && (!address->path.empty() || address->port != 0) &&
                address->tls == ListenAddress::Tls::if_configured) {
                scan.clamd_path = address->path;
                scan.clamd_host = address->host;
                scan.clamd_port = address->port;
            } else {
                page.wrong(one->place, fmt::format("`clamd` must be unix:/PATH of its socket, or an IP address and a "
                                                   "port such as 127.0.0.1:3310; found `{}`",
                                                   *text));
            }
        }
    }
    if (const Element* one = mapping.find("on_failure"))
        scan.on_failure = read_word(*one, "`on_failure`", kFailures, page).value_or(scan.on_failure);
    if (const Element* one = mapping.find("on_found"))
        scan.on_found = read_word(*one, "`on_found`", kFound, page).value_or(scan.on_found);
    if (const Element* one = mapping.find("records"))
        scan.records = read_truth(*one, "`records`", page).value_or(scan.records);
    Values(mapping, page).time("time_out", scan.time_out);
    return scan;
}

std::vector<AddressRange> read_ranges(const std::vector<std::pair<std::string, Place>>& names, std::string_view key,
                                      std::string_view besides, const Page& page) {
    std::vector<AddressRange> ranges;
    for (const auto& [text, place] : names) {
        if (auto range = AddressRange::parse(text)) {
            ranges.push_back(*range);
        } else {
            page.wrong(place, fmt::format("an item of `{}` must be an address such as 192.0.2.7, or a range such as "
                                          "10.0.0.0/8{}; found `{}`",
                                          key, besides, text));
        }
    }
    return ranges;
}

TrustedProxies read_proxies(const Mapping& mapping, const Page& page) {
    TrustedProxies proxies;
    if (const Element* one = mapping.find("trusted_proxies")) {
        auto names = read_names(*one, "`trusted_proxies`", page);
        proxies.unix_sockets = std::erase_if(names, [](const auto& name) { return name.first == "unix"; }) != 0;
        proxies.addresses = read_ranges(names, "trusted_proxies", ", or unix", page);
    }
    if (const Element* one = mapping.find("forwarded_header")) {
        using Header = TrustedProxies::Header;
        static const Words<Header> kHeaders{{"X-Forwarded-For", Header::x_forwarded_for},
                                            {"Forwarded", Header::forwarded}};
        proxies.header = read_word(*one, "`forwarded_header`", kHeaders, page).value_or(proxies.header);
        if (mapping.find("trusted_proxies") == nullptr)
            page.wrong(one->place, "`forwarded_header` goes with `trusted_proxies`, which is not set");
    }
    return proxies;
}

MetricsConfig read_metrics(const Element& node, const Page& page) {
    static constexpr KeySet kKeys{keys::kMetrics};
    const Mapping mapping(node, node.place, "`metrics`", page, &kKeys);
    MetricsConfig metrics;
    if (const Element* one = mapping.find("listen")) metrics.listen = read_listen(*one, page);
    for (const ListenAddress& address : metrics.listen) {
        if (address.tls != ListenAddress::Tls::always) continue;
        page.wrong(mapping.find("listen")->place, fmt::format("`{}`: metrics are served without TLS", address.text));
    }
    if (const Element* one = mapping.find("from")) {
        auto names = read_names(*one, "`from`", page);
        const bool nobody = names.size() == 1 && names.front().first == "nobody";
        if (nobody) names.clear();
        metrics.from = read_ranges(names, "from", ", or nobody", page);
    }
    return metrics;
}

LogConfig read_log(const Element& node, const Page& page) {
    static constexpr KeySet kKeys{keys::kLog};
    const Mapping mapping(node, node.place, "`log`", page, &kKeys);
    LogConfig log;
    if (const Element* one = mapping.find("format")) {
        static const Words<LogFormat> kFormats{{"json", LogFormat::json}, {"text", LogFormat::text}};
        log.format = read_word(*one, "`format`", kFormats, page);
    }
    if (const Element* one = mapping.find("level")) {
        static const Words<LogLevel> kLevels{{"debug", LogLevel::debug},
                                             {"info", LogLevel::info},
                                             {"warning", LogLevel::warning},
                                             {"error", LogLevel::error}};
        log.level = read_word(*one, "`level`", kLevels, page).value_or(log.level);
    }
    if (const Element* one = mapping.find("access")) log.access = read_truth(*one, "`access`", page).value_or(true);
    return log;
}

// "0660": in octal, as chmod takes it.
std::optional<unsigned> read_mode(const Element& node, const Page& page) {
    if (node.kind == Element::Kind::scalar && (node.text.size() == 3 || node.text.size() == 4)) {
        unsigned mode = 0;
        const bool octal = std::ranges::all_of(node.text, [](char c) { return c >= '0' && c <= '7'; });
        for (const char c : node.text) mode = mode * 8 + static_cast<unsigned>(c - '0');
        if (octal && mode <= 0777) return mode;
    }
    page.wrong(node.place, fmt::format("`socket_mode` must be a mode such as \"0660\"; found {}", found(node)));
    return std::nullopt;
}

} // namespace

ServerConfig read_server(const Element& node, const std::string& folder, const ProjectFiles& files, const Page& page) {
    static constexpr KeySet kKeys{keys::kServer};
    const Mapping mapping(node, node.place, "`server`", page, &kKeys);
    ServerConfig config;
    if (!mapping.usable()) return config;
    if (const Element* one = mapping.find("listen")) config.listen = read_listen(*one, page);
    if (const Element* one = mapping.find("socket_mode"))
        config.socket_mode = read_mode(*one, page).value_or(config.socket_mode);
    if (const Element* one = mapping.find("tls")) config.tls = read_tls(*one, folder, files, page);
    if (const Element* one = mapping.find("limits")) config.limits = read_limits(*one, page);
    if (const Element* one = mapping.find("cors")) config.cors = read_cors(*one, page);
    if (const Element* one = mapping.find("jobs")) config.jobs = read_jobs(*one, page);
    if (const Element* one = mapping.find("scan")) config.scan = read_scan(*one, page);
    Values(mapping, page).count("threads", config.threads);
    config.proxies = read_proxies(mapping, page);
    if (const Element* one = mapping.find("metrics")) config.metrics = read_metrics(*one, page);
    if (const Element* one = mapping.find("log")) config.log = read_log(*one, page);
    if (!config.tls) {
        for (const ListenAddress& address : config.listen) {
            if (address.tls != ListenAddress::Tls::always) continue;
            page.wrong(mapping.find("listen")->place,
                       fmt::format("`{}` speaks TLS, and there is no `tls` with certificate and key", address.text));
        }
    }
    return config;
}

} // namespace inlet::reading
