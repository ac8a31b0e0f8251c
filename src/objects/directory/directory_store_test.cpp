// The conformance suite, and what only a folder can be asked: its layout, and what failures and power cuts leave in it.
#include "objects/directory/directory_store.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/testing/fault_disk.hpp"
#include "objects/testing/conformance.hpp"
#include "objects/testing/fault_object_store.hpp"

namespace inlet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class TemporaryFolder {
public:
    TemporaryFolder() : path_(temporary_name(fs::temp_directory_path().string(), "inlet-objects-test")) {
        fs::create_directory(path_);
    }
    ~TemporaryFolder() { fs::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }
    std::string objects() const { return path_ + "/objects"; }

private:
    std::string path_;
};

class DirectoryHarness final : public ObjectStoreHarness {
public:
    DirectoryHarness() : store_(open_directory_store(*disk_, clock_, folder_.objects()).value()) {}
    ObjectStore& store() override { return *store_; }
    std::string path_of(const std::string& name) override { return folder_.path() + "/" + name; }

private:
    TemporaryFolder folder_;
    SystemClock clock_;
    std::unique_ptr<Disk> disk_ = make_posix_disk();
    std::unique_ptr<ObjectStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Directory, ObjectStoreConformance,
                         testing::ValuesIn(object_store_cases([] { return std::make_unique<DirectoryHarness>(); })),
                         object_store_case_name);

// Files and folders below, relative, sorted.
std::set<std::string> tree(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& item : fs::recursive_directory_iterator(folder))
        names.insert(item.path().lexically_relative(folder).string());
    return names;
}

std::size_t temporaries(const std::string& objects) {
    return fs::exists(objects + "/.tmp") ? static_cast<std::size_t>(std::distance(
                                               fs::directory_iterator(objects + "/.tmp"), fs::directory_iterator()))
                                         : 0;
}

void overwrite(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

class DirectoryStoreTest : public testing::Test {
protected:
    std::unique_ptr<ObjectStore> open(Disk& disk) {
        return open_directory_store(disk, clock_, folder_.objects()).value();
    }
    std::unique_ptr<ObjectStore> open() { return open(*disk_); }
    std::string object_path(const ObjectId& id) const {
        return folder_.objects() + "/" + id.space + "/" + id.sha256.substr(0, 2) + "/" + id.sha256.substr(2);
    }

    TemporaryFolder folder_;
    ManualClock clock_;
    std::unique_ptr<Disk> disk_ = make_posix_disk();
};

TEST_F(DirectoryStoreTest, LaysObjectsOutByHash) {
    const auto store = open();
    const auto info = put_object(*store, "ratings", "abc");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->stored_at, clock_.now());
    EXPECT_EQ(tree(folder_.objects()), (std::set<std::string>{".format", ".tmp", "ratings", "ratings/ba",
                                                              "ratings/ba/" + std::string(kHashOfAbc.substr(2))}));
    EXPECT_EQ(fs::file_size(object_path(info->id)), 3U);
}

TEST_F(DirectoryStoreTest, LookingMakesNoFolder) {
    const auto store = open();
    EXPECT_TRUE(list_objects(*store)->empty());
    EXPECT_EQ(store->exists({"ratings", std::string(kHashOfAbc)}), false);
    ASSERT_TRUE(store->sweep());
    ASSERT_TRUE(store->remove({"ratings", std::string(kHashOfAbc)}));
    EXPECT_FALSE(fs::exists(folder_.objects()));
}

TEST_F(DirectoryStoreTest, MakesTheFoldersAboveItsOwn) {
    for (const std::string& path : {folder_.path() + "/a/b/objects", folder_.path() + "/c/objects//"}) {
        const auto store = open_directory_store(*disk_, clock_, path).value();
        EXPECT_TRUE(put_object(*store, "ratings", "abc"));
        EXPECT_TRUE(fs::exists(path + "/ratings/ba"));
    }
}

TEST_F(DirectoryStoreTest, AnotherProcessSeesTheObjects) {
    const auto writing = open();
    const auto reading = open();
    const auto info = put_object(*writing, "ratings", "abc");
    EXPECT_EQ(get_object(*reading, info->id), "abc");
    EXPECT_EQ(put_object(*reading, "ratings", "abc")->id, info->id);
}

TEST_F(DirectoryStoreTest, RefusesANewerFormat) {
    ASSERT_TRUE(put_object(*open(), "ratings", "abc"));
    overwrite(folder_.objects() + "/.format", "inlet objects 2\n");
    const auto newer = open_directory_store(*disk_, clock_, folder_.objects());
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, FailureCode::format_too_new);

    overwrite(folder_.objects() + "/.format", "something else\n");
    const auto broken = open_directory_store(*disk_, clock_, folder_.objects());
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, FailureCode::io_failed);
}

TEST_F(DirectoryStoreTest, RefusesAFolderWithoutAName) {
    const auto store = open_directory_store(*disk_, clock_, "");
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, FailureCode::bad_argument);
}

TEST_F(DirectoryStoreTest, ListsNothingThatIsNoObject) {
    const auto store = open();
    ASSERT_TRUE(put_object(*store, "ratings", "abc"));
    const std::string folder = folder_.objects();
    overwrite(folder + "/notes.txt", "x");
    overwrite(folder + "/ratings/notes.txt", "x");
    overwrite(folder + "/ratings/ba/notes.txt", "x");
    fs::create_directories(folder + "/ratings/not-hex/" + std::string(62, '0'));
    fs::create_directories(folder + "/ratings/ba/" + std::string(62, '0'));
    const auto objects = list_objects(*store);
    ASSERT_EQ(objects->size(), 1U);
    EXPECT_EQ(objects->front().id.sha256, kHashOfAbc);
}

TEST_F(DirectoryStoreTest, TheSameBytesMendADamagedObject) {
    const auto store = open();
    const auto info = put_object(*store, "ratings", "abc");
    overwrite(object_path(info->id), "a");
    EXPECT_EQ(get_object(*store, info->id), "a");
    ASSERT_TRUE(put_object(*store, "ratings", "abc"));
    EXPECT_EQ(get_object(*store, info->id), "abc");
}

TEST_F(DirectoryStoreTest, AnUnfinishedWriterRemovesItsFile) {
    const auto store = open();
    auto writer = store->create("ratings").value();
    ASSERT_TRUE(writer->write(std::as_bytes(std::span(std::string_view("abc")))));
    EXPECT_EQ(temporaries(folder_.objects()), 1U);
    writer.reset();
    EXPECT_EQ(temporaries(folder_.objects()), 0U);
}

TEST_F(DirectoryStoreTest, SweepRemovesWhatADeadProcessLeft) {
    const auto info = put_object(*open(), "ratings", "abc");
    overwrite(folder_.objects() + "/.tmp/object-0123", "half an obj");
    fs::create_directories(folder_.objects() + "/.tmp/folder");
    overwrite(folder_.objects() + "/.tmp/folder/x", "x");
    const auto store = open();
    ASSERT_TRUE(store->sweep());
    EXPECT_EQ(temporaries(folder_.objects()), 0U);
    EXPECT_EQ(get_object(*store, info->id), "abc");
}

TEST_F(DirectoryStoreTest, AfterAFailedWriteTheWriterCannotFinish) {
    FaultDisk disk(*disk_, folder_.path());
    const auto store = open(disk);
    auto writer = store->create("ratings").value();
    const std::string block(1U << 20U, 'x');
    disk.fail_at({.nth = 1, .counted = {DiskOperation::append}, .code = FailureCode::disk_full});
    const Status failed = writer->write(std::as_bytes(std::span(block)));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, FailureCode::disk_full);
    EXPECT_FALSE(writer->write(std::as_bytes(std::span(block)))) << "bytes are missing before these";
    const auto finished = writer->finish();
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code, FailureCode::disk_full);
    writer.reset();
    EXPECT_TRUE(list_objects(*store)->empty());
    EXPECT_EQ(temporaries(folder_.objects()), 0U);
}

// Objects of three sizes in two spaces: what the tests below play, and must find whole or not at all.
const std::vector<std::pair<std::string, std::string>>& deliveries() {
    static const std::vector<std::pair<std::string, std::string>> all{{"ratings", "userId,movieId\n1,2\n"},
                                                                      {"links", std::string(100'000, 'l')},
                                                                      {"ratings", std::string(300'000, 'r')}};
    return all;
}

std::vector<ObjectInfo> deliver(Disk& disk, const Clock& clock, const std::string& folder) {
    std::vector<ObjectInfo> stored;
    const auto store = open_directory_store(disk, clock, folder);
    if (!store) return stored;
    for (const auto& [space, bytes] : deliveries()) {
        if (auto info = put_object(**store, space, bytes)) stored.push_back(*info);
    }
    return stored;
}

// After whatever happened: what was answered is there, what is there is whole, sweeping leaves nothing else, and all
// can be sent again.
void expect_recovers(Disk& disk, const Clock& clock, const std::string& folder, const std::vector<ObjectInfo>& stored) {
    const auto store = open_directory_store(disk, clock, folder);
    ASSERT_TRUE(store) << to_string(store.error());
    const auto is_delivered = [](const ObjectInfo& info, const std::string& bytes) {
        for (const auto& [space, expected] : deliveries()) {
            if (space == info.id.space && expected == bytes) return true;
        }
        return false;
    };
    for (const ObjectInfo& info : stored)
        EXPECT_EQ((*store)->exists(info.id), true) << info.id.space << " " << info.size;
    const auto objects = list_objects(**store);
    ASSERT_TRUE(objects) << to_string(objects.error());
    for (const ObjectInfo& info : *objects) {
        EXPECT_TRUE(is_delivered(info, get_object(**store, info.id).value())) << info.id.space << " " << info.size;
    }
    ASSERT_TRUE((*store)->sweep());
    EXPECT_EQ(temporaries(folder), 0U);
    EXPECT_EQ(deliver(disk, clock, folder).size(), deliveries().size());
    EXPECT_EQ(list_objects(**store)->size(), deliveries().size());
}

std::vector<FaultDisk::Survival> survivals() {
    std::vector<FaultDisk::Survival> all;
    for (const auto bytes :
         {FaultDisk::Survival::Bytes::lost, FaultDisk::Survival::Bytes::half, FaultDisk::Survival::Bytes::zeroed}) {
        for (const bool names_kept : {false, true}) all.push_back({.bytes = bytes, .names_kept = names_kept});
    }
    return all;
}

std::uint64_t changes_of_a_delivery() {
    const auto real = make_posix_disk();
    const TemporaryFolder folder;
    FaultDisk disk(*real, folder.path());
    EXPECT_EQ(deliver(disk, ManualClock(), folder.objects()).size(), deliveries().size());
    return disk.count_changes();
}

TEST(DirectoryStoreFaults, AnyFailingChangeLosesNothingAndLeavesNothingHalf) {
    const auto real = make_posix_disk();
    const ManualClock clock;
    const std::uint64_t changes = changes_of_a_delivery();
    ASSERT_GT(changes, 20U);
    for (std::uint64_t nth = 1; nth <= changes; ++nth) {
        for (const bool half : {false, true}) {
            for (const bool onwards : {false, true}) {
                SCOPED_TRACE(testing::Message() << "change " << nth << " fails" << (half ? ", half written" : "")
                                                << (onwards ? ", as do all after it" : ""));
                const TemporaryFolder folder;
                FaultDisk disk(*real, folder.path());
                disk.fail_at({.nth = nth, .code = FailureCode::disk_full, .half_write = half, .onwards = onwards});
                const auto stored = deliver(disk, clock, folder.objects());
                EXPECT_TRUE(disk.fired());
                EXPECT_LT(stored.size(), deliveries().size()) << "no change fails unnoticed";
                disk.heal();
                expect_recovers(disk, clock, folder.objects(), stored);
            }
        }
    }
}

TEST(DirectoryStoreFaults, AnyPowerCutKeepsWhatWasAnswered) {
    const auto real = make_posix_disk();
    const ManualClock clock;
    const std::uint64_t changes = changes_of_a_delivery();
    for (std::uint64_t nth = 1; nth <= changes + 1; ++nth) {
        for (const FaultDisk::Survival survival : survivals()) {
            SCOPED_TRACE(testing::Message() << "cut at change " << nth << ", bytes " << static_cast<int>(survival.bytes)
                                            << (survival.names_kept ? ", names kept" : ""));
            const TemporaryFolder folder;
            FaultDisk disk(*real, folder.path());
            disk.fail_at({.nth = nth, .half_write = true, .onwards = true}); // from here on the power is gone
            const auto stored = deliver(disk, clock, folder.objects());
            disk.heal();
            ASSERT_TRUE(disk.cut_power(survival));
            if (nth > changes) {
                EXPECT_EQ(stored.size(), deliveries().size());
            }
            expect_recovers(disk, clock, folder.objects(), stored);
        }
    }
}

TEST(DirectoryStoreFaults, ARemovalOutlivesAPowerCut) {
    const auto real = make_posix_disk();
    const ManualClock clock;
    for (const FaultDisk::Survival survival : survivals()) {
        const TemporaryFolder folder;
        FaultDisk disk(*real, folder.path());
        const auto stored = deliver(disk, clock, folder.objects());
        const auto store = open_directory_store(disk, clock, folder.objects()).value();
        ASSERT_TRUE(store->remove(stored.front().id));
        ASSERT_TRUE(disk.cut_power(survival));
        EXPECT_EQ(store->exists(stored.front().id), false);
        EXPECT_EQ(list_objects(*store)->size(), stored.size() - 1);
    }
}

TEST(DirectoryStoreFaults, AnyFailingLookIsToldAndChangesNothing) {
    const auto real = make_posix_disk();
    const ManualClock clock;
    const TemporaryFolder folder;
    FaultDisk disk(*real, folder.path());
    const auto stored = deliver(disk, clock, folder.objects());
    const auto store = open_directory_store(disk, clock, folder.objects()).value();
    const auto look = [&]() -> Status {
        TRY(open_directory_store(disk, clock, folder.objects()));
        TRY(store->exists(stored.front().id));
        TRY(get_object(*store, stored.front().id));
        TRY(list_objects(*store));
        return {};
    };
    int told = 0;
    for (std::uint64_t nth = 1;; ++nth) {
        disk.fail_at({.nth = nth, .counted = all_operations()});
        const Status status = look();
        if (!disk.fired()) break;
        ASSERT_FALSE(status) << nth;
        EXPECT_EQ(status.error().code, FailureCode::io_failed);
        ++told;
    }
    EXPECT_GT(told, 6);
    disk.heal();
    expect_recovers(disk, clock, folder.objects(), stored);
}

TEST(FaultObjectStore, FailsTheCallItIsToldTo) {
    DirectoryHarness harness;
    FaultObjectStore store(harness.store());
    const ObjectId id{"ratings", std::string(kHashOfAbc)};

    for (std::uint64_t nth = 1; nth <= 3; ++nth) { // create, write, finish
        store.fail_at(nth, FaultObjectStore::When::before, FailureCode::disk_full);
        const auto failed = put_object(store, "ratings", "abc");
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, FailureCode::disk_full);
        EXPECT_TRUE(store.fired());
        EXPECT_EQ(harness.store().exists(id), false);
    }
    store.fail_at(3, FaultObjectStore::When::after);
    EXPECT_FALSE(put_object(store, "ratings", "abc"));
    EXPECT_EQ(harness.store().exists(id), true) << "only the answer was lost";

    EXPECT_TRUE(put_object(store, "ratings", "abc")) << "a fault comes once";
    store.fail_at(2, FaultObjectStore::When::before); // open, pread
    EXPECT_FALSE(get_object(store, id));
    store.fail_at(1, FaultObjectStore::When::after);
    EXPECT_FALSE(store.remove(id));
    EXPECT_EQ(harness.store().exists(id), false);

    store.fail_at(1, FaultObjectStore::When::before);
    store.heal();
    EXPECT_TRUE(store.sweep());
    EXPECT_FALSE(store.fired());
    EXPECT_EQ(store.calls(), 1U + 2 + 3 + 3 + 3 + 2 + 1 + 1);
}

} // namespace
} // namespace inlet
