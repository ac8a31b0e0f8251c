// The calls of a server about submissions, in the catalog's and the warehouse's terms. Floor 5; one thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "client/http_client.hpp"
#include "client/json_tree.hpp"
#include "warehouse/warehouse.hpp"

namespace inlet::client {

// Where a delivery can go, as far as the asking one may see that.
struct DatasetInfo {
    std::string name;
    std::string title;
    std::string write;
    Version version;
    std::uint64_t records = 0;
};
struct PackageInfo {
    std::string name;
    std::string match; // of file names, as name_matches() reads it
};

struct Posted {
    SubmissionId id;
    bool duplicate = false; // the same bytes were delivered before
};

// What a server tells of work that goes on.
struct RunningInfo {
    SubmissionState state = SubmissionState::checking;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_total = 0; // 0: not known
    std::uint64_t rows = 0;
};

struct Undoing {
    std::optional<SubmissionId> submission; // or all of a version
    Version version;
    bool cascade = false;
    bool dry_run = false;
};

struct Undid {
    SubmissionRecord record; // of the undo; of a dry run, id 0
    UndoOutcome outcome;
};

// Errors besides those that the server answers with: server-unreachable.
class ApiClient {
public:
    explicit ApiClient(HttpClient& http) : http_(http) {}

    Result<std::vector<SubmissionRecord>> submissions(SubmissionFilter filter); // its scope is the server's affair
    Result<SubmissionRecord> submission(SubmissionId id);
    Result<std::vector<CatalogEvent>> events(SubmissionId id);
    // "raw", "errors", "rejects.csv"; parts count from 0.
    Result<std::unique_ptr<HttpStream>> open(SubmissionId id, std::string_view what, std::size_t part = 0);
    // "approve", "cancel", "retry".
    Result<SubmissionRecord> decide(SubmissionId id, std::string_view what);
    Result<Undid> undo(const Undoing& undoing);
    Result<std::vector<VersionEntry>> versions(const std::string& table, std::size_t limit);
    Result<std::vector<VersionEntry>> version(Version version); // its lines
    Result<std::vector<DatasetInfo>> datasets();                // all pages
    Result<std::vector<PackageInfo>> packages();

    struct Target {
        std::string name;
        bool is_package = false;
    };
    // The body is the delivery; see HttpCall for it.
    Result<Posted> deliver(const Target& target, const std::string& file_name, bool again, HttpCall body);

    // Waits until the submission is at its end or held, and tells of what goes on meanwhile. A line that breaks is
    // taken up again for so long as `retry` agrees: it is told why, and waits.
    Result<SubmissionRecord> follow(SubmissionId id, const std::function<void(const RunningInfo&)>& told,
                                    const std::function<Status(Error)>& retry);

private:
    Result<JsonTree> ask(const HttpCall& call); // whose answer is a JSON object
    Status listen(SubmissionId id, const std::function<void(const RunningInfo&)>& told, SubmissionRecord& record);

    HttpClient& http_;
};

} // namespace inlet::client
