#include "pipeline/store_match.hpp"

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kLooked = 50; // newest versions, among them those of models

// The latest submission that the catalog knows as published, be it undone since.
Result<std::optional<SubmissionRecord>> last_published(Catalog& catalog) {
    std::optional<SubmissionRecord> last;
    for (const SubmissionState state : {SubmissionState::published, SubmissionState::undone}) {
        for (SubmissionRecord& record : TRY(catalog.list({.state = state, .limit = 1}))) {
            if (record.version && (!last || record.id > last->id)) last = std::move(record);
        }
    }
    return last;
}

} // namespace

Status stores_belong_together(Catalog& catalog, Warehouse& warehouse) {
    for (const VersionEntry& entry : TRY(warehouse.versions("", kLooked))) {
        if (!entry.submission) continue;
        const auto known = catalog.get(entry.submission);
        if (known) break;
        if (known.error().code != FailureCode::unknown_submission) return fail(known.error());
        return fail(FailureCode::catalog_failed,
                    fmt::format("the catalog does not know submission {}, which the warehouse holds as version {}: the "
                                "catalog was lost or is older than "
                                "the warehouse; put the newest catalog.sqlite of this data folder back, or restore all "
                                "of the folder from one backup",
                                entry.submission.value, entry.number.value));
    }
    const auto last = TRY(last_published(catalog));
    if (last && !TRY(warehouse.published(last->id, ""))) {
        return fail(FailureCode::warehouse_failed,
                    fmt::format("the warehouse does not hold version {} of submission {}, which the catalog knows as "
                                "published: the warehouse was lost or is "
                                "older than the catalog; put the newest warehouse.duckdb of this data folder back, or "
                                "restore all of the folder from one backup",
                                last->version.value, last->id.value));
    }
    return {};
}

Status warehouse_not_lost(Catalog& catalog) {
    if (const auto last = TRY(last_published(catalog))) {
        return fail(
            FailureCode::warehouse_failed,
            fmt::format("the warehouse is gone, and with it version {} of submission {}, which the catalog knows "
                        "as published: put the newest warehouse.duckdb of this data folder back, or restore all "
                        "of the folder from one backup",
                        last->version.value, last->id.value));
    }
    return {};
}

} // namespace inlet
