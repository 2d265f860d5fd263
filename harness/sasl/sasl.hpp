// SASL mechanisms by GNU SASL, for both sides. RFC 4422, 4616, 2195, 5802, 7677; LOGIN.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace smtpspec::sasl {

/// One authentication exchange. Octets are plain here; base64 is the caller's business (RFC 4954 section 4).
/// Both sides begin with a step. A client's first step takes "" and gives the initial response, which is empty where
/// the server speaks first (CRAM-MD5); in LOGIN, whose challenges may be empty, it takes the first challenge. A
/// server's first step takes the initial response, "" where there is none.
class Sasl {
 public:
  enum class Status { wants_more, done, failed };
  struct Stepped {
    Status status = Status::failed;
    std::string octets;     ///< to send to the peer; may be empty, also when `done`
    std::string problem;    ///< of `failed`
    bool too_much = false;  ///< of `failed`: what the peer asks for is its right, and more than we are ready for
  };
  /// nullptr where the mechanism is not known to the library.
  static std::unique_ptr<Sasl> client(const std::string& mechanism, const std::string& user,
                                      const std::string& password, const std::string& host);
  /// `password_of` gives a user's password, or nullopt for an unknown user.
  static std::unique_ptr<Sasl> server(const std::string& mechanism,
                                      std::function<std::optional<std::string>(const std::string&)> password_of,
                                      const std::string& host);
  virtual ~Sasl() = default;
  virtual Stepped step(std::string_view from_peer) = 0;
  [[nodiscard]] virtual std::string user() const = 0;  ///< server side, once done
};

}  // namespace smtpspec::sasl
