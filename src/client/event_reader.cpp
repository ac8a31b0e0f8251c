#include "client/event_reader.hpp"

#include <algorithm>
#include <utility>

namespace inlet::client {

// Lines end with CR LF, LF or CR; a CR at the end of what is there may have its LF still to come.
std::optional<std::string> EventReader::line() {
    const auto end = pending_.find_first_of("\r\n");
    if (end == std::string::npos) return std::nullopt;
    std::size_t next = end + 1;
    if (pending_[end] == '\r') {
        if (next == pending_.size()) return std::nullopt;
        if (pending_[next] == '\n') ++next;
    }
    std::string line = pending_.substr(0, end);
    pending_.erase(0, next);
    return line;
}

std::optional<ServerEvent> EventReader::next() {
    while (auto read = line()) {
        if (read->empty()) {
            ServerEvent event = std::exchange(event_, {});
            if (!std::exchange(has_data_, false)) continue;
            if (event.type.empty()) event.type = "message";
            return event;
        }
        const auto colon = std::min(read->find(':'), read->size());
        const std::string field = read->substr(0, colon);
        std::string value = read->substr(std::min(colon + 1, read->size()));
        if (value.starts_with(' ')) value.erase(0, 1);
        if (field == "event") event_.type = value;
        if (field == "data") {
            if (std::exchange(has_data_, true)) event_.data += '\n';
            event_.data += value;
        }
    }
    return std::nullopt;
}

} // namespace inlet::client
