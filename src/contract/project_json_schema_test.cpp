#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "contract/project_reader.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/keys.hpp"

namespace inlet {
namespace {

constexpr std::string_view kHead = "project: p\ndatasets: {a: {schema: {primaryKey: k, fields: [{name: k}, {name: x";
constexpr std::string_view kTail = "}]}, ";

using reading::Document;
using reading::Element;

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::filesystem::path docs() { return std::filesystem::path(__FILE__).parent_path() / "../../docs"; }

class JsonSchema : public testing::Test {
protected:
    JsonSchema() : document_(Document::parse(project_json_schema(), page_)) {}

    // The schema of one kind of mapping: "" is the whole project.
    const Element& definition(std::string_view name) const {
        return name.empty() ? document_->root() : member(member(document_->root(), "$defs"), name);
    }
    static const Element& member(const Element& node, std::string_view key) {
        const auto* entry = node.find(key);
        if (entry == nullptr) throw std::runtime_error("the JSON Schema lacks " + std::string(key));
        return *entry->value;
    }
    static void expect_keys(const Element& definition, std::span<const std::string_view> keys) {
        std::vector<std::string_view> listed;
        listed.reserve(member(definition, "properties").entries.size());
        for (const auto& entry : member(definition, "properties").entries) listed.push_back(entry.key);
        EXPECT_EQ(listed, std::vector<std::string_view>(keys.begin(), keys.end()));
        EXPECT_EQ(member(definition, "additionalProperties").text, "false");
    }
    static std::vector<std::string> words(const Element& list) {
        std::vector<std::string> texts;
        texts.reserve(list.items.size());
        for (const Element* item : list.items) texts.push_back(item->text);
        return texts;
    }

    reading::Mistakes mistakes_{"inlet.schema.json"};
    reading::Page page_{"inlet.schema.json", mistakes_};
    std::optional<Document> document_;
};

TEST_F(JsonSchema, IsTheOneInTheDocuments) {
    EXPECT_EQ(text_of(docs() / "inlet.schema.json"), project_json_schema())
        << "copy the text of project_json_schema.cpp to docs/inlet.schema.json";
}

TEST_F(JsonSchema, HasTheKeysThatTheReaderTakes) {
    namespace keys = reading::keys;
    ASSERT_TRUE(document_);
    expect_keys(definition(""), keys::kProject);
    expect_keys(member(member(definition(""), "properties"), "storage"), keys::kStorage);
    expect_keys(definition("server"), keys::kServer);
    expect_keys(definition("tls"), keys::kTls);
    expect_keys(definition("limits"), keys::kLimits);
    expect_keys(definition("address_rates"), keys::kAddressRates);
    expect_keys(definition("principal_rates"), keys::kPrincipalRates);
    expect_keys(definition("cors"), keys::kCors);
    expect_keys(definition("jobs"), keys::kJobs);
    expect_keys(definition("scan"), keys::kScan);
    expect_keys(definition("metrics"), keys::kMetrics);
    expect_keys(definition("log"), keys::kLog);
    expect_keys(definition("dataset"), keys::kDataset);
    expect_keys(definition("schema"), keys::kSchema);
    expect_keys(definition("field"), keys::kField);
    expect_keys(definition("constraints"), keys::kConstraints);
    expect_keys(definition("dialect"), keys::kDialect);
    expect_keys(definition("rejects"), keys::kRejects);
    expect_keys(definition("deletes"), keys::kDeletes);
    expect_keys(definition("retention"), keys::kRetention);
    expect_keys(definition("package"), keys::kPackage);
    expect_keys(definition("model"), keys::kModel);
    expect_keys(definition("view"), keys::kView);
    expect_keys(definition("access"), keys::kAccess);
    expect_keys(definition("grant"), keys::kGrant);
    expect_keys(definition("user"), keys::kUser);
    expect_keys(definition("anonymous"), keys::kAnonymous);
    expect_keys(definition("provider"), keys::kProvider);
    expect_keys(definition("source"), keys::kSource);
    expect_keys(definition("expect"), keys::kExpect);
    expect_keys(definition("expect_rows"), keys::kExpectRows);
    expect_keys(definition("notify"), keys::kNotify);
    expect_keys(definition("webhook"), keys::kWebhook);
    expect_keys(definition("email"), keys::kEmail);
    EXPECT_EQ(words(member(definition("event"), "enum")),
              std::vector<std::string>(kToldEvents.begin(), kToldEvents.end()));
}

// Each word that the JSON Schema offers is taken by the reader, and the reader names no others when it asks for one.
TEST_F(JsonSchema, HasTheWordsThatTheReaderTakes) {
    ASSERT_TRUE(document_);
    struct Place {
        const char* definition;
        const char* key;
        const char* before; // the project up to the word
        const char* after;
    };
    class NoFiles final : public FileSource {
        Result<std::string> read(const std::string&) const override {
            return fail(FailureCode::file_not_found, "no such file");
        }
    };
    for (const Place& place :
         std::initializer_list<Place>{{"field", "type", ", type: ", ""},
                                      {"dataset", "write", nullptr, "write: "},
                                      {"dataset", "duplicate", nullptr, "duplicate: "},
                                      {"rejects", "then", nullptr, "rejects: {max_rows: 1, then: "},
                                      {"deletes", "policy", nullptr, "write: sync, deletes: {policy: "},
                                      {"deletes", "on_rejects", nullptr, "deletes: {on_rejects: "},
                                      {"deletes", "over_limit", nullptr, "deletes: {over_limit: "}}) {
        const bool in_field = place.before != nullptr;
        const auto project = [&](const std::string& word) {
            std::string text(kHead);
            if (in_field) text += place.before + word;
            text += kTail;
            if (!in_field)
                text +=
                    place.after + word + (std::string_view(place.after).find('{') != std::string_view::npos ? "}" : "");
            return parse_project(text + "}}", "inlet.yaml", NoFiles());
        };
        const std::vector<std::string> offered =
            words(member(member(member(definition(place.definition), "properties"), place.key), "enum"));
        ASSERT_FALSE(offered.empty());
        std::string all;
        for (std::size_t i = 0; i < offered.size(); ++i) {
            const auto read = project(offered[i]);
            EXPECT_TRUE(read) << to_error(read.error()).message;
            all += (i == 0 ? "" : i + 1 == offered.size() ? " or " : ", ") + offered[i];
        }
        const auto wrong = project("xyzzy");
        ASSERT_FALSE(wrong);
        EXPECT_NE(wrong.error()[0].message.find("must be " + all + "; found"), std::string::npos)
            << wrong.error()[0].message;
    }
}

// Every block of YAML in docs/project.md is a project, or a section of one.
TEST(ProjectDocument, ExamplesAreRight) {
    class AnyFile final : public FileSource {
        Result<std::string> read(const std::string& path) const override {
            if (path.ends_with(".sql")) return "select 1";
            return "{\"fields\": [{\"name\": \"id\", \"type\": \"integer\"}], \"primaryKey\": \"id\"}";
        }
        std::optional<std::string> environment(const std::string&) const override { return "/srv/inlet"; }
    };
    std::istringstream lines(text_of(docs() / "project.md"));
    std::string line;
    std::string block;
    bool inside = false;
    int checked = 0;
    while (std::getline(lines, line)) {
        if (!inside && line == "```yaml") {
            inside = true;
            block.clear();
        } else if (inside && line == "```") {
            inside = false;
            const std::string whole = block.starts_with("project:") ? block : "project: p\n" + block;
            const auto project = parse_project(whole, "project.md", AnyFile());
            EXPECT_TRUE(project) << to_error(project.error()).message << "\n" << block;
            ++checked;
        } else if (inside) {
            block += line + "\n";
        }
    }
    EXPECT_FALSE(inside);
    EXPECT_GE(checked, 4);
}

} // namespace
} // namespace inlet
