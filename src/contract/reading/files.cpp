// Reading what a project names, through the injected source. See files.hpp.
#include "contract/reading/files.hpp"

#include <filesystem>

#include <fmt/format.h>

namespace inlet::reading {

std::string ProjectFiles::path(const std::string& named) const {
    if (folder_.empty()) return named;
    return (std::filesystem::path(folder_) / named).lexically_normal().string();
}

std::optional<std::string> ProjectFiles::read(const std::string& named, const Element& node, const Page& page) const {
    auto text = source_.read(path(named));
    if (text) return std::move(*text);
    page.wrong(node.place, fmt::format("cannot read `{}`: {}", path(named), text.error().message));
    return std::nullopt;
}

std::optional<std::string> ProjectFiles::expand(const Element& node, const std::string& text, const Page& page) const {
    std::string expanded;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = text.find("${", at);
        if (begin == std::string::npos) {
            expanded.append(text, at);
            break;
        }
        expanded.append(text, at, begin - at);
        const std::size_t end = text.find('}', begin);
        const std::string inside = end == std::string::npos ? "" : text.substr(begin + 2, end - begin - 2);
        if (inside.starts_with("env:") && inside.size() > 4) {
            const auto value = source_.environment(inside.substr(4));
            if (!value) {
                page.wrong(node.place, fmt::format("the environment has no variable `{}`", inside.substr(4)));
                return std::nullopt;
            }
            expanded += *value;
        } else if (inside.starts_with("file:") && inside.size() > 5) {
            auto value = read(inside.substr(5), node, page);
            if (!value) return std::nullopt;
            // Secrets are files of one line, and editors end a line.
            while (value->ends_with('\n') || value->ends_with('\r')) value->pop_back();
            expanded += *value;
        } else {
            page.wrong(node.place, fmt::format("`{}` must be ${{env:NAME}} or ${{file:PATH}}",
                                               text.substr(begin, end == std::string::npos ? end : end - begin + 1)));
            return std::nullopt;
        }
        at = end + 1;
    }
    return expanded;
}

} // namespace inlet::reading
