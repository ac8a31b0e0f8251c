// A delivery's bytes in a request: the body itself, or the one file of a form (multipart/form-data). Floor 6; one
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "http/multipart.hpp"

namespace inlet::http {

class DeliveryBody final : public ByteSource {
public:
    // Fields of a form that `means` something are kept, and must stand before the file; others are passed over. The
    // body is borrowed. Errors: multipart-malformed, bad-argument (a digest that is none), the body's.
    static Result<std::unique_ptr<DeliveryBody>> open(const Request& request, ByteSource& body,
                                                      std::function<bool(std::string_view field)> means);

    // The file's. At its end the rest of a form is read, and what is wrong with it is an error here:
    // multipart-malformed (a second file, or a field that came too late), checksum-mismatch.
    Result<std::size_t> read(std::span<char> room) override;

    const std::string& file_name() const { return file_name_; } // of a form; else empty
    const std::string& type() const { return type_; }           // media type of the file; empty: not told
    const std::map<std::string, std::string>& fields() const { return fields_; }

private:
    DeliveryBody(std::unique_ptr<ByteSource> checked, std::function<bool(std::string_view)> means)
        : checked_(std::move(checked)), means_(std::move(means)) {}

    Status find_file();
    Status keep_field(const std::string& name);
    Status finish_form();

    std::unique_ptr<ByteSource> checked_; // null: nothing is said of the body's digest
    const std::function<bool(std::string_view)> means_;
    ByteSource* whole_ = nullptr;
    std::unique_ptr<MultipartReader> form_; // null: the body is the file
    std::string file_name_;
    std::string type_;
    std::map<std::string, std::string> fields_;
    std::size_t fields_bytes_ = 0;
    bool at_end_ = false;
};

} // namespace inlet::http
