// OpenSSL's engine between two buffers of ours, rather than a stream of Asio's: a read takes as much from the socket as
// the caller has room for, where that one takes a record of 16 KiB at a time.
#include "http/asio/tls_channel.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace inlet::http {

namespace {

constexpr std::size_t kReadBytesLeast = 4 << 10; // what an idle connection holds
constexpr std::size_t kReadBytesMost = 128 << 10;
constexpr std::size_t kWriteBytesMost = 64 << 10; // between two writes to the socket
constexpr std::size_t kJoinedBytesMost = 16 << 10;

// What came and is not read, what is to be sent.
struct Wires {
    std::vector<char> in;
    std::size_t in_at = 0;
    std::size_t in_end = 0;
    bool in_ended = false;
    std::vector<char> out;
};

int read_wire(BIO* bio, char* room, int size) {
    auto& wires = *static_cast<Wires*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t count = std::min(static_cast<std::size_t>(size), wires.in_end - wires.in_at);
    if (count == 0) {
        if (wires.in_ended) return 0;
        BIO_set_retry_read(bio);
        return -1;
    }
    std::memcpy(room, wires.in.data() + wires.in_at, count);
    wires.in_at += count;
    return static_cast<int>(count);
}

int write_wire(BIO* bio, const char* bytes, int size) {
    auto& wires = *static_cast<Wires*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    wires.out.insert(wires.out.end(), bytes, bytes + size);
    return size;
}

long control_wire(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return static_cast<Wires*>(BIO_get_data(bio))->in_ended ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* make_bio(Wires& wires) {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "inlet");
        CHECK(made != nullptr);
        BIO_meth_set_read(made, read_wire);
        BIO_meth_set_write(made, write_wire);
        BIO_meth_set_ctrl(made, control_wire);
        return made;
    }();
    BIO* bio = BIO_new(method);
    CHECK(bio != nullptr);
    BIO_set_data(bio, &wires);
    BIO_set_init(bio, 1);
    return bio;
}

class TlsChannel final : public Channel {
public:
    TlsChannel(Socket socket, std::shared_ptr<const TlsContext> tls)
        : tls_(std::move(tls)), socket_(make_plain_channel(std::move(socket))), ssl_(SSL_new(tls_->native())) {
        CHECK(ssl_ != nullptr);
        BIO* bio = make_bio(wires_);
        SSL_set_bio(ssl_, bio, bio);
        SSL_set_accept_state(ssl_);
    }
    ~TlsChannel() override {
        SSL_free(ssl_);
        ERR_clear_error();
    }
    TlsChannel(const TlsChannel&) = delete;
    TlsChannel& operator=(const TlsChannel&) = delete;

    asio::awaitable<error_code> begin() override {
        for (;;) {
            ERR_clear_error();
            const int done = SSL_do_handshake(ssl_);
            const int state = SSL_get_error(ssl_, done);
            error_code error = co_await flush();
            if (error || done == 1) co_return error;
            if (state != SSL_ERROR_WANT_READ) co_return broken();
            error = co_await fill(kReadBytesLeast);
            if (error) co_return error;
        }
    }

    asio::awaitable<error_code> read(std::span<char> room, std::size_t& count) override {
        count = 0;
        for (;;) {
            int state = SSL_ERROR_NONE;
            while (count < room.size() && state == SSL_ERROR_NONE) {
                std::size_t got = 0;
                ERR_clear_error();
                const int done = SSL_read_ex(ssl_, room.data() + count, room.size() - count, &got);
                if (done != 1) state = SSL_get_error(ssl_, done);
                count += got;
            }
            // An alert, or an answer to a change of keys.
            error_code error = co_await flush();
            if (count != 0 || error) co_return error;
            if (state == SSL_ERROR_ZERO_RETURN) co_return asio::error::eof;
            if (state != SSL_ERROR_WANT_READ) co_return broken();
            error = co_await fill(room.size());
            if (error && error != asio::error::eof) co_return error;
        }
    }

    asio::awaitable<error_code> write(std::span<const asio::const_buffer> buffers) override {
        // Small pieces in one record.
        std::string joined;
        for (const asio::const_buffer& buffer : buffers) {
            std::string_view bytes(static_cast<const char*>(buffer.data()), buffer.size());
            if (joined.size() + bytes.size() <= kJoinedBytesMost) {
                joined += bytes;
                continue;
            }
            error_code error = co_await send(joined);
            joined.clear();
            if (error) co_return error;
            if (bytes.size() <= kJoinedBytesMost) {
                joined = bytes;
            } else {
                error = co_await send(bytes);
                if (error) co_return error;
            }
        }
        co_return co_await send(joined);
    }

    asio::awaitable<void> end() override {
        ERR_clear_error();
        SSL_shutdown(ssl_);
        co_await flush();
        co_await socket_->end();
    }

    void expires_after(Clock::duration time) override { socket_->expires_after(time); }
    void cancel() override { socket_->cancel(); }
    void close() override { socket_->close(); }
    Traffic traffic() const override { return socket_->traffic(); }

private:
    static error_code broken() { return make_error_code(boost::system::errc::protocol_error); }

    // Takes from the socket what there is, for the engine. At its end eof, which the engine learns too.
    asio::awaitable<error_code> fill(std::size_t wanted) {
        const std::size_t size = std::clamp(wanted, kReadBytesLeast, kReadBytesMost);
        if (wires_.in.size() != size) wires_.in = std::vector<char>(size);
        wires_.in_at = 0;
        const error_code error = co_await socket_->read(wires_.in, wires_.in_end);
        if (error == asio::error::eof) wires_.in_ended = true;
        co_return error;
    }

    asio::awaitable<error_code> flush() {
        error_code error;
        if (!wires_.out.empty()) {
            const std::array<asio::const_buffer, 1> buffers{asio::buffer(wires_.out)};
            error = co_await socket_->write(buffers);
            wires_.out.clear();
        }
        co_return error;
    }

    asio::awaitable<error_code> send(std::string_view bytes) {
        error_code error;
        while (!error && !bytes.empty()) {
            const std::string_view piece = bytes.substr(0, kWriteBytesMost);
            bytes.remove_prefix(piece.size());
            std::size_t written = 0;
            ERR_clear_error();
            const int done = SSL_write_ex(ssl_, piece.data(), piece.size(), &written);
            error = co_await flush();
            if (!error && done != 1) error = broken();
        }
        co_return error;
    }

    const std::shared_ptr<const TlsContext> tls_;
    const std::unique_ptr<Channel> socket_;
    Wires wires_;
    SSL* ssl_;
};

} // namespace

std::unique_ptr<Channel> make_tls_channel(Socket socket, std::shared_ptr<const TlsContext> tls) {
    return std::make_unique<TlsChannel>(std::move(socket), std::move(tls));
}

} // namespace inlet::http
