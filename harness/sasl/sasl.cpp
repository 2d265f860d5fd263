#include "harness/sasl/sasl.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <gsasl.h>

namespace smtpspec::sasl {
namespace {

using PasswordOf = std::function<std::optional<std::string>(const std::string&)>;

constexpr std::size_t max_step = std::size_t{64} << 10;
/// RFC 7677 section 4 asks for at least 4096. A peer must not keep us counting for hours.
constexpr unsigned long max_iterations = 1'000'000;

/// Whether a SCRAM challenge (RFC 5802 section 5.1: "i=") asks for more iterations than we are ready for.
bool too_many_iterations(std::string_view challenge) {
  const std::size_t at = challenge.find(",i=");
  if (at == std::string_view::npos) return false;
  const std::string_view count = challenge.substr(at + 3);
  unsigned long value = 0;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), value);
  return error == std::errc::result_out_of_range || value > max_iterations;
}

/// Either side of an exchange. One Gsasl context an object: objects share nothing, so each may have its own thread.
class Exchange : public Sasl {
 public:
  /// `password_of` is a server's; a client has none.
  Exchange(std::string mechanism, PasswordOf password_of)
      : mechanism_(std::move(mechanism)), password_of_(std::move(password_of)) {}
  ~Exchange() override {
    if (session_ != nullptr) gsasl_finish(session_);
    if (context_ != nullptr) gsasl_done(context_);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  bool begin(const std::string& host) {
    if (gsasl_init(&context_) != GSASL_OK) return false;
    const auto supported = password_of_ ? gsasl_server_support_p : gsasl_client_support_p;
    const auto start = password_of_ ? gsasl_server_start : gsasl_client_start;
    if (password_of_) gsasl_callback_set(context_, &Exchange::asked);
    if (supported(context_, mechanism_.c_str()) == 0) return false;
    if (start(context_, mechanism_.c_str(), &session_) != GSASL_OK) return false;
    gsasl_session_hook_set(session_, this);
    set(GSASL_SERVICE, "smtp");
    set(GSASL_HOSTNAME, host);
    return true;
  }

  void set(Gsasl_property which, const std::string& value) {
    (void)gsasl_property_set_raw(session_, which, value.data(), value.size());
  }

  std::string user() const override { return property(GSASL_AUTHID); }

  Stepped step(std::string_view from_peer) override {
    const bool first = !std::exchange(begun_, true);
    return password_of_ ? server_step(from_peer, first) : client_step(from_peer);
  }

 private:
  Stepped client_step(std::string_view from_peer) {
    if (!mechanism_.starts_with("SCRAM-") || !too_many_iterations(from_peer)) return forward(from_peer);
    Stepped refused = end("the server asks for too many iterations");
    refused.too_much = true;
    return refused;
  }

  Stepped server_step(std::string_view from_peer, bool first) {
    if (mechanism_ != "LOGIN") return forward(from_peer);
    // The library does not look at LOGIN's initial response, which clients do send: it answers the first question.
    Stepped stepped = forward(first ? std::string_view() : from_peer);
    if (first && !from_peer.empty() && stepped.status == Status::wants_more) stepped = forward(from_peer);
    // The questions that clients in the field wait for (draft-murchison-sasl-login).
    if (stepped.octets == "User Name") stepped.octets = "Username:";
    if (stepped.octets == "Password") stepped.octets = "Password:";
    return stepped;
  }

  Stepped forward(std::string_view from_peer) {
    if (ended_) return {Status::failed, {}, "the exchange is over"};
    if (from_peer.size() > max_step) return end("a step of more than 64 KiB");
    const std::string ended_by_nul(from_peer);  // DIGEST-MD5 of the library reads on to one
    char* octets = nullptr;
    std::size_t size = 0;
    const int result = gsasl_step(session_, ended_by_nul.data(), ended_by_nul.size(), &octets, &size);
    Stepped stepped;
    if (octets != nullptr) stepped.octets.assign(octets, size);
    gsasl_free(octets);
    if (result != GSASL_OK && result != GSASL_NEEDS_MORE) return end(gsasl_strerror(result));
    stepped.status = result == GSASL_OK ? Status::done : Status::wants_more;
    ended_ = result == GSASL_OK;
    return stepped;
  }

  Stepped end(std::string problem) {
    ended_ = true;
    return {Status::failed, {}, std::move(problem)};
  }

  std::string property(Gsasl_property which) const {
    const char* value = gsasl_property_fast(session_, which);
    return value == nullptr ? std::string() : value;
  }

  static int asked(Gsasl*, Gsasl_session* session, Gsasl_property what) {
    auto* self = static_cast<Exchange*>(gsasl_session_hook_get(session));
    if (self == nullptr || (what != GSASL_VALIDATE_SIMPLE && what != GSASL_PASSWORD)) return GSASL_NO_CALLBACK;
    const std::string user = self->user();
    const std::optional<std::string> password = self->password_of_(user);
    if (what == GSASL_VALIDATE_SIMPLE) {  // PLAIN and LOGIN
      // To act for somebody else (authorization identity) is not permitted here.
      const std::string other = self->property(GSASL_AUTHZID);
      const bool right = password && *password == self->property(GSASL_PASSWORD) && (other.empty() || other == user);
      return right ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
    }
    if (!password) return GSASL_NO_PASSWORD;
    self->set(GSASL_PASSWORD, *password);
    return GSASL_OK;
  }

  std::string mechanism_;
  PasswordOf password_of_;
  Gsasl* context_ = nullptr;
  Gsasl_session* session_ = nullptr;
  bool begun_ = false;
  bool ended_ = false;
};

/// Mechanism names are of upper case (RFC 4422 section 3.1); SMTP's arguments are not (RFC 5321 section 2.4).
std::string upper(std::string name) {
  for (char& octet : name)
    if (octet >= 'a' && octet <= 'z') octet = static_cast<char>(octet - 'a' + 'A');
  return name;
}

}  // namespace

std::unique_ptr<Sasl> Sasl::client(const std::string& mechanism, const std::string& user, const std::string& password,
                                   const std::string& host) {
  auto exchange = std::make_unique<Exchange>(upper(mechanism), nullptr);
  if (!exchange->begin(host)) return nullptr;
  exchange->set(GSASL_AUTHID, user);
  exchange->set(GSASL_PASSWORD, password);
  return exchange;
}

std::unique_ptr<Sasl> Sasl::server(const std::string& mechanism, PasswordOf password_of, const std::string& host) {
  auto exchange = std::make_unique<Exchange>(upper(mechanism), std::move(password_of));
  return exchange->begin(host) ? std::move(exchange) : nullptr;
}

}  // namespace smtpspec::sasl
