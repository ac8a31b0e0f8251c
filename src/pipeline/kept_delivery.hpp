// The bytes of a delivery on their way in: what is read of it is kept as an object, whoever reads. Floor 5. Read by one
// thread; again() from any thread once the end was read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "objects/object_store.hpp"
#include "pipeline/fresh_objects.hpp"
#include "records/byte_source.hpp"

namespace inlet {

class KeptDelivery final : public ByteSource {
public:
    // `bytes` and the rest are borrowed; `on_bytes` is told how many each read brought.
    KeptDelivery(ByteSource& bytes, ObjectStore& objects, std::unique_ptr<ObjectWriter> writer, FreshObjects& fresh,
                 std::function<void(std::uint64_t)> on_bytes);
    ~KeptDelivery() override;

    // The first bytes, up to kRecognisedBytes; to be called before the first read, which gives them again.
    Result<std::span<const char>> head();
    // What the sender sends, front to back; each byte is handed to the store before it is given. At the end the object
    // begins to be made durable while the caller goes on.
    Result<std::size_t> read(std::span<char> room) override;
    // Reads what is left, giving it to nobody.
    Status drain();
    // Once the end was read: waits until the object is durable.
    Result<FreshObjects::Stored*> stored();

    // The object, as soon as it is one.
    const ByteOrigin& again() const { return again_; }
    // Whether the sender or the store failed, and not whoever reads.
    const std::optional<Error>& failure() const { return failure_; }

private:
    class Again final : public ByteOrigin {
    public:
        explicit Again(KeptDelivery& delivery) : delivery_(delivery) {}
        Result<std::unique_ptr<ByteSource>> open() const override;

    private:
        KeptDelivery& delivery_;
    };

    Result<std::size_t> receive(std::span<char> room);

    ByteSource& bytes_;
    ObjectStore& objects_;
    std::unique_ptr<ObjectWriter> writer_;
    FreshObjects& fresh_;
    std::function<void(std::uint64_t)> on_bytes_;
    std::vector<char> head_;
    std::size_t head_given_ = 0;
    bool at_end_ = false;
    std::optional<Error> failure_;
    std::thread finishing_;                              // started at the end; joined by whoever first wants to know
    std::optional<Result<FreshObjects::Stored>> stored_; // set by finishing_
    Again again_{*this};
};

} // namespace inlet
