// TLS without I/O: an OpenSSL session between two memory BIOs, so that the stream decides what goes on the wire and
// when, can end TLS and keep the connection, and can write plain octets beneath it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

typedef struct ssl_ctx_st SSL_CTX;  // NOLINT: OpenSSL's own name
typedef struct ssl_st SSL;          // NOLINT

namespace smtpspec::wire {

/// Shared settings of many TLS sessions. Thread-safe once made.
class TlsContext {
 public:
  struct Client {
    bool verify = false;
    std::string ca;  ///< PEM file; empty: the system's
  };
  /// Throws std::runtime_error where OpenSSL refuses the settings (a certificate file that cannot be read).
  static std::shared_ptr<TlsContext> client(const Client& settings);
  /// A self-signed certificate for `name` is made in memory, once a process.
  static std::shared_ptr<TlsContext> server(const std::string& name);
  static std::shared_ptr<TlsContext> server_from(const std::string& certificate_pem_file,
                                                 const std::string& key_pem_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  [[nodiscard]] SSL_CTX* get() const { return context_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
};

/// One TLS session. Give it what came from the peer, take from it what must go there.
class TlsEngine {
 public:
  enum class Role { client, server };
  enum class Status { done, wants_input, closed, failed };  ///< closed: the peer sent close_notify

  /// `name`: server name to send, and to verify where the context verifies; may be empty.
  TlsEngine(TlsContext& context, Role role, const std::string& name);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  Status handshake();
  /// Appends to `plain` what can be decrypted, at most 64 KiB a call. `wants_input` and `closed` may come with octets.
  Status read(std::string& plain);
  Status write(std::string_view plain);
  void close_notify();

  void give(std::string_view from_peer);
  [[nodiscard]] std::string take();               ///< octets that must be sent to the peer; may be empty
  [[nodiscard]] std::string description() const;  ///< "TLSv1.3 TLS_AES_256_GCM_SHA384"
  [[nodiscard]] const std::string& problem() const { return problem_; }  ///< of the last `failed`

 private:
  Status status_of(int result);
  Status fail(std::string problem);
  SSL* ssl_;
  bool failed_ = false;
  std::string problem_;
};

}  // namespace smtpspec::wire
