#include "fronts/http/dataset_list.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fronts/http/file_rows.hpp"
#include "fronts/http/request_reading.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kPageMost = 1000;
constexpr std::string_view kFile = "file";

struct Wish {
    std::string prefix; // of paths: begins with /
    std::string after;
    std::string kind; // empty: any
    bool recursive = false;
    std::size_t limit = kPageMost;

    bool takes(std::string_view path, std::string_view of_kind) const {
        return path.starts_with(prefix) && path > after && (kind.empty() || kind == of_kind);
    }
};

std::string rooted(const std::string& text) { return text.starts_with('/') ? text : "/" + text; }

Result<Wish> wish_of(const Request& request) {
    Wish wish;
    wish.prefix = "/";
    if (const std::string* text = request.parameter("prefix")) wish.prefix = rooted(*text);
    if (const std::string* text = request.parameter("cursor")) wish.after = rooted(*text);
    if (request.parameter("limit") != nullptr) wish.limit = TRY(limit_of(request));
    wish.recursive = flag(request, "recursive");
    if (const std::string* text = request.parameter("kind")) {
        wish.kind = *text;
        if (wish.kind != "table" && wish.kind != "files" && wish.kind != kFile)
            return fail(FailureCode::bad_argument, fmt::format("`kind` is table, files or file, and not `{}`", *text));
    }
    return wish;
}

void write_file(JsonWriter& json, const Dataset& dataset, const FileRow& file) {
    json.begin_object().member("name", file.path.substr(file.path.find_last_of('/') + 1));
    json.member("path", fmt::format("/{}/{}", dataset.name, file.path));
    json.member("title", file.name).member("kind", kFile).member("dataset", dataset.name);
    json.member("type", file.type).member("bytes", file.bytes).member("sha256", file.sha256);
    json.member("comment", file.comment).member("uploaded_by", file.uploaded_by);
    json.member("updated_at", iso_moment(file.uploaded_at)).end_object();
}

// The page, and where it ends.
class Page {
public:
    Page(const ApiParts& parts, const Wish& wish) : parts_(parts), wish_(wish) {}

    bool is_full() const { return taken_ == wish_.limit; }

    Status add(JsonWriter& json, const Dataset& dataset) {
        const std::string path = "/" + dataset.name;
        if (wish_.takes(path, to_string(dataset.kind)) && take(path)) {
            json.begin_object();
            TRY(write_dataset_members(parts_, json, dataset));
            json.end_object();
        }
        if (!wish_.recursive || dataset.kind != DatasetKind::files || (!wish_.kind.empty() && wish_.kind != kFile))
            return {};
        return add_files(json, dataset, path + "/");
    }

    const std::optional<std::string>& cursor() const { return cursor_; } // nothing: this was the last page

private:
    Status add_files(JsonWriter& json, const Dataset& dataset, const std::string& root) {
        const bool within = wish_.prefix.starts_with(root);
        if (!within && !root.starts_with(wish_.prefix)) return {};
        if (wish_.after >= root && !wish_.after.starts_with(root)) return {}; // the pages before had them all
        const std::string after = wish_.after.starts_with(root) ? wish_.after.substr(root.size()) : "";
        const std::size_t room = wish_.limit - taken_ + 1;
        const std::vector<FileRow> files =
            TRY(list_files(parts_.warehouse, dataset, within ? wish_.prefix.substr(root.size()) : "", after, room));
        for (const FileRow& file : files) {
            if (take(root + file.path)) write_file(json, dataset, file);
        }
        return {};
    }

    // Whether there is room for it.
    bool take(const std::string& path) {
        if (is_full()) {
            if (!cursor_) cursor_ = last_;
            return false;
        }
        ++taken_;
        last_ = path;
        return true;
    }

    const ApiParts& parts_;
    const Wish& wish_;
    std::size_t taken_ = 0;
    std::string last_;
    std::optional<std::string> cursor_;
};

} // namespace

Status write_dataset_members(const ApiParts& parts, JsonWriter& json, const Dataset& dataset) {
    std::optional<TableInfo> table;
    for (TableInfo& info : TRY(parts.warehouse.tables())) {
        if (info.name == dataset.name) table = std::move(info);
    }
    const std::vector<VersionEntry> last = TRY(parts.warehouse.versions(dataset.name, 1));
    json.member("name", dataset.name).member("path", "/" + dataset.name).member("title", dataset.title);
    json.member("kind", to_string(dataset.kind)).member("write", to_string(dataset.write));
    json.member("version", table ? table->version.value : 0).member("records", table ? table->rows : 0).key("bytes");
    if (dataset.kind == DatasetKind::files)
        json.value(TRY(bytes_of_files(parts.warehouse, dataset)));
    else
        json.null();
    json.key("updated_at");
    if (last.empty())
        json.null();
    else
        json.value(iso_moment(last.front().published_at));
    return {};
}

Result<Response> list_datasets(const ApiParts& parts, const Request& request) {
    const Wish wish = TRY(wish_of(request));
    std::vector<const Dataset*> seen;
    for (const Dataset& dataset : parts.project->datasets) {
        if (request.principal.may(Permission::read, dataset.name)) seen.push_back(&dataset);
    }
    std::ranges::sort(seen, {}, &Dataset::name);
    Page page(parts, wish);
    JsonWriter json;
    json.begin_object().key("datasets").begin_array();
    for (const Dataset* dataset : seen) {
        if (page.cursor()) break;
        TRY(page.add(json, *dataset));
    }
    json.end_array().key("cursor");
    if (page.cursor())
        json.value(*page.cursor());
    else
        json.null();
    json.end_object();
    return json_response(200, json.take());
}

} // namespace inlet::http
