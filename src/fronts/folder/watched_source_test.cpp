// One source in a real folder, by a clock that the test moves, over a whole pipeline in memory.
#include "fronts/folder/watched_source.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fronts/folder/answer.hpp"
#include "pipeline/testing/pipeline_rig.hpp"

namespace inlet::folder {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;
using std::chrono::seconds;
using State = SubmissionState;

constexpr std::string_view kProject = R"yaml(
project: p
datasets:
  log:
    schema: {fields: [{name: n, type: integer}]}
    rejects: {max_share: 50%, then: publish_rest}
  careful:
    schema: {fields: [{name: n, type: integer}]}
    rejects: {max_share: 50%, then: hold}
)yaml";

class WatchedSourceTest : public testing::Test {
protected:
    WatchedSourceTest() {
        provider_.name = "studio";
        source_.folder = temp_.path() + "/in";
        source_.outbox = source_.folder + "/outbox";
        source_.pattern = "*.csv";
        source_.target = "log";
        fs::create_directory(source_.folder);
        begin();
    }

    // As if the program had begun anew.
    void begin() {
        keeper_ = std::make_unique<WatchedSource>(
            provider_, source_,
            SourceParts{.catalog = *rig_.catalog,
                        .pipeline = rig_.pipeline(),
                        .stopping = [this] { return asked_ && asked_(); },
                        .queued = {},
                        .told =
                            [this](std::string_view what, const PickupRecord& pickup) {
                                told_.push_back(fmt::format("{} {}", what, pickup.name));
                            },
                        .failed = [this](const Error& error) { failures_.push_back(error); }});
    }
    void restart() {
        keeper_.reset();
        ASSERT_TRUE(rig_.restart());
        begin();
    }
    void tend() { keeper_->tend(now_); }
    // Until a file that is there has settled and was taken.
    void settle() {
        tend();
        now_ += minutes(15);
        tend();
    }
    // Works off what is queued, and answers.
    void run() {
        for (const SubmissionRecord& record : rig_.records()) {
            if (record.state != State::queued) continue;
            const auto ran = rig_.pipeline().run(record.id);
            ASSERT_TRUE(ran) << to_string(ran.error());
        }
        now_ += seconds(5);
        tend();
    }

    std::string path(const std::string& name) const { return source_.folder + "/" + name; }
    void write(const std::string& name, std::string_view text) const { std::ofstream(path(name)) << text; }
    std::string read(const std::string& name) const {
        std::ifstream file(path(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    bool answers(const std::string& name, std::string_view part) const {
        return read("outbox/" + name).find(part) != std::string::npos;
    }
    std::vector<std::string> names(const std::string& folder) const {
        std::vector<std::string> names;
        if (!fs::exists(folder)) return names;
        for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
        std::ranges::sort(names);
        return names;
    }
    std::vector<State> states() {
        std::vector<State> states;
        for (const SubmissionRecord& record : rig_.records()) states.push_back(record.state);
        return states;
    }
    using Names = std::vector<std::string>;
    using States = std::vector<State>;

    TemporaryFolder temp_;
    PipelineRig rig_{kProject};
    Provider provider_;
    FolderSource source_;
    Moment now_{minutes(1000)};
    std::function<bool()> asked_; // asked between blocks, while a file is read
    std::vector<Error> failures_;
    std::vector<std::string> told_;
    std::unique_ptr<WatchedSource> keeper_;
};

TEST_F(WatchedSourceTest, ASettledFileIsTakenPublishedAndAnswered) {
    write("a.csv", "n\n1\n2\n");
    tend();
    now_ += minutes(15) - seconds(1);
    tend();
    EXPECT_EQ(states(), States{});
    now_ += seconds(1);
    tend();
    ASSERT_EQ(states(), States{State::queued});
    EXPECT_EQ(names(source_.folder), Names{});
    const SubmissionRecord record = rig_.records().at(0);
    EXPECT_EQ(record.by, "studio");
    EXPECT_EQ(record.source, "folder");
    EXPECT_EQ(record.file_name, "a.csv");
    EXPECT_EQ(rig_.raw(record.id), "n\n1\n2\n");
    run();
    EXPECT_EQ(rig_.rows("log"), (Names{"1", "2"}));
    EXPECT_EQ(names(path("outbox")), Names{"a.csv.result.json"});
    EXPECT_TRUE(answers("a.csv.result.json", R"("file":"a.csv","submission":1,"state":"published","duplicate":false)"));
    EXPECT_EQ(told_, (Names{"taken a.csv", "answered a.csv"}));
    EXPECT_TRUE(failures_.empty());
    EXPECT_EQ(rig_.catalog->pickups().open("studio", source_.folder)->size(), 0U);
}

TEST_F(WatchedSourceTest, AFileMayBeCorrectedUntilItHasSettled) {
    write("a.csv", "n\n1\n");
    tend();
    now_ += minutes(14);
    write("new", "n\n7\n");
    fs::rename(path("new"), path("a.csv"));
    tend();
    now_ += minutes(14);
    tend();
    EXPECT_EQ(states(), States{});
    now_ += minutes(1);
    tend();
    run();
    EXPECT_EQ(rig_.rows("log"), Names{"7"});
}

TEST_F(WatchedSourceTest, RejectsComeBackAndGoWithTheCorrection) {
    write("a.csv", "n\nx\ny\n1\n");
    settle();
    run();
    EXPECT_EQ(states(), States{State::rejected});
    EXPECT_EQ(names(path("outbox")), (Names{"a.csv.rejects.csv", "a.csv.result.json"}));
    EXPECT_TRUE(answers("a.csv.rejects.csv", ",x\n"));
    EXPECT_TRUE(answers("a.csv.result.json", R"("reason":{"code":"too-many-rejects")"));
    EXPECT_TRUE(answers("a.csv.result.json", R"("counts":[{"code":"type-error","field":"n","count":2}])"));
    EXPECT_TRUE(answers("a.csv.result.json", R"("rejects_file":"a.csv.rejects.csv")"));
    EXPECT_TRUE(answers("a.csv.result.json", R"("first_errors":[{)"));

    write("a.csv", "n\n1\n2\n");
    settle();
    EXPECT_EQ(names(path("outbox")), Names{}) << "answers of the delivery before are gone with it";
    run();
    EXPECT_EQ(states(), (States{State::rejected, State::published}));
    EXPECT_EQ(names(path("outbox")), Names{"a.csv.result.json"});
    EXPECT_TRUE(answers("a.csv.result.json", R"("submission":2,"state":"published")"));
}

TEST_F(WatchedSourceTest, TheSameFileAgainIsToldToBeTheSame) {
    write("a.csv", "n\n1\n");
    settle();
    run();
    write("a.csv", "n\n1\n");
    settle();
    run();
    EXPECT_EQ(states(), (States{State::published, State::cancelled}));
    EXPECT_EQ(rig_.rows("log"), Names{"1"});
    EXPECT_TRUE(answers("a.csv.result.json", R"("submission":1,"state":"published","duplicate":true)"));
    EXPECT_EQ(names(source_.folder), Names{"outbox"});
}

TEST_F(WatchedSourceTest, WhatIsHeldIsAnsweredAndAnsweredAgainOnceDecided) {
    source_.target = "careful";
    write("a.csv", "n\n1\nx\n");
    settle();
    run();
    EXPECT_EQ(states(), States{State::held});
    EXPECT_TRUE(answers("a.csv.result.json", R"("state":"held")"));
    restart();
    tend();
    EXPECT_EQ(told_, (Names{"taken a.csv", "answered a.csv"})) << "not again, as nothing changed";
    ASSERT_TRUE(rig_.pipeline().approve(SubmissionId(1), "anna"));
    run();
    EXPECT_TRUE(answers("a.csv.result.json", R"("state":"published")"));
    EXPECT_EQ(names(path("outbox")), (Names{"a.csv.rejects.csv", "a.csv.result.json"}));
}

TEST_F(WatchedSourceTest, AFailureOfTheSystemTellsNothingOfTheSystem) {
    write("a.csv", "n\n1\n");
    settle();
    rig_.warehouse->fail_at(1, FailureCode::warehouse_failed, FaultWarehouse::Moment::before);
    while (states() == States{State::queued}) run();
    rig_.heal();
    ASSERT_EQ(states(), States{State::failed});
    run();
    EXPECT_TRUE(answers("a.csv.result.json", R"("reason":{"code":"internal")"));
    EXPECT_FALSE(answers("a.csv.result.json", "injected"));
    ASSERT_TRUE(rig_.pipeline().retry(SubmissionId(1), "anna"));
    run();
    EXPECT_TRUE(answers("a.csv.result.json", R"("state":"published")"));
}

TEST_F(WatchedSourceTest, AFileThatChangesWhileItIsReadIsLetGo) {
    const std::string before = "n\n" + std::string(1 << 20, '\n') + "1\n";
    const std::vector<std::function<void()>> changes{
        [&] { std::ofstream(path("a.csv"), std::ios::app) << "2\n"; },
        [&] {
            write("new", "n\n2\n");
            fs::rename(path("new"), path("a.csv"));
        },
        [&] { fs::remove(path("a.csv")); },
        [&] { fs::resize_file(path("a.csv"), 3); },
    };
    for (const auto& change : changes) {
        write("a.csv", before);
        bool done = false;
        asked_ = [&] {
            if (!done && rig_.records().size() > 0 && rig_.records().back().state == State::receiving) {
                done = true;
                change();
            }
            return false;
        };
        settle();
        asked_ = {};
        ASSERT_TRUE(done);
        EXPECT_EQ(rig_.records().back().state, State::cancelled);
        EXPECT_EQ(rig_.records().back().reason_code, "file-changed");
        EXPECT_EQ(rig_.catalog->pickups().open("studio", source_.folder)->size(), 0U);
        if (!fs::exists(path("a.csv"))) continue;
        const std::string now = read("a.csv");
        tend();
        now_ += minutes(14);
        tend();
        EXPECT_TRUE(fs::exists(path("a.csv"))) << "it settles anew";
        now_ += minutes(1);
        tend();
        EXPECT_EQ(rig_.raw(rig_.records().back().id), now);
        EXPECT_FALSE(fs::exists(path("a.csv")));
        run();
    }
    EXPECT_TRUE(failures_.empty());
}

TEST_F(WatchedSourceTest, AProgramThatEndsWhileItReadsTakesTheFileAtItsNextStart) {
    write("a.csv", "n\n1\n");
    tend();
    now_ += minutes(15);
    int asked = 0;
    asked_ = [&] { return ++asked > 1; }; // not before it begins
    tend();
    asked_ = {};
    EXPECT_EQ(states(), States{State::failed});
    EXPECT_EQ(rig_.record(SubmissionId(1)).reason_code, "interrupted");
    EXPECT_TRUE(fs::exists(path("a.csv")));
    restart();
    settle();
    run();
    EXPECT_EQ(rig_.rows("log"), Names{"1"});
}

// Every call of the catalog fails once, before or after it did its work, and the program ends there or goes on.
TEST_F(WatchedSourceTest, WhateverFailsAFileBecomesOneSubmissionAndOneAnswer) {
    bool failed_somewhere = false;
    int files = 0;
    for (int number = 1;; ++number) {
        bool fired = false;
        for (const auto when : {FaultCatalog::When::before, FaultCatalog::When::after}) {
            for (const bool ends : {false, true}) {
                const std::string row = fmt::format("{}", ++files);
                const std::size_t rows = rig_.rows("log").size();
                write("a.csv", "n\n" + row + "\n");
                tend();
                now_ += minutes(15);
                rig_.catalog->fail_at(static_cast<std::uint64_t>(number), when);
                tend();
                fired = fired || rig_.catalog->fired();
                failed_somewhere = failed_somewhere || rig_.catalog->fired();
                rig_.heal();
                if (ends) restart();
                for (int i = 0; i < 3; ++i) {
                    now_ += minutes(16);
                    tend();
                    run();
                }
                const std::string where = fmt::format("call {}, {}", number, ends ? "ends" : "goes on");
                ASSERT_EQ(rig_.rows("log").size(), rows + 1) << where;
                ASSERT_EQ(names(source_.folder), Names{"outbox"}) << where;
                ASSERT_EQ(names(path("outbox")), Names{"a.csv.result.json"}) << where;
                ASSERT_TRUE(answers("a.csv.result.json", R"("state":"published")")) << where;
                ASSERT_EQ(rig_.catalog->pickups().open("studio", source_.folder)->size(), 0U) << where;
                ASSERT_EQ(rig_.catalog->pickups().of_file("studio", source_.folder, "a.csv")->size(), 1U) << where;
            }
        }
        if (!fired) break;
    }
    EXPECT_TRUE(failed_somewhere);
}

TEST_F(WatchedSourceTest, AFileThatCannotBeRemovedIsNotTakenTwice) {
    fs::create_directory(path(".inlet-taken-1")); // nothing can be renamed to this, nor is it removed
    write("a.csv", "n\n1\n");
    settle();
    run();
    for (int i = 0; i < 3; ++i) {
        now_ += minutes(20);
        tend();
    }
    EXPECT_EQ(states(), States{State::published});
    EXPECT_TRUE(fs::exists(path("a.csv")));
    ASSERT_EQ(failures_.size(), 1U) << "told once";
    EXPECT_EQ(keeper_->troubles().size(), 1U);
    fs::remove(path(".inlet-taken-1"));
    tend();
    EXPECT_FALSE(fs::exists(path("a.csv")));
    EXPECT_TRUE(answers("a.csv.result.json", R"("state":"published")"));
    EXPECT_EQ(states(), States{State::published});
    EXPECT_TRUE(keeper_->troubles().empty());
}

TEST_F(WatchedSourceTest, AnotherFileThatGotTheNameMeanwhileStays) {
    write("a.csv", "n\n1\n");
    fs::create_directory(path(".inlet-taken-1"));
    settle();
    write("new", "n\n2\n");
    fs::rename(path("new"), path("a.csv"));
    fs::remove(path(".inlet-taken-1"));
    tend();
    EXPECT_EQ(read("a.csv"), "n\n2\n");
    settle();
    run();
    EXPECT_EQ(rig_.rows("log"), (Names{"1", "2"}));
    EXPECT_TRUE(answers("a.csv.result.json", R"("submission":2)"));
}

TEST_F(WatchedSourceTest, AFileRenamedByMistakeBetweenLookingAndRemovingGoesBack) {
    write("a.csv", "n\n1\n");
    fs::create_directory(path(".inlet-taken-1"));
    settle();
    // What a program that ended between renaming and looking would leave, had another file got the name just before.
    fs::remove(path("a.csv"));
    fs::remove(path(".inlet-taken-1"));
    write(".inlet-taken-1", "n\n2\n");
    restart();
    tend();
    EXPECT_EQ(names(source_.folder), Names{"a.csv"});
    settle();
    run();
    EXPECT_EQ(rig_.rows("log"), (Names{"1", "2"}));
}

TEST_F(WatchedSourceTest, AFolderThatGoesAndComesBackIsToldAndWatchedAgain) {
    fs::remove(source_.folder);
    tend();
    now_ += minutes(1);
    tend();
    ASSERT_EQ(failures_.size(), 1U);
    EXPECT_EQ(failures_[0].code, FailureCode::folder_unavailable);
    EXPECT_EQ(keeper_->troubles().size(), 1U);
    EXPECT_EQ(keeper_->folder(), nullptr);
    fs::create_directory(source_.folder);
    write("a.csv", "n\n1\n");
    settle();
    run();
    EXPECT_TRUE(answers("a.csv.result.json", R"("state":"published")"));
    EXPECT_TRUE(keeper_->troubles().empty());
}

TEST_F(WatchedSourceTest, AnOutboxThatCannotBeWrittenHoldsUpTheAnswerOnly) {
    write("outbox", "in the way");
    write("a.csv", "n\n1\n");
    settle();
    run();
    EXPECT_EQ(states(), States{State::published});
    ASSERT_EQ(failures_.size(), 1U);
    EXPECT_EQ(failures_[0].code, FailureCode::folder_unavailable);
    write("b.csv", "n\n2\n");
    settle();
    run();
    EXPECT_EQ(rig_.rows("log"), (Names{"1", "2"}));
    fs::remove(path("outbox"));
    fs::create_symlink("/tmp", path("outbox"));
    now_ += minutes(1);
    tend();
    EXPECT_FALSE(keeper_->troubles().empty()) << "nor is a link followed";
    fs::remove(path("outbox"));
    restart();
    tend();
    EXPECT_EQ(names(path("outbox")), (Names{"a.csv.result.json", "b.csv.result.json"}));
    EXPECT_TRUE(keeper_->troubles().empty());
}

TEST_F(WatchedSourceTest, WhatIsNoFileIsToldOnceAndStays) {
    write("elsewhere", "n\n1\n");
    fs::create_symlink("elsewhere", path("a.csv"));
    settle();
    settle();
    EXPECT_EQ(states(), States{});
    ASSERT_EQ(failures_.size(), 1U);
    EXPECT_EQ(failures_[0].code, FailureCode::not_a_file);
    fs::remove(path("a.csv"));
    tend();
    EXPECT_TRUE(keeper_->troubles().empty());
}

TEST_F(WatchedSourceTest, EachPartOfAPackageHasItsOwnRejects) {
    SubmissionRecord record;
    record.id = SubmissionId(1);
    record.parts.resize(3);
    record.parts[0] = {.name = "a/b.csv", .dataset = "log", .rejects_sha256 = std::string(64, 'a')};
    record.parts[1] = {.name = "good.csv", .dataset = "log"};
    record.parts[2] = {.name = "a_b.csv", .dataset = "log", .rejects_sha256 = std::string(64, 'a')};
    PickupRecord pickup;
    pickup.name = "data.zip";
    EXPECT_EQ(Answer(pickup, record, rig_.pipeline()).files(),
              (Names{"data.zip.result.json", "data.zip.a_b.csv.rejects.csv", "data.zip.a_b.csv-2.rejects.csv"}));
    pickup.name = std::string(200, 'n');
    record.parts[0].name = std::string(300, 'm');
    const Answer answer(pickup, record, rig_.pipeline());
    for (const std::string& name : answer.files()) EXPECT_LE(name.size(), 240U);
}

} // namespace
} // namespace inlet::folder
