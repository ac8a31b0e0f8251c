// The tests use the interface alone.
#include "objects/testing/conformance.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/disk.hpp"
#include "objects/testing/fault_object_store.hpp"

namespace inlet {

namespace {

class BehindFaults final : public ObjectStoreHarness {
public:
    explicit BehindFaults(std::unique_ptr<ObjectStoreHarness> inner)
        : inner_(std::move(inner)), store_(inner_->store()) {}
    ObjectStore& store() override { return store_; }
    std::string path_of(const std::string& name) override { return inner_->path_of(name); }

private:
    std::unique_ptr<ObjectStoreHarness> inner_;
    FaultObjectStore store_;
};

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
std::span<std::byte> room_of(std::string& text) { return std::as_writable_bytes(std::span(text)); }

// Bytes without a short period.
std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint64_t state = 42;
    for (char& c : text) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        c = static_cast<char>(state >> 56U);
    }
    return text;
}

template <class T>
FailureCode code_of(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? FailureCode::internal : result.error().code;
}

constexpr std::string_view kHashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kHashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kHashOfMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

} // namespace

std::vector<ObjectStoreCase> object_store_cases(const ObjectStoreFactory& make) {
    return {{.name = "Plain", .make = make},
            {.name = "BehindFaults", .make = [make] { return std::make_unique<BehindFaults>(make()); }}};
}

std::string object_store_case_name(const testing::TestParamInfo<ObjectStoreCase>& info) { return info.param.name; }

ObjectStoreConformance::ObjectStoreConformance() : harness_(GetParam().make()) {}
ObjectStoreConformance::~ObjectStoreConformance() = default;

Result<ObjectInfo> put_object(ObjectStore& store, const std::string& space, std::string_view bytes) {
    auto writer = TRY(store.create(space));
    TRY(writer->write(bytes_of(bytes)));
    return writer->finish();
}

Result<std::string> get_object(const ObjectStore& store, const ObjectId& id) {
    const auto reader = TRY(store.open(id));
    std::string bytes(reader->size(), '\0');
    const std::size_t size = TRY(reader->pread(room_of(bytes), 0));
    bytes.resize(size);
    return bytes;
}

Result<std::vector<ObjectInfo>> list_objects(const ObjectStore& store) {
    std::vector<ObjectInfo> objects;
    TRY(store.list([&](const ObjectInfo& info) -> Status {
        objects.push_back(info);
        return {};
    }));
    std::ranges::sort(objects, {}, &ObjectInfo::id);
    return objects;
}

TEST_P(ObjectStoreConformance, NamesAnObjectByTheHashOfItsBytes) {
    EXPECT_EQ(put_object(store(), "ratings", "")->id, (ObjectId{"ratings", std::string(kHashOfNothing)}));
    EXPECT_EQ(put_object(store(), "ratings", "abc")->id, (ObjectId{"ratings", std::string(kHashOfAbc)}));
    EXPECT_EQ(put_object(store(), "_inlet", std::string(1'000'000, 'a'))->id,
              (ObjectId{"_inlet", std::string(kHashOfMillionA)}));
}

TEST_P(ObjectStoreConformance, GivesBackTheBytes) {
    for (const std::size_t size : {0U, 1U, 1000U, 65535U, 65536U, 65537U, 3'000'000U}) {
        const std::string bytes = noise(size);
        const auto info = put_object(store(), "ratings", bytes);
        ASSERT_TRUE(info) << to_string(info.error());
        EXPECT_EQ(info->size, size);
        EXPECT_TRUE(*store().exists(info->id));
        EXPECT_TRUE(get_object(store(), info->id) == bytes) << size;
    }
}

TEST_P(ObjectStoreConformance, HowTheBytesAreCutDoesNotMatter) {
    const std::string bytes = noise(11'000'003);
    const auto whole = put_object(store(), "ratings", bytes);
    ASSERT_TRUE(whole);
    for (const std::size_t block : {997U, 262'144U, 5'000'000U}) {
        auto writer = store().create("again").value();
        for (std::size_t at = 0; at < bytes.size(); at += block) {
            ASSERT_TRUE(writer->write(bytes_of(std::string_view(bytes).substr(at, block))));
            ASSERT_TRUE(writer->write({}));
        }
        const auto info = writer->finish();
        ASSERT_TRUE(info);
        EXPECT_EQ(info->id.sha256, whole->id.sha256);
        EXPECT_EQ(info->size, bytes.size());
        EXPECT_TRUE(get_object(store(), info->id) == bytes) << block;
    }
}

TEST_P(ObjectStoreConformance, ReadsAnyRange) {
    const std::string bytes = noise(200'000);
    const auto reader = store().open(put_object(store(), "ratings", bytes)->id).value();
    EXPECT_EQ(reader->size(), bytes.size());
    std::string part(1000, '\0');
    EXPECT_EQ(reader->pread(room_of(part), 123'456), 1000U);
    EXPECT_EQ(part, bytes.substr(123'456, 1000));
    EXPECT_EQ(reader->pread(room_of(part), 199'990), 10U);
    EXPECT_EQ(part.substr(0, 10), bytes.substr(199'990));
    EXPECT_EQ(reader->pread(room_of(part), 200'000), 0U);
    EXPECT_EQ(reader->pread(room_of(part), 1'000'000), 0U);
    EXPECT_EQ(reader->pread({}, 5), 0U);
}

TEST_P(ObjectStoreConformance, SaysWhatIsMissing) {
    const ObjectId id{"ratings", std::string(kHashOfAbc)};
    EXPECT_EQ(store().exists(id), false);
    EXPECT_EQ(code_of(store().open(id)), FailureCode::object_missing);
    ASSERT_TRUE(put_object(store(), "links", "abc"));
    EXPECT_EQ(store().exists(id), false) << "another space's object";
    EXPECT_EQ(code_of(store().open(id)), FailureCode::object_missing);
}

TEST_P(ObjectStoreConformance, ShowsNothingBeforeItIsFinished) {
    const ObjectId id{"ratings", std::string(kHashOfAbc)};
    auto writer = store().create("ratings").value();
    ASSERT_TRUE(writer->write(bytes_of("abc")));
    EXPECT_EQ(store().exists(id), false);
    EXPECT_TRUE(list_objects(store())->empty());
    ASSERT_TRUE(writer->finish());
    EXPECT_EQ(store().exists(id), true);
    writer.reset();
    EXPECT_EQ(get_object(store(), id), "abc");
}

TEST_P(ObjectStoreConformance, AnUnfinishedWriterLeavesNothing) {
    auto writer = store().create("ratings").value();
    ASSERT_TRUE(writer->write(bytes_of(noise(500'000))));
    writer.reset();
    EXPECT_TRUE(list_objects(store())->empty());
}

TEST_P(ObjectStoreConformance, TheSameBytesAreOneObjectInEachSpace) {
    const auto first = put_object(store(), "ratings", "abc");
    const auto second = put_object(store(), "ratings", "abc");
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->id, second->id);
    EXPECT_GE(second->stored_at, first->stored_at);
    const auto elsewhere = put_object(store(), "links", "abc");
    ASSERT_EQ(list_objects(store())->size(), 2U);

    ASSERT_TRUE(store().remove(first->id));
    EXPECT_EQ(store().exists(first->id), false);
    EXPECT_EQ(get_object(store(), elsewhere->id), "abc");
}

TEST_P(ObjectStoreConformance, AnOpenReaderKeepsReadingWhenTheSameBytesComeAgain) {
    const std::string bytes = noise(100'000);
    const auto reader = store().open(put_object(store(), "ratings", bytes)->id).value();
    ASSERT_TRUE(put_object(store(), "ratings", bytes));
    std::string all(bytes.size(), '\0');
    EXPECT_EQ(reader->pread(room_of(all), 0), bytes.size());
    EXPECT_TRUE(all == bytes);
}

TEST_P(ObjectStoreConformance, ListsAllObjects) {
    EXPECT_TRUE(list_objects(store())->empty());
    std::vector<ObjectId> ids;
    ids.reserve(40);
    for (int i = 0; i < 40; ++i)
        ids.push_back(put_object(store(), i % 2 == 0 ? "ratings" : "links", noise(static_cast<std::size_t>(i)))->id);
    std::ranges::sort(ids);
    const auto objects = list_objects(store());
    ASSERT_TRUE(objects);
    std::vector<ObjectId> listed;
    for (const ObjectInfo& info : *objects) {
        listed.push_back(info.id);
        EXPECT_EQ(info.size, get_object(store(), info.id)->size());
        EXPECT_GT(info.stored_at, 0);
    }
    EXPECT_EQ(listed, ids);
}

TEST_P(ObjectStoreConformance, AListingEndsWithTheFirstErrorOfItsReceiver) {
    for (const char* bytes : {"a", "b", "c"}) ASSERT_TRUE(put_object(store(), "ratings", bytes));
    int seen = 0;
    const Status status = store().list([&](const ObjectInfo&) -> Status {
        if (++seen == 2) return fail(FailureCode::cancelled, "enough");
        return {};
    });
    EXPECT_EQ(code_of(status), FailureCode::cancelled);
    EXPECT_EQ(seen, 2);
}

TEST_P(ObjectStoreConformance, RemovesOnceAndForAll) {
    const auto info = put_object(store(), "ratings", "abc");
    ASSERT_TRUE(store().remove(info->id));
    EXPECT_EQ(code_of(store().open(info->id)), FailureCode::object_missing);
    EXPECT_TRUE(list_objects(store())->empty());
    EXPECT_TRUE(store().remove(info->id));
    EXPECT_TRUE(store().remove({"never-heard-of", std::string(kHashOfAbc)}));
    ASSERT_TRUE(put_object(store(), "ratings", "abc"));
    EXPECT_EQ(get_object(store(), info->id), "abc");
}

TEST_P(ObjectStoreConformance, RefusesNamesThatAreNone) {
    const std::string sha256(kHashOfAbc);
    for (const std::string& space : {std::string(), std::string("."), std::string(".."), std::string(".tmp"),
                                     std::string("../ratings"), std::string("a/b"), std::string("/etc"),
                                     std::string("a\0b", 3), std::string("a\nb"), std::string(256, 'x')}) {
        EXPECT_EQ(code_of(store().create(space)), FailureCode::bad_argument) << space;
        EXPECT_EQ(code_of(store().open({space, sha256})), FailureCode::bad_argument) << space;
        EXPECT_EQ(code_of(store().exists({space, sha256})), FailureCode::bad_argument) << space;
        EXPECT_EQ(code_of(store().remove({space, sha256})), FailureCode::bad_argument) << space;
    }
    std::string upper = sha256;
    upper[0] = 'B';
    for (const std::string& hash :
         {std::string(), sha256.substr(1), sha256 + "0", upper, "../../" + sha256.substr(6)}) {
        EXPECT_EQ(code_of(store().open({"ratings", hash})), FailureCode::bad_argument) << hash;
        EXPECT_EQ(code_of(store().exists({"ratings", hash})), FailureCode::bad_argument) << hash;
        EXPECT_EQ(code_of(store().remove({"ratings", hash})), FailureCode::bad_argument) << hash;
    }
}

TEST_P(ObjectStoreConformance, TakesTheNamesThatDatasetsAndPackagesHave) {
    for (const std::string& space :
         {std::string("ratings"), std::string("movies-drop"), std::string("_inlet"), std::string("a.b"),
          std::string("F\xC3\xA4lle 2024"), std::string("format"), std::string(255, 'x')}) {
        const auto info = put_object(store(), space, "abc");
        ASSERT_TRUE(info) << to_string(info.error());
        EXPECT_EQ(get_object(store(), info->id), "abc") << space;
    }
    EXPECT_EQ(list_objects(store())->size(), 7U);
}

TEST_P(ObjectStoreConformance, TakesOverAFileOfKnownHash) {
    const std::string bytes = noise(300'000);
    const ObjectId id = put_object(store(), "links", bytes)->id; // for its hash
    const auto disk = make_posix_disk();
    const std::string path = harness_file("taken");
    for (const char* round : {"first", "again"}) {
        const auto file = disk->create(path).value();
        ASSERT_TRUE(file->append(std::as_bytes(std::span(bytes))));
        const auto info = store().take_over(path, {"ratings", id.sha256});
        ASSERT_TRUE(info) << round << ": " << to_string(info.error());
        EXPECT_EQ(info->id, (ObjectId{"ratings", id.sha256}));
        EXPECT_EQ(info->size, bytes.size());
        EXPECT_EQ(disk->exists(path), false);
        EXPECT_EQ(get_object(store(), info->id), bytes);
    }
    EXPECT_EQ(list_objects(store())->size(), 2U);

    ASSERT_TRUE(disk->create(path));
    for (const ObjectId& wrong : {ObjectId{"a/b", id.sha256}, ObjectId{"ratings", "abc"}}) {
        EXPECT_EQ(store().take_over(path, wrong).error().code, FailureCode::bad_argument);
        EXPECT_EQ(disk->exists(path), true);
    }
    ASSERT_TRUE(disk->remove(path));
    EXPECT_EQ(store().take_over(path, id).error().code, FailureCode::file_not_found);
}

TEST_P(ObjectStoreConformance, SweepKeepsWhatIsFinished) {
    ASSERT_TRUE(store().sweep()) << "an empty store";
    const auto info = put_object(store(), "ratings", "abc");
    ASSERT_TRUE(store().sweep());
    EXPECT_EQ(get_object(store(), info->id), "abc");
}

TEST_P(ObjectStoreConformance, ServesManyThreads) {
    constexpr int kThreads = 6;
    const std::string shared = noise(300'000);
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(kThreads);
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 8; ++i) {
                    // One object for all of them, one for each.
                    const std::string own = shared.substr(static_cast<std::size_t>(t), 1000) + std::to_string(i);
                    const auto first = put_object(store(), "ratings", shared);
                    const auto second = put_object(store(), "links", own);
                    if (!first || !second || get_object(store(), first->id) != shared ||
                        get_object(store(), second->id) != own)
                        ++failures;
                }
            });
        }
    }
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(list_objects(store())->size(), 1U + kThreads * 8U);
}

TEST_P(ObjectStoreConformance, OneReaderServesManyThreads) {
    const std::string bytes = noise(1'000'000);
    const auto reader = store().open(put_object(store(), "ratings", bytes)->id).value();
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (std::size_t t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                std::string part(1000, '\0');
                for (std::size_t at = t * 1000; at < bytes.size(); at += 4000) {
                    if (reader->pread(room_of(part), at) != 1000U || part != std::string_view(bytes).substr(at, 1000))
                        ++failures;
                }
            });
        }
    }
    EXPECT_EQ(failures, 0);
}

} // namespace inlet
