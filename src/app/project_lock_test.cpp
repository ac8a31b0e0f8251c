// Tests of project_lock.hpp: flock() tells apart what was opened twice, so one process is enough.
#include "app/project_lock.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/disk.hpp"

namespace inlet {
namespace {

class ProjectLockTest : public testing::Test {
protected:
    ProjectLockTest() { EXPECT_TRUE(disk_->make_dirs(folder_)); }
    ~ProjectLockTest() override { EXPECT_TRUE(disk_->remove_tree(folder_)); }

    Result<std::unique_ptr<ProjectLock>> take(ProjectLock::Mode mode) {
        return ProjectLock::take(folder_ + "/.lock", mode, 0);
    }

    std::unique_ptr<Disk> disk_ = make_posix_disk();
    std::string folder_ = temporary_name(testing::TempDir(), "inlet-lock");
};

TEST_F(ProjectLockTest, ManyReadersOrOneWriter) {
    auto first = take(ProjectLock::Mode::shared);
    ASSERT_TRUE(first);
    auto second = take(ProjectLock::Mode::shared);
    ASSERT_TRUE(second);
    EXPECT_EQ((*second)->mode(), ProjectLock::Mode::shared);
    EXPECT_FALSE(take(ProjectLock::Mode::exclusive));
    first->reset();
    EXPECT_FALSE(take(ProjectLock::Mode::exclusive));
    second->reset();
    EXPECT_TRUE(take(ProjectLock::Mode::exclusive));
}

TEST_F(ProjectLockTest, NamesTheProcessThatHasIt) {
    const auto writer = take(ProjectLock::Mode::exclusive);
    ASSERT_TRUE(writer);
    const auto other = take(ProjectLock::Mode::shared);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, FailureCode::project_locked);
    EXPECT_NE(other.error().message.find(std::to_string(::getpid())), std::string::npos) << other.error().message;
}

TEST_F(ProjectLockTest, IsGivenBack) {
    for (int round = 0; round < 3; ++round) EXPECT_TRUE(take(ProjectLock::Mode::exclusive));
}

TEST_F(ProjectLockTest, AFolderThatIsNotThereIsAnError) {
    const auto lock = ProjectLock::take(folder_ + "/none/.lock", ProjectLock::Mode::shared, 0);
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, FailureCode::io_failed);
}

} // namespace
} // namespace inlet
