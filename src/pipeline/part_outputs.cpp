#include "pipeline/part_outputs.hpp"

namespace inlet {

// An object that is begun with its first byte.
class PartOutputs::Sink final : public ByteSink {
public:
    explicit Sink(ObjectStore& objects) : objects_(objects) {}

    Status write(std::span<const char> bytes) override {
        if (bytes.empty()) return {};
        if (!writer_) writer_ = TRY(objects_.create(kOutputSpace));
        return writer_->write(std::as_bytes(bytes));
    }

    // The object's hash; empty if nothing was written.
    Result<std::string> finish(FreshObjects& fresh, std::vector<FreshObjects::Claim>& claims) {
        if (!writer_) return std::string();
        FreshObjects::Stored stored = TRY(fresh.finish(*writer_));
        writer_.reset();
        claims.push_back(std::move(stored.claim));
        return std::move(stored.info.id.sha256);
    }

private:
    ObjectStore& objects_;
    std::unique_ptr<ObjectWriter> writer_;
};

PartOutputs::PartOutputs(ObjectStore& objects, FreshObjects& fresh) : objects_(objects), fresh_(fresh) {}
PartOutputs::~PartOutputs() = default;

Result<CheckOutputs> PartOutputs::begin() {
    errors_ = std::make_unique<Sink>(objects_);
    rejects_ = std::make_unique<Sink>(objects_);
    return CheckOutputs{.rejects = rejects_.get(), .errors = errors_.get()};
}

Result<KeptOutputs> PartOutputs::finish() {
    KeptOutputs kept;
    if (errors_) kept.errors_sha256 = TRY(errors_->finish(fresh_, kept.claims));
    if (rejects_) kept.rejects_sha256 = TRY(rejects_->finish(fresh_, kept.claims));
    return kept;
}

} // namespace inlet
