// Whose turn it is.
#include "pipeline/job_choice.hpp"

#include <gtest/gtest.h>

namespace inlet {

namespace {

JobCandidate job(std::int64_t id, std::string lane, std::set<std::string> datasets, std::uint64_t bytes = 1) {
    return {.id = SubmissionId(id), .lane = std::move(lane), .datasets = std::move(datasets), .bytes = bytes};
}

std::int64_t chosen(const std::vector<JobCandidate>& jobs, const Lanes& lanes = {}, std::size_t places = 2) {
    return choose_job(jobs, lanes, places).value_or(SubmissionId()).value;
}

TEST(JobChoice, OneDatasetGoesInTheOrderOfReceipt) {
    std::vector<JobCandidate> jobs{job(1, "x", {"a"}, 9), job(2, "y", {"a"}, 1), job(3, "z", {"b", "a"}, 1)};
    EXPECT_EQ(chosen(jobs), 1);
    jobs[0].is_running = true;
    EXPECT_EQ(chosen(jobs), 0) << "all others wait for it";
    jobs.push_back(job(4, "z", {"b"}));
    EXPECT_EQ(chosen(jobs), 0) << "it waits for the third";
    jobs.push_back(job(5, "z", {"c"}));
    EXPECT_EQ(chosen(jobs), 5);
    jobs[0] = job(1, "x", {"a"}, 9);
    jobs[0].is_put_off = true;
    EXPECT_EQ(chosen({jobs[0], jobs[1]}), 0) << "also for one that is tried again later";
}

TEST(JobChoice, LanesTakeTurnsAndTheSmallerGoesFirstWhereTheyAreEqual) {
    const std::vector<JobCandidate> jobs{job(1, "much", {"a"}, 9), job(2, "much", {"b"}, 9),
                                         job(3, "little", {"c"}, 8)};
    Lanes lanes;
    EXPECT_EQ(chosen(jobs, lanes), 3);
    lanes.served("little");
    EXPECT_EQ(chosen(jobs, lanes), 1);
    lanes.served("much");
    EXPECT_EQ(chosen(jobs, lanes), 3) << "its turn is longer ago";
}

TEST(JobChoice, LargeOnesLeaveAPlaceForOthers) {
    std::vector<JobCandidate> jobs{job(1, "x", {"a"}, kLargeBytes), job(2, "y", {"b"}, kLargeBytes)};
    jobs[0].is_running = true;
    EXPECT_EQ(chosen(jobs, {}, 2), 0);
    EXPECT_EQ(chosen(jobs, {}, 3), 2);
    jobs.push_back(job(3, "x", {"c"}, kLargeBytes - 1));
    EXPECT_EQ(chosen(jobs, {}, 2), 3);
    jobs[2].is_running = true;
    jobs.push_back(job(4, "x", {"d"}));
    EXPECT_EQ(chosen(jobs, {}, 2), 0) << "no place is left";
    EXPECT_EQ(chosen({job(1, "x", {"a"}, kLargeBytes)}, {}, 1), 1) << "of one place there is none to leave";
}

TEST(JobChoice, WhatComesBeforeOneIsWhatSharesDatasetsWithIt) {
    Project project;
    project.packages.push_back({.name = "p", .match = "", .members = {{"a.csv", "a"}, {"b.csv", "b"}}});
    const auto delivery = [](std::int64_t id, std::string target, bool is_package = false) {
        SubmissionRecord record;
        record.id = SubmissionId(id);
        record.target = std::move(target);
        record.target_is_package = is_package;
        return record;
    };
    const std::vector<SubmissionRecord> waiting{delivery(1, "b"), delivery(2, "c"), delivery(3, "p", true),
                                                delivery(4, "a")};
    EXPECT_EQ(needed_before(waiting, project), (std::vector{SubmissionId(1), SubmissionId(3), SubmissionId(4)}));
}

TEST(Lanes, RememberTheLatest) {
    Lanes lanes;
    EXPECT_EQ(lanes.last("x"), 0U);
    lanes.served("first");
    for (int i = 0; i < 20'000; ++i) lanes.served(std::to_string(i));
    EXPECT_EQ(lanes.last("first"), 0U);
    EXPECT_GT(lanes.last("19999"), lanes.last("19998"));
}

} // namespace

} // namespace inlet
