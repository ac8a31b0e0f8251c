// Where the audit log ended when it was last looked at, in a file beside the catalog, so that cutting off its end is
// seen. Floor 7; one thread at a time.
#pragma once

#include <optional>
#include <string>

#include "base/disk.hpp"
#include "catalog/audit.hpp"

namespace inlet {

class AuditHeadFile {
public:
    AuditHeadFile(Disk& disk, const std::string& folder) : disk_(disk), folder_(folder) {} // disk: borrowed

    // Nothing if there is no file. Errors: audit-broken (something else stands in it), io-failed.
    Result<std::optional<AuditHead>> read() const;
    // Replaces the file, unless it knows of more.
    Status keep(const AuditHead& head);

private:
    std::string path() const { return folder_ + "/audit.head"; }

    Disk& disk_;
    const std::string folder_;
};

} // namespace inlet
