// Datasets, packages, models, views. See parts_reader.hpp.
#include "contract/reading/parts_reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "contract/files_schema.hpp"
#include "contract/reading/notify_reader.hpp"
#include "contract/reading/policy_reader.hpp"
#include "contract/reading/schema_reader.hpp"
#include "contract/reading/walker.hpp"

namespace inlet::reading {

namespace {

// Inline, or the path of a JSON or YAML file.
ReadSchema read_schema_of(const Element& node, Place place, const ProjectFiles& files, const Page& page) {
    if (node.kind != Element::Kind::scalar) return read_schema(node, place, page);
    static constexpr std::array<std::string_view, 3> kEndings{".json", ".yaml", ".yml"};
    if (std::ranges::none_of(kEndings, [&](std::string_view ending) { return node.text.ends_with(ending); })) {
        page.wrong(node.place,
                   fmt::format("`schema` must be a Table Schema or the path of a .json, .yaml or .yml file; found {}",
                               found(node)));
        return {};
    }
    const auto text = files.read(node.text, node, page);
    if (!text) return {};
    const Page schema_page{files.path(node.text), page.mistakes};
    const auto document = Document::parse(*text, schema_page);
    if (!document) return {};
    return read_schema(document->root(), document->root().place, schema_page);
}

// Objects have rows of their own (contract/files_schema.hpp): the schema only says what is told beside.
void read_files_contract(const Mapping& mapping, Place place, const ProjectFiles& files, Dataset& dataset,
                         const Page& page) {
    for (const std::string_view key : {"dialect", "write", "rejects", "deletes"}) {
        if (const Element* node = mapping.find(key)) {
            page.wrong(node->place, fmt::format("`{}` is for tables; {} is of `kind: files`, whose objects are written "
                                                "and deleted one by one",
                                                key, mapping.thing()));
        }
    }
    Schema own;
    if (const Element* node = mapping.find("schema")) {
        own = read_schema_of(*node, place, files, page).schema;
        if (!own.primary_key.empty() || own.missing_values != Schema().missing_values) {
            page.wrong(node->place, fmt::format("the schema of {} has fields only: its key is `path`, and an empty "
                                                "text stands for an absent value",
                                                mapping.thing()));
        }
        for (const Field& field : own.fields) {
            if (is_files_field(field.name)) {
                page.wrong(node->place, fmt::format("every dataset of files has a field `{}` already", field.name));
            } else if (field.constraints.unique) {
                page.wrong(node->place, fmt::format("field `{}` of {} cannot be unique: replacing a file is not to "
                                                    "depend on others",
                                                    field.name, mapping.thing()));
            }
        }
    }
    dataset.schema = files_schema(own);
    dataset.write = WriteMode::upsert;
    dataset.dialect = {.delimiter = ',', .quote_char = '"', .header = true}; // of the rows that are made of files
    read_retention_of(mapping, dataset, page);
    if (const Element* node = mapping.find("expect")) dataset.expect = read_expectation(*node, mapping.thing(), page);
}

Dataset read_dataset(const Entry& entry, const ProjectFiles& files, const Page& page) {
    static constexpr KeySet kKeys{keys::kDataset, {}, keys::kDatasetMisplaced};
    Dataset dataset;
    dataset.name = entry.key;
    const Mapping mapping(*entry.value, entry.place, fmt::format("dataset `{}`", entry.key), page, &kKeys);
    if (!mapping.usable()) return dataset;
    if (const Element* node = mapping.find("title")) dataset.title = read_any_text(*node, "`title`", page).value_or("");
    if (const Element* node = mapping.find("description"))
        dataset.description = read_any_text(*node, "`description`", page).value_or("");
    if (const Element* node = mapping.find("kind")) {
        static const Words<DatasetKind> kKinds{{"table", DatasetKind::table}, {"files", DatasetKind::files}};
        dataset.kind = read_word(*node, "`kind`", kKinds, page).value_or(dataset.kind);
    }
    if (dataset.kind == DatasetKind::files) {
        read_files_contract(mapping, entry.place, files, dataset, page);
        return dataset;
    }
    bool keyless = false;
    if (const Element* node = mapping.require("schema")) {
        ReadSchema read = read_schema_of(*node, entry.place, files, page);
        keyless = read.usable && !read.has_key;
        dataset.schema = std::move(read.schema);
    }
    if (const Element* node = mapping.find("dialect")) dataset.dialect = read_dialect(*node, node->place, page);
    read_policies(mapping, keyless, dataset, page);
    if (const Element* node = mapping.find("expect")) dataset.expect = read_expectation(*node, mapping.thing(), page);
    return dataset;
}

// SQL text, or the path of a .sql file.
std::string read_sql(const Mapping& mapping, const std::string& name, const ProjectFiles& files, const Page& page) {
    static constexpr std::string_view kBlank = " \t\r\n";
    const Element* node = mapping.require("sql");
    if (node == nullptr) return {};
    auto text = read_text(*node, "`sql`", page);
    if (!text) return {};
    if (text->ends_with(".sql") && text->find('\n') == std::string::npos) {
        const std::string path = files.path(*text);
        files.note_sql(name, {path, 1, 1, true});
        text = files.read(*text, *node, page);
        if (text && text->find_first_not_of(kBlank) == std::string::npos)
            page.wrong(node->place, fmt::format("`{}` is empty", path));
        return text.value_or("");
    }
    files.note_sql(name, {page.file, node->place.line, node->place.column, false});
    if (text->find_first_not_of(kBlank) == std::string::npos) {
        page.wrong(node->place, "`sql` must not be empty");
    } else if (text->find_first_of(kBlank) == std::string::npos) {
        // No query is a single word, so a path is meant.
        page.wrong(node->place,
                   fmt::format("`sql` must be a query or the path of a .sql file; found {}", found(*node)));
    }
    return *text;
}

std::map<std::string, std::string> read_members(const Element& node, const Mapping& package,
                                                std::span<const Dataset> datasets, const TableNames& tables,
                                                const Page& page) {
    std::map<std::string, std::string> members;
    const Mapping mapping(node, node.place, fmt::format("`members` of {}", package.thing()), page, nullptr);
    if (!mapping.usable()) return members;
    if (mapping.entries().empty())
        page.wrong(node.place, fmt::format("{} must name at least one file and its dataset", mapping.thing()));
    std::vector<std::string_view> names;
    for (const Dataset& dataset : datasets) names.push_back(dataset.name);
    for (const Entry* entry : mapping.entries()) {
        const auto name = read_text(*entry->value, fmt::format("the dataset of `{}`", entry->key), page);
        if (!name) continue;
        if (entry->key.empty()) page.wrong(entry->place, fmt::format("a file in {} has no name", mapping.thing()));
        const auto dataset = std::ranges::find(datasets, *name, &Dataset::name);
        if (dataset == datasets.end()) {
            const std::string_view kind = tables.kind_of(*name);
            page.wrong(entry->value->place,
                       kind.empty() ? fmt::format("there is no dataset `{}`", *name)
                                    : fmt::format("`{}` is a {}; a file goes into a dataset", *name, kind),
                       did_you_mean(*name, names));
            continue;
        }
        if (dataset->kind == DatasetKind::files) {
            page.wrong(entry->value->place, fmt::format("`{}` is of `kind: files`, and the files of a package go into "
                                                        "tables",
                                                        *name));
        }
        // Each part would be the whole content, and delete what the other brought.
        if (dataset->write == WriteMode::replace || dataset->write == WriteMode::sync) {
            const auto other = std::ranges::find(members, *name, [](const auto& member) { return member.second; });
            if (other != members.end()) {
                page.wrong(
                    entry->value->place,
                    fmt::format("`{}` and `{}` both go into dataset `{}`, and `write: {}` takes one file as the whole",
                                other->first, entry->key, *name, to_string(dataset->write)));
            }
        }
        members.emplace(entry->key, *name);
    }
    return members;
}

Package read_package(const Entry& entry, std::span<const Dataset> datasets, const TableNames& tables,
                     const Page& page) {
    static constexpr KeySet kKeys{keys::kPackage};
    Package package;
    package.name = entry.key;
    const Mapping mapping(*entry.value, entry.place, fmt::format("package `{}`", entry.key), page, &kKeys);
    if (!mapping.usable()) return package;
    if (const Element* node = mapping.require("match")) {
        package.match = read_text(*node, "`match`", page).value_or("");
        if (package.match.find('/') != std::string::npos) {
            page.wrong(node->place,
                       fmt::format("`match` is compared with the name of a file, which has no `/`; found `{}`",
                                   package.match));
        }
    }
    if (const Element* node = mapping.require("members"))
        package.members = read_members(*node, mapping, datasets, tables, page);
    read_duplicates(mapping, package.duplicates, page);
    return package;
}

// The names of a section, each once.
template <class Read>
void each(const Element& node, Place place, std::string_view section, const Page& page, Read read) {
    const Mapping mapping(node, place, fmt::format("`{}`", section), page, nullptr);
    for (const Entry* entry : mapping.entries()) read(*entry);
}

} // namespace

std::vector<Dataset> read_datasets(const Element& node, Place place, TableNames& tables, const ProjectFiles& files,
                                   const Page& page) {
    std::vector<Dataset> datasets;
    each(node, place, "datasets", page, [&](const Entry& entry) {
        tables.add("dataset", entry.key, entry.place, page);
        datasets.push_back(read_dataset(entry, files, page));
    });
    if (datasets.empty() && node.kind == Element::Kind::mapping)
        page.wrong(place, "`datasets` must name at least one dataset");
    return datasets;
}

std::vector<Model> read_models(const Element& node, Place place, TableNames& tables, const ProjectFiles& files,
                               const Page& page) {
    static constexpr KeySet kKeys{keys::kModel, keys::kModelLater};
    std::vector<Model> models;
    each(node, place, "models", page, [&](const Entry& entry) {
        tables.add("model", entry.key, entry.place, page);
        Model model;
        model.name = entry.key;
        const Mapping mapping(*entry.value, entry.place, fmt::format("model `{}`", entry.key), page, &kKeys);
        if (mapping.usable()) {
            model.sql = read_sql(mapping, model.name, files, page);
            if (const Element* key = mapping.find("primaryKey")) {
                for (auto& [name, at] : read_names(*key, "`primaryKey`", page))
                    model.primary_key.push_back(std::move(name));
            }
        }
        models.push_back(std::move(model));
    });
    return models;
}

std::vector<View> read_views(const Element& node, Place place, TableNames& tables, const ProjectFiles& files,
                             const Page& page) {
    static constexpr KeySet kKeys{keys::kView};
    std::vector<View> views;
    each(node, place, "views", page, [&](const Entry& entry) {
        tables.add("view", entry.key, entry.place, page);
        View view;
        view.name = entry.key;
        const Mapping mapping(*entry.value, entry.place, fmt::format("view `{}`", entry.key), page, &kKeys);
        if (mapping.usable()) view.sql = read_sql(mapping, view.name, files, page);
        views.push_back(std::move(view));
    });
    return views;
}

std::vector<Package> read_packages(const Element& node, Place place, std::span<const Dataset> datasets,
                                   const TableNames& tables, const Page& page) {
    std::vector<Package> packages;
    each(node, place, "packages", page, [&](const Entry& entry) {
        check_plain_name("package", entry.key, entry.place, page);
        Package package = read_package(entry, datasets, tables, page);
        const auto other = std::ranges::find(packages, package.match, &Package::match);
        if (other != packages.end() && !package.match.empty()) {
            page.wrong(entry.place, fmt::format("packages `{}` and `{}` match the same files: `{}`", other->name,
                                                package.name, package.match));
        }
        packages.push_back(std::move(package));
    });
    return packages;
}

} // namespace inlet::reading
