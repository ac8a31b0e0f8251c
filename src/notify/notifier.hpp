// Makes sure that receivers are told: a row in the catalog for each event and receiver, worked off on a thread of its
// own, tried again for a day. Floor 5. Safe from many threads.
//
// At least once: the row is written before anything is sent and settled after it was taken, so that a crash between
// sends it again, under the same message id. To one receiver one message at a time, to several at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/event_log.hpp"
#include "catalog/notifications.hpp"
#include "contract/notify.hpp"
#include "notify/courier.hpp"
#include "objects/object_store.hpp"

namespace inlet {

struct NotifierParts { // borrowed; outlive the notifier
    const NotifySettings& settings;
    Catalog& catalog;
    const ObjectStore& objects;
    const Clock& clock;
    Courier& courier;
    std::string project; // its name, for subjects
    std::string source;  // see cloud_event()
    // E-mail addresses of whoever sent what the event is about; empty: nobody's are known.
    std::function<std::vector<std::string>(const LoggedEvent&)> contacts = {};
    std::function<std::string()> random_id = {};   // [0-9a-f], never the same; empty: from the system
    std::function<double()> chance = {};           // 0 to 1; empty: from the system
    std::function<void(const Error&)> failed = {}; // the catalog did not answer; it is asked again
    // Told of each attempt, with what became of it.
    std::function<void(const NotificationRecord&)> tried = {};
};

class Notifier {
public:
    static constexpr std::size_t kAtOnce = 8;                    // messages
    static constexpr Timestamp kKept = 30LL * 86400 * 1'000'000; // settled rows: 30 d

    // Begins at once, from the event up to which all was queued; the first time from now on.
    explicit Notifier(NotifierParts parts);
    // Breaks off what is being sent; the next one sends it again.
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    // There are events, or a message was asked for again. Never blocks.
    void wake() const { parts_.courier.wake(); }

private:
    struct UnderWay {
        NotificationRecord record;
        std::string address; // of a webhook
    };

    void run(const std::stop_token& stop);
    Status begin();
    Status queue_new();
    NotificationRecord row_for(const LoggedEvent& event, std::string receiver) const;
    Status send_due(Timestamp& next);
    Status send(NotificationRecord record);
    Result<std::optional<LoggedEvent>> event_of(const NotificationRecord& record) const;
    Result<WebhookCall> webhook_call(const WebhookSettings& webhook, const NotificationRecord& record,
                                     const LoggedEvent& event) const;
    Result<MailCall> mail_call(const std::string& to, const NotificationRecord& record, const LoggedEvent& event) const;
    Status settle(const Arrival& arrival);
    Status write(const NotificationRecord& record) const;
    Status bury(NotificationRecord record, std::string why) const;

    const NotifierParts parts_;
    // The thread's alone:
    bool begun_ = false;
    std::int64_t cursor_ = 0;
    Timestamp forgotten_at_ = 0;
    std::map<std::string, std::string> off_;    // receiver, address
    std::map<std::string, UnderWay> under_way_; // by receiver
    std::vector<Arrival> arrived_;              // and is not settled yet
    std::jthread thread_;
};

} // namespace inlet
