// All watch folders of a project, each looked after by a thread of its own, so that none waits for another's large file
// or slow disk. Floor 6. Safe from many threads.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "contract/project.hpp"
#include "fronts/folder/open_folder.hpp"
#include "fronts/folder/watched_source.hpp"
#include "pipeline/pipeline.hpp"

namespace inlet::folder {

class FolderWatch {
public:
    // Borrowed. Begins at once; a folder that is not there is waited for. The functions of `parts` are called from many
    // threads; its `stopping` is not asked.
    FolderWatch(const Project& project, const SourceParts& parts);
    // Breaks off what is being read (it is read again at the next start), and ends.
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

    struct State {
        std::string provider;
        const FolderSource* source = nullptr;
        std::vector<Error> troubles;
    };
    std::vector<State> states() const; // in the order of the project

private:
    struct Watched {
        const Provider* provider;
        const FolderSource* source;
        std::unique_ptr<WatchedSource> keeper;
        std::thread thread;
    };

    void run(const Watched& watched);

    std::atomic<bool> stopping_ = false;
    Descriptor stop_; // readable once it is time to stop
    std::vector<Watched> watched_;
};

} // namespace inlet::folder
