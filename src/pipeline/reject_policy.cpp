#include "pipeline/reject_policy.hpp"

#include <utility>

#include <fmt/format.h>

namespace inlet {

namespace {

bool within_limits(const RejectPolicy& policy, std::uint64_t rows, std::uint64_t rejected) {
    if (!policy.max_rows && !policy.max_share) return false;
    if (policy.max_rows && rejected > static_cast<std::uint64_t>(*policy.max_rows)) return false;
    return !policy.max_share || static_cast<double>(rejected) <= *policy.max_share * static_cast<double>(rows);
}

std::string describe_limits(const RejectPolicy& policy) {
    if (!policy.max_rows && !policy.max_share) return "none is allowed";
    const std::string rows = policy.max_rows ? fmt::format("{}", *policy.max_rows) : "";
    const std::string share = policy.max_share ? fmt::format("{:.4g} %", *policy.max_share * 100) : "";
    return fmt::format("at most {}{}{} may be", rows, policy.max_rows && policy.max_share ? " and " : "", share);
}

} // namespace

RejectVerdict judge_rejects(const RejectPolicy& policy, std::uint64_t rows, std::uint64_t rejected, bool approved) {
    if (rejected == 0) return RejectVerdict::pass;
    if (!within_limits(policy, rows, rejected)) return RejectVerdict::reject;
    switch (policy.then) {
    case RejectPolicy::Then::reject:
        return RejectVerdict::reject;
    case RejectPolicy::Then::hold:
        return approved ? RejectVerdict::pass : RejectVerdict::hold;
    case RejectPolicy::Then::publish_rest:
        return RejectVerdict::pass;
    }
    std::unreachable();
}

Error too_many_rejects(const RejectPolicy& policy, const std::string& part, std::uint64_t rows,
                       std::uint64_t rejected) {
    std::string rule = describe_limits(policy);
    if (within_limits(policy, rows, rejected)) {
        rule += policy.then == RejectPolicy::Then::hold ? "; the rest waits for approval"
                                                        : "; with any, the contract rejects the whole";
    }
    return {FailureCode::too_many_rejects,
            fmt::format("{} of {} records of `{}` are broken; {}", rejected, rows, part, rule)};
}

} // namespace inlet
