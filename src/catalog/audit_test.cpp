// The form of the chain, as docs/access.md has it.
#include "catalog/audit.hpp"

#include <gtest/gtest.h>

#include "base/sha256.hpp"

namespace inlet {

namespace {

TEST(Audit, AnEntryIsHashedAsDocumented) {
    const AuditEntry entry{.number = 12,
                           .at = -1,
                           .by = "A:n,n",
                           .by_id = "user:ann",
                           .action = "key.create",
                           .submission = SubmissionId(7),
                           .outcome = "done",
                           .detail = "{}"};
    const std::string zeros(64, '0');
    EXPECT_EQ(audit_hash(zeros, entry),
              sha256_hex(zeros + "2:12,2:-1,5:A:n,n,8:user:ann,0:,10:key.create,0:,1:7,4:done,2:{},"));
}

TEST(Audit, AHeadIsReadBack) {
    const AuditHead head{.number = 12, .hash = std::string(64, 'a')};
    EXPECT_EQ(*audit_head_from(to_string(head)), head);
    for (const char* text : {"", ":", "12", "12:", "x:0", "12:aa", "-1:0"}) EXPECT_FALSE(audit_head_from(text)) << text;
    EXPECT_FALSE(audit_head_from("12:" + std::string(64, 'G')));
    EXPECT_FALSE(audit_head_from("1 2:" + std::string(64, 'a')));
}

} // namespace

} // namespace inlet
