#include "catalog/sqlite/database.hpp"

#include <algorithm>
#include <future>

#include "base/commit_point.hpp"
#include "catalog/sqlite/schema.hpp"

namespace inlet::sqlite {

namespace {

constexpr std::size_t kGroupMost = 1024; // changes in one transaction

} // namespace

Writer::~Writer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

Status Writer::commit(const Change& change) {
    std::promise<Status> outcome;
    std::future<Status> known = outcome.get_future();
    submit(std::cref(change), [&outcome](Status status) { outcome.set_value(std::move(status)); });
    return known.get();
}

void Writer::submit(Change change, Done done) {
    {
        const std::lock_guard lock(mutex_);
        CHECK(!stopping_);
        queue_.push_back({std::move(change), std::move(done)});
        if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
        if (queue_.size() > 1) return; // the thread is awake, or was told
    }
    wake_.notify_one();
}

void Writer::run() {
    std::deque<Wanted> group;
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kGroupMost));
        group.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
        queue_.erase(queue_.begin(), end);
        lock.unlock();
        carry_out(group);
        group.clear();
        lock.lock();
    }
}

// All in one transaction; if one of them fails, each in its own.
void Writer::carry_out(std::deque<Wanted>& group) {
    if (group.size() > 1 && transact(group)) {
        for (Wanted& wanted : group) wanted.done(Status());
        return;
    }
    for (Wanted& wanted : group) wanted.done(transact(wanted.change));
}

Status Writer::transact(const std::deque<Wanted>& group) {
    const auto begun = std::chrono::steady_clock::now();
    TRY(connection_->begin_writing());
    Status status;
    for (const Wanted& wanted : group) {
        status = wanted.change(*connection_);
        if (!status) break;
    }
    status = finish(std::move(status));
    tell(group.size(), begun);
    return status;
}

Status Writer::transact(const Change& change) {
    const auto begun = std::chrono::steady_clock::now();
    TRY(connection_->begin_writing());
    Status status = finish(change(*connection_));
    tell(1, begun);
    return status;
}

void Writer::tell(std::size_t changes, std::chrono::steady_clock::time_point since) const {
    if (committed_) committed_(changes, std::chrono::steady_clock::now() - since);
}

Status Writer::finish(Status status) {
    if (status) {
        commit_point("catalog.before-commit");
        status = connection_->commit();
    }
    if (!status) {
        connection_->rollback();
        return status;
    }
    commit_point("catalog.after-commit");
    return {};
}

Status Reader::open() {
    if (connection_) return {};
    auto opened = TRY(Connection::open(path_));
    TRY(prepare_connection(*opened));
    TRY(opened->execute("PRAGMA query_only = ON"));
    connection_ = std::move(opened);
    return {};
}

} // namespace inlet::sqlite
