// Files taken out of watch folders: which file became which submission, and which still owe an answer. So that each is
// taken once, whenever the program ends. Floor 3. Safe from many threads; changes are durable when a call returns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace inlet {

// What tells whether a file of a name is still the same: as stat(2) says it.
struct FileMark {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;       // bytes
    std::int64_t modified_ns = 0; // since 1970; as whoever wrote the file set it
    std::int64_t changed_ns = 0;  // since 1970; as the system set it

    bool operator==(const FileMark&) const = default;
};

enum class PickupState : std::uint8_t {
    taking,   // being read into its submission
    received, // its submission holds it; it is to leave the folder
    removed,  // it has left the folder; the answer is owed
    answered, // the answer tells the end
};

struct PickupRecord {
    std::int64_t number = 0; // given by the catalog; grows
    std::string provider;
    std::string folder; // absolute
    std::string name;   // of the file
    FileMark mark;
    PickupState state = PickupState::taking;
    SubmissionId submission;
    bool duplicate = false;                // `submission` brought the same bytes before
    std::string told;                      // the state that the answer in the outbox tells; empty: there is none
    std::vector<std::string> answer_files; // names in the outbox that may be there

    bool operator==(const PickupRecord&) const = default;
};

// Errors: disk-full, catalog-failed, as with Catalog.
class Pickups {
public:
    virtual ~Pickups() = default;
    // A record of number 0 is new; another one is replaced, or again there if it was removed. Its number.
    virtual Result<std::int64_t> put(const PickupRecord& record) = 0;
    virtual Status remove(std::int64_t number) = 0; // absent is not an error
    // Those of a folder that are not answered; all of one file's name. Oldest first.
    virtual Result<std::vector<PickupRecord>> open(std::string_view provider, std::string_view folder) = 0;
    virtual Result<std::vector<PickupRecord>> of_file(std::string_view provider, std::string_view folder,
                                                      std::string_view name) = 0;
};

} // namespace inlet
