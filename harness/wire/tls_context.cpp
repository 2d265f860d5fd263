#include <map>
#include <mutex>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "harness/wire/tls.hpp"

namespace smtpspec::wire {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  throw std::runtime_error(reason == nullptr ? what : what + ": " + reason);
}

SSL_CTX* new_context(const SSL_METHOD* method) {
  SSL_CTX* context = SSL_CTX_new(method);
  if (context == nullptr) refuse("no TLS context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Sessions are not resumed: a target shows every connection the whole handshake.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context, 0);
  return context;
}

struct Certificate {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{nullptr, EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> x509{nullptr, X509_free};
};

bool is_address(const std::string& name) {
  const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> octets(a2i_IPADDRESS(name.c_str()),
                                                                                     ASN1_OCTET_STRING_free);
  ERR_clear_error();
  return octets != nullptr;
}

/// Version 3 with the name as subjectAltName, which is where RFC 6125 section 6.4 looks.
void add_extensions(X509* x509, const std::string& name) {
  const std::string alternative = (is_address(name) ? "IP:" : "DNS:") + name;
  const std::pair<int, std::string> extensions[] = {{NID_subject_alt_name, alternative},
                                                    {NID_basic_constraints, "critical,CA:TRUE"},
                                                    {NID_ext_key_usage, "serverAuth"}};
  X509V3_CTX settings;
  X509V3_set_ctx_nodb(&settings);
  X509V3_set_ctx(&settings, x509, x509, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &settings, nid, value.c_str());
    if (extension == nullptr) refuse("no certificate for " + name);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
}

Certificate self_signed(const std::string& name) {
  constexpr long day = 24L * 60 * 60;
  Certificate made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.x509.reset(X509_new());
  X509* x509 = made.x509.get();
  if (!made.key || x509 == nullptr) refuse("no certificate for " + name);
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -day);
  X509_gmtime_adj(X509_getm_notAfter(x509), 365 * day);
  X509_set_pubkey(x509, made.key.get());
  // A common name has 64 characters at most (RFC 5280 appendix A.1).
  const std::string common_name = name.size() <= 64 ? name : "smtpspec";
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509_set_issuer_name(x509, subject);
  add_extensions(x509, name);
  if (X509_sign(x509, made.key.get(), EVP_sha256()) == 0) refuse("no certificate for " + name);
  return made;
}

}  // namespace

std::shared_ptr<TlsContext> TlsContext::client(const Client& settings) {
  std::shared_ptr<TlsContext> made(new TlsContext(new_context(TLS_client_method())));
  if (!settings.verify) {
    // Who does not ask whose certificate it is does not ask how strong it is either.
    SSL_CTX_set_security_level(made->get(), 0);
    return made;
  }
  SSL_CTX_set_verify(made->get(), SSL_VERIFY_PEER, nullptr);
  const int loaded = settings.ca.empty() ? SSL_CTX_set_default_verify_paths(made->get())
                                         : SSL_CTX_load_verify_file(made->get(), settings.ca.c_str());
  if (loaded != 1) refuse(settings.ca.empty() ? "the system's certificates" : settings.ca);
  return made;
}

std::shared_ptr<TlsContext> TlsContext::server(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<TlsContext>> contexts;
  const std::lock_guard lock(mutex);
  std::shared_ptr<TlsContext>& context = contexts[name];
  if (context) return context;
  const Certificate certificate = self_signed(name.empty() ? "localhost" : name);
  std::shared_ptr<TlsContext> made(new TlsContext(new_context(TLS_server_method())));
  if (SSL_CTX_use_certificate(made->get(), certificate.x509.get()) != 1 ||
      SSL_CTX_use_PrivateKey(made->get(), certificate.key.get()) != 1)
    refuse("certificate for " + name);
  return context = made;
}

std::shared_ptr<TlsContext> TlsContext::server_from(const std::string& certificate_pem_file,
                                                    const std::string& key_pem_file) {
  std::shared_ptr<TlsContext> made(new TlsContext(new_context(TLS_server_method())));
  if (SSL_CTX_use_certificate_chain_file(made->get(), certificate_pem_file.c_str()) != 1) refuse(certificate_pem_file);
  if (SSL_CTX_use_PrivateKey_file(made->get(), key_pem_file.c_str(), SSL_FILETYPE_PEM) != 1) refuse(key_pem_file);
  return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

}  // namespace smtpspec::wire
