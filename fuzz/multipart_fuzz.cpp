// The reader of multipart/form-data against itself: the whole body at once, against the same in blocks of a few bytes
// read with little room. What it finds, or why it refuses, must be the same. What it finds is then written as a body of
// its own and read again.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/multipart.hpp"

namespace {

using namespace inlet;
using namespace inlet::http;

class Blocks final : public ByteSource {
public:
    Blocks(std::string_view text, std::size_t bytes) : text_(text), bytes_(bytes) {}
    Result<std::size_t> read(std::span<char> room) override {
        if (room.empty()) std::abort(); // it would never end
        const std::size_t count = std::min({room.size(), bytes_, text_.size()});
        std::copy_n(text_.begin(), count, room.begin());
        text_.remove_prefix(count);
        return count;
    }

private:
    std::string_view text_;
    std::size_t bytes_;
};

struct Found {
    std::vector<std::pair<FormPart, std::string>> parts;
    std::string refused; // why; empty: it was not
};

Found read(std::string_view body, std::size_t block, std::size_t room_bytes) {
    Blocks blocks(body, block);
    MultipartReader reader(blocks, "b");
    Found found;
    std::vector<char> room(room_bytes);
    for (;;) {
        auto part = reader.next();
        if (!part) {
            found.refused = part.error().message;
            return found;
        }
        if (!*part) return found;
        found.parts.emplace_back(**part, "");
        for (;;) {
            const auto count = reader.read(room);
            if (!count) {
                found.refused = count.error().message;
                return found;
            }
            if (*count == 0) break;
            if (*count > room.size()) std::abort();
            found.parts.back().second.append(room.data(), *count);
        }
    }
}

bool same(const Found& a, const Found& b) {
    if (a.refused != b.refused || a.parts.size() != b.parts.size()) return false;
    for (std::size_t i = 0; i < a.parts.size(); ++i) {
        const auto& [first, content] = a.parts[i];
        const auto& [second, other] = b.parts[i];
        if (first.name != second.name || first.file_name != second.file_name || first.type != second.type) return false;
        if (content != other) return false;
    }
    return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Found whole = read(body, SIZE_MAX, 1 << 16);
    if (!same(whole, read(body, data[0] % 16 + 1, data[0] / 16 + 1))) std::abort();
    if (!whole.refused.empty()) return 0;
    std::string again;
    for (const auto& [part, content] : whole.parts) {
        // No content holds the boundary that ended it.
        if (("\r\n" + content).find("\r\n--b") != std::string::npos) std::abort();
        again += "--b\r\nContent-Disposition: form-data; name=n\r\n\r\n" + content + "\r\n";
    }
    const Found second = read(again + "--b--", SIZE_MAX, 100);
    if (!second.refused.empty() || second.parts.size() != whole.parts.size()) std::abort();
    for (std::size_t i = 0; i < whole.parts.size(); ++i)
        if (second.parts[i].second != whole.parts[i].second) std::abort();
    return 0;
}
