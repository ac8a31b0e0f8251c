// Reads inlet.yaml, schemas and dialects, and reports every mistake at once. Floor 1; stateless.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "contract/project.hpp"

namespace inlet {

// One mistake: where it is, what was expected, and the nearest right word when one is near.
struct Diagnostic {
    std::string file;
    int line = 0;           // 1-based; 0: the file as a whole
    int column = 0;         // 1-based
    std::string message;    // "unknown word `writ` in dataset `ratings`"
    std::string suggestion; // "did you mean `write`?", or empty
};

// "inlet.yaml:7:5: unknown key `writ` in dataset `ratings`; expected ...; did you mean `write`?"
std::string to_string(const Diagnostic& mistake);

// The mistakes as one Error (project-invalid), a line for each: "inlet.yaml:7:5: ...".
Error to_error(const std::vector<Diagnostic>& mistakes);

// How the reader gets at files named by the project (schemas, SQL); the app passes the real disk. Errors:
// file-not-found, io-failed.
class FileSource {
public:
    virtual ~FileSource() = default;
    virtual Result<std::string> read(const std::string& path) const = 0;
    // What `${env:NAME}` stands for; unless overridden, this process's environment.
    virtual std::optional<std::string> environment(const std::string& name) const;
};

// Where the SQL of models and views stands, by their names.
struct SqlPlace {
    std::string file;
    int line = 0; // of its first line in a file of its own (1), else of where the project file names or holds it
    int column = 0;
    bool own_file = false; // its lines are those of the file
};
using SqlPlaces = std::map<std::string, SqlPlace>;

// `path` is inlet.yaml itself; its folder becomes Project::folder. JSON works too, as it is YAML. Files it names are
// asked of the source by their path below `path`'s folder, as `path` was given: "p/inlet.yaml" and `models/a.sql` make
// "p/models/a.sql". Mistakes are in the order of the file, those of other files after them. At most 4 MiB a file.
std::expected<Project, std::vector<Diagnostic>> read_project(const std::string& path, const FileSource& files,
                                                             SqlPlaces* sql_places = nullptr);
std::expected<Project, std::vector<Diagnostic>> parse_project(std::string_view text, const std::string& path,
                                                              const FileSource& files, SqlPlaces* sql_places = nullptr);

// A Table Schema and a CSV dialect on their own, in JSON or YAML; `path` is for messages.
std::expected<Schema, std::vector<Diagnostic>> parse_schema(std::string_view text, const std::string& path);
std::expected<Dialect, std::vector<Diagnostic>> parse_dialect(std::string_view text, const std::string& path);

// The JSON Schema (2020-12) of inlet.yaml, for editors; also shipped as docs/inlet.schema.json.
std::string_view project_json_schema();

} // namespace inlet
