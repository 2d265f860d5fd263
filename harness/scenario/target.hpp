// What is known of a mail server under test: the target file, as plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/model.hpp"

namespace smtpspec::scenario {

enum class Scheme { smtp, smtps, lmtp };

/// Where accepted mail can be seen. (Outside of Target: clang 14 wants it whole before `std::optional` holds it.)
struct DeliverySettings {
  std::string sink;  ///< host:port that smtpspec listens on; empty: not this road
  bool sink_lmtp = false;
  std::filesystem::path maildir;  ///< empty: not this road
  std::filesystem::path mbox;
  Duration wait{20000};  ///< how long a message that was accepted may take to arrive
  /// Quiet time after which no further message is expected; left out: it follows the deliveries that were seen.
  std::optional<Duration> settle;
};

struct Target {
  std::string name;
  Scheme scheme = Scheme::smtp;
  std::string host = "127.0.0.1";  ///< or the path of a Unix socket, which begins with '/'
  std::uint16_t port = 25;
  std::string profile = "mx";        ///< mx | submission | lmtp
  std::vector<std::string> sources;  ///< addresses, or prefixes such as 127.0.0.0/8, to connect from, used in turn

  struct Mail {
    std::string domain = "example.test";  ///< empty: not known
    std::vector<std::string> accepts;     ///< mailboxes that take mail; empty: none is known
    std::vector<std::string> rejects;     ///< no such user in an own domain
    std::vector<std::string> foreign;     ///< not ours: relaying must be refused
    std::string sender = "sender@client.example";
  } mail;

  struct Auth {
    std::string user;
    std::string password;
  };
  std::optional<Auth> auth;

  struct Tls {
    bool verify = false;
    std::string ca;    ///< PEM file to verify with; empty: the system's
    std::string name;  ///< server name to send and to verify; empty: the host
  } tls;

  std::optional<DeliverySettings> delivery;

  struct Server {
    std::vector<std::string> start;  ///< program and arguments, run in the target file's folder
    std::vector<std::string> stop;
    std::filesystem::path log;                 ///< where it writes what goes on; empty: not known
    std::vector<std::filesystem::path> state;  ///< folders that it writes to, in which two would disturb each other
  };
  std::optional<Server> server;

  std::filesystem::path file;  ///< where it was read from; empty for a URL or the embedded server
};

/// "smtp://127.0.0.1:2525".
[[nodiscard]] std::string address(const Target& target);
/// Whether it is a loopback or private address (RFC 1122, RFC 1918, RFC 4291, RFC 4193), so that no leave is needed to
/// connect to it. A name is none.
[[nodiscard]] bool is_near(std::string_view address);
/// Of this machine alone.
[[nodiscard]] bool is_loopback(std::string_view address);

/// The host as it stands in a mailbox: its name, or its address as a literal (RFC 5321 section 4.1.3).
[[nodiscard]] std::string host_as_domain(const Target& target);
/// What stands after the at sign; empty for <Postmaster>.
[[nodiscard]] std::string domain_of(std::string_view mailbox);
/// "alice@example.test", or the postmaster, who needs no domain (RFC 5321 section 4.1.1.3).
[[nodiscard]] bool is_mailbox(std::string_view text);

}  // namespace smtpspec::scenario
