// OpenSSL's EVP does the hashing. The lane is a ring of blocks between the thread that hands bytes over and the one
// that hashes them.
#include "objects/running_sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace inlet {

class RunningSha256::Digest {
public:
    Digest() : context_(EVP_MD_CTX_new()) {
        CHECK(context_ != nullptr);
        CHECK(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
    }
    ~Digest() { EVP_MD_CTX_free(context_); }
    Digest(const Digest& other) : context_(EVP_MD_CTX_new()) {
        CHECK(context_ != nullptr);
        CHECK(EVP_MD_CTX_copy_ex(context_, other.context_) == 1);
    }
    Digest& operator=(const Digest&) = delete;

    void update(std::span<const std::byte> bytes) {
        CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
    }

    std::string finish() {
        static constexpr char kHex[] = "0123456789abcdef";
        std::array<unsigned char, 32> hash{};
        CHECK(EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1);
        std::string text;
        text.reserve(2 * hash.size());
        for (const unsigned byte : hash) {
            text += kHex[byte >> 4U];
            text += kHex[byte & 15U];
        }
        return text;
    }

private:
    EVP_MD_CTX* context_;
};

class RunningSha256::Lane {
public:
    // Throws std::system_error where the system gives no thread.
    explicit Lane(Digest& digest) : digest_(digest), thread_([this] { run(); }) {}

    ~Lane() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void update(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            if (filled_ == 0) {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [this] { return handed_ - hashed_ < kBlocks; });
            }
            Block& block = blocks_[handed_ % kBlocks];
            const std::size_t count = std::min(bytes.size(), kBlockBytes - filled_);
            block.bytes.resize(kBlockBytes);
            std::memcpy(block.bytes.data() + filled_, bytes.data(), count);
            filled_ += count;
            bytes = bytes.subspan(count);
            if (filled_ == kBlockBytes) hand_over();
        }
    }

    // Returns when all that was handed over is in the digest.
    void drain() {
        if (filled_ > 0) hand_over();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return handed_ == hashed_; });
    }

private:
    static constexpr std::size_t kBlocks = 4;
    static constexpr std::size_t kBlockBytes = 256U << 10U;

    struct Block {
        std::vector<std::byte> bytes;
        std::size_t size = 0;
    };

    void hand_over() {
        blocks_[handed_ % kBlocks].size = filled_;
        filled_ = 0;
        {
            const std::lock_guard lock(mutex_);
            ++handed_;
        }
        changed_.notify_all();
    }

    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return stopping_ || handed_ != hashed_; });
            if (stopping_) return;
            const Block& block = blocks_[hashed_ % kBlocks];
            lock.unlock();
            digest_.update(std::span(block.bytes).first(block.size));
            lock.lock();
            ++hashed_;
            changed_.notify_all();
        }
    }

    Digest& digest_;                    // the thread's while anything is handed over and not hashed
    std::array<Block, kBlocks> blocks_; // [hashed_, handed_) the thread's, the others the caller's
    std::size_t filled_ = 0;            // of the caller's block, bytes

    std::mutex mutex_; // over the four below; handed_ is written by the caller alone
    std::condition_variable changed_;
    std::uint64_t handed_ = 0;
    std::uint64_t hashed_ = 0;
    bool stopping_ = false;

    std::thread thread_; // last: it uses all above
};

RunningSha256::RunningSha256() : digest_(std::make_unique<Digest>()) {}
RunningSha256::~RunningSha256() = default;

void RunningSha256::update(std::span<const std::byte> bytes) {
    if (!lane_ && inline_bytes_ >= kInlineBytes) {
        try {
            lane_ = std::make_unique<Lane>(*digest_);
        } catch (const std::system_error&) {
            inline_bytes_ = 0; // no thread to be had now; it works without, and may be asked again later
        }
    }
    if (lane_) return lane_->update(bytes);
    digest_->update(bytes);
    inline_bytes_ += bytes.size();
}

void RunningSha256::rest() {
    if (lane_) lane_->drain();
    lane_.reset();
    inline_bytes_ = 0;
}

std::unique_ptr<RunningSha256> RunningSha256::copy() {
    rest();
    auto other = std::make_unique<RunningSha256>();
    other->digest_ = std::make_unique<Digest>(*digest_);
    return other;
}

std::string RunningSha256::finish() {
    if (lane_) lane_->drain();
    return digest_->finish();
}

} // namespace inlet
