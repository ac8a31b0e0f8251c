#include "client/resumable_upload.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/sha256.hpp"

namespace inlet::client {

namespace {

constexpr std::chrono::seconds kStall{60}; // the server answers soon, since it syncs as it goes

const std::pair<std::string, std::string> kVersion{"Tus-Resumable", "1.0.0"};

// The rest of a file, from an offset on.
class Rest final : public ByteSource {
public:
    Rest(const SentFile& file, std::uint64_t offset) : file_(file), offset_(offset) {}
    Result<std::size_t> read(std::span<char> room) override {
        const std::uint64_t left = file_.bytes() - offset_;
        if (left == 0) return 0;
        const std::size_t count = TRY(file_.read(room.first(std::min<std::uint64_t>(room.size(), left)), offset_));
        offset_ += count;
        return count;
    }

private:
    const SentFile& file_;
    std::uint64_t offset_;
};

// Without scheme and host, which the client adds itself.
std::string path_of(const std::string& location) {
    const auto scheme = location.find("://");
    if (scheme == std::string::npos) return location;
    const auto path = location.find('/', scheme + 3);
    return path == std::string::npos ? "/" : location.substr(path);
}

std::optional<SubmissionId> submission_of(const HttpAnswer& answer) {
    const auto id = answer.number("inlet-submission");
    if (!id) return std::nullopt;
    return SubmissionId(static_cast<std::int64_t>(*id));
}

bool is_gone(const HttpAnswer& answer) { return answer.status == 404 || answer.status == 410; }

} // namespace

ResumableUpload::ResumableUpload(UploadParts parts, const SentFile& file, UploadWish wish)
    : parts_(std::move(parts)), file_(file), wish_(std::move(wish)),
      name_(sha256_hex(fmt::format("{}\n{}\n{}\n{}\n{}", wish_.server, wish_.target.is_package, wish_.target.name,
                                   wish_.file_name, file.identity()))),
      upload_(parts_.memory.find(name_).value_or(BegunUpload())) {}

Result<UploadEnd> ResumableUpload::send() {
    bool is_resumed = !upload_.address.empty();
    for (;;) {
        const Step taken = step();
        if (taken && std::exchange(is_resumed, false) && offset_.value_or(0) > 0) parts_.resumed(*offset_);
        if (taken && *taken) {
            const UploadEnd end{**taken, upload_.newest_then};
            parts_.memory.forget(name_);
            return end;
        }
        if (taken) continue;
        offset_.reset();
        TRY(parts_.patience.after(taken.error()));
    }
}

// A state is looked at, or bytes are sent; never both, so that what was looked at can be told.
ResumableUpload::Step ResumableUpload::step() {
    if (upload_.address.empty()) {
        TRY(begin());
        return std::nullopt;
    }
    return offset_ ? append() : look();
}

Status ResumableUpload::begin() {
    const std::string metadata = fmt::format("{} {},filename {}", wish_.target.is_package ? "package" : "dataset",
                                             base64(wish_.target.name), base64(wish_.file_name));
    const HttpAnswer answer = TRY(parts_.http.ask(
        {.method = "POST",
         .target = "/v1/uploads",
         .headers = {kVersion, {"Upload-Length", std::to_string(file_.bytes())}, {"Upload-Metadata", metadata}}}));
    const std::string* location = answer.header("location");
    if (answer.status != 201 || location == nullptr) {
        return fail(FailureCode::server_unreachable,
                    fmt::format("what answers is no Inlet server: a new upload was answered with {}", answer.status));
    }
    upload_ = {path_of(*location), wish_.newest_now};
    offset_ = 0;
    furthest_ = 0;
    parts_.memory.keep(name_, upload_);
    return {};
}

void ResumableUpload::let_go() {
    parts_.memory.forget(name_);
    upload_ = {};
    offset_.reset();
}

ResumableUpload::Step ResumableUpload::look() {
    const HttpAnswer answer =
        TRY(parts_.http.exchange({.method = "HEAD", .target = upload_.address, .headers = {kVersion}}));
    if (is_gone(answer)) {
        let_go();
        return std::nullopt;
    }
    const auto offset = answer.number("upload-offset");
    // An answer to HEAD has no body that could say more.
    if (answer.status == 401) return fail(FailureCode::unauthenticated, "the server does not know this key any more");
    if (answer.status >= 300 || !offset || *offset > file_.bytes())
        return fail(FailureCode::server_unreachable, fmt::format("the upload was answered with {}", answer.status));
    if (const auto submission = submission_of(answer)) return submission;
    if (*offset == file_.bytes()) // the server goes on with it by itself
        return fail(FailureCode::server_unreachable,
                    "the server has all bytes, and has not made a submission of them yet");
    if (*offset > furthest_) parts_.patience.moved();
    furthest_ = std::max(furthest_, *offset);
    offset_ = *offset;
    parts_.sent(*offset);
    return std::nullopt;
}

ResumableUpload::Step ResumableUpload::append() {
    const std::uint64_t offset = *std::exchange(offset_, std::nullopt);
    Rest rest(file_, offset);
    const HttpAnswer answer =
        TRY(parts_.http.exchange({.method = "PATCH",
                                  .target = upload_.address,
                                  .headers = {kVersion,
                                              {"Content-Type", "application/offset+octet-stream"},
                                              {"Upload-Offset", std::to_string(offset)}},
                                  .body = &rest,
                                  .body_bytes = file_.bytes() - offset,
                                  .sent = [&](std::uint64_t bytes) { parts_.sent(offset + bytes); },
                                  .stall = kStall}));
    if (is_gone(answer)) {
        let_go();
        return std::nullopt;
    }
    if (answer.status >= 400) return fail(failure_of(answer, "the upload"));
    return submission_of(answer);
}

} // namespace inlet::client
