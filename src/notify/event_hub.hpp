// Tells everybody in this process who listens of what happens: events of the catalog, whichever process wrote them, and
// the progress of what runs here. Floor 5. Safe from many threads; works on one of its own.
//
// A listener keeps the number of the last event it was given and a few that wait for it. One that is slow is not given
// more until it has taken those; what it missed is read from the catalog again. So a listener costs a few KiB at most
// beside the events, which all share, and none is ever lost to it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
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
#include "notify/cloud_event.hpp"

namespace inlet {

struct ToldEvent {
    LoggedEvent logged; // of progress: number 0
    std::string json;   // a CloudEvent
};

struct ListenerWish {
    EventFilter filter = {};
    std::optional<std::int64_t> since = {};               // events with a higher number; nothing: from now on
    std::function<bool(const LoggedEvent&)> may_see = {}; // empty: all
};

class EventHub {
public:
    // What is kept for a listener that does not take it.
    static constexpr std::size_t kWaitingMost = 128;
    // Events that are kept for all listeners, lest the catalog be asked for each.
    static constexpr std::size_t kRecentMost = 1024;

    class Listener {
    public:
        virtual ~Listener() = default; // it is not woken any more
        // From then on `wake` is called, from any thread, when take() has something again; it must not block.
        virtual void listen(std::function<void()> wake) = 0;
        // Never blocks. In order; empty: nothing yet. Progress comes as its latest state only.
        virtual std::vector<std::shared_ptr<const ToldEvent>> take() = 0;
    };

    struct Options {
        std::string source;                            // see cloud_event()
        std::chrono::milliseconds poll{1000};          // for events that other processes wrote
        std::function<void()> news = {};               // told of new events; must not block
        std::function<void(const Error&)> failed = {}; // the catalog did not answer; it is asked again
    };

    // Borrowed. There is one hub for a catalog.
    EventHub(Catalog& catalog, const Clock& clock, Options options);
    ~EventHub(); // after its listeners
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;

    std::unique_ptr<Listener> subscribe(ListenerWish wish);
    // Never blocks. `seconds` is filled in here.
    void progress(const RunningSubmission& running);

private:
    class Subscription;
    class Handle;
    using Shared = std::shared_ptr<const ToldEvent>;
    struct Running {
        RunningSubmission latest;
        Timestamp since = 0; // in this state
        bool is_new = false;
    };

    void wake();
    void run();
    bool is_unheard();
    Status skip();
    Status collect();
    void forget_settled(std::int64_t since); // under mutex_
    Status serve(Subscription& subscription);
    void tell_progress(const std::vector<std::shared_ptr<Subscription>>& all);

    Catalog& catalog_;
    const Clock& clock_;
    const Options options_;

    std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = true;                                        // behind mutex_
    bool stopping_ = false;                                    // behind mutex_
    std::vector<std::shared_ptr<Subscription>> subscriptions_; // behind mutex_; shared with their handles
    std::map<SubmissionId, Running> running_;                  // behind mutex_
    std::int64_t last_ = 0;                                    // behind mutex_; written by the thread alone
    bool begun_ = false;                                       // the thread's: last_ is known
    std::int64_t floor_ = 0;                                   // the thread's: below all of recent_
    std::deque<Shared> recent_;                                // the thread's: those above floor_
    std::map<SubmissionId, LoggedEvent> subjects_;             // the thread's: of what runs
    std::thread thread_;
};

} // namespace inlet
