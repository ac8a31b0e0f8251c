// Collects the mistakes found in a project and the files it names. Floor 1, inside contract/; one thread.
#pragma once

#include <string>
#include <vector>

#include "contract/project_reader.hpp"

namespace inlet::reading {

// 1-based; the column counts characters, not bytes.
struct Place {
    int line = 0;
    int column = 0;
};

class Mistakes {
public:
    // `first_file` is listed before the files it names.
    explicit Mistakes(std::string first_file) : first_file_(std::move(first_file)) {}

    void add(Diagnostic mistake) { list_.push_back(std::move(mistake)); }
    bool none() const { return list_.empty(); }
    // By file and place; what was found twice (a schema that two datasets use) stands once.
    std::vector<Diagnostic> sorted() &&;

private:
    std::string first_file_;
    std::vector<Diagnostic> list_;
};

// The file being read, to report against.
struct Page {
    std::string file;
    Mistakes& mistakes;

    void wrong(Place place, std::string message, std::string suggestion = {}) const {
        mistakes.add({file, place.line, place.column, std::move(message), std::move(suggestion)});
    }
};

} // namespace inlet::reading
