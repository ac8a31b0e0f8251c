#include "catalog/audit.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/sha256.hpp"

namespace inlet {

namespace {

constexpr std::size_t kPage = 1000;
constexpr std::size_t kHashDigits = 64;

void add_netstring(std::string& out, std::string_view text) {
    fmt::format_to(std::back_inserter(out), "{}:", text.size());
    out += text;
    out += ',';
}

std::unexpected<Error> broken(std::int64_t number, std::string_view what) {
    return fail(Error(FailureCode::audit_broken, fmt::format("audit entry {} {}", number, what))
                    .with("entry", std::to_string(number)));
}

} // namespace

std::string to_string(const AuditHead& head) { return fmt::format("{}:{}", head.number, head.hash); }

Result<AuditHead> audit_head_from(std::string_view text) {
    AuditHead head;
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + colon, head.number);
    head.hash = text.substr(std::min(colon + 1, text.size()));
    const bool is_hex = head.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (error != std::errc() || end != text.data() + colon || head.number < 0 || head.hash.size() != kHashDigits ||
        !is_hex)
        return fail(FailureCode::bad_argument,
                    fmt::format("`{}` is not the head of an audit log: a number, a colon and 64 hex digits", text));
    return head;
}

std::string audit_hash(std::string_view previous, const AuditEntry& entry) {
    std::string text(previous);
    add_netstring(text, std::to_string(entry.number));
    add_netstring(text, std::to_string(entry.at));
    add_netstring(text, entry.by);
    add_netstring(text, entry.by_id);
    add_netstring(text, entry.address);
    add_netstring(text, entry.action);
    add_netstring(text, entry.object);
    add_netstring(text, std::to_string(entry.submission.value));
    add_netstring(text, entry.outcome);
    add_netstring(text, entry.detail);
    return sha256_hex(text);
}

Result<AuditHead> verify_audit(AuditLog& log, const std::vector<AuditHead>& known) {
    AuditHead head;
    const auto agree = [&]() -> Status {
        for (const AuditHead& other : known) {
            if (other.number == head.number && other.hash != head.hash)
                return broken(head.number, "has another hash than the one that was told when it was the last");
        }
        return {};
    };
    TRY(agree());
    for (;;) {
        const std::vector<AuditEntry> page = TRY(log.oldest(head.number, kPage));
        for (const AuditEntry& entry : page) {
            if (entry.number != head.number + 1) return broken(head.number + 1, "is missing");
            if (entry.hash != audit_hash(head.hash, entry)) return broken(entry.number, "was changed");
            head = {.number = entry.number, .hash = entry.hash};
            TRY(agree());
        }
        if (page.size() < kPage) break;
    }
    for (const AuditHead& other : known) {
        if (other.number > head.number) return broken(head.number + 1, "and what follows it were cut off");
    }
    return head;
}

} // namespace inlet
