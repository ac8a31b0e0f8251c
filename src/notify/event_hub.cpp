#include "notify/event_hub.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace inlet {

namespace {

constexpr std::size_t kPage = 256;
constexpr std::chrono::milliseconds kPause{20}; // between two looks: what happens in quick succession is read together
constexpr std::size_t kRunningMost = 256;       // submissions whose progress is told at once
constexpr std::int64_t kFromNowOn = std::numeric_limits<std::int64_t>::max();

} // namespace

// What the hub and a listener share.
class EventHub::Subscription {
public:
    explicit Subscription(ListenerWish wish) : wish_(std::move(wish)) {}

    bool wants(const LoggedEvent& event) const {
        return wish_.filter.lets_through(event) && (!wish_.may_see || wish_.may_see(event));
    }
    const ListenerWish& wish() const { return wish_; }
    std::int64_t seen = kFromNowOn; // the hub's thread alone: all up to this number was offered

    std::size_t room() const {
        const std::lock_guard lock(mutex_);
        return kWaitingMost - std::min(kWaitingMost, waiting_.size());
    }
    void give(const std::vector<Shared>& events) {
        if (events.empty()) return;
        const std::lock_guard lock(mutex_);
        waiting_.insert(waiting_.end(), events.begin(), events.end());
        if (wake_) wake_();
    }
    void give_progress(const Shared& event) {
        const std::lock_guard lock(mutex_);
        progress_[event->logged.event.submission] = event;
        if (wake_) wake_();
    }
    void listen(std::function<void()> wake) {
        const std::lock_guard lock(mutex_);
        wake_ = std::move(wake);
        if (wake_ && (!waiting_.empty() || !progress_.empty())) wake_();
    }
    // `was_full`: the hub has perhaps more for it.
    std::vector<Shared> take(bool& was_full) {
        const std::lock_guard lock(mutex_);
        was_full = waiting_.size() >= kWaitingMost;
        std::vector<Shared> taken(waiting_.begin(), waiting_.end());
        waiting_.clear();
        for (auto& [submission, event] : progress_) taken.push_back(std::move(event));
        progress_.clear();
        return taken;
    }

private:
    const ListenerWish wish_;
    mutable std::mutex mutex_; // over all below, and over calls of wake_
    std::deque<Shared> waiting_;
    std::map<SubmissionId, Shared> progress_;
    std::function<void()> wake_;
};

class EventHub::Handle final : public Listener {
public:
    Handle(EventHub& hub, std::shared_ptr<Subscription> subscription)
        : hub_(hub), subscription_(std::move(subscription)) {}
    ~Handle() override {
        subscription_->listen({});
        const std::lock_guard lock(hub_.mutex_);
        std::erase(hub_.subscriptions_, subscription_);
    }
    void listen(std::function<void()> wake) override { subscription_->listen(std::move(wake)); }
    std::vector<Shared> take() override {
        bool was_full = false;
        std::vector<Shared> taken = subscription_->take(was_full);
        if (was_full) hub_.wake();
        return taken;
    }

private:
    EventHub& hub_;
    const std::shared_ptr<Subscription> subscription_;
};

EventHub::EventHub(Catalog& catalog, const Clock& clock, Options options)
    : catalog_(catalog), clock_(clock), options_(std::move(options)) {
    catalog_.event_log().on_new([this] { wake(); });
    thread_ = std::thread([this] { run(); });
}

EventHub::~EventHub() {
    catalog_.event_log().on_new({});
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_all();
    }
    thread_.join();
}

std::unique_ptr<EventHub::Listener> EventHub::subscribe(ListenerWish wish) {
    auto subscription = std::make_shared<Subscription>(std::move(wish));
    const auto newest = catalog_.event_log().last(); // we may not have read as far
    const std::lock_guard lock(mutex_);
    // A number that was never given comes from another time of the catalog; what happens now is later than that.
    const std::int64_t now = newest ? std::max(*newest, last_) : last_;
    if (begun_) subscription->seen = std::min(subscription->wish().since.value_or(now), now);
    subscriptions_.push_back(subscription);
    woken_ = true;
    wake_.notify_all();
    return std::make_unique<Handle>(*this, std::move(subscription));
}

void EventHub::progress(const RunningSubmission& running) {
    const std::lock_guard lock(mutex_);
    if (!running_.contains(running.submission) && running_.size() >= kRunningMost) return;
    Running& known = running_[running.submission];
    const Timestamp now = clock_.now();
    if (known.since == 0 || known.latest.state != running.state) known.since = now;
    known.latest = running;
    known.latest.seconds = static_cast<double>(now - known.since) / 1e6;
    known.is_new = true;
    if (subscriptions_.empty()) return;
    woken_ = true;
    wake_.notify_all();
}

void EventHub::wake() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(woken_, true)) return;
    wake_.notify_all();
}

void EventHub::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        wake_.wait_for(lock, options_.poll, [&] { return woken_ || stopping_; });
        if (stopping_) return;
        woken_ = false;
        lock.unlock();
        Status done = collect();
        lock.lock();
        const auto all = subscriptions_;
        lock.unlock();
        for (const auto& subscription : all) {
            if (!done) break;
            done = serve(*subscription);
        }
        tell_progress(all);
        if (!done && options_.failed) options_.failed(done.error());
        lock.lock();
        // Not at once again, whoever calls.
        wake_.wait_for(lock, kPause, [&] { return stopping_; });
        if (!done) wake_.wait_for(lock, options_.poll, [&] { return stopping_; });
    }
}

// Reads what is new.
Status EventHub::collect() {
    if (!begun_) {
        const std::int64_t last = TRY(catalog_.event_log().last());
        const std::lock_guard lock(mutex_);
        begun_ = true;
        floor_ = last_ = last;
        for (const auto& subscription : subscriptions_)
            subscription->seen = std::min(subscription->wish().since.value_or(last_), last_);
    }
    if (is_unheard()) return skip();
    bool is_news = false;
    for (;;) {
        std::vector<LoggedEvent> page = TRY(catalog_.event_log().after(last_, {}, kPage));
        if (page.empty()) break;
        const bool is_all = page.size() < kPage;
        const std::int64_t page_begin = page.front().event.number;
        for (LoggedEvent& event : page) {
            std::string json = cloud_event(event, options_.source);
            recent_.push_back(std::make_shared<const ToldEvent>(ToldEvent{std::move(event), std::move(json)}));
        }
        while (recent_.size() > kRecentMost) {
            floor_ = recent_.front()->logged.event.number;
            recent_.pop_front();
        }
        is_news = true;
        const std::lock_guard lock(mutex_);
        last_ = recent_.back()->logged.event.number;
        forget_settled(page_begin);
        if (is_all) break;
    }
    if (is_news && options_.news) options_.news();
    return {};
}

bool EventHub::is_unheard() {
    const std::lock_guard lock(mutex_);
    return subscriptions_.empty();
}

// Nobody listens: whoever comes later, and wishes to know, reads it in the catalog.
Status EventHub::skip() {
    const std::int64_t last = TRY(catalog_.event_log().last());
    {
        const std::lock_guard lock(mutex_);
        if (last == last_) return {};
        floor_ = last_ = last;
        running_.clear();
        subjects_.clear();
    }
    recent_.clear();
    if (options_.news) options_.news();
    return {};
}

// What came to rest since that event runs no more.
void EventHub::forget_settled(std::int64_t since) {
    for (auto event = recent_.rbegin(); event != recent_.rend() && (*event)->logged.event.number >= since; ++event) {
        const CatalogEvent& what = (*event)->logged.event;
        constexpr std::string_view kPrefix = "submission.";
        if (!what.type.starts_with(kPrefix)) continue;
        const auto state = submission_state_from(std::string_view(what.type).substr(kPrefix.size()));
        if (!state || (!is_end(*state) && *state != SubmissionState::held)) continue;
        running_.erase(what.submission);
        subjects_.erase(what.submission);
    }
}

// Gives the listener what it has not seen, as far as it has room.
Status EventHub::serve(Subscription& subscription) {
    for (std::size_t room = subscription.room(); room > 0 && subscription.seen < last_; room = subscription.room()) {
        std::vector<Shared> events;
        if (subscription.seen < floor_) {
            const std::int64_t covered = floor_;
            std::vector<LoggedEvent> page =
                TRY(catalog_.event_log().after(subscription.seen, subscription.wish().filter, room));
            // Fewer than asked for: there are no others below what is kept for all.
            subscription.seen = page.size() < room ? covered : page.back().event.number;
            for (LoggedEvent& event : page) {
                subscription.seen = std::max(subscription.seen, event.event.number);
                if (!subscription.wants(event)) continue;
                std::string json = cloud_event(event, options_.source);
                events.push_back(std::make_shared<const ToldEvent>(ToldEvent{std::move(event), std::move(json)}));
            }
        } else {
            auto next = std::ranges::upper_bound(recent_, subscription.seen, {},
                                                 [](const Shared& event) { return event->logged.event.number; });
            for (; next != recent_.end() && events.size() < room; ++next) {
                subscription.seen = (*next)->logged.event.number;
                if (subscription.wants((*next)->logged)) events.push_back(*next);
            }
        }
        subscription.give(events);
    }
    return {};
}

void EventHub::tell_progress(const std::vector<std::shared_ptr<Subscription>>& all) {
    std::vector<RunningSubmission> news;
    {
        const std::lock_guard lock(mutex_);
        for (auto& [submission, running] : running_) {
            if (std::exchange(running.is_new, false)) news.push_back(running.latest);
        }
    }
    for (const RunningSubmission& running : news) {
        if (all.empty()) break;
        auto subject = subjects_.find(running.submission);
        if (subject == subjects_.end()) {
            const auto record = catalog_.get(running.submission);
            if (!record) continue;
            LoggedEvent event;
            event.event.submission = running.submission;
            event.event.type = "submission.progress";
            event.kind = record->kind;
            event.target = record->target;
            event.target_is_package = record->target_is_package;
            event.file_name = record->file_name;
            event.by = record->by;
            if (!event.target_is_package) event.datasets = {event.target};
            subject = subjects_.emplace(running.submission, std::move(event)).first;
        }
        Shared event;
        for (const auto& subscription : all) {
            if (!subscription->wants(subject->second)) continue;
            if (!event) {
                event = std::make_shared<const ToldEvent>(ToldEvent{
                    subject->second, progress_event(subject->second, running, options_.source, clock_.now())});
            }
            subscription->give_progress(event);
        }
    }
}

} // namespace inlet
