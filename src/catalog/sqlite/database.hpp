// One SQLite file with one thread that writes, many changes to a transaction, and a connection that reads beside it.
// Floor 3, for the SQLite catalog alone. Safe from many threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/result.hpp"
#include "catalog/sqlite/connection.hpp"

namespace inlet::sqlite {

// Makes changes durable. What is asked for while a transaction is being synced shares the next one (group commit), so
// that many callers pay for one sync.
class Writer {
public:
    // Called on the writer's thread inside a transaction, and perhaps again in another one if that was taken back
    // because of somebody else's change. One that fails leaves nothing, and does not touch its neighbours.
    using Change = std::function<Status(Connection&)>;
    // Called on the writer's thread once the outcome is durable; must not block and not ask for a change with commit().
    using Done = std::move_only_function<void(Status)>;

    // Told of each transaction of so many changes, however it ended; on the writer's thread; must not block.
    using Committed = std::function<void(std::size_t changes, std::chrono::duration<double> time)>;

    explicit Writer(std::unique_ptr<Connection> connection, Committed committed = {})
        : connection_(std::move(connection)), committed_(std::move(committed)) {}
    ~Writer(); // ends once all that was asked for is done
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Returns once the change would survive a power cut.
    Status commit(const Change& change);
    void submit(Change change, Done done);

private:
    struct Wanted {
        Change change;
        Done done;
    };

    void run();
    void carry_out(std::deque<Wanted>& group);
    Status transact(const std::deque<Wanted>& group);
    Status transact(const Change& change);
    Status finish(Status status);
    void tell(std::size_t changes, std::chrono::steady_clock::time_point since) const;

    std::unique_ptr<Connection> connection_; // the thread's alone
    const Committed committed_;              // empty: nobody is told
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Wanted> queue_; // behind mutex_
    bool stopping_ = false;    // behind mutex_
    std::thread thread_;       // behind mutex_; started by the first change
};

// Answers questions, each from one state of the file.
class Reader {
public:
    explicit Reader(std::string path) : path_(std::move(path)) {}

    // What was committed before the question began.
    template <class Question>
    auto ask(Question question) -> decltype(question(std::declval<Connection&>())) {
        const std::lock_guard lock(mutex_);
        TRY(open());
        TRY(connection_->begin_reading());
        auto answer = question(*connection_);
        connection_->rollback(); // of a transaction that only read: its plain end
        return answer;
    }

    // The same without a transaction around it: for a question that is one statement.
    template <class Question>
    auto peek(Question question) -> decltype(question(std::declval<Connection&>())) {
        const std::lock_guard lock(mutex_);
        TRY(open());
        return question(*connection_);
    }

private:
    Status open(); // at the first question and not before: a program that only writes starts faster

    const std::string path_;
    std::mutex mutex_;                       // over the connection
    std::unique_ptr<Connection> connection_; // null until the first question
};

struct Database {
    Database(std::unique_ptr<Connection> writing, std::string path, Writer::Committed committed)
        : writer(std::move(writing), std::move(committed)), reader(path), quick_reader(std::move(path)) {}

    Writer writer;
    Reader reader;
    Reader quick_reader; // for questions that each request asks, and that must not wait for long ones
};

} // namespace inlet::sqlite
