// With a courier that writes down what it is given, and a clock that stands still until told.
#include "notify/notifier.hpp"

#include <condition_variable>

#include <gtest/gtest.h>

#include "base/disk.hpp"
#include "catalog/memory/memory_catalog.hpp"
#include "notify/retry_plan.hpp"
#include "objects/directory/directory_store.hpp"
#include "objects/testing/conformance.hpp"

namespace inlet {
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ObjectStoreConformance);

namespace {

// Answers each parcel as it is told to; until then it is under way.
class FakeCourier final : public Courier {
public:
    void send(Parcel parcel) override {
        const std::lock_guard lock(mutex_);
        sent_.push_back(std::move(parcel));
        changed_.notify_all();
    }
    std::vector<Arrival> wait(std::chrono::milliseconds time) override {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, time, [&] { return woken_ || !arrivals_.empty(); });
        woken_ = false;
        return std::exchange(arrivals_, {});
    }
    void wake() override {
        const std::lock_guard lock(mutex_);
        woken_ = true;
        changed_.notify_all();
    }

    // The n-th parcel that was given to it, once it is there.
    Parcel sent(std::size_t nth) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return sent_.size() > nth; });
        return sent_[nth];
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return sent_.size();
    }
    void arrive(Arrival arrival) {
        const std::lock_guard lock(mutex_);
        arrivals_.push_back(std::move(arrival));
        changed_.notify_all();
    }

private:
    std::mutex mutex_; // over all below
    std::condition_variable changed_;
    std::vector<Parcel> sent_;
    std::vector<Arrival> arrivals_;
    bool woken_ = false;
};

class NotifierTest : public testing::Test {
protected:
    NotifierTest() {
        settings_.webhooks = {{.name = "crm", .url = "https://crm", .keys = {std::string(32, 'k')}, .choice = {}}};
    }

    ~NotifierTest() override {
        notifier_.reset();
        EXPECT_TRUE(disk_->remove_tree(folder_));
    }

    void begin() {
        notifier_ = std::make_unique<Notifier>(NotifierParts{.settings = settings_,
                                                             .catalog = *catalog_,
                                                             .objects = *objects_,
                                                             .clock = clock_,
                                                             .courier = courier_,
                                                             .project = "shop",
                                                             .source = "/inlet/shop",
                                                             .contacts = contacts_,
                                                             .random_id = [this] { return std::to_string(++ids_); },
                                                             .chance = [] { return 0.5; }});
    }
    void happen(const std::string& type) {
        SubmissionRecord record;
        record.target = "items";
        ASSERT_TRUE(catalog_->create(record, {.type = type, .detail = "{}"}));
        if (notifier_) notifier_->wake();
    }
    // The only notification, once it has that state and so many attempts.
    NotificationRecord settled(NotificationState state, std::uint32_t attempts) {
        for (;;) {
            const auto all = catalog_->notifications().list({}).value();
            if (!all.empty() && all[0].state == state && all[0].attempts == attempts) return all[0];
            std::this_thread::yield();
        }
    }

    ManualClock clock_;
    std::unique_ptr<Catalog> catalog_ = make_memory_catalog(clock_);
    std::unique_ptr<Disk> disk_ = make_posix_disk();
    const std::string folder_ = temporary_name("/tmp", "inlet-notify-test");
    std::unique_ptr<ObjectStore> objects_ = open_directory_store(*disk_, clock_, folder_).value();
    FakeCourier courier_;
    NotifySettings settings_;
    std::function<std::vector<std::string>(const LoggedEvent&)> contacts_;
    int ids_ = 0;
    std::unique_ptr<Notifier> notifier_;
};

TEST_F(NotifierTest, BeginsWithWhatHappensFromNowOn) {
    happen("submission.published");
    ASSERT_TRUE(catalog_->notifications().set_cursor(1));
    happen("submission.checking"); // nobody is told of this
    happen("submission.rejected");
    begin();
    const Parcel parcel = courier_.sent(0);
    const auto& call = std::get<WebhookCall>(parcel.call);
    EXPECT_EQ(call.url, "https://crm");
    EXPECT_NE(call.body.find("submission.rejected"), std::string::npos);
    courier_.arrive({.id = parcel.id, .end = Arrival::End::taken});
    settled(NotificationState::delivered, 1);
    EXPECT_EQ(catalog_->notifications().cursor().value(), 3);
    EXPECT_EQ(courier_.count(), 1U);
}

TEST_F(NotifierTest, TriesAgainForADayAndThenGivesUp) {
    ASSERT_TRUE(catalog_->notifications().set_cursor(0));
    happen("submission.published");
    begin();
    std::string id;
    std::uint32_t attempts = 0;
    for (;;) {
        const Parcel parcel = courier_.sent(attempts);
        const std::string now = std::get<WebhookCall>(parcel.call).headers.at(1).second;
        if (id.empty()) id = now;
        EXPECT_EQ(now, id);
        courier_.arrive({.id = parcel.id, .end = Arrival::End::failed, .error = "answered 500"});
        ++attempts;
        if (attempts == 10) break;
        const NotificationRecord pending = settled(NotificationState::pending, attempts);
        EXPECT_GT(pending.next_at, clock_.now());
        notifier_.reset(); // the clock is nobody else's while it moves
        clock_.advance(pending.next_at - clock_.now());
        begin();
    }
    const NotificationRecord dead = settled(NotificationState::dead, 10);
    EXPECT_EQ(dead.last_error, "answered 500");
    EXPECT_LE(clock_.now() - dead.first_at, kRetryFor);
    ASSERT_TRUE(catalog_->notifications().send_again(dead.id));
    notifier_->wake();
    EXPECT_EQ(std::get<WebhookCall>(courier_.sent(10).call).headers.at(1).second, id);
}

TEST_F(NotifierTest, WhatWasUnderWayAtTheEndIsSentAgain) {
    ASSERT_TRUE(catalog_->notifications().set_cursor(0));
    happen("submission.published");
    begin();
    const Parcel first = courier_.sent(0);
    notifier_.reset();
    begin();
    const Parcel again = courier_.sent(1);
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(std::get<WebhookCall>(again.call).headers.at(1), std::get<WebhookCall>(first.call).headers.at(1));
}

TEST_F(NotifierTest, BuriesWhatHasNoReceiverAnyMore) {
    ASSERT_TRUE(catalog_->notifications().set_cursor(0));
    happen("submission.published");
    begin();
    courier_.sent(0);
    notifier_.reset();
    settings_.webhooks[0].name = "other";
    begin();
    const NotificationRecord dead = settled(NotificationState::dead, 0);
    EXPECT_NE(dead.last_error.find("no such webhook"), std::string::npos);
    EXPECT_EQ(courier_.count(), 1U);
}

TEST_F(NotifierTest, WritesToWhoeverSentItAndToEachAddressOnce) {
    settings_.webhooks.clear();
    settings_.email = {.smtp = "smtp://mail", .from = "inlet@example.com", .to = {"anna@example.com"}};
    contacts_ = [](const LoggedEvent&) { return std::vector<std::string>{"anna@example.com", "zoe@example.com"}; };
    ASSERT_TRUE(catalog_->notifications().set_cursor(0));
    happen("submission.rejected");
    begin();
    EXPECT_EQ(std::get<MailCall>(courier_.sent(0).call).to, "anna@example.com");
    EXPECT_EQ(std::get<MailCall>(courier_.sent(1).call).to, "zoe@example.com");
    notifier_.reset();
    EXPECT_EQ(catalog_->notifications().list({}).value().size(), 2U);
}

} // namespace
} // namespace inlet
