#include "notify/curl_courier.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include <curl/curl.h>
#include <fmt/format.h>

namespace inlet {

namespace {

constexpr long kConnectSeconds = 10;
constexpr long kWebhookSeconds = 20;
constexpr long kMailSeconds = 60;
constexpr std::size_t kAnswerBytesMost = 64 << 10;
constexpr std::string_view kAgent = "Inlet";

struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& text) { list.reset(curl_slist_append(list.release(), text.c_str())); }

// One attempt. Stays where it is while libcurl knows its address.
struct Attempt {
    Parcel parcel;
    CURL* easy = nullptr; // owned
    List list;            // headers, or recipients
    std::size_t sent = 0; // of a mail
    std::size_t answered = 0;
    char error[CURL_ERROR_SIZE] = "";

    Attempt() = default;
    ~Attempt() { curl_easy_cleanup(easy); }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
};

std::size_t take_answer(char*, std::size_t size, std::size_t count, void* attempt) {
    std::size_t& answered = static_cast<Attempt*>(attempt)->answered;
    answered += size * count;
    return answered > kAnswerBytesMost ? 0 : size * count;
}

std::size_t give_mail(char* room, std::size_t size, std::size_t count, void* from) {
    Attempt& attempt = *static_cast<Attempt*>(from);
    const std::string& message = std::get<MailCall>(attempt.parcel.call).message;
    const std::size_t bytes = std::min(size * count, message.size() - attempt.sent);
    std::memcpy(room, message.data() + attempt.sent, bytes);
    attempt.sent += bytes;
    return bytes;
}

void prepare(Attempt& attempt, const WebhookCall& call) {
    for (const auto& [name, value] : call.headers) append(attempt.list, fmt::format("{}: {}", name, value));
    append(attempt.list, "Expect:"); // the body is small: sent with the headers
    curl_easy_setopt(attempt.easy, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(attempt.easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(attempt.easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(attempt.easy, CURLOPT_POST, 1L);
    curl_easy_setopt(attempt.easy, CURLOPT_POSTFIELDS, call.body.data());
    curl_easy_setopt(attempt.easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(attempt.easy, CURLOPT_HTTPHEADER, attempt.list.get());
    curl_easy_setopt(attempt.easy, CURLOPT_USERAGENT, kAgent.data());
    curl_easy_setopt(attempt.easy, CURLOPT_TIMEOUT, kWebhookSeconds);
}

void prepare(Attempt& attempt, const MailCall& call) {
    append(attempt.list, fmt::format("<{}>", call.to));
    curl_easy_setopt(attempt.easy, CURLOPT_URL, call.smtp.c_str());
    curl_easy_setopt(attempt.easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(attempt.easy, CURLOPT_USE_SSL, call.tls_required ? CURLUSESSL_ALL : CURLUSESSL_TRY);
    curl_easy_setopt(attempt.easy, CURLOPT_MAIL_FROM, fmt::format("<{}>", call.from).c_str());
    curl_easy_setopt(attempt.easy, CURLOPT_MAIL_RCPT, attempt.list.get());
    if (!call.user.empty()) {
        curl_easy_setopt(attempt.easy, CURLOPT_USERNAME, call.user.c_str());
        curl_easy_setopt(attempt.easy, CURLOPT_PASSWORD, call.password.c_str());
    }
    curl_easy_setopt(attempt.easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(attempt.easy, CURLOPT_READFUNCTION, give_mail);
    curl_easy_setopt(attempt.easy, CURLOPT_READDATA, &attempt);
    curl_easy_setopt(attempt.easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(call.message.size()));
    curl_easy_setopt(attempt.easy, CURLOPT_TIMEOUT, kMailSeconds);
}

std::string in_words(const Attempt& attempt, CURLcode code) {
    return attempt.error[0] != '\0' ? attempt.error : curl_easy_strerror(code);
}

Arrival arrival_of(const Attempt& attempt, CURLcode code) {
    Arrival arrival{.id = attempt.parcel.id};
    long status = 0;
    curl_easy_getinfo(attempt.easy, CURLINFO_RESPONSE_CODE, &status);
    if (std::holds_alternative<MailCall>(attempt.parcel.call)) {
        // 550 to 554 are about the mailbox or the message (RFC 5321, section 4.2.3); others of 5xx about us.
        if (code == CURLE_OK)
            arrival.end = Arrival::End::taken;
        else if (status >= 550 && status <= 554)
            arrival.end = Arrival::End::refused;
        if (code != CURLE_OK)
            arrival.error =
                status == 0 ? in_words(attempt, code) : fmt::format("{} (SMTP {})", in_words(attempt, code), status);
        return arrival;
    }
    const bool is_cut = code == CURLE_WRITE_ERROR && attempt.answered > kAnswerBytesMost;
    if (code != CURLE_OK && !is_cut) {
        arrival.error = in_words(attempt, code);
        return arrival;
    }
    if (status >= 200 && status < 300) {
        arrival.end = Arrival::End::taken;
        return arrival;
    }
    if (status == 410) arrival.end = Arrival::End::gone;
    arrival.error = fmt::format("answered {}", status);
    curl_off_t pause = 0;
    if (curl_easy_getinfo(attempt.easy, CURLINFO_RETRY_AFTER, &pause) == CURLE_OK && pause > 0)
        arrival.wished_pause = std::min<curl_off_t>(pause, 1'000'000) * 1'000'000;
    return arrival;
}

class CurlCourier final : public Courier {
public:
    explicit CurlCourier(CURLM* multi) : multi_(multi) {}
    ~CurlCourier() override {
        for (const auto& [easy, attempt] : under_way_) curl_multi_remove_handle(multi_, easy);
        under_way_.clear();
        curl_multi_cleanup(multi_);
    }
    CurlCourier(const CurlCourier&) = delete;
    CurlCourier& operator=(const CurlCourier&) = delete;

    void send(Parcel parcel) override {
        auto attempt = std::make_unique<Attempt>();
        attempt->parcel = std::move(parcel);
        attempt->easy = curl_easy_init();
        if (attempt->easy == nullptr) {
            failed_.push_back({.id = attempt->parcel.id, .error = "libcurl could not begin"});
            return;
        }
        curl_easy_setopt(attempt->easy, CURLOPT_ERRORBUFFER, attempt->error);
        curl_easy_setopt(attempt->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(attempt->easy, CURLOPT_QUICK_EXIT, 1L); // a name that is being looked up holds nobody up
        curl_easy_setopt(attempt->easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
        curl_easy_setopt(attempt->easy, CURLOPT_WRITEFUNCTION, take_answer);
        curl_easy_setopt(attempt->easy, CURLOPT_WRITEDATA, attempt.get());
        if (const char* authorities = std::getenv("SSL_CERT_FILE"); authorities != nullptr && *authorities != '\0')
            curl_easy_setopt(attempt->easy, CURLOPT_CAINFO, authorities);
        std::visit([&](const auto& call) { prepare(*attempt, call); }, attempt->parcel.call);
        curl_multi_add_handle(multi_, attempt->easy);
        CURL* easy = attempt->easy;
        under_way_.emplace(easy, std::move(attempt));
    }

    std::vector<Arrival> wait(std::chrono::milliseconds time) override {
        std::vector<Arrival> arrivals = std::exchange(failed_, {});
        int running = 0;
        curl_multi_perform(multi_, &running);
        collect(arrivals);
        if (!arrivals.empty()) return arrivals;
        curl_multi_poll(multi_, nullptr, 0, static_cast<int>(time.count()), nullptr);
        curl_multi_perform(multi_, &running);
        collect(arrivals);
        return arrivals;
    }

    void wake() override { curl_multi_wakeup(multi_); }

private:
    void collect(std::vector<Arrival>& arrivals) {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* easy = message->easy_handle;
            const CURLcode code = message->data.result; // the message goes with its handle
            const auto attempt = under_way_.find(easy);
            arrivals.push_back(arrival_of(*attempt->second, code));
            curl_multi_remove_handle(multi_, easy);
            under_way_.erase(attempt);
        }
    }

    CURLM* multi_;
    std::map<CURL*, std::unique_ptr<Attempt>> under_way_;
    std::vector<Arrival> failed_; // that could not begin
};

} // namespace

Result<std::unique_ptr<Courier>> make_curl_courier() {
    static std::once_flag begun;
    std::call_once(begun, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    CURLM* multi = curl_multi_init();
    if (multi == nullptr) return fail(FailureCode::internal, "libcurl could not begin");
    return std::make_unique<CurlCourier>(multi);
}

} // namespace inlet
