// Reads a project from its file, top down. See project_reader.hpp; the parts are read in reading/.
#include "contract/project_reader.hpp"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "contract/reading/access_reader.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/files.hpp"
#include "contract/reading/notify_reader.hpp"
#include "contract/reading/parts_reader.hpp"
#include "contract/reading/provider_reader.hpp"
#include "contract/reading/schema_reader.hpp"
#include "contract/reading/server_reader.hpp"
#include "contract/reading/walker.hpp"

namespace inlet {

namespace {

using namespace reading;

std::string absolute_path(const std::filesystem::path& path) {
    std::error_code
        error; // only the current folder can fail to be read, and then the path as given is the best there is
    const std::filesystem::path absolute = std::filesystem::absolute(path, error);
    std::string text = (error ? path : absolute).lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return text;
}

std::string read_data_folder(const Mapping& mapping, const std::string& folder, const ProjectFiles& files,
                             const Page& page) {
    static constexpr KeySet kKeys{keys::kStorage, keys::kStorageLater};
    std::string named = "data";
    if (const Element* node = mapping.find("storage")) {
        const Mapping storage(*node, node->place, "`storage`", page, &kKeys);
        if (const Element* data = storage.find("data")) {
            const auto text = read_text(*data, "`data`", page);
            const auto expanded = text ? files.expand(*data, *text, page) : std::nullopt;
            if (expanded && expanded->empty()) page.wrong(data->place, fmt::format("`{}` is an empty path", *text));
            named = expanded.value_or(named);
        }
    }
    return absolute_path(std::filesystem::path(folder) / named);
}

Project read_root(const Element& root, const std::string& path, const FileSource& source, SqlPlaces* sql_places,
                  const Page& page) {
    static constexpr KeySet kKeys{keys::kProject, keys::kProjectLater, keys::kProjectMisplaced};
    const std::string given_folder = std::filesystem::path(path).parent_path().string();
    const ProjectFiles files(given_folder, source, sql_places);
    Project project;
    project.folder =
        absolute_path(given_folder.empty() ? std::filesystem::path(".") : std::filesystem::path(given_folder));
    const Mapping mapping(root, {1, 1}, "the project", page, &kKeys);
    if (!mapping.usable()) return project;
    read_ignored(mapping, "$schema", page);
    if (const Element* node = mapping.require("project")) {
        if (auto name = read_text(*node, "`project`", page)) {
            check_plain_name("project", *name, node->place, page);
            project.name = std::move(*name);
        }
    }
    project.data_folder = read_data_folder(mapping, project.folder, files, page);

    TableNames tables;
    const auto place_of = [&](std::string_view key) { return root.find(key)->place; };
    if (const Element* node = mapping.require("datasets")) {
        project.datasets = read_datasets(*node, place_of("datasets"), tables, files, page);
    }
    if (const Element* node = mapping.find("models"))
        project.models = read_models(*node, place_of("models"), tables, files, page);
    if (const Element* node = mapping.find("views"))
        project.views = read_views(*node, place_of("views"), tables, files, page);
    if (const Element* node = mapping.find("packages")) {
        project.packages = read_packages(*node, place_of("packages"), project.datasets, tables, page);
    }
    if (const Element* node = mapping.find("access"))
        project.access = read_access(*node, place_of("access"), project, files, page);
    if (const Element* node = mapping.find("providers"))
        project.providers = read_providers(*node, place_of("providers"), project, files, page);
    if (const Element* node = mapping.find("notify")) {
        std::vector<std::string_view> targets;
        for (const Dataset& dataset : project.datasets) targets.emplace_back(dataset.name);
        for (const Package& package : project.packages) targets.emplace_back(package.name);
        project.notify = read_notify(*node, targets, files, page);
    }
    if (const Element* node = mapping.find("server")) project.server = read_server(*node, project.folder, files, page);
    return project;
}

} // namespace

std::string to_string(const Diagnostic& mistake) {
    std::string text = mistake.file;
    if (mistake.line > 0) text += fmt::format(":{}:{}", mistake.line, mistake.column);
    text += ": " + mistake.message;
    if (!mistake.suggestion.empty()) text += "; " + mistake.suggestion;
    return text;
}

Error to_error(const std::vector<Diagnostic>& mistakes) {
    std::string lines;
    for (const Diagnostic& mistake : mistakes) {
        if (!lines.empty()) lines += '\n';
        lines += to_string(mistake);
    }
    return Error(FailureCode::project_invalid, std::move(lines));
}

std::optional<std::string> FileSource::environment(const std::string& name) const {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

std::expected<Project, std::vector<Diagnostic>> read_project(const std::string& path, const FileSource& files,
                                                             SqlPlaces* sql_places) {
    auto text = files.read(path);
    if (!text) return std::unexpected(std::vector<Diagnostic>{{path, 0, 0, text.error().message, ""}});
    return parse_project(*text, path, files, sql_places);
}

std::expected<Project, std::vector<Diagnostic>> parse_project(std::string_view text, const std::string& path,
                                                              const FileSource& files, SqlPlaces* sql_places) {
    Mistakes mistakes(path);
    const Page page{path, mistakes};
    Project project;
    if (const auto document = Document::parse(text, page))
        project = read_root(document->root(), path, files, sql_places, page);
    if (!mistakes.none()) return std::unexpected(std::move(mistakes).sorted());
    return project;
}

std::expected<Schema, std::vector<Diagnostic>> parse_schema(std::string_view text, const std::string& path) {
    Mistakes mistakes(path);
    const Page page{path, mistakes};
    Schema schema;
    if (const auto document = Document::parse(text, page))
        schema = read_schema(document->root(), document->root().place, page).schema;
    if (!mistakes.none()) return std::unexpected(std::move(mistakes).sorted());
    return schema;
}

std::expected<Dialect, std::vector<Diagnostic>> parse_dialect(std::string_view text, const std::string& path) {
    Mistakes mistakes(path);
    const Page page{path, mistakes};
    Dialect dialect;
    if (const auto document = Document::parse(text, page))
        dialect = read_dialect(document->root(), document->root().place, page);
    if (!mistakes.none()) return std::unexpected(std::move(mistakes).sorted());
    return dialect;
}

} // namespace inlet
