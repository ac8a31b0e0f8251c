#include "pipeline/scan_step.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "pipeline/byte_origins.hpp"
#include "scan/scanner.hpp"

namespace inlet {

namespace {

constexpr std::size_t kPage = 1000;

Error recognised(const std::string& file_name, const std::string& found) {
    return Error(FailureCode::malware_found, fmt::format("the scanner knows `{}` for {}", file_name, found))
        .with("signature", found);
}

// It did not come to its end, for a reason of the scanner's.
bool is_unscanned(FailureCode code) {
    return code == FailureCode::scanner_unavailable || code == FailureCode::file_too_large;
}

bool is_held_for(const SubmissionRecord& record, FailureCode code) {
    return record.state == SubmissionState::held && record.reason_code == failure_info(code).code;
}

SubmissionState unscanned_state(const ScanPolicy& policy) {
    return policy.reject_unscanned ? SubmissionState::rejected : SubmissionState::held;
}

} // namespace

bool is_unscanned(const SubmissionRecord& record) {
    return is_held_for(record, FailureCode::scanner_unavailable) || is_held_for(record, FailureCode::file_too_large);
}

bool is_quarantined(const SubmissionRecord& record) {
    return record.state == SubmissionState::rejected &&
           record.reason_code == failure_info(FailureCode::malware_found).code;
}

Result<bool> ScanStep::run(SubmissionRecord& record, const std::function<Status()>& go_on) {
    if (parts_.scanner == nullptr || record.kind != SubmissionKind::delivery || record.raw_sha256.empty())
        return true; // nothing came
    ObjectSource bytes(TRY(parts_.objects.open({record.target, record.raw_sha256})));
    const auto scanned = parts_.scanner->scan(bytes, go_on);
    commit_point("pipeline.scanned");
    if (!scanned) {
        if (!is_unscanned(scanned.error().code)) return fail(scanned.error());
        TRY(log_.move(record, unscanned_state(parts_.scan_policy), scanned.error()));
        return false;
    }
    if (!scanned->found) return true;
    (void)memory_.take(record.id);
    TRY(log_.move(record, SubmissionState::rejected, recognised(record.file_name, *scanned->found)));
    if (parts_.scan_policy.remove_found) TRY(parts_.catalog.forget_raw(record.id));
    return false;
}

Result<std::size_t> ScanStep::resume() {
    if (parts_.scanner == nullptr) return 0;
    std::vector<SubmissionRecord> waiting;
    SubmissionFilter held{.state = SubmissionState::held, .limit = kPage};
    for (;;) {
        std::vector<SubmissionRecord> page = TRY(parts_.catalog.list(held));
        const bool last = page.size() < kPage;
        if (!page.empty()) held.before = page.back().id;
        std::erase_if(page, [](const SubmissionRecord& record) {
            return !is_held_for(record, FailureCode::scanner_unavailable);
        });
        std::ranges::move(page, std::back_inserter(waiting));
        if (last) break;
    }
    if (waiting.empty() || !parts_.scanner->ask()) return 0;
    std::size_t resumed = 0;
    for (SubmissionRecord& record : waiting) {
        const Status moved = log_.move(record, SubmissionState::queued);
        if (moved)
            ++resumed;
        else if (moved.error().code != FailureCode::wrong_state) // somebody was faster
            return fail(moved.error());
    }
    return resumed;
}

Result<SmallScan> SmallScans::scan(const std::string& body) {
    if (parts_.scanner == nullptr || !parts_.scan_policy.records) return SmallScan{};
    if (away_) return SmallScan{unscanned_state(parts_.scan_policy), away_};
    ObjectSource bytes(make_text_object(body));
    const auto scanned = parts_.scanner->scan(bytes, [] { return Status(); });
    if (scanned && !scanned->found) return SmallScan{};
    if (scanned) return SmallScan{SubmissionState::rejected, recognised("records", *scanned->found)};
    if (!is_unscanned(scanned.error().code)) return fail(scanned.error());
    if (scanned.error().code == FailureCode::scanner_unavailable) away_ = scanned.error();
    return SmallScan{unscanned_state(parts_.scan_policy), scanned.error()};
}

} // namespace inlet
