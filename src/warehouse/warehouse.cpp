// Names and forms that are the same in every warehouse.
#include "warehouse/warehouse.hpp"

namespace inlet {

std::string_view to_string(Effect effect) {
    switch (effect) {
    case Effect::append:
        return "append";
    case Effect::upsert:
        return "upsert";
    case Effect::replace:
        return "replace";
    case Effect::sync:
        return "sync";
    case Effect::delete_missing:
        return "delete_missing";
    case Effect::remove:
        return "remove";
    }
    CHECK(!"an effect has a name");
}

PhysicalType physical_type(ResultKind kind) {
    switch (kind) {
    case ResultKind::boolean:
        return PhysicalType::boolean;
    case ResultKind::int64:
        return PhysicalType::int64;
    case ResultKind::float64:
        return PhysicalType::float64;
    case ResultKind::date:
        return PhysicalType::date;
    case ResultKind::time:
        return PhysicalType::time;
    case ResultKind::timestamp:
        return PhysicalType::timestamp;
    case ResultKind::text:
    case ResultKind::json:
    case ResultKind::numeric:
        return PhysicalType::text;
    }
    CHECK(!"a result kind has a physical type");
}

} // namespace inlet
