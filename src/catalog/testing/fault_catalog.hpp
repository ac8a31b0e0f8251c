// A catalog for tests that fails when it is told to, in front of a real one. Floor 3, testing only. As safe from
// threads as the one behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "catalog/catalog.hpp"

namespace inlet {

class FaultCatalog final : public Catalog {
public:
    enum class When : std::uint8_t {
        before, // the call does nothing
        after,  // the call does its work, but its answer is lost
    };

    explicit FaultCatalog(Catalog& inner); // borrowed
    ~FaultCatalog() override;

    // The n-th call from now on (1-based) fails, once.
    void fail_at(std::uint64_t nth, When when, FailureCode code = FailureCode::catalog_failed);
    void heal();
    bool fired() const;          // whether the fault of the last fail_at() has come
    std::uint64_t calls() const; // since construction, failed ones included

    Result<SubmissionId> create(SubmissionRecord record, const CatalogEvent& event) override;
    Status update(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event) override;
    Status update_and_answer(const SubmissionRecord& record, SubmissionState expected, const CatalogEvent& event,
                             const AnsweredRequest& answered) override;
    Result<SubmissionRecord> get(SubmissionId id) override;
    Result<std::vector<SubmissionRecord>> list(const SubmissionFilter& filter) override;
    Result<std::vector<SubmissionRecord>> unfinished() override;
    Result<std::optional<SubmissionRecord>> same_bytes(std::string_view target, std::string_view sha256) override;
    Result<std::vector<CatalogEvent>> events(SubmissionId id) override;
    Result<std::uint64_t> references(std::string_view space, std::string_view sha256) override;
    Status forget_raw(SubmissionId id) override;
    Status forget_rejects(SubmissionId id) override;
    Result<std::uint64_t> forget_events(Timestamp before, bool dry_run) override;
    Status copy_to(const std::string& path) override;
    Inbox& inbox() override { return inner_.inbox(); } // no faults there, and below
    Requests& requests() override { return inner_.requests(); }
    Jobs& jobs() override { return inner_.jobs(); }
    Keys& keys() override { return inner_.keys(); }
    AuditLog& audit() override { return inner_.audit(); }
    UploadRecords& uploads() override;
    Pickups& pickups() override { return pickups_; }
    EventLog& event_log() override { return inner_.event_log(); }
    Notifications& notifications() override { return inner_.notifications(); }

private:
    class Uploads;
    class FaultPickups final : public Pickups {
    public:
        explicit FaultPickups(FaultCatalog& faults) : faults_(faults) {}
        Result<std::int64_t> put(const PickupRecord& record) override;
        Status remove(std::int64_t number) override;
        Result<std::vector<PickupRecord>> open(std::string_view provider, std::string_view folder) override;
        Result<std::vector<PickupRecord>> of_file(std::string_view provider, std::string_view folder,
                                                  std::string_view name) override;

    private:
        FaultCatalog& faults_;
    };

    struct Fault {
        std::uint64_t at = 0; // call number
        When when = When::before;
        FailureCode code = FailureCode::catalog_failed;
    };

    std::optional<Fault> next(); // counts a call, and says whether it is the one to fail

    template <class Call>
    auto run(Call call) -> decltype(call());

    Catalog& inner_;
    std::unique_ptr<Uploads> uploads_;
    FaultPickups pickups_{*this};

    mutable std::mutex mutex_; // over all below
    std::uint64_t calls_ = 0;
    std::optional<Fault> fault_;
    bool fired_ = false;
};

} // namespace inlet
