// Holds the stores against each other and against themselves. Floor 5; one at a time; changes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"

namespace inlet {

struct Verification {
    std::uint64_t objects = 0;
    std::uint64_t object_bytes = 0;
    std::uint64_t unneeded_objects = 0; // that nothing refers to: `prune` removes them
    std::uint64_t submissions = 0;
    std::uint64_t versions = 0;  // whose counts were held against the rows
    std::vector<Error> findings; // object-missing, object-corrupt, stores-differ; each in words of its own
};

class VerifyWork {
public:
    explicit VerifyWork(const PipelineParts& parts) : parts_(parts) {} // borrowed

    // Errors: only where a store cannot be read.
    Result<Verification> run();

private:
    struct Published {
        Version version;
        bool active = true;
    };

    Status read_objects();
    Status read_versions();
    Status check_submissions();
    void check_submission(const SubmissionRecord& record);
    void check_object(const SubmissionRecord& record, const std::string& space, const std::string& sha256,
                      const char* what);
    Status check_counts();
    void find(FailureCode code, std::string message) { result_.findings.emplace_back(code, std::move(message)); }

    const PipelineParts& parts_;
    Verification result_;
    std::map<ObjectId, bool> objects_; // whether its bytes have its hash
    std::set<ObjectId> needed_;
    std::map<SubmissionId, Published> published_;
    std::vector<VersionEntry> lines_; // newest first
    std::set<SubmissionId> known_;
};

} // namespace inlet
