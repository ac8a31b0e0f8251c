// Every call goes through Plan::run, which counts and decides.
#include "objects/testing/fault_object_store.hpp"

#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace inlet {

class FaultObjectStore::Plan {
public:
    struct Fault {
        std::uint64_t at = 0; // call number
        When when = When::before;
        FailureCode code = FailureCode::io_failed;
    };

    void arm(std::uint64_t nth, When when, FailureCode code) {
        const std::lock_guard lock(mutex_);
        fault_ = {.at = calls_ + nth, .when = when, .code = code};
        fired_ = false;
    }
    void heal() {
        const std::lock_guard lock(mutex_);
        fault_.reset();
    }
    bool fired() const {
        const std::lock_guard lock(mutex_);
        return fired_;
    }
    std::uint64_t calls() const {
        const std::lock_guard lock(mutex_);
        return calls_;
    }

    template <class Call>
    auto run(Call call) -> decltype(call()) {
        const auto fault = next();
        if (!fault) return call();
        if (fault->when == When::after) TRY(call());
        return fail(fault->code, fmt::format("injected at call {}", fault->at));
    }

private:
    std::optional<Fault> next() {
        const std::lock_guard lock(mutex_);
        ++calls_;
        if (!fault_ || fault_->at != calls_) return std::nullopt;
        fired_ = true;
        return std::exchange(fault_, std::nullopt);
    }

    mutable std::mutex mutex_; // over all below
    std::uint64_t calls_ = 0;
    std::optional<Fault> fault_;
    bool fired_ = false;
};

class FaultObjectStore::Writer final : public ObjectWriter {
public:
    Writer(std::unique_ptr<ObjectWriter> inner, std::shared_ptr<Plan> plan)
        : inner_(std::move(inner)), plan_(std::move(plan)) {}

    Status write(std::span<const std::byte> bytes) override {
        return plan_->run([&] { return inner_->write(bytes); });
    }
    Result<ObjectInfo> finish() override {
        return plan_->run([&] { return inner_->finish(); });
    }

private:
    std::unique_ptr<ObjectWriter> inner_;
    std::shared_ptr<Plan> plan_;
};

class FaultObjectStore::Reader final : public ObjectReader {
public:
    Reader(std::unique_ptr<ObjectReader> inner, std::shared_ptr<Plan> plan)
        : inner_(std::move(inner)), plan_(std::move(plan)) {}

    std::uint64_t size() const override { return inner_->size(); }
    Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
        return plan_->run([&] { return inner_->pread(bytes, offset); });
    }

private:
    std::unique_ptr<ObjectReader> inner_;
    std::shared_ptr<Plan> plan_;
};

FaultObjectStore::FaultObjectStore(ObjectStore& inner) : inner_(inner), plan_(std::make_shared<Plan>()) {}
FaultObjectStore::~FaultObjectStore() = default;

void FaultObjectStore::fail_at(std::uint64_t nth, When when, FailureCode code) { plan_->arm(nth, when, code); }
void FaultObjectStore::heal() { plan_->heal(); }
bool FaultObjectStore::fired() const { return plan_->fired(); }
std::uint64_t FaultObjectStore::calls() const { return plan_->calls(); }

Result<std::unique_ptr<ObjectWriter>> FaultObjectStore::create(const std::string& space) {
    auto writer = TRY(plan_->run([&] { return inner_.create(space); }));
    return std::make_unique<Writer>(std::move(writer), plan_);
}

Result<ObjectInfo> FaultObjectStore::take_over(const std::string& path, const ObjectId& id) {
    return plan_->run([&] { return inner_.take_over(path, id); });
}

Result<std::unique_ptr<ObjectReader>> FaultObjectStore::open(const ObjectId& id) const {
    auto reader = TRY(plan_->run([&] { return std::as_const(inner_).open(id); }));
    return std::make_unique<Reader>(std::move(reader), plan_);
}

Result<bool> FaultObjectStore::exists(const ObjectId& id) const {
    return plan_->run([&] { return inner_.exists(id); });
}

Status FaultObjectStore::remove(const ObjectId& id) {
    return plan_->run([&] { return inner_.remove(id); });
}

Status FaultObjectStore::list(const std::function<Status(const ObjectInfo&)>& each) const {
    return plan_->run([&] { return inner_.list(each); });
}

Status FaultObjectStore::sweep() {
    return plan_->run([&] { return inner_.sweep(); });
}

} // namespace inlet
