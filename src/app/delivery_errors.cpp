// From the kept error list to the folded report.
#include "app/delivery_errors.hpp"

#include "app/byte_files.hpp"
#include "app/record_view.hpp"
#include "records/violation_line.hpp"

namespace inlet {

namespace {

constexpr std::size_t kFoldedFrom = 1000;

} // namespace

std::vector<std::string> folded_errors(Deliveries& deliveries, const SubmissionRecord& record, std::size_t part) {
    const PartRecord& counted = record.parts[part];
    std::vector<ViolationCount> counts;
    for (const CodeCount& count : counted.counts) {
        if (const auto code = failure_from_code(count.code)) counts.push_back({*code, count.field, count.count});
    }
    if (counts.empty()) return {};
    std::vector<Violation> violations;
    if (!counted.errors_sha256.empty()) {
        if (const auto lines = deliveries.open_errors(record.id, part)) {
            (void)each_line(**lines, [&](std::string_view line) -> Result<bool> {
                if (auto violation = read_violation(line)) violations.push_back(std::move(*violation));
                return violations.size() < kFoldedFrom;
            });
        }
    }
    return fold(violations, counts, kReportLines);
}

} // namespace inlet
