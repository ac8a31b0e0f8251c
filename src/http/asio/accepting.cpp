#include "http/asio/accepting.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace inlet::http {

namespace {

constexpr int kBacklog = 1024;

std::string system_text() { return std::generic_category().message(errno); }

struct Address {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;

    sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); } // as the calls want it
    const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::string host_text(const Address& address) {
    char host[INET6_ADDRSTRLEN] = "";
    if (::getnameinfo(address.raw(), address.size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) return {};
    return host;
}

// A path longer than an address holds is reached through its folder.
class UnixAddress {
public:
    explicit UnixAddress(const std::string& path) {
        std::string shown = path;
        sockaddr_un* const address = reinterpret_cast<sockaddr_un*>(&address_.storage);
        if (shown.size() >= sizeof address->sun_path) {
            const std::filesystem::path whole(path);
            folder_ = ::open(whole.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
            shown = fmt::format("/proc/self/fd/{}/{}", folder_, whole.filename().string());
        }
        fits_ = shown.size() < sizeof address->sun_path;
        address->sun_family = AF_UNIX;
        std::memcpy(address->sun_path, shown.c_str(), std::min(shown.size() + 1, sizeof address->sun_path));
        address_.size = sizeof *address;
    }
    ~UnixAddress() {
        if (folder_ >= 0) ::close(folder_);
    }
    UnixAddress(const UnixAddress&) = delete;
    UnixAddress& operator=(const UnixAddress&) = delete;

    bool fits() const { return fits_; }
    const sockaddr* raw() const { return address_.raw(); }
    socklen_t size() const { return address_.size; }

private:
    Address address_;
    int folder_ = -1;
    bool fits_ = false;
};

// Whether somebody listens behind the file.
bool answers(const UnixAddress& address) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool connected = ::connect(probe, address.raw(), address.size()) == 0;
    const bool refused = !connected && (errno == ECONNREFUSED || errno == ENOENT);
    ::close(probe);
    return !refused;
}

} // namespace

Result<std::unique_ptr<ListeningSocket>> ListeningSocket::open(const Listener& listener) {
    std::unique_ptr<ListeningSocket> socket(new ListeningSocket(listener, listener.descriptor));
    if (listener.descriptor >= 0) {
        Address address;
        int listens = 0;
        socklen_t size = sizeof listens;
        if (::getsockname(listener.descriptor, address.raw(), &address.size) != 0 ||
            ::getsockopt(listener.descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
            return fail(FailureCode::bad_argument,
                        fmt::format("descriptor {}, which was handed over, is no socket that listens for connections",
                                    listener.descriptor));
        }
        socket->is_unix_ = address.storage.ss_family == AF_UNIX;
        (void)::fcntl(listener.descriptor, F_SETFL, ::fcntl(listener.descriptor, F_GETFL) | O_NONBLOCK);
    } else if (!listener.address.path.empty()) {
        TRY(socket->open_unix());
    } else {
        TRY(socket->open_tcp());
    }
    return socket;
}

ListeningSocket::~ListeningSocket() {
    if (owns_file_) ::unlink(listener_.address.path.c_str());
    if (descriptor_ >= 0) ::close(descriptor_);
}

Status ListeningSocket::open_tcp() {
    const ListenAddress& wanted = listener_.address;
    Address address;
    auto* const four = reinterpret_cast<sockaddr_in*>(&address.storage);
    auto* const six = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (::inet_pton(AF_INET, wanted.host.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(wanted.port);
        address.size = sizeof *four;
    } else if (::inet_pton(AF_INET6, wanted.host.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(wanted.port);
        address.size = sizeof *six;
    } else {
        return fail(FailureCode::bad_argument, fmt::format("`{}` is no IP address to listen on", wanted.host));
    }
    descriptor_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    if (descriptor_ < 0 || ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(descriptor_, address.raw(), address.size) != 0 || ::listen(descriptor_, kBacklog) != 0) {
        return fail(FailureCode::io_failed,
                    fmt::format("cannot listen on {} port {}: {}", wanted.host, wanted.port, system_text()));
    }
    return {};
}

Status ListeningSocket::open_unix() {
    is_unix_ = true;
    const std::string& path = listener_.address.path;
    const UnixAddress address(path);
    if (!address.fits()) return fail(FailureCode::bad_argument, fmt::format("{} is too long for a socket", path));
    struct stat info{};
    if (::lstat(path.c_str(), &info) == 0) {
        if (!S_ISSOCK(info.st_mode))
            return fail(FailureCode::io_failed,
                        fmt::format("cannot listen on {}: it is there, and is no socket", path));
        if (answers(address))
            return fail(FailureCode::io_failed, fmt::format("cannot listen on {}: another program does", path));
        ::unlink(path.c_str());
    }
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // The socket's own mode becomes its file's, so that there is no moment in which others could open it.
    if (descriptor_ < 0 || ::fchmod(descriptor_, listener_.mode) != 0 ||
        ::bind(descriptor_, address.raw(), address.size()) != 0)
        return fail(FailureCode::io_failed, fmt::format("cannot listen on {}: {}", path, system_text()));
    owns_file_ = true;
    // And wider than the umask lets it, where that was asked for.
    if (::chmod(path.c_str(), listener_.mode) != 0 || ::listen(descriptor_, kBacklog) != 0)
        return fail(FailureCode::io_failed, fmt::format("cannot listen on {}: {}", path, system_text()));
    return {};
}

std::string ListeningSocket::name() const {
    Address address;
    if (::getsockname(descriptor_, address.raw(), &address.size) != 0) return {};
    if (is_unix_) {
        if (!listener_.address.path.empty()) return "unix:" + listener_.address.path;
        return fmt::format("unix:{}", reinterpret_cast<const sockaddr_un*>(&address.storage)->sun_path);
    }
    const bool six = address.storage.ss_family == AF_INET6;
    const std::uint16_t port = ntohs(six ? reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port
                                         : reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
    const std::string host = host_text(address);
    return six ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

int accept_connection(const ListeningSocket& socket) {
    const int descriptor = ::accept4(socket.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0 && !socket.is_unix()) {
        const int on = 1;
        (void)::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    return descriptor;
}

std::string peer_address(int descriptor) {
    Address address;
    if (::getpeername(descriptor, address.raw(), &address.size) != 0 || address.storage.ss_family == AF_UNIX) return {};
    return host_text(address);
}

std::optional<std::uint32_t> peer_user(int descriptor) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
    return who.uid;
}

} // namespace inlet::http
