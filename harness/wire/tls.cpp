#include "harness/wire/tls.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace smtpspec::wire {
namespace {

constexpr std::size_t max_read = std::size_t{64} << 10;
constexpr std::size_t most_unsent = std::size_t{1} << 20;
constexpr std::size_t record_size = std::size_t{16} << 10;  // RFC 8446 section 5.1

/// Empties OpenSSL's queue of errors, which belongs to the thread and not to the session.
std::string queued_problem() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += "; ";
    text += reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
  }
  return text;
}

/// Whom the client wants to speak to: told to the server (RFC 6066 section 3: no addresses), and verified.
void expect_name(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) == 1) return;
  ERR_clear_error();
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
  SSL_set_tlsext_host_name(ssl, name.c_str());
  ERR_clear_error();
}

}  // namespace

TlsEngine::TlsEngine(TlsContext& context, Role role, const std::string& name) : ssl_(SSL_new(context.get())) {
  BIO* from_peer = BIO_new(BIO_s_mem());
  BIO* to_peer = BIO_new(BIO_s_mem());
  if (ssl_ == nullptr || from_peer == nullptr || to_peer == nullptr) {
    BIO_free(from_peer);
    BIO_free(to_peer);
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  // An empty BIO means that more may come, not that the peer is gone.
  BIO_set_mem_eof_return(from_peer, -1);
  BIO_set_mem_eof_return(to_peer, -1);
  SSL_set_bio(ssl_, from_peer, to_peer);
  if (role == Role::server) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  if (!name.empty()) expect_name(ssl_, name);
}

TlsEngine::~TlsEngine() { SSL_free(ssl_); }

TlsEngine::Status TlsEngine::fail(std::string problem) {
  failed_ = true;
  problem_ = std::move(problem);
  return Status::failed;
}

TlsEngine::Status TlsEngine::status_of(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_NONE: return Status::done;
    case SSL_ERROR_WANT_READ: return Status::wants_input;
    case SSL_ERROR_ZERO_RETURN: return Status::closed;
    default: break;
  }
  std::string problem = queued_problem();
  const long verified = SSL_get_verify_result(ssl_);
  if (verified != X509_V_OK && SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE)
    problem = std::string("the certificate is not accepted: ") + X509_verify_cert_error_string(verified);
  return fail(problem.empty() ? "TLS failed" : std::move(problem));
}

TlsEngine::Status TlsEngine::handshake() {
  if (failed_) return Status::failed;
  ERR_clear_error();
  return status_of(SSL_do_handshake(ssl_));
}

TlsEngine::Status TlsEngine::read(std::string& plain) {
  if (failed_) return Status::failed;
  if (SSL_is_init_finished(ssl_) == 0) return fail("no handshake was made");
  std::array<char, record_size> buffer;
  for (std::size_t room = max_read; room != 0;) {
    ERR_clear_error();
    const int size = SSL_read(ssl_, buffer.data(), static_cast<int>(std::min(room, buffer.size())));
    // A peer may ask for answers (key updates, RFC 8446 section 4.6.3; renegotiations that are refused) and read none.
    if (BIO_ctrl_pending(SSL_get_wbio(ssl_)) > most_unsent) return fail("the peer asks for answers without end");
    if (size <= 0) return status_of(size);
    plain.append(buffer.data(), static_cast<std::size_t>(size));
    room -= static_cast<std::size_t>(size);
  }
  return Status::done;
}

TlsEngine::Status TlsEngine::write(std::string_view plain) {
  if (failed_) return Status::failed;
  if (SSL_is_init_finished(ssl_) == 0) return fail("no handshake was made");
  if (plain.empty()) return Status::done;  // OpenSSL does not define an empty write
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &written);
  return result == 1 ? Status::done : status_of(result);
}

void TlsEngine::close_notify() {
  if (failed_ || SSL_is_init_finished(ssl_) == 0) return;
  ERR_clear_error();
  // The first call sends ours. A second one would wait for the peer's, which read() is for.
  if ((SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) == 0) SSL_shutdown(ssl_);
  ERR_clear_error();
}

void TlsEngine::give(std::string_view from_peer) {
  while (!from_peer.empty()) {
    const auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
    const int size =
        BIO_write(SSL_get_rbio(ssl_), from_peer.data(), static_cast<int>(std::min(from_peer.size(), most)));
    if (size <= 0) return;  // out of memory: the record stays incomplete
    from_peer.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::string TlsEngine::take() {
  std::string octets(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
  if (octets.empty()) return octets;
  std::size_t size = 0;
  BIO_read_ex(SSL_get_wbio(ssl_), octets.data(), octets.size(), &size);
  octets.resize(size);
  return octets;
}

std::string TlsEngine::description() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_);
  return std::string(SSL_get_version(ssl_)) + " " + (cipher != nullptr ? SSL_CIPHER_get_name(cipher) : "no cipher");
}

}  // namespace smtpspec::wire
