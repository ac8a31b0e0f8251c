#include "objects/verified_object.hpp"

#include <array>

#include <gtest/gtest.h>

namespace inlet {
namespace {

constexpr const char* kHashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kHashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// Holds one text, under whatever name it is asked for.
class OneObject final : public ObjectStore {
public:
    explicit OneObject(std::string text) : text_(std::move(text)) {}

    Result<std::unique_ptr<ObjectWriter>> create(const std::string&) override { return refuse(); }
    Result<ObjectInfo> take_over(const std::string&, const ObjectId&) override { return refuse(); }
    Result<std::unique_ptr<ObjectReader>> open(const ObjectId&) const override {
        return std::make_unique<Reader>(text_);
    }
    Result<bool> exists(const ObjectId&) const override { return true; }
    Status remove(const ObjectId&) override { return refuse(); }
    Status list(const std::function<Status(const ObjectInfo&)>&) const override { return {}; }
    Status sweep() override { return {}; }

private:
    class Reader final : public ObjectReader {
    public:
        explicit Reader(std::string text) : text_(std::move(text)) {}
        std::uint64_t size() const override { return text_.size(); }
        Result<std::size_t> pread(std::span<std::byte> bytes, std::uint64_t offset) const override {
            const std::size_t count = std::min<std::size_t>(bytes.size(), text_.size() - offset);
            std::ranges::copy(std::as_bytes(std::span(text_)).subspan(offset, count), bytes.begin());
            return count;
        }

    private:
        std::string text_;
    };

    static std::unexpected<Error> refuse() { return fail(FailureCode::io_failed, "this store is only read"); }

    std::string text_;
};

TEST(VerifiedObject, IsReadFromItsBeginning) {
    const auto object = open_verified(OneObject("abc"), {"space", kHashOfAbc});
    ASSERT_TRUE(object);
    std::array<std::byte, 8> room{};
    EXPECT_EQ((*object)->pread(room, 0).value(), 3U);
    EXPECT_EQ(static_cast<char>(room[0]), 'a');
}

TEST(VerifiedObject, MayBeEmpty) { EXPECT_TRUE(open_verified(OneObject(""), {"space", kHashOfNothing})); }

TEST(VerifiedObject, IsRefusedOnceItsBytesChanged) {
    for (const char* text : {"abd", "ab", "abcd", ""}) {
        const auto object = open_verified(OneObject(text), {"space", kHashOfAbc});
        ASSERT_FALSE(object) << text;
        EXPECT_EQ(object.error().code, FailureCode::object_corrupt);
        EXPECT_NE(object.error().message.find(std::string("space/") + kHashOfAbc), std::string::npos);
    }
}

} // namespace
} // namespace inlet
