#include "fronts/folder/folder_events.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

namespace inlet::folder {

namespace {

constexpr std::uint32_t kTouched = IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
constexpr std::uint32_t kMask = kTouched | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

} // namespace

FolderEvents::FolderEvents() : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

bool FolderEvents::watch(const OpenFolder& folder) {
    if (!events_) return false;
    if (watch_ >= 0) ::inotify_rm_watch(events_.get(), watch_);
    // By the descriptor, so that it is the very folder that is listed.
    watch_ = ::inotify_add_watch(events_.get(), fmt::format("/proc/self/fd/{}", folder.descriptor()).c_str(), kMask);
    return watch_ >= 0;
}

FolderEvents::Seen FolderEvents::read() {
    Seen seen;
    alignas(inotify_event) std::array<char, 16 << 10> room{};
    for (;;) {
        const ssize_t count = ::read(events_.get(), room.data(), room.size());
        if (count <= 0) return seen;
        for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
            inotify_event event{};
            std::memcpy(&event, room.data() + at, sizeof event);
            if ((event.mask & IN_Q_OVERFLOW) != 0) seen.lost = true;
            if ((event.mask & IN_IGNORED) != 0 && event.wd == watch_) watch_ = -1;
            if ((event.mask & kTouched) != 0 && event.len > 0) {
                const char* name = room.data() + at + sizeof event;
                seen.touched.emplace_back(name, ::strnlen(name, event.len));
            }
            at += sizeof event + event.len;
        }
    }
}

} // namespace inlet::folder
