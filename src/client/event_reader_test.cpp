#include "client/event_reader.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace inlet::client {
namespace {

std::vector<std::string> events_of(std::string_view text, std::size_t block) {
    EventReader reader;
    std::vector<std::string> events;
    for (std::size_t at = 0; at < text.size(); at += block) {
        reader.feed(text.substr(at, block));
        while (auto event = reader.next()) events.push_back(event->type + "|" + event->data);
    }
    return events;
}

TEST(EventReader, EventsCommentsAndLinesOfEveryKind) {
    const std::string_view text =
        "retry: 2000\n\n: still here\n\nid: 4\nevent: a\ndata: {\"x\":1}\n\ndata:one\r\ndata: two\r\n\r\n"
        "event: no-data\n\ndata\n\ndata: cut off";
    const std::vector<std::string> expected{"a|{\"x\":1}", "message|one\ntwo", "message|"};
    for (std::size_t block = 1; block <= text.size(); ++block) EXPECT_EQ(events_of(text, block), expected) << block;
}

} // namespace
} // namespace inlet::client
