// Every call goes through run(), which counts and decides.
#include "catalog/testing/fault_catalog.hpp"

#include <utility>

#include <fmt/format.h>

namespace inlet {

void FaultCatalog::fail_at(std::uint64_t nth, When when, FailureCode code) {
    const std::lock_guard lock(mutex_);
    fault_ = {.at = calls_ + nth, .when = when, .code = code};
    fired_ = false;
}

void FaultCatalog::heal() {
    const std::lock_guard lock(mutex_);
    fault_.reset();
}

bool FaultCatalog::fired() const {
    const std::lock_guard lock(mutex_);
    return fired_;
}

std::uint64_t FaultCatalog::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::optional<FaultCatalog::Fault> FaultCatalog::next() {
    const std::lock_guard lock(mutex_);
    ++calls_;
    if (!fault_ || fault_->at != calls_) return std::nullopt;
    fired_ = true;
    return std::exchange(fault_, std::nullopt);
}

template <class Call>
auto FaultCatalog::run(Call call) -> decltype(call()) {
    const auto fault = next();
    if (!fault) return call();
    if (fault->when == When::after) TRY(call());
    return fail(fault->code, fmt::format("injected at call {}", fault->at));
}

class FaultCatalog::Uploads final : public UploadRecords {
public:
    Uploads(FaultCatalog& faults, UploadRecords& inner) : faults_(faults), inner_(inner) {}

    Status add(UploadRecord record) override {
        return faults_.run([&] { return inner_.add(std::move(record)); });
    }
    Result<std::optional<UploadRecord>> find(std::string_view id) override {
        return faults_.run([&] { return inner_.find(id); });
    }
    Status update(const UploadRecord& record) override {
        return faults_.run([&] { return inner_.update(record); });
    }
    Status remove(std::string_view id) override {
        return faults_.run([&] { return inner_.remove(id); });
    }
    Result<std::vector<UploadRecord>> expired(Timestamp moment) override {
        return faults_.run([&] { return inner_.expired(moment); });
    }
    Result<std::vector<UploadRecord>> unsettled() override {
        return faults_.run([&] { return inner_.unsettled(); });
    }
    Result<UnfinishedUploads> unfinished() override {
        return faults_.run([&] { return inner_.unfinished(); });
    }

private:
    FaultCatalog& faults_;
    UploadRecords& inner_;
};

FaultCatalog::FaultCatalog(Catalog& inner)
    : inner_(inner), uploads_(std::make_unique<Uploads>(*this, inner.uploads())) {}
FaultCatalog::~FaultCatalog() = default;

UploadRecords& FaultCatalog::uploads() { return *uploads_; }

Result<SubmissionId> FaultCatalog::create(SubmissionRecord record, const CatalogEvent& event) {
    return run([&] { return inner_.create(std::move(record), event); });
}

Status FaultCatalog::update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) {
    return run([&] { return inner_.update(record, expected, event); });
}

Status FaultCatalog::update_and_answer(const SubmissionRecord& record, SubmissionState expected,
                                       const CatalogEvent& event, const AnsweredRequest& answered) {
    return run([&] { return inner_.update_and_answer(record, expected, event, answered); });
}

Result<SubmissionRecord> FaultCatalog::get(SubmissionId id) {
    return run([&] { return inner_.get(id); });
}

Result<std::vector<SubmissionRecord>> FaultCatalog::list(const SubmissionFilter& filter) {
    return run([&] { return inner_.list(filter); });
}

Result<std::vector<SubmissionRecord>> FaultCatalog::unfinished() {
    return run([&] { return inner_.unfinished(); });
}

Result<std::optional<SubmissionRecord>> FaultCatalog::same_bytes(std::string_view target, std::string_view sha256) {
    return run([&] { return inner_.same_bytes(target, sha256); });
}

Result<std::vector<CatalogEvent>> FaultCatalog::events(SubmissionId id) {
    return run([&] { return inner_.events(id); });
}

Result<std::uint64_t> FaultCatalog::references(std::string_view space, std::string_view sha256) {
    return run([&] { return inner_.references(space, sha256); });
}

Status FaultCatalog::forget_raw(SubmissionId id) {
    return run([&] { return inner_.forget_raw(id); });
}

Status FaultCatalog::forget_rejects(SubmissionId id) {
    return run([&] { return inner_.forget_rejects(id); });
}

Result<std::uint64_t> FaultCatalog::forget_events(Timestamp before, bool dry_run) {
    return run([&] { return inner_.forget_events(before, dry_run); });
}

Status FaultCatalog::copy_to(const std::string& path) {
    return run([&] { return inner_.copy_to(path); });
}

Result<std::int64_t> FaultCatalog::FaultPickups::put(const PickupRecord& record) {
    return faults_.run([&] { return faults_.inner_.pickups().put(record); });
}

Status FaultCatalog::FaultPickups::remove(std::int64_t number) {
    return faults_.run([&] { return faults_.inner_.pickups().remove(number); });
}

Result<std::vector<PickupRecord>> FaultCatalog::FaultPickups::open(std::string_view provider, std::string_view folder) {
    return faults_.run([&] { return faults_.inner_.pickups().open(provider, folder); });
}

Result<std::vector<PickupRecord>> FaultCatalog::FaultPickups::of_file(std::string_view provider,
                                                                      std::string_view folder, std::string_view name) {
    return faults_.run([&] { return faults_.inner_.pickups().of_file(provider, folder, name); });
}

} // namespace inlet
