// Notifications. The tests use the interface alone.
#include <gtest/gtest.h>

#include "catalog/notifications.hpp"
#include "catalog/testing/conformance.hpp"

namespace inlet {

namespace {

NotificationRecord row(std::int64_t event, const std::string& receiver, Timestamp next_at) {
    NotificationRecord record;
    record.event = event;
    record.type = "submission.published";
    record.submission = SubmissionId(7);
    record.receiver = receiver;
    record.message_id = "msg_" + receiver + std::to_string(event);
    record.next_at = next_at;
    return record;
}

template <class T>
FailureCode code_of(const Result<T>& result) {
    return result ? FailureCode::internal : result.error().code;
}

} // namespace

TEST_P(CatalogConformance, NotificationsAreQueuedOnceForAnEventAndReceiver) {
    Notifications& notifications = catalog().notifications();
    EXPECT_EQ(notifications.cursor(), std::nullopt);
    EXPECT_TRUE(notifications.set_cursor(3));
    EXPECT_EQ(notifications.cursor(), 3);
    EXPECT_TRUE(notifications.queue({row(4, "a", 10), row(4, "b", 10)}, 5));
    EXPECT_EQ(notifications.cursor(), 5);
    clock().advance(1);
    EXPECT_TRUE(notifications.queue({row(4, "a", 99), row(6, "a", 11)}, 6));
    const std::vector<NotificationRecord> all = notifications.list({}).value();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].event, 6);
    EXPECT_EQ(all[2].receiver, "a");
    EXPECT_EQ(all[2].next_at, 10);
    EXPECT_EQ(all[2].created_at, clock().now() - 1);
    NotificationRecord expected = row(4, "a", 10);
    expected.id = all[2].id;
    expected.created_at = expected.updated_at = clock().now() - 1;
    EXPECT_EQ(notifications.get(all[2].id), expected);
    EXPECT_TRUE(notifications.set_cursor(std::nullopt));
    EXPECT_EQ(notifications.cursor(), std::nullopt);
}

TEST_P(CatalogConformance, NotificationsAreDueByReceiver) {
    Notifications& notifications = catalog().notifications();
    EXPECT_TRUE(notifications.queue({row(1, "a", 30), row(2, "a", 20), row(3, "b", 40), row(4, "a", 20)}, 4));
    EXPECT_EQ(notifications.pending(), (std::map<std::string, Timestamp>{{"a", 20}, {"b", 40}}));
    NotificationRecord first = notifications.first_pending("a").value().value();
    EXPECT_EQ(first.event, 2);
    first.state = NotificationState::delivered;
    first.attempts = 2;
    first.first_at = 5;
    first.last_error = "answered 500";
    clock().advance(7);
    EXPECT_TRUE(notifications.write(first));
    first.updated_at = clock().now();
    EXPECT_EQ(notifications.get(first.id), first);
    EXPECT_EQ(notifications.first_pending("a").value()->event, 4);
    EXPECT_EQ(notifications.first_pending("nobody").value(), std::nullopt);
    EXPECT_EQ(notifications.list({.state = NotificationState::delivered}).value().size(), 1U);
    EXPECT_EQ(notifications.list({.receiver = "a"}).value().size(), 3U);
    EXPECT_EQ(notifications.list({.limit = 2}).value().size(), 2U);
    EXPECT_EQ(notifications.list({.before = first.id}).value().size(), 1U);
    NotificationRecord nobody = first;
    nobody.id = 999;
    EXPECT_EQ(code_of(notifications.get(999)), FailureCode::unknown_notification);
    EXPECT_EQ(notifications.write(nobody).error().code, FailureCode::unknown_notification);
}

TEST_P(CatalogConformance, NotificationsAreSentAgainAndForgotten) {
    Notifications& notifications = catalog().notifications();
    EXPECT_TRUE(notifications.queue({row(1, "a", 30), row(2, "b", 30)}, 2));
    NotificationRecord dead = notifications.first_pending("a").value().value();
    EXPECT_EQ(notifications.send_again(dead.id).error().code, FailureCode::wrong_state);
    EXPECT_EQ(notifications.send_again(999).error().code, FailureCode::unknown_notification);
    dead.state = NotificationState::dead;
    dead.attempts = 10;
    dead.first_at = 3;
    EXPECT_TRUE(notifications.write(dead));
    EXPECT_TRUE(notifications.switch_off("a", "https://one"));
    EXPECT_TRUE(notifications.switch_off("b", "https://two"));
    EXPECT_TRUE(notifications.switch_off("b", "https://three"));
    clock().advance(5);
    EXPECT_TRUE(notifications.send_again(dead.id));
    const NotificationRecord again = notifications.get(dead.id).value();
    EXPECT_EQ(again.state, NotificationState::pending);
    EXPECT_EQ(again.attempts, 0U);
    EXPECT_EQ(again.first_at, 0);
    EXPECT_EQ(again.next_at, clock().now());
    EXPECT_EQ(again.message_id, dead.message_id);
    EXPECT_EQ(notifications.switched_off(), (std::map<std::string, std::string>{{"b", "https://three"}}));
    EXPECT_TRUE(notifications.write(dead));
    EXPECT_EQ(notifications.forget(clock().now()), 0U);
    EXPECT_EQ(notifications.forget(clock().now() + 1), 1U); // the other is pending
    EXPECT_EQ(code_of(notifications.get(dead.id)), FailureCode::unknown_notification);
}

} // namespace inlet
