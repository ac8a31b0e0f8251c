// Looking things up in a project, and matching file names. See project.hpp.
#include "contract/project.hpp"

namespace inlet {

namespace {

template <class T>
const T* find_named(const std::vector<T>& things, std::string_view name) {
    for (const T& thing : things) {
        if (thing.name == name) return &thing;
    }
    return nullptr;
}

// Bytes of the UTF-8 character that begins at `at`; a stray byte counts as one character.
std::size_t character_bytes(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    return end - at;
}

} // namespace

const Dataset* Project::dataset(std::string_view dataset_name) const { return find_named(datasets, dataset_name); }
const Package* Project::package(std::string_view package_name) const { return find_named(packages, package_name); }
const Model* Project::model(std::string_view model_name) const { return find_named(models, model_name); }
const View* Project::view(std::string_view view_name) const { return find_named(views, view_name); }

std::string_view to_string(DatasetKind kind) { return kind == DatasetKind::files ? "files" : "table"; }

std::string_view to_string(WriteMode mode) {
    switch (mode) {
    case WriteMode::append:
        return "append";
    case WriteMode::upsert:
        return "upsert";
    case WriteMode::replace:
        return "replace";
    case WriteMode::sync:
        return "sync";
    }
    return {};
}

std::string_view to_string(Duplicates duplicates) {
    switch (duplicates) {
    case Duplicates::ignore:
        return "ignore";
    case Duplicates::reject:
        return "reject";
    case Duplicates::accept:
        return "accept";
    }
    return {};
}

bool name_matches(std::string_view pattern, std::string_view name) {
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos; // the last `*` seen, to come back to
    std::size_t star_name = 0;                 // where in the name that `*` has been tried to end
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_name = n;
        } else if (p < pattern.size() && pattern[p] == '?') {
            ++p;
            n += character_bytes(name, n);
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            star_name += character_bytes(name, star_name);
            n = star_name;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

} // namespace inlet
