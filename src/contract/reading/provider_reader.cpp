// Providers and their watch folders. See provider_reader.hpp.
#include "contract/reading/provider_reader.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "contract/reading/names.hpp"
#include "contract/reading/pattern_overlap.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

constexpr std::chrono::seconds kSettleLeast = std::chrono::minutes(5);
constexpr std::chrono::seconds kSettleMost = std::chrono::days(30);
constexpr std::size_t kAddressBytesMax = 254; // RFC 5321, erratum 1690

// Whether `path` is `folder` or lies in it. Both are absolute and plain.
bool is_within(std::string_view path, std::string_view folder) {
    if (folder == "/") return true;
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// One address, as a person writes it: something, `@`, something; nothing that could end a header or begin another.
bool is_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size() || text.size() > kAddressBytesMax)
        return false;
    return std::ranges::all_of(text,
                               [](char c) {
                                   const auto byte = static_cast<unsigned char>(c);
                                   return byte > 0x20 && byte != 0x7F &&
                                          std::string_view("<>,;:\"()[]\\").find(c) == std::string_view::npos;
                               }) &&
           std::ranges::count(text, '@') == 1;
}

// A source, and where the project file names what others may collide with.
struct Placed {
    std::string provider;
    FolderSource source;
    Place folder_at;
    Place outbox_at; // of the source, if its outbox is not named
};

class ProvidersReader {
public:
    ProvidersReader(const Project& project, const ProjectFiles& files, const Page& page)
        : project_(project), files_(files), page_(page) {}

    std::vector<Provider> read(const Element& node, Place place) {
        std::vector<Provider> providers;
        const Mapping mapping(node, place, "`providers`", page_, nullptr);
        for (const Entry* entry : mapping.entries()) {
            check_plain_name("provider", entry->key, entry->place, page_);
            providers.push_back(read_provider(*entry));
        }
        check_together();
        return providers;
    }

private:
    Provider read_provider(const Entry& entry) {
        static constexpr KeySet kKeys{keys::kProvider, keys::kProviderLater, keys::kProviderMisplaced};
        Provider provider;
        provider.name = entry.key;
        const Mapping mapping(*entry.value, entry.place, fmt::format("provider `{}`", entry.key), page_, &kKeys);
        if (!mapping.usable()) return provider;
        if (const Element* node = mapping.find("title"))
            provider.title = read_any_text(*node, "`title`", page_).value_or("");
        if (const Element* node = mapping.find("contacts")) {
            for (auto& [address, at] : read_names(*node, "`contacts`", page_)) {
                if (!is_address(address))
                    page_.wrong(at, fmt::format("`{}` in `contacts` is no e-mail address", address),
                                "write it plainly: someone@example.com");
                provider.contacts.push_back(std::move(address));
            }
        }
        if (const Element* node = mapping.find("sources")) read_sources(*node, provider);
        return provider;
    }

    void read_sources(const Element& node, Provider& provider) {
        if (node.kind != Element::Kind::list) {
            page_.wrong(node.place, fmt::format("`sources` must be a list; found {}", found(node)));
            return;
        }
        for (const Element* one : node.items) {
            if (auto source = read_source(*one, provider.name)) provider.sources.push_back(std::move(*source));
        }
    }

    std::optional<FolderSource> read_source(const Element& node, const std::string& provider) {
        static constexpr KeySet kKeys{keys::kSource, keys::kSourceLater, keys::kSourceMisplaced};
        const Mapping mapping(node, node.place, fmt::format("a source of provider `{}`", provider), page_, &kKeys);
        if (!mapping.usable()) return std::nullopt;
        FolderSource source;
        const Element* folder = mapping.require("folder");
        if (folder != nullptr) source.folder = read_path(*folder, "`folder`");
        if (const Element* pattern = mapping.find("pattern")) {
            source.pattern = read_text(*pattern, "`pattern`", page_).value_or(source.pattern);
            if (source.pattern.find('/') != std::string::npos)
                page_.wrong(pattern->place, fmt::format("`pattern` is compared with the name of a file, which has no "
                                                        "`/`; found `{}`",
                                                        source.pattern));
        }
        read_target(mapping, node.place, source);
        read_settle(mapping, source);
        const Element* outbox = mapping.find("outbox");
        source.outbox = outbox != nullptr ? read_path(*outbox, "`outbox`") : source.folder + "/outbox";
        if (source.folder.empty() || source.outbox.empty()) return std::nullopt;
        const Place outbox_at = outbox != nullptr ? outbox->place : node.place;
        check_alone(source.folder, "`folder`", folder->place);
        if (outbox != nullptr) check_alone(source.outbox, "`outbox`", outbox_at);
        placed_.push_back({provider, source, folder->place, outbox_at});
        return source;
    }

    std::string read_path(const Element& node, std::string_view name) {
        const auto text = read_text(node, name, page_);
        const auto expanded = text ? files_.expand(node, *text, page_) : std::nullopt;
        if (!expanded) return {};
        if (expanded->empty()) {
            page_.wrong(node.place, fmt::format("`{}` is an empty path", *text));
            return {};
        }
        std::string path = (std::filesystem::path(project_.folder) / *expanded).lexically_normal().string();
        while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        return path;
    }

    void read_target(const Mapping& mapping, Place place, FolderSource& source) {
        const Element* dataset = mapping.find("dataset");
        const Element* package = mapping.find("package");
        if ((dataset == nullptr) == (package == nullptr)) {
            page_.wrong(place, fmt::format("{} must say where its files go: `dataset` or `package`{}", mapping.thing(),
                                           dataset != nullptr ? ", and not both" : ""));
            return;
        }
        source.target_is_package = package != nullptr;
        const Element& node = package != nullptr ? *package : *dataset;
        const auto name = read_text(node, package != nullptr ? "`package`" : "`dataset`", page_);
        if (!name) return;
        source.target = *name;
        std::vector<std::string_view> names;
        if (package != nullptr)
            for (const Package& one : project_.packages) names.push_back(one.name);
        else
            for (const Dataset& one : project_.datasets) names.push_back(one.name);
        if (std::ranges::find(names, *name) != names.end()) return;
        page_.wrong(node.place, fmt::format("there is no {} `{}`", package != nullptr ? "package" : "dataset", *name),
                    did_you_mean(*name, names));
    }

    void read_settle(const Mapping& mapping, FolderSource& source) {
        bool short_allowed = false;
        if (const Element* node = mapping.find("allow_short_settle"))
            short_allowed = read_truth(*node, "`allow_short_settle`", page_).value_or(true);
        const Element* node = mapping.find("settle");
        if (node == nullptr) return;
        const auto settle = read_duration(*node, "`settle`", page_);
        if (!settle) return;
        source.settle = *settle;
        if (*settle < std::chrono::seconds(1) || *settle > kSettleMost) {
            page_.wrong(node->place, fmt::format("`settle` must be from 1s to 30d; found {}", found(*node)));
        } else if (*settle < kSettleLeast && !short_allowed) {
            page_.wrong(node->place,
                        fmt::format("`settle` must be at least 5m, so that a delivery can still be corrected; found {}",
                                    found(*node)),
                        "if that is not wanted, say `allow_short_settle: true`");
        }
    }

    // Who may write into a watch folder must not reach what Inlet keeps or goes by.
    void check_alone(const std::string& path, std::string_view name, Place place) {
        const std::string& data = project_.data_folder;
        if (is_within(path, data) || is_within(data, path)) {
            page_.wrong(place,
                        fmt::format("{} `{}` {} the data folder `{}`", name, path,
                                    is_within(path, data) ? "lies in" : "holds", data),
                        "put it beside");
        } else if (is_within(project_.folder, path)) {
            page_.wrong(place, fmt::format("{} `{}` holds the project file", name, path), "put it below or beside");
        }
    }

    void check_together() const {
        for (std::size_t i = 0; i < placed_.size(); ++i) {
            for (std::size_t j = 0; j < placed_.size(); ++j) {
                if (i != j) check_outbox(placed_[i], placed_[j]);
                if (j < i) check_pair(placed_[j], placed_[i]);
            }
            if (placed_[i].source.outbox == placed_[i].source.folder)
                page_.wrong(placed_[i].outbox_at,
                            fmt::format("`outbox` is the watch folder itself: `{}`", placed_[i].source.folder));
        }
    }

    // Answers must not be taken for deliveries, nor be seen by another provider.
    void check_outbox(const Placed& mine, const Placed& other) const {
        if (mine.source.outbox == other.source.folder) {
            page_.wrong(mine.outbox_at, fmt::format("the outbox `{}` is a watch folder, of provider `{}`",
                                                    mine.source.outbox, other.provider));
        } else if (mine.provider != other.provider && is_within(mine.source.outbox, other.source.folder) &&
                   !is_within(mine.source.folder, other.source.folder)) {
            page_.wrong(mine.outbox_at, fmt::format("the outbox `{}` lies in a folder of provider `{}`",
                                                    mine.source.outbox, other.provider));
        }
    }

    // `first` stands before `second`.
    void check_pair(const Placed& first, const Placed& second) const {
        const FolderSource& one = first.source;
        const FolderSource& two = second.source;
        if (first.provider != second.provider) {
            if (is_within(one.folder, two.folder) || is_within(two.folder, one.folder)) {
                page_.wrong(second.folder_at,
                            fmt::format("`{}` {} the folder of provider `{}` (line {}); each provider has its own",
                                        two.folder,
                                        one.folder == two.folder            ? "is"
                                        : is_within(two.folder, one.folder) ? "lies in"
                                                                            : "holds",
                                        first.provider, first.folder_at.line));
            } else if (one.outbox == two.outbox) {
                page_.wrong(second.outbox_at, fmt::format("`{}` is the outbox of provider `{}` (line {}) too",
                                                          two.outbox, first.provider, first.outbox_at.line));
            }
            return;
        }
        const bool same_folder = one.folder == two.folder;
        if ((!same_folder && one.outbox != two.outbox) || !patterns_overlap(one.pattern, two.pattern)) return;
        page_.wrong(second.folder_at,
                    fmt::format("`{}` and the source of line {} share {}, and a file could match both `{}` and `{}`",
                                two.folder, first.folder_at.line, same_folder ? "the folder" : "an outbox", one.pattern,
                                two.pattern));
    }

    const Project& project_;
    const ProjectFiles& files_;
    const Page& page_;
    std::vector<Placed> placed_;
};

} // namespace

std::vector<Provider> read_providers(const Element& node, Place place, const Project& project,
                                     const ProjectFiles& files, const Page& page) {
    return ProvidersReader(project, files, page).read(node, place);
}

} // namespace inlet::reading
