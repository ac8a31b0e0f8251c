#include "scan/clamd_scanner.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace inlet {

namespace {

constexpr std::size_t kChunkBytes = 64 << 10;
constexpr std::size_t kAnswerMax = 4096;
constexpr std::chrono::milliseconds kAskEvery{500}; // whether to go on

using Moment = std::chrono::steady_clock::time_point;
using GoOn = std::function<Status()>;

std::unexpected<Error> unavailable(std::string what) {
    return fail(FailureCode::scanner_unavailable, fmt::format("clamd cannot be asked: {}", what));
}

std::unexpected<Error> unavailable(std::string_view doing, int error) {
    return unavailable(fmt::format("{}: {}", doing, std::generic_category().message(error)));
}

union SocketAddress {
    sockaddr any;
    sockaddr_un local;
    sockaddr_in four;
    sockaddr_in6 six;
};

// One conversation. One thread.
class Conversation {
public:
    Conversation(int socket, std::chrono::seconds time_out, const GoOn& go_on)
        : socket_(socket), time_out_(time_out), go_on_(go_on) {}
    ~Conversation() { ::close(socket_); }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    static Result<std::unique_ptr<Conversation>> open(const ClamdAddress& address, std::chrono::seconds time_out,
                                                      const GoOn& go_on) {
        SocketAddress to{};
        socklen_t length = 0;
        if (!address.path.empty()) {
            if (address.path.size() >= sizeof to.local.sun_path) return unavailable("its socket's path is too long");
            to.local.sun_family = AF_UNIX;
            std::memcpy(to.local.sun_path, address.path.c_str(), address.path.size() + 1);
            length = sizeof to.local;
        } else if (::inet_pton(AF_INET, address.host.c_str(), &to.four.sin_addr) == 1) {
            to.four.sin_family = AF_INET;
            to.four.sin_port = htons(address.port);
            length = sizeof to.four;
        } else if (::inet_pton(AF_INET6, address.host.c_str(), &to.six.sin6_addr) == 1) {
            to.six.sin6_family = AF_INET6;
            to.six.sin6_port = htons(address.port);
            length = sizeof to.six;
        } else {
            return unavailable(fmt::format("`{}` is no IP address", address.host));
        }
        const int socket = ::socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (socket < 0) return unavailable("socket", errno);
        auto talk = std::make_unique<Conversation>(socket, time_out, go_on);
        if (::connect(socket, &to.any, length) != 0) {
            if (errno != EINPROGRESS) return unavailable("connect", errno);
            TRY(talk->wait(POLLOUT));
            int error = 0;
            socklen_t size = sizeof error;
            (void)::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
            if (error != 0) return unavailable("connect", error);
        }
        return talk;
    }

    // False: clamd takes no more, and says why if it is asked for its answer.
    Result<bool> send(std::span<const char> bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count >= 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(count));
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                TRY(wait(POLLOUT));
            } else if (errno == EPIPE || errno == ECONNRESET) {
                return false;
            } else if (errno != EINTR) {
                return unavailable("send", errno);
            }
        }
        return true;
    }

    // To its end, a zero byte, which is left out.
    Result<std::string> answer() {
        std::string text;
        std::array<char, 512> room{};
        for (;;) {
            const ssize_t count = ::recv(socket_, room.data(), room.size(), 0);
            if (count > 0) {
                text.append(room.data(), static_cast<std::size_t>(count));
                if (const std::size_t end = text.find('\0'); end != std::string::npos) return text.substr(0, end);
                if (text.size() > kAnswerMax) return unavailable("its answer has no end");
            } else if (count == 0) {
                return unavailable("it ended the connection without an answer");
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                TRY(wait(POLLIN));
            } else if (errno != EINTR) {
                return unavailable("recv", errno);
            }
        }
    }

private:
    Status wait(short for_what) {
        const Moment until = std::chrono::steady_clock::now() + time_out_;
        for (;;) {
            TRY(go_on_());
            pollfd watched{.fd = socket_, .events = for_what, .revents = 0};
            const int ready = ::poll(&watched, 1, static_cast<int>(kAskEvery.count()));
            if (ready > 0) return {};
            if (ready < 0 && errno != EINTR) return unavailable("poll", errno);
            if (std::chrono::steady_clock::now() >= until)
                return unavailable(fmt::format("it did not move for {} seconds", time_out_.count()));
        }
    }

    const int socket_;
    const std::chrono::seconds time_out_;
    const GoOn& go_on_;
};

// "stream: OK", "stream: Some-Name FOUND", "INSTREAM size limit exceeded. ERROR".
Result<ScanResult> read_answer(std::string_view answer, std::uint64_t bytes) {
    constexpr std::string_view kStream = "stream: ";
    constexpr std::string_view kFound = " FOUND";
    if (answer.find("size limit exceeded") != std::string_view::npos) {
        return fail(FailureCode::file_too_large,
                    "clamd looks at no file of this size: raise its StreamMaxLength, then approve or retry this");
    }
    if (!answer.starts_with(kStream)) return unavailable(fmt::format("it answers `{}`", answer));
    answer.remove_prefix(kStream.size());
    if (answer == "OK") return ScanResult{.found = std::nullopt, .bytes = bytes};
    if (answer.ends_with(kFound)) {
        answer.remove_suffix(kFound.size());
        return ScanResult{.found = std::string(answer), .bytes = bytes};
    }
    return unavailable(fmt::format("it answers `{}`", answer));
}

class ClamdScanner final : public Scanner {
public:
    ClamdScanner(ClamdAddress address, std::chrono::seconds time_out)
        : address_(std::move(address)), time_out_(time_out) {}

    Result<ScanResult> scan(ByteSource& bytes, const GoOn& go_on) override {
        const auto talk = TRY(Conversation::open(address_, time_out_, go_on));
        constexpr std::string_view kCommand("zINSTREAM\0", 10);
        bool takes = TRY(talk->send(kCommand));
        std::vector<char> chunk(sizeof(std::uint32_t) + kChunkBytes);
        std::uint64_t sent = 0;
        while (takes) {
            TRY(go_on());
            const std::size_t count = TRY(bytes.read(std::span(chunk).subspan(sizeof(std::uint32_t))));
            const std::uint32_t length = htonl(static_cast<std::uint32_t>(count));
            std::memcpy(chunk.data(), &length, sizeof length);
            takes = TRY(talk->send(std::span(chunk).first(sizeof length + count)));
            sent += count;
            if (count == 0) break; // a chunk of no bytes ends the stream
        }
        const std::string answer = TRY(talk->answer());
        return read_answer(answer, sent);
    }

    Status ask() override {
        const GoOn always = [] { return Status(); };
        const auto talk = TRY(Conversation::open(address_, time_out_, always));
        constexpr std::string_view kCommand("zPING\0", 6);
        TRY(talk->send(kCommand));
        const std::string answer = TRY(talk->answer());
        if (answer != "PONG") return unavailable(fmt::format("it answers `{}`", answer));
        return {};
    }

private:
    const ClamdAddress address_;
    const std::chrono::seconds time_out_;
};

} // namespace

std::unique_ptr<Scanner> make_clamd_scanner(ClamdAddress address, std::chrono::seconds time_out) {
    return std::make_unique<ClamdScanner>(std::move(address), time_out);
}

} // namespace inlet
