#include "http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fmt/format.h>

namespace inlet::http {

namespace {

// What OpenSSL says, which is emptied.
std::string reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
    // Of a file that cannot be opened it is the system's word, which has no text there.
    std::string said = text != nullptr ? text : code != 0 && ERR_SYSTEM_ERROR(code) ? "it cannot be read" : "unknown";
    ERR_clear_error();
    return said;
}

// Nobody is there to type one.
int no_password(char*, int, int, void*) { return 0; }

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
    static constexpr unsigned char kKnown[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kKnown, sizeof kKnown - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsConfig& config) {
    ERR_clear_error();
    const std::shared_ptr<const TlsContext> context(new TlsContext(SSL_CTX_new(TLS_server_method())));
    SSL_CTX* const native = context->native();
    CHECK(native != nullptr);
    SSL_CTX_set_min_proto_version(native, config.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    // HTTP says itself where a message ends, so that a client that leaves without a word cuts nothing off unseen.
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    CHECK(SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
    static constexpr unsigned char kSessions[] = "inlet";
    SSL_CTX_set_session_id_context(native, kSessions, sizeof kSessions - 1);
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(native, no_password);
    if (SSL_CTX_use_certificate_chain_file(native, config.certificate.c_str()) != 1)
        return fail(FailureCode::certificate_invalid, fmt::format("certificate {}: {}", config.certificate, reason()));
    if (SSL_CTX_use_PrivateKey_file(native, config.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(native) != 1) {
        return fail(FailureCode::certificate_invalid,
                    fmt::format("key {} for certificate {}: {}", config.key, config.certificate, reason()));
    }
    return context;
}

} // namespace inlet::http
