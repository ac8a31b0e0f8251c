// What a check found, for a person and as JSON. Floor 7; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/paint.hpp"
#include "base/json_writer.hpp"
#include "catalog/catalog.hpp"
#include "records/part_check.hpp"

namespace inlet {

// A report as the catalog would keep it, without changes.
PartRecord part_of(const CheckReport& report, const std::string& name, const std::string& dataset);

// Whether nothing at all is wrong.
bool is_valid(const CheckReport& report);

// "delimiter `,`, quote `"`, with header".
std::string dialect_text(const Dialect& dialect);

// The object that `validate --json` prints is these two with the errors, separated by commas, between them; its form is
// fixed (docs/cli.md).
std::string check_json_head(const CheckReport& report);
std::string check_json_tail(const CheckReport& report, double seconds);

} // namespace inlet
