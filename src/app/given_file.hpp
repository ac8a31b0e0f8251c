// A file that a person gives to a command: a plain file, standard input (`-`), or a pipe such as <(zcat x.csv.gz).
// Floor 7; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/byte_files.hpp"
#include "app/session.hpp"
#include "base/result.hpp"

namespace inlet {

class GivenFile {
public:
    // Errors: file-not-found, bad-argument.
    static Result<std::unique_ptr<GivenFile>> open(Session& session, const std::string& path);
    ~GivenFile();

    // "ratings.csv"; "stdin" for standard input.
    const std::string& name() const { return name_; }
    // The bytes, to be read once.
    ByteSource& bytes();
    // How many there are; nothing for a pipe.
    std::optional<std::uint64_t> size() const { return size_; }
    // The first bytes, up to `count`; bytes() still gives them.
    Result<std::string> head(std::size_t count);
    // A path where all of the bytes lie: the file itself, else a copy of the pipe in the session's temporary folder.
    // Reads bytes() to its end.
    Result<std::string> path_of_all(Session& session);
    // For pipes: keeps what is read from bytes() in the session's temporary folder from now on. Returns where all bytes
    // will lie.
    Result<std::string> keep_copy(Session& session);
    // Takes note of progress as bytes() is read.
    void watch(std::function<void(std::uint64_t)> passed) { passed_ = std::move(passed); }

private:
    class Source;
    GivenFile(std::string name, std::string path, int descriptor, std::optional<std::uint64_t> size);

    std::string name_;
    std::string path_;
    std::optional<std::uint64_t> size_;
    std::function<void(std::uint64_t)> passed_;
    std::unique_ptr<Source> source_;
};

} // namespace inlet
