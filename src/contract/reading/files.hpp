// The files and secrets that a project names. Floor 1, inside contract/; one thread.
#pragma once

#include <optional>
#include <string>

#include "contract/project_reader.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

class ProjectFiles {
public:
    // `folder` is the project's, as its path was given; empty: the current one.
    // `sql_places`: borrowed; null if nobody asks.
    ProjectFiles(std::string folder, const FileSource& source, SqlPlaces* sql_places)
        : folder_(std::move(folder)), source_(source), sql_places_(sql_places) {}

    // A path of the project file as it is to be opened and shown.
    std::string path(const std::string& named) const;
    // The file named at `node`; reports one that cannot be read.
    std::optional<std::string> read(const std::string& named, const Element& node, const Page& page) const;
    void note_sql(const std::string& name, SqlPlace place) const {
        if (sql_places_ != nullptr) sql_places_->insert_or_assign(name, std::move(place));
    }
    // The text with `${env:NAME}` and `${file:PATH}` put in; reports what is not there.
    std::optional<std::string> expand(const Element& node, const std::string& text, const Page& page) const;

private:
    std::string folder_;
    const FileSource& source_;
    SqlPlaces* sql_places_;
};

} // namespace inlet::reading
