// libcurl: one handle for calls, whose connections it keeps, and one for each stream.
#include "client/http_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <mutex>
#include <span>

#include <curl/curl.h>
#include <fmt/format.h>

#include "client/json_tree.hpp"

namespace inlet::client {

namespace {

constexpr long kConnectSeconds = 10;
constexpr std::size_t kAnswerBytesMost = 64 << 20;
constexpr std::size_t kStreamBytesMost = 256 << 10; // that wait to be read
constexpr std::string_view kAgent = "User-Agent: Inlet";

struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;
void append(List& list, const std::string& text) { list.reset(curl_slist_append(list.release(), text.c_str())); }

struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, MultiDeleter>;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// Takes the lines of a head: that of a later one (after 100 Continue) replaces those before.
std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* into) {
    auto& headers = *static_cast<std::vector<std::pair<std::string, std::string>>*>(into);
    std::string_view line(bytes, size * count);
    if (line.starts_with("HTTP/")) headers.clear();
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return size * count;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    headers.emplace_back(lower(line.substr(0, colon)), value);
    return size * count;
}

// What a transfer needs to know while libcurl has it. Stays where it is.
struct Transfer {
    const HttpCall* call = nullptr;
    HttpAnswer answer;
    std::optional<Error> body_failure;
    List headers;
    char error[CURL_ERROR_SIZE] = "";
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
    std::string& body = static_cast<Transfer*>(into)->answer.body;
    if (body.size() + size * count > kAnswerBytesMost) return 0;
    body.append(bytes, size * count);
    return size * count;
}

std::size_t give_body(char* room, std::size_t size, std::size_t count, void* from) {
    Transfer& transfer = *static_cast<Transfer*>(from);
    auto read = transfer.call->body->read(std::span(room, size * count));
    if (read) return *read;
    transfer.body_failure = std::move(read.error());
    return CURL_READFUNC_ABORT;
}

int tell_progress(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
    const HttpCall& call = *static_cast<Transfer*>(of)->call;
    if (call.sent) call.sent(static_cast<std::uint64_t>(sent));
    return 0;
}

Error unreachable(const ServerAddress& address, const char* in_words, CURLcode code) {
    return Error(FailureCode::server_unreachable,
                 fmt::format("{}: {}", address.url, *in_words != '\0' ? in_words : curl_easy_strerror(code)));
}

std::string socket_of(const ServerAddress& address) {
    constexpr std::string_view kPrefix = "unix:";
    return address.url.starts_with(kPrefix) ? address.url.substr(kPrefix.size()) : std::string();
}

bool is_here(const ServerAddress& address) {
    const std::string_view url = address.url;
    if (url.starts_with("unix:")) return true;
    const std::string_view host = url.substr(std::min(url.find("://") + 3, url.size()));
    return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

// All that does not depend on how the answer is taken.
void prepare(CURL* easy, Transfer& transfer, const ServerAddress& address, const HttpCall& call) {
    transfer.call = &call;
    const std::string socket = socket_of(address);
    std::string base = socket.empty() ? address.url : "http://localhost";
    while (base.ends_with('/')) base.pop_back();
    append(transfer.headers, std::string(kAgent));
    if (!address.key.empty()) append(transfer.headers, "Authorization: Bearer " + address.key);
    for (const auto& [name, value] : call.headers) append(transfer.headers, fmt::format("{}: {}", name, value));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_URL, (base + call.target).c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (call.stall.count() > 0) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(call.stall.count()));
    }
    // Proxies are taken from the environment, and are for what is not on this machine.
    if (is_here(address)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (!socket.empty()) curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
    if (!address.authority.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, address.authority.c_str());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer.answer.headers);
    if (call.body != nullptr) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         static_cast<curl_off_t>(call.body_bytes ? *call.body_bytes : -1));
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
        if (!call.body_bytes) append(transfer.headers, "Transfer-Encoding: chunked");
    } else if (call.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (call.method != "GET" && call.method != "DELETE") {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
        append(transfer.headers, "Content-Type:"); // an empty body is of no kind
    }
    if (call.method != "GET" && call.method != "HEAD")
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
}

class CurlStream final : public HttpStream {
public:
    CurlStream(const ServerAddress& address, HttpCall call) : address_(address), call_(std::move(call)) {}
    ~CurlStream() override {
        if (added_) curl_multi_remove_handle(multi_.get(), easy_.get());
    }
    CurlStream(const CurlStream&) = delete;
    CurlStream& operator=(const CurlStream&) = delete;

    // Until the head is there.
    Status open() {
        easy_.reset(curl_easy_init());
        multi_.reset(curl_multi_init());
        if (!easy_ || !multi_) return fail(FailureCode::internal, "libcurl could not begin");
        prepare(easy_.get(), transfer_, address_, call_);
        curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &CurlStream::take);
        curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, this);
        curl_multi_add_handle(multi_.get(), easy_.get());
        added_ = true;
        while (!ended_ && buffer_.empty() && !has_head()) TRY(step(std::chrono::seconds(1)));
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &transfer_.answer.status);
        if (transfer_.answer.status < 400) return {};
        while (!ended_ && buffer_.size() < kStreamBytesMost) TRY(step(std::chrono::seconds(1)));
        transfer_.answer.body = std::move(buffer_);
        return fail(failure_of(transfer_.answer, address_.url));
    }

    Result<std::size_t> read(std::span<char> room) override {
        for (;;) {
            const auto count = TRY(read_within(room, std::chrono::hours(1)));
            if (count) return *count;
        }
    }

    Result<std::optional<std::size_t>> read_within(std::span<char> room, std::chrono::milliseconds time) override {
        const auto end = std::chrono::steady_clock::now() + time;
        while (buffer_.empty() && !ended_) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
            if (left.count() <= 0) return std::optional<std::size_t>();
            TRY(step(left));
        }
        const std::size_t count = std::min(room.size(), buffer_.size());
        std::memcpy(room.data(), buffer_.data(), count);
        buffer_.erase(0, count);
        if (paused_ && buffer_.size() < kStreamBytesMost / 2) {
            paused_ = false;
            curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
        }
        return count;
    }

private:
    static std::size_t take(char* bytes, std::size_t size, std::size_t count, void* into) {
        CurlStream& stream = *static_cast<CurlStream*>(into);
        if (stream.buffer_.size() >= kStreamBytesMost) {
            stream.paused_ = true;
            return CURL_WRITEFUNC_PAUSE;
        }
        stream.buffer_.append(bytes, size * count);
        return size * count;
    }

    // The head that counts has come: not one of those before it.
    bool has_head() {
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        curl_off_t began = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_STARTTRANSFER_TIME_T, &began);
        return status >= 200 && began > 0;
    }

    Status step(std::chrono::milliseconds time) {
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            ended_ = true;
            if (message->data.result != CURLE_OK)
                return fail(unreachable(address_, transfer_.error, message->data.result));
        }
        if (!ended_ && buffer_.empty())
            curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(std::max<std::int64_t>(time.count(), 1)),
                            nullptr);
        return {};
    }

    const ServerAddress& address_; // the client's
    const HttpCall call_;
    Transfer transfer_;
    Multi multi_;
    Easy easy_; // goes before multi_
    bool added_ = false;
    std::string buffer_;
    bool paused_ = false;
    bool ended_ = false;
};

class CurlClient final : public HttpClient {
public:
    CurlClient(ServerAddress address, Easy easy) : address_(std::move(address)), easy_(std::move(easy)) {}

    Result<HttpAnswer> exchange(const HttpCall& call) override {
        Transfer transfer;
        prepare(easy_.get(), transfer, address_, call);
        curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, take_body);
        curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, &transfer);
        if (call.sent) {
            curl_easy_setopt(easy_.get(), CURLOPT_NOPROGRESS, 0L);
            curl_easy_setopt(easy_.get(), CURLOPT_XFERINFOFUNCTION, tell_progress);
            curl_easy_setopt(easy_.get(), CURLOPT_XFERINFODATA, &transfer);
        }
        const CURLcode code = curl_easy_perform(easy_.get());
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &transfer.answer.status);
        curl_easy_reset(easy_.get()); // lets go of the transfer, and keeps the connections
        if (transfer.body_failure) return fail(*std::move(transfer.body_failure));
        if (code != CURLE_OK) return fail(unreachable(address_, transfer.error, code));
        return std::move(transfer.answer);
    }

    Result<std::unique_ptr<HttpStream>> open_stream(const HttpCall& call) override {
        auto stream = std::make_unique<CurlStream>(address_, call);
        TRY(stream->open());
        return stream;
    }

private:
    const ServerAddress address_;
    Easy easy_;
};

} // namespace

const std::string* HttpAnswer::header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, [](const auto& one) -> std::string_view { return one.first; });
    return found == headers.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> HttpAnswer::number(std::string_view name) const {
    const std::string* text = header(name);
    std::uint64_t value = 0;
    if (text == nullptr) return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return value;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

Error failure_of(const HttpAnswer& answer, std::string_view asked) {
    const auto problem = JsonTree::parse(answer.body);
    const std::string code = problem ? problem->text_of("code") : "";
    const auto known = failure_from_code(code);
    if (!known) {
        const std::string detail = problem ? problem->text_of("detail") : "";
        return {FailureCode::server_unreachable,
                fmt::format("{} answered {}, which is no answer that this Inlet knows{}{}", asked, answer.status,
                            detail.empty() ? "" : ": ", detail)};
    }
    Error error(*known, problem->text_of("detail"));
    for (const auto& [name, value] : problem->members) {
        static constexpr std::array<std::string_view, 6> kStanding{"type", "title",  "status",
                                                                   "code", "detail", "what_to_do"};
        if (std::ranges::find(kStanding, name) == kStanding.end() && value.kind == JsonValue::Kind::string)
            error.context.emplace_back(name, value.text);
    }
    return error;
}

Result<HttpAnswer> HttpClient::ask(const HttpCall& call) {
    HttpAnswer answer = TRY(exchange(call));
    if (answer.status >= 400) return fail(failure_of(answer, call.method + " " + call.target));
    return answer;
}

Result<std::unique_ptr<HttpClient>> HttpClient::open(const ServerAddress& address) {
    static std::once_flag begun;
    std::call_once(begun, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const std::string_view url = address.url;
    const bool known = url.starts_with("http://") || url.starts_with("https://") || url.starts_with("unix:/");
    if (!known || url.ends_with("://")) {
        return fail(FailureCode::bad_argument,
                    fmt::format("a server's address is http://HOST:PORT, https://HOST or unix:/PATH, and `{}` is none",
                                address.url));
    }
    Easy easy(curl_easy_init());
    if (!easy) return fail(FailureCode::internal, "libcurl could not begin");
    return std::make_unique<CurlClient>(address, std::move(easy));
}

} // namespace inlet::client
