// One watch folder, looked after step by step: what has settled is taken, removed from the folder and answered. Each
// step is written down before the next, so that a program that ended anywhere goes on from there. Floor 6. One thread,
// but for troubles().
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "contract/provider.hpp"
#include "fronts/folder/candidates.hpp"
#include "fronts/folder/open_folder.hpp"
#include "fronts/folder/settle_watch.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet::folder {

struct SourceParts { // borrowed; outlive the source. The functions are called on the source's thread and may be empty
    Catalog& catalog;
    Pipeline& pipeline;
    std::function<bool()> stopping;                                       // whether to break off
    std::function<void()> queued;                                         // a submission is
    std::function<void(std::string_view what, const PickupRecord&)> told; // "taken", "answered"
    std::function<void(const Error&)> failed;                             // once for each trouble, as long as it lasts
};

class WatchedSource {
public:
    // Borrowed.
    WatchedSource(const Provider& provider, const FolderSource& source, SourceParts parts)
        : provider_(provider), source_(source), parts_(std::move(parts)), settle_(source.settle) {}

    // Looks, and does all that is due. Returns when the next look is due at the latest, should nothing happen before.
    Moment tend(Moment now);
    // Something happened to a file; to all of them.
    void touch(const std::string& name, Moment now) { settle_.touch(name, now); }
    void touch_all(Moment now) { settle_.touch_all(now); }

    // Null while it cannot be opened; another object each time it was.
    const OpenFolder* folder() const { return folder_ ? &*folder_ : nullptr; }
    std::uint64_t folder_opened() const { return folder_opened_; } // how often
    // What is wrong now, by what it is about. Safe from any thread.
    std::vector<Error> troubles() const;

private:
    struct Pause { // of a file that could not be taken
        FileMark mark;
        std::chrono::seconds length{0};
        Moment until;
    };

    Status open_folder();
    Status look(Moment now);
    void take_settled(Moment now);
    Status take(const SeenFile& file, Moment now);
    Status leave_all();
    Status leave(PickupRecord pickup);
    Status look_up(PickupRecord pickup);
    Status answer_all(Moment now);
    Status answer(PickupRecord pickup, Moment now);
    Status clear_earlier(const PickupRecord& pickup);
    Result<OpenFolder> outbox() const;
    bool stopping() const { return parts_.stopping && parts_.stopping(); }
    void due(Moment at) { due_ = std::min(due_, at); }
    bool note(const std::string& about, const Status& status);
    void forget_troubles(std::string_view prefix, const std::set<std::string>& names);

    const Provider& provider_;
    const FolderSource& source_;
    const SourceParts parts_;
    std::optional<OpenFolder> folder_;
    std::uint64_t folder_opened_ = 0;
    SettleWatch settle_;
    std::map<std::string, Pause> pauses_;
    std::set<std::int64_t> cleared_; // pickups whose earlier answers are gone
    Moment due_;

    mutable std::mutex mutex_;              // over the troubles
    std::map<std::string, Error> troubles_; // by what they are about
};

} // namespace inlet::folder
