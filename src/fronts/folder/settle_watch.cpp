#include "fronts/folder/settle_watch.hpp"

#include <algorithm>
#include <utility>

namespace inlet::folder {

void SettleWatch::look(const std::vector<SeenFile>& files, Moment now) {
    std::map<std::string, Watched> there;
    for (const SeenFile& file : files) {
        const auto before = files_.find(file.name);
        const bool same = before != files_.end() && before->second.mark == file.mark;
        there.insert_or_assign(file.name, same ? before->second : Watched{file.mark, now});
    }
    files_ = std::move(there);
}

void SettleWatch::touch(const std::string& name, Moment now) {
    const auto found = files_.find(name);
    if (found != files_.end()) found->second.still_since = now;
}

void SettleWatch::touch_all(Moment now) {
    for (auto& [name, file] : files_) file.still_since = now;
}

std::vector<SeenFile> SettleWatch::settled(Moment now) const {
    std::vector<std::pair<Moment, SeenFile>> found;
    for (const auto& [name, file] : files_) {
        if (now - file.still_since >= settle_) found.emplace_back(file.still_since, SeenFile{name, file.mark});
    }
    std::ranges::stable_sort(found, {}, [](const auto& one) { return one.first; });
    std::vector<SeenFile> files;
    files.reserve(found.size());
    for (auto& [since, file] : found) files.push_back(std::move(file));
    return files;
}

std::optional<Moment> SettleWatch::next(Moment now) const {
    std::optional<Moment> next;
    for (const auto& [name, file] : files_) {
        const Moment at = file.still_since + std::chrono::duration_cast<Moment::duration>(settle_);
        if (at > now && (!next || at < *next)) next = at;
    }
    return next;
}

} // namespace inlet::folder
