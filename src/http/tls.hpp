// The certificate and key that the server shows, and how it speaks TLS (1.2, RFC 5246; 1.3, RFC 8446; ALPN, RFC 7301).
// Floor 5; immutable, safe from many threads.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "contract/server_config.hpp"

struct ssl_ctx_st;

namespace inlet::http {

class TlsContext {
public:
    // Reads the files. certificate-invalid names the file and what is wrong with it.
    static Result<std::shared_ptr<const TlsContext>> load(const TlsConfig& config);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    ssl_ctx_st* native() const { return context_; }

private:
    explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
    ssl_ctx_st* context_;
};

} // namespace inlet::http
