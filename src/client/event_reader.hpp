// Cuts a stream of Server-Sent Events (WHATWG HTML, section 9.2.6) into events. Floor 5; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inlet::client {

struct ServerEvent {
    std::string type; // "message" unless said
    std::string data; // lines joined by line ends
};

class EventReader {
public:
    void feed(std::string_view bytes) { pending_ += bytes; }
    // The next event that is there whole.
    std::optional<ServerEvent> next();

private:
    std::optional<std::string> line();

    std::string pending_;
    ServerEvent event_;
    bool has_data_ = false;
};

} // namespace inlet::client
