// Whether the SQL of a project's models and views can be run: tried on empty tables. Floor 5; a plain function.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/project.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet {

struct SqlMistake {
    std::string name;        // of the model or view
    std::optional<int> line; // of its SQL, from 1, where the warehouse says so
    std::string message;

    bool operator==(const SqlMistake&) const = default;
};

// Models in the order of their computation, then views. What reads a model or view that is wrong is not tried.
// `scratch`: an empty warehouse of nobody else; its tables are made here. Errors: of the warehouse, which are nobody's
// mistake.
Result<std::vector<SqlMistake>> try_sql(const Project& project, Warehouse& scratch);

} // namespace inlet
