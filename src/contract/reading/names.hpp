// Which names a project may give. Floor 1, inside contract/; one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

// Reports a name that begins with `_`, is too long or has characters that are not allowed. `kind` is "dataset",
// "package" ... Names of tables are [A-Za-z][A-Za-z0-9_]* of at most 63 bytes (PostgreSQL's limit); others may hold `-`
// too.
void check_table_name(std::string_view kind, const std::string& name, Place place, const Page& page);
void check_plain_name(std::string_view kind, const std::string& name, Place place, const Page& page);

// The tables of a project: datasets, models and views share one namespace, as they do in SQL.
class TableNames {
public:
    // Checks the name, and reports one that is taken, upper and lower case aside.
    void add(std::string_view kind, const std::string& name, Place place, const Page& page);
    // "dataset", "model", "view", or empty: what has exactly that name.
    std::string_view kind_of(const std::string& name) const;

private:
    struct Taken {
        std::string kind;
        std::string name;
        int line = 0;
    };
    std::map<std::string, Taken> taken_; // by the name in lower case
};

} // namespace inlet::reading
