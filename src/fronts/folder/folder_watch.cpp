#include "fronts/folder/folder_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>

#include "fronts/folder/folder_events.hpp"

namespace inlet::folder {

namespace {

// While a file is written there is an event for each write; one look for all of a moment is enough.
constexpr std::chrono::milliseconds kGather{100};
constexpr std::chrono::seconds kSweepMost{30};

// Returns early once one of them is readable.
void wait(std::array<int, 2> descriptors, Moment until) {
    std::array<pollfd, 2> polled{{{descriptors[0], POLLIN, 0}, {descriptors[1], POLLIN, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    ::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

} // namespace

FolderWatch::FolderWatch(const Project& project, const SourceParts& parts) : stop_(::eventfd(0, EFD_CLOEXEC)) {
    CHECK(stop_);
    for (const Provider& provider : project.providers) {
        for (const FolderSource& source : provider.sources) {
            SourceParts own = parts;
            own.stopping = [this] { return stopping_.load(); };
            watched_.push_back(
                {&provider, &source, std::make_unique<WatchedSource>(provider, source, std::move(own)), std::thread()});
        }
    }
    for (Watched& watched : watched_) watched.thread = std::thread([this, &watched] { run(watched); });
}

FolderWatch::~FolderWatch() {
    stopping_ = true;
    CHECK(::eventfd_write(stop_.get(), 1) == 0);
    for (Watched& watched : watched_) watched.thread.join();
}

std::vector<FolderWatch::State> FolderWatch::states() const {
    std::vector<State> states;
    states.reserve(watched_.size());
    for (const Watched& watched : watched_)
        states.push_back({watched.provider->name, watched.source, watched.keeper->troubles()});
    return states;
}

void FolderWatch::run(const Watched& watched) {
    using std::chrono::steady_clock;
    WatchedSource& keeper = *watched.keeper;
    const auto blind_sweep =
        std::clamp<std::chrono::milliseconds>(watched.source->settle / 4, std::chrono::seconds(1), kSweepMost);
    FolderEvents events;
    std::uint64_t watched_folder = 0; // of keeper.folder_opened()
    while (!stopping_) {
        Moment next = keeper.tend(steady_clock::now());
        if (keeper.folder_opened() != watched_folder && keeper.folder() != nullptr) {
            watched_folder = keeper.folder_opened();
            events.watch(*keeper.folder());
            continue; // what happened before there was a watch
        }
        const auto sweep = events.watching() ? kSweepMost : blind_sweep;
        next = std::min(next, steady_clock::now() + sweep);
        wait({stop_.get(), events.descriptor()}, next);
        const FolderEvents::Seen seen = events.read();
        const Moment now = steady_clock::now();
        if (seen.lost) keeper.touch_all(now);
        for (const std::string& name : seen.touched) keeper.touch(name, now);
        if (!seen.touched.empty()) wait({stop_.get(), -1}, now + kGather);
    }
}

} // namespace inlet::folder
