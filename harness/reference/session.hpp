// The reference server's side of one connection, without I/O: octets in, octets and requests out. Strictly conforming
// unless it is made with faults (fault.hpp). It serves as the embedded target of `smtpspec run`, as `smtpspec serve`,
// and, with settings that accept every recipient, as the sink after real servers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reference/fault.hpp"
#include "harness/smtp/parameters.hpp"

namespace smtpspec::reference {

struct Core;

struct Settings {
  std::string hostname = "reference.example";
  bool lmtp = false;
  bool submission = false;              ///< MAIL wants AUTH first (530)
  bool accept_every_recipient = false;  ///< a sink
  bool takes_everything = false;        ///< MAIL and RCPT of any form, as a sink that only measures (lax_envelope.cpp)
  std::string domain = "example.test";
  std::vector<std::string> accepts = {"alice@example.test", "bob@example.test"};
  std::map<std::string, std::string> users = {};  ///< name -> password; AUTH is advertised where not empty
  bool starttls = true;                           ///< offer STARTTLS
  bool auth_needs_tls = false;
  bool chunking = true;                          ///< offer CHUNKING and BINARYMIME
  std::uint64_t max_message = 10 * 1024 * 1024;  ///< octets, announced by SIZE
  std::size_t max_recipients = 1000;             ///< a transaction, announced by LIMITS RCPTMAX (RFC 9422)
  std::size_t max_mails = 100000;                ///< MAIL commands a session, announced by LIMITS MAILMAX
  std::size_t max_hops = 100;   ///< a message with more Received fields goes in circles (RFC 5321 section 6.3)
  bool trace_header = true;     ///< put Received (and Return-Path on final delivery) in front of the message
  bool final_delivery = false;  ///< Return-Path is added
};

/// A message that the session has taken and must be delivered before it is answered.
struct Accepted {
  std::string reverse_path;
  std::vector<smtp::Parameter> mail_parameters;
  struct Recipient {
    std::string forward_path;
    std::vector<smtp::Parameter> parameters;
  };
  std::vector<Recipient> recipients;
  std::string message;  ///< with the trace header when the settings ask for it
  std::string client;   ///< "127.0.0.1"; empty where whoever drives the session did not say
};

class Session {
 public:
  /// What the session wants from whoever drives it, in order. Octets in `output` are to be written first.
  enum class Want {
    octets,   ///< read more from the client and call `receive`
    tls,      ///< do the server's handshake, then call `tls_started` or `tls_failed`
    deliver,  ///< deliver `accepted()`, then call `delivered`
    close,    ///< close the connection
  };

  /// The greeting is in `take_output()` at once.
  Session(const Settings& settings, bool under_tls);
  Session(const Settings& settings, const Faults& faults, bool under_tls);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  [[nodiscard]] Want want() const;
  [[nodiscard]] std::string take_output();

  void receive(std::string_view octets);
  void tls_started();
  void tls_failed();
  /// The client has ended TLS by close_notify, and may have kept the TCP connection: the session is over.
  void tls_ended();
  [[nodiscard]] const Accepted& accepted() const;
  /// From which address it came.
  void accepted_from(std::string client);
  /// The outcome of delivering, one a recipient in the order of `accepted()`: true is 250, false 451. SMTP has one
  /// reply for all of them, and it is 250 where all are true.
  void delivered(const std::vector<bool>& success);
  /// What the envelope takes in memory beyond the octets that it was read from, since this was last asked.
  [[nodiscard]] std::size_t take_overhead();
  /// The client is gone. Under a fault this may make the session want `deliver` once more.
  void peer_closed();
  /// The time of `patience_ms` is over: 421 and the end (RFC 5321 section 4.5.3.2).
  void timed_out();
  /// How long the driver may wait for octets, in milliseconds (RFC 5321 section 4.5.3.2.7 asks for five minutes).
  [[nodiscard]] std::uint64_t patience_ms() const;
  /// Whether TLS is ended before the connection is closed (RFC 8446 section 6.1).
  [[nodiscard]] bool says_close_notify() const;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace smtpspec::reference
