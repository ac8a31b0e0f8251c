// Sends a file by tus 1.0.0 (https://tus.io/protocols/resumable-upload, core and creation), and goes on where it was
// after the line broke, the server or this program ended. Floor 5; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "client/api_client.hpp"
#include "client/http_client.hpp"
#include "client/patience.hpp"
#include "client/sent_file.hpp"
#include "client/upload_memory.hpp"

namespace inlet::client {

struct UploadParts { // borrowed
    HttpClient& http;
    UploadMemory& memory;
    Patience& patience;
    std::function<void(std::uint64_t bytes)> sent;    // how much of the file is at the server
    std::function<void(std::uint64_t bytes)> resumed; // told once, if an earlier run of the program had sent some of it
};

struct UploadWish {
    std::string server; // as the memory is to tell servers, and who asks, apart
    ApiClient::Target target;
    std::string file_name;
    std::int64_t newest_now = 0; // see BegunUpload
};

struct UploadEnd {
    SubmissionId submission;
    std::int64_t newest_then = 0;
};

class ResumableUpload {
public:
    ResumableUpload(UploadParts parts, const SentFile& file, UploadWish wish);

    // Returns when the file is a submission. Errors: the server's, the file's, server-unreachable.
    Result<UploadEnd> send();

private:
    using Step = Result<std::optional<SubmissionId>>; // nothing: take another one

    Step step();
    Status begin();
    Step look();
    Step append();
    void let_go();

    const UploadParts parts_;
    const SentFile& file_;
    const UploadWish wish_;
    const std::string name_;              // in the memory
    BegunUpload upload_;                  // its address is empty: none is begun
    std::optional<std::uint64_t> offset_; // that the server has; nothing: it is to be asked
    std::uint64_t furthest_ = 0;
};

} // namespace inlet::client
