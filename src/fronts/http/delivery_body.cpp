#include "fronts/http/delivery_body.hpp"

#include <array>

#include <fmt/format.h>

#include "http/digest.hpp"

namespace inlet::http {

namespace {

constexpr std::size_t kFieldsBytesMax = 64 << 10;
constexpr std::size_t kPartsMax = 1000;

std::unexpected<Error> malformed(std::string message) {
    return fail(FailureCode::multipart_malformed, std::move(message));
}

} // namespace

Result<std::unique_ptr<DeliveryBody>> DeliveryBody::open(const Request& request, ByteSource& body,
                                                         std::function<bool(std::string_view)> means) {
    std::unique_ptr<DeliveryBody> opened(new DeliveryBody(TRY(check_digest(request.headers, body)), std::move(means)));
    opened->whole_ = opened->checked_ ? opened->checked_.get() : &body;
    const std::string* type = request.headers.find("Content-Type");
    if (type == nullptr) return opened;
    if (!is_multipart(*type)) {
        opened->type_ = type->substr(0, type->find(';'));
        while (opened->type_.ends_with(' ')) opened->type_.pop_back();
        return opened;
    }
    opened->form_ = std::make_unique<MultipartReader>(*opened->whole_, TRY(boundary_of(*type)));
    TRY(opened->find_file());
    return opened;
}

Status DeliveryBody::find_file() {
    for (std::size_t parts = 0; parts < kPartsMax; ++parts) {
        const std::optional<FormPart> part = TRY(form_->next());
        if (!part) return malformed("the form holds no file: a part with a filename");
        if (part->file_name && !part->file_name->empty()) {
            file_name_ = *part->file_name;
            type_ = part->type.substr(0, part->type.find(';'));
            return {};
        }
        // A file input that was left alone has a name of no characters.
        if (!part->file_name && means_(part->name)) TRY(keep_field(part->name));
    }
    return malformed(fmt::format("the form has more than {} parts", kPartsMax));
}

Status DeliveryBody::keep_field(const std::string& name) {
    std::string& value = fields_[name];
    value.clear();
    std::array<char, 4096> room{};
    for (;;) {
        const std::size_t count = TRY(form_->read(room));
        if (count == 0) return {};
        fields_bytes_ += count;
        if (fields_bytes_ > kFieldsBytesMax)
            return malformed(fmt::format("the form's fields have at most {} bytes together", kFieldsBytesMax));
        value.append(room.data(), count);
    }
}

Status DeliveryBody::finish_form() {
    for (std::size_t parts = 0; parts < kPartsMax; ++parts) {
        const std::optional<FormPart> part = TRY(form_->next());
        if (!part) return {};
        if (part->file_name && !part->file_name->empty())
            return malformed("the form holds more than one file; each is a delivery of its own");
        if (!part->file_name && means_(part->name))
            return malformed(fmt::format("the field `{}` stands behind the file; put it before", part->name));
    }
    return malformed(fmt::format("the form has more than {} parts", kPartsMax));
}

Result<std::size_t> DeliveryBody::read(std::span<char> room) {
    if (at_end_) return 0;
    const std::size_t count = TRY(form_ ? form_->read(room) : whole_->read(room));
    if (count > 0) return count;
    if (form_) TRY(finish_form());
    at_end_ = true;
    return 0;
}

} // namespace inlet::http
