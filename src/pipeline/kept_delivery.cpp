#include "pipeline/kept_delivery.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "pipeline/byte_origins.hpp"
#include "pipeline/content_kind.hpp"

namespace inlet {

namespace {
constexpr std::size_t kDrainBytes = 256U << 10U;
} // namespace

KeptDelivery::KeptDelivery(ByteSource& bytes, ObjectStore& objects, std::unique_ptr<ObjectWriter> writer,
                           FreshObjects& fresh, std::function<void(std::uint64_t)> on_bytes)
    : bytes_(bytes), objects_(objects), writer_(std::move(writer)), fresh_(fresh), on_bytes_(std::move(on_bytes)) {}

KeptDelivery::~KeptDelivery() {
    if (finishing_.joinable()) finishing_.join();
}

Result<std::span<const char>> KeptDelivery::head() {
    std::array<char, kRecognisedBytes> room{};
    while (head_.size() < kRecognisedBytes && !at_end_) {
        const std::size_t count = TRY(receive(std::span(room).first(kRecognisedBytes - head_.size())));
        head_.insert(head_.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return std::span<const char>(head_);
}

Result<std::size_t> KeptDelivery::read(std::span<char> room) {
    if (head_given_ < head_.size()) {
        const std::size_t count = std::min(room.size(), head_.size() - head_given_);
        std::memcpy(room.data(), head_.data() + head_given_, count);
        head_given_ += count;
        return count;
    }
    return receive(room);
}

Result<std::size_t> KeptDelivery::receive(std::span<char> room) {
    if (failure_) return fail(*failure_);
    if (at_end_) return 0;
    auto count = bytes_.read(room);
    if (!count) {
        failure_ = count.error();
        return count;
    }
    if (*count == 0) {
        at_end_ = true;
        // The last sync takes as long as the disk likes; what the check has left to do need not wait for it.
        finishing_ = std::thread([this] { stored_ = fresh_.finish(*writer_); });
        return 0;
    }
    if (Status written = writer_->write(std::as_bytes(room.first(*count))); !written) {
        failure_ = std::move(written.error());
        return fail(*failure_);
    }
    on_bytes_(*count);
    return count;
}

Status KeptDelivery::drain() {
    std::vector<char> room(kDrainBytes);
    while (TRY(receive(room)) > 0) {
    }
    return {};
}

Result<FreshObjects::Stored*> KeptDelivery::stored() {
    CHECK(at_end_);
    if (finishing_.joinable()) finishing_.join();
    CHECK(stored_.has_value());
    if (!*stored_) {
        failure_ = stored_->error();
        return fail(*failure_);
    }
    return &**stored_;
}

Result<std::unique_ptr<ByteSource>> KeptDelivery::Again::open() const {
    const FreshObjects::Stored* stored = TRY(delivery_.stored());
    return ObjectOrigin(TRY(delivery_.objects_.open(stored->info.id))).open();
}

} // namespace inlet
