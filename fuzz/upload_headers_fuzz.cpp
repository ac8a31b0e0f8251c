// What the headers of resumable uploads say, of tus and of the IETF's draft: nothing makes the readers fail, and what
// they read is what was written: Base64 has one text for each value, keys are unique, names have no path.
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "base/base64.hpp"
#include "fronts/tus/draft_headers.hpp"
#include "fronts/tus/upload_headers.hpp"

namespace {

using namespace inlet;
using namespace inlet::tus;

void check(bool holds) {
    if (!holds) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto bytes = base64_decoded(text)) check(base64(*bytes) == text);
    if (const auto metadata = parse_metadata(text)) {
        std::set<std::string> keys;
        for (const auto& [key, value] : *metadata) {
            check(!key.empty() && keys.insert(key).second);
            check(find(*metadata, key) != nullptr && *find(*metadata, key) == value);
        }
    }
    if (const auto concat = parse_concat(text)) {
        check((concat->kind == UploadKind::partial) == (text == "partial"));
        check((concat->kind == UploadKind::final) == !concat->partials.empty());
        for (const std::string& id : concat->partials) check(!id.empty() && id.find('/') == std::string::npos);
    }
    if (const auto checksum = parse_checksum(text)) check(!checksum->algorithm.empty() && !checksum->bytes.empty());
    http::Request request;
    for (const char* name : {"Upload-Offset", "Upload-Complete", "Content-Disposition", "Content-Type"})
        request.headers.add(name, text);
    if (const auto number = number_of(request, "Upload-Offset"); number && *number) check(**number <= INT64_MAX);
    if (const auto number = integer_item(request, "Upload-Offset")) check(*number <= 999'999'999'999'999);
    (void)boolean_item(request, "Upload-Complete");
    (void)has_media_type(request, "application/partial-upload");
    const std::string name = disposition_name(request);
    check(name.find('/') == std::string::npos && name.find('\\') == std::string::npos);
    return 0;
}
