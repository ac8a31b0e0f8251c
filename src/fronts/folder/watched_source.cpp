#include "fronts/folder/watched_source.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/commit_point.hpp"
#include "fronts/folder/answer.hpp"
#include "fronts/folder/folder_bytes.hpp"

namespace inlet::folder {

namespace {

constexpr std::chrono::seconds kSweep{30};
constexpr std::chrono::seconds kRetry{2};            // of what failed for everything
constexpr std::chrono::milliseconds kUnderWay{250};  // between two looks at a submission that is being worked on
constexpr std::chrono::seconds kWaitingForPeople{5}; // ... that is held, or failed and may be tried again
constexpr std::chrono::seconds kPauseLeast{5};       // before a file is tried again
constexpr std::chrono::seconds kPauseMost{10 * 60};

std::string aside_name(const PickupRecord& pickup) { return fmt::format(".inlet-taken-{}", pickup.number); }

// Renaming changes when a file was changed.
bool same_but_renamed(const FileMark& one, const FileMark& two) {
    return one.inode == two.inode && one.size == two.size && one.modified_ns == two.modified_ns;
}

} // namespace

Moment WatchedSource::tend(Moment now) {
    due_ = now + kSweep;
    if (note("folder", open_folder())) {
        if (note("pickups", leave_all()) && note("looking", look(now))) take_settled(now);
    } else {
        settle_.look({}, now);
    }
    if (!stopping()) note("answers", answer_all(now));
    {
        const std::lock_guard lock(mutex_);
        const bool may_pass =
            std::ranges::any_of(troubles_, [](const auto& trouble) { return !trouble.first.starts_with("refused "); });
        if (may_pass) due(now + kRetry);
    }
    if (const auto next = settle_.next(now)) due(*next);
    return due_;
}

Status WatchedSource::open_folder() {
    if (folder_ && folder_->still_there()) return {};
    folder_.reset();
    folder_ = TRY(OpenFolder::open(source_.folder));
    ++folder_opened_;
    return {};
}

Status WatchedSource::look(Moment now) {
    Candidates found = candidates(source_, TRY(folder_->list()));
    // Those that are received, but cannot be removed.
    for (const PickupRecord& pickup : TRY(parts_.catalog.pickups().open(provider_.name, source_.folder))) {
        if (pickup.state != PickupState::received) continue;
        std::erase(found.files, SeenFile{pickup.name, pickup.mark});
    }
    std::set<std::string> refused;
    for (const Candidates::Refused& one : found.refused) {
        refused.insert(one.file.name);
        note("refused " + one.file.name, fail(one.reason));
    }
    forget_troubles("refused ", refused);
    std::set<std::string> names;
    for (const SeenFile& file : found.files) names.insert(file.name);
    forget_troubles("taking ", names);
    std::erase_if(pauses_, [&](const auto& pause) {
        return std::ranges::find(found.files, SeenFile{pause.first, pause.second.mark}) == found.files.end();
    });
    settle_.look(found.files, now);
    return {};
}

void WatchedSource::take_settled(Moment now) {
    for (const SeenFile& file : settle_.settled(now)) {
        if (stopping()) return;
        Pause& pause = pauses_[file.name];
        pause.mark = file.mark;
        if (pause.until > now) {
            due(pause.until);
            continue;
        }
        if (note("taking " + file.name, take(file, now))) {
            pauses_.erase(file.name);
        } else {
            pause.length = std::clamp(pause.length * 2, kPauseLeast, kPauseMost);
            pause.until = now + pause.length;
        }
    }
}

Status WatchedSource::take(const SeenFile& file, Moment now) {
    auto opened = folder_->read(file.name);
    if (!opened && opened.error().code == FailureCode::file_not_found) return {}; // the next look forgets it
    if (!opened) return fail(std::move(opened.error()));
    if (TRY(opened->mark()) != file.mark) {
        settle_.touch(file.name, now);
        return {};
    }
    PickupRecord pickup;
    pickup.provider = provider_.name;
    pickup.folder = source_.folder;
    pickup.name = file.name;
    pickup.mark = file.mark;
    Delivery delivery;
    delivery.target = source_.target;
    delivery.target_is_package = source_.target_is_package;
    delivery.file_name = file.name;
    delivery.by = provider_.name;
    delivery.source = "folder";
    delivery.bytes = file.mark.size;
    delivery.begun = [&](SubmissionId id) -> Status {
        pickup.submission = id;
        pickup.number = TRY(parts_.catalog.pickups().put(pickup));
        commit_point("fronts/folder.taking");
        return {};
    };
    FolderBytes bytes(*folder_, std::move(*opened), file, [this] { return stopping(); });
    const auto received = parts_.pipeline.receive(delivery, bytes);
    commit_point("fronts/folder.received");
    if (!received) {
        // It may be received all the same.
        if (pickup.number != 0) TRY(look_up(pickup));
        settle_.touch(file.name, now);
        const FailureCode code = received.error().code;
        if (code == FailureCode::file_changed || code == FailureCode::interrupted) return {};
        return fail(received.error());
    }
    if (parts_.queued) parts_.queued();
    pickup.submission = received->id;
    pickup.duplicate = received->duplicate;
    pickup.state = PickupState::received;
    TRY(parts_.catalog.pickups().put(pickup));
    commit_point("fronts/folder.recorded");
    if (parts_.told) parts_.told("taken", pickup);
    note("removing " + pickup.name, leave(pickup));
    return {};
}

// Of a pickup that was being taken when something broke off: what it came to.
Status WatchedSource::look_up(PickupRecord pickup) {
    const SubmissionRecord record = TRY(parts_.catalog.get(pickup.submission));
    // Not received, or the same as another one, which it will be again.
    if (record.received_at == 0) return parts_.catalog.pickups().remove(pickup.number);
    pickup.state = PickupState::received;
    TRY(parts_.catalog.pickups().put(pickup));
    return {};
}

Status WatchedSource::leave_all() {
    for (const PickupRecord& pickup : TRY(parts_.catalog.pickups().open(provider_.name, source_.folder))) {
        if (pickup.state == PickupState::taking) TRY(look_up(pickup));
    }
    std::set<std::string> names;
    for (const PickupRecord& pickup : TRY(parts_.catalog.pickups().open(provider_.name, source_.folder))) {
        if (pickup.state != PickupState::received) continue;
        names.insert(pickup.name);
        note("removing " + pickup.name, leave(pickup));
    }
    forget_troubles("removing ", names);
    return {};
}

// The file is renamed before it is removed: between looking and removing, another one could get its name.
Status WatchedSource::leave(PickupRecord pickup) {
    const std::string aside = aside_name(pickup);
    const auto there = TRY(folder_->find(pickup.name));
    if (there && there->mark == pickup.mark && !TRY(folder_->move(pickup.name, aside))) {
        TRY(folder_->remove(aside)); // nobody but us has business with that name
        TRY(folder_->move(pickup.name, aside));
    }
    commit_point("fronts/folder.claimed");
    if (const auto taken = TRY(folder_->find(aside))) {
        // If another file got the name just then, it goes back; unless yet another has come, which replaces it.
        if (same_but_renamed(taken->mark, pickup.mark) || !TRY(folder_->move(aside, pickup.name)))
            TRY(folder_->remove(aside));
    }
    TRY(folder_->sync());
    commit_point("fronts/folder.removed");
    pickup.state = PickupState::removed;
    TRY(parts_.catalog.pickups().put(pickup));
    return {};
}

Status WatchedSource::answer_all(Moment now) {
    const auto pickups = TRY(parts_.catalog.pickups().open(provider_.name, source_.folder));
    std::set<std::string> names;
    for (const PickupRecord& pickup : pickups) {
        if (pickup.state != PickupState::removed) continue;
        names.insert(pickup.name);
        note("answering " + pickup.name, answer(pickup, now));
    }
    forget_troubles("answering ", names);
    return {};
}

Status WatchedSource::answer(PickupRecord pickup, Moment now) {
    Pickups& pickups = parts_.catalog.pickups();
    TRY(clear_earlier(pickup));
    const SubmissionRecord record = TRY(parts_.catalog.get(pickup.submission));
    if (!is_end(record.state) && record.state != SubmissionState::held) {
        due(now + kUnderWay);
        return {};
    }
    const bool may_change = record.state == SubmissionState::held || record.state == SubmissionState::failed;
    if (may_change) due(now + kWaitingForPeople);
    const std::string told = fmt::format("{} {}", to_string(record.state), record.updated_at);
    if (pickup.told == told) return {};
    const Answer answer(pickup, record, parts_.pipeline);
    const OpenFolder folder = TRY(outbox());
    std::vector<std::string> stale;
    for (const std::string& file : pickup.answer_files) {
        if (std::ranges::find(answer.files(), file) == answer.files().end()) stale.push_back(file);
    }
    pickup.answer_files = answer.files();
    pickup.answer_files.insert(pickup.answer_files.end(), stale.begin(), stale.end());
    TRY(pickups.put(pickup));
    commit_point("fronts/folder.answer-begun");
    TRY(answer.write_rejects(folder));
    for (const std::string& file : stale) TRY(folder.remove(file));
    commit_point("fronts/folder.rejects-written");
    TRY(answer.write_result(folder));
    commit_point("fronts/folder.answer-written");
    PickupRecord answered = pickup;
    answered.answer_files = answer.files();
    answered.told = told;
    if (!may_change) answered.state = PickupState::answered;
    TRY(pickups.put(answered));
    commit_point("fronts/folder.answered");
    if (!may_change) cleared_.erase(pickup.number);
    if (parts_.told) parts_.told("answered", answered);
    return {};
}

// What is in the outbox under a file's name is about its newest delivery, or not there.
Status WatchedSource::clear_earlier(const PickupRecord& pickup) {
    if (cleared_.contains(pickup.number)) return {};
    Pickups& pickups = parts_.catalog.pickups();
    for (const PickupRecord& earlier : TRY(pickups.of_file(pickup.provider, pickup.folder, pickup.name))) {
        if (earlier.number >= pickup.number) break;
        if (earlier.state == PickupState::taking || earlier.state == PickupState::received) continue;
        if (!earlier.answer_files.empty()) {
            const OpenFolder folder = TRY(outbox());
            for (const std::string& file : earlier.answer_files) TRY(folder.remove(file));
            TRY(folder.sync());
        }
        TRY(pickups.remove(earlier.number));
    }
    cleared_.insert(pickup.number);
    return {};
}

Result<OpenFolder> WatchedSource::outbox() const {
    const std::string inside = source_.folder + "/";
    if (!source_.outbox.starts_with(inside)) return OpenFolder::make(source_.outbox);
    // The provider may do anything in there, also lead us elsewhere by a link.
    if (!folder_)
        return fail(FailureCode::folder_unavailable,
                    fmt::format("the outbox {} is not there, as its watch folder is not", source_.outbox));
    return folder_->below(source_.outbox.substr(inside.size()));
}

std::vector<Error> WatchedSource::troubles() const {
    const std::lock_guard lock(mutex_);
    std::vector<Error> all;
    for (const auto& [about, error] : troubles_) all.push_back(error);
    return all;
}

bool WatchedSource::note(const std::string& about, const Status& status) {
    {
        const std::lock_guard lock(mutex_);
        if (status) {
            troubles_.erase(about);
            return true;
        }
        const auto known = troubles_.find(about);
        if (known != troubles_.end() && to_string(known->second) == to_string(status.error())) return false;
        troubles_.insert_or_assign(about, status.error());
    }
    if (parts_.failed) parts_.failed(status.error());
    return false;
}

void WatchedSource::forget_troubles(std::string_view prefix, const std::set<std::string>& names) {
    const std::lock_guard lock(mutex_);
    std::erase_if(troubles_, [&](const auto& trouble) {
        return trouble.first.starts_with(prefix) && !names.contains(trouble.first.substr(prefix.size()));
    });
}

} // namespace inlet::folder
