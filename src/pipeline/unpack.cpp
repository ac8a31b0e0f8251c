#include "pipeline/unpack.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "pipeline/byte_origins.hpp"
#include "pipeline/content_kind.hpp"
#include "pipeline/zip_archive.hpp"

namespace inlet {

namespace {

constexpr std::size_t kNamedMax = 5; // members named in a message

// "`a.csv`, `b.csv` and 3 more"
std::string list_names(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kNamedMax; ++i) {
        text += fmt::format("{}`{}`", i == 0 ? "" : ", ", names[i]);
    }
    if (names.size() > kNamedMax) text += fmt::format(" and {} more", names.size() - kNamedMax);
    return text;
}

// A name that leads out of the place it would be unpacked to, or that no file can have.
bool escapes(std::string_view name) {
    if (name.empty()) return true;
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; };
    if (std::ranges::any_of(name, is_control)) return true;
    std::string path(name);
    std::ranges::replace(path, '\\', '/');
    if (path.front() == '/') return true;
    if (path.size() > 1 && path[1] == ':') return true; // a drive
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        if (std::string_view(path).substr(begin, end - begin) == "..") return true;
        begin = end + 1;
    }
    return false;
}

std::string_view base_name(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

// What the file managers of macOS and Windows leave in folders.
bool is_litter(std::string_view name) {
    return name.starts_with("__MACOSX/") || base_name(name) == ".DS_Store" || base_name(name) == "Thumbs.db";
}

template <class Test>
Status refuse_members(const std::vector<ZipMember>& members, FailureCode code, std::string_view what, Test test) {
    std::vector<std::string> names;
    for (const ZipMember& member : members) {
        if (test(member)) names.push_back(member.name);
    }
    if (names.empty()) return {};
    return fail(code, fmt::format("{} in the zip {} {}", list_names(names), names.size() == 1 ? "is" : "are", what));
}

Status check_size(const std::vector<ZipMember>& members, std::uint64_t archive_bytes, const ArchiveLimits& limits) {
    if (members.size() > limits.members_max) {
        return fail(FailureCode::zip_bomb, fmt::format("the zip has more than {} members", limits.members_max));
    }
    std::uint64_t total = 0;
    for (const ZipMember& member : members) {
        if (member.bytes > limits.unpacked_bytes_max - total) {
            return fail(FailureCode::zip_bomb,
                        fmt::format("the zip unpacks to more than {} bytes", limits.unpacked_bytes_max));
        }
        total += member.bytes;
    }
    if (total > limits.ratio_free_bytes && total / limits.ratio_max > archive_bytes) {
        return fail(FailureCode::zip_bomb,
                    fmt::format("the zip has {} bytes and unpacks to {}; more than {} times is not allowed",
                                archive_bytes, total, limits.ratio_max));
    }
    return {};
}

Status check_content(const std::vector<ZipMember>& members) {
    for (const ZipMember& member : members) {
        if (member.name == "[Content_Types].xml") {
            return fail(FailureCode::format_error, "this is an Office document (such as .xlsx); save the sheet as CSV");
        }
    }
    const auto has = [](ContentKind kind) { return [kind](const ZipMember& m) { return m.content.kind == kind; }; };
    TRY(refuse_members(members, FailureCode::executable_content, "no data but a program",
                       has(ContentKind::executable)));
    TRY(refuse_members(members, FailureCode::nested_archive, "an archive again", [](const ZipMember& m) {
        return m.content.kind == ContentKind::zip || m.content.kind == ContentKind::archive;
    }));
    for (const ZipMember& member : members) {
        if (member.unreadable) return fail(*member.unreadable);
        if (member.content.kind == ContentKind::recoded) return fail(wrong_encoding(member.name, member.content));
        if (member.content.kind == ContentKind::other) {
            return fail(FailureCode::format_error,
                        fmt::format("`{}` in the zip is {}, not CSV", member.name, member.content.name));
        }
    }
    return {};
}

// Only files that may be read are left in `members` after this.
Status check_members(std::vector<ZipMember>& members, std::uint64_t archive_bytes, const ArchiveLimits& limits) {
    TRY(refuse_members(members, FailureCode::path_escape, "under a name that leads out of it",
                       [](const ZipMember& m) { return escapes(m.name); }));
    TRY(refuse_members(members, FailureCode::path_escape, "a link or a device, not a file",
                       [](const ZipMember& m) { return m.special; }));
    TRY(refuse_members(members, FailureCode::encrypted_archive, "encrypted",
                       [](const ZipMember& m) { return m.encrypted; }));
    TRY(check_size(members, archive_bytes, limits));
    std::erase_if(members, [](const ZipMember& member) { return member.folder || is_litter(member.name); });
    return check_content(members);
}

// "drop/" if every file lies in that folder; else nothing.
std::string shared_folder(const std::vector<ZipMember>& members) {
    if (members.empty()) return "";
    const std::size_t slash = members.front().name.find('/');
    if (slash == std::string::npos) return "";
    std::string folder = members.front().name.substr(0, slash + 1);
    const auto within = [&](const ZipMember& member) { return member.name.starts_with(folder); };
    return std::ranges::all_of(members, within) ? folder : "";
}

// The members by their names in the package.
Result<std::map<std::string, const ZipMember*>> match_members(const Package& package,
                                                              const std::vector<ZipMember>& members) {
    const auto named = [&](const ZipMember& member) { return package.members.contains(member.name); };
    const std::size_t dropped = std::ranges::any_of(members, named) ? 0 : shared_folder(members).size();
    std::map<std::string, const ZipMember*> by_name;
    std::vector<std::string> repeated;
    std::vector<std::string> unknown;
    for (const ZipMember& member : members) {
        std::string name = member.name.substr(dropped);
        if (by_name.contains(name)) repeated.push_back(name);
        if (!package.members.contains(name)) unknown.push_back(name);
        by_name.emplace(std::move(name), &member);
    }
    std::vector<std::string> missing;
    for (const auto& [name, dataset] : package.members) {
        if (!by_name.contains(name)) missing.push_back(name);
    }
    if (!repeated.empty()) {
        return fail(FailureCode::duplicate_member,
                    fmt::format("the zip holds {} more than once", list_names(repeated)));
    }
    if (!unknown.empty()) {
        std::vector<std::string> wanted;
        for (const auto& [name, dataset] : package.members) wanted.push_back(name);
        return fail(FailureCode::unknown_member, fmt::format("the zip holds {}; package `{}` knows only {}",
                                                             list_names(unknown), package.name, list_names(wanted)));
    }
    if (!missing.empty()) {
        return fail(FailureCode::missing_member,
                    fmt::format("the zip lacks {}, which package `{}` asks for", list_names(missing), package.name));
    }
    return by_name;
}

Result<std::vector<SentPart>> unpack_zip(const Project& project, const Target& target,
                                         const std::shared_ptr<const ObjectReader>& raw, const ArchiveLimits& limits) {
    std::vector<ZipMember> members = TRY(list_zip(*raw, limits.members_max));
    TRY(check_members(members, raw->size(), limits));
    const auto part = [&](std::string name, const Dataset* dataset, const ZipMember& member) {
        return SentPart{std::move(name), dataset, std::make_shared<ZipMemberOrigin>(raw, member), member.bytes};
    };
    std::vector<SentPart> parts;
    if (target.dataset != nullptr) {
        if (members.empty()) return fail(FailureCode::missing_member, "the zip holds no file");
        if (members.size() > 1) {
            std::vector<std::string> names;
            for (const ZipMember& member : members) names.push_back(member.name);
            return fail(FailureCode::unknown_member,
                        fmt::format("a zip for a dataset holds one file; this one holds {}: {}", members.size(),
                                    list_names(names)));
        }
        parts.push_back(part(std::string(base_name(members.front().name)), target.dataset, members.front()));
        return parts;
    }
    for (const auto& [name, member] : TRY(match_members(*target.package, members))) {
        const Dataset* dataset = project.dataset(target.package->members.at(name));
        CHECK(dataset != nullptr); // the project's reader saw to it
        parts.push_back(part(name, dataset, *member));
    }
    return parts;
}

} // namespace

Result<Target> find_target(const Project& project, const std::string& name, bool is_package) {
    Target target;
    if (is_package) {
        target.package = project.package(name);
        if (target.package == nullptr) {
            return fail(FailureCode::unknown_package, fmt::format("the project has no package `{}`", name));
        }
    } else {
        target.dataset = project.dataset(name);
        if (target.dataset == nullptr) {
            return fail(FailureCode::unknown_dataset, fmt::format("the project has no dataset `{}`", name));
        }
    }
    return target;
}

Result<std::vector<SentPart>> unpack(const Project& project, const Target& target, const std::string& file_name,
                                     std::shared_ptr<const ObjectReader> raw, const ArchiveLimits& limits) {
    std::array<char, kRecognisedBytes> head{};
    const std::size_t count = TRY(raw->pread(std::as_writable_bytes(std::span(head)), 0));
    const Content content = recognise(std::span(head).first(count));
    switch (content.kind) {
    case ContentKind::zip:
        return unpack_zip(project, target, raw, limits);
    case ContentKind::executable:
        return fail(FailureCode::executable_content, fmt::format("`{}` is no data but {}", file_name, content.name));
    case ContentKind::archive:
        return fail(FailureCode::nested_archive,
                    fmt::format("`{}` is {}; send the file itself, or a zip", file_name, content.name));
    case ContentKind::recoded:
        return fail(wrong_encoding(file_name, content));
    case ContentKind::other:
        return fail(FailureCode::format_error, fmt::format("`{}` is {}, not CSV", file_name, content.name));
    case ContentKind::text:
        break;
    }
    if (target.package != nullptr) {
        return fail(FailureCode::file_malformed, fmt::format("`{}` is no zip, and package `{}` is delivered as one",
                                                             file_name, target.package->name));
    }
    const std::uint64_t size = raw->size();
    std::vector<SentPart> parts;
    parts.push_back({file_name, target.dataset, std::make_shared<ObjectOrigin>(std::move(raw)), size});
    return parts;
}

} // namespace inlet
