// A listener whose clients speak with another server: each session is handed on, and told once it is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <asio/any_io_executor.hpp>

#include "harness/proxy/passage.hpp"
#include "harness/wire/listener.hpp"

namespace smtpspec::proxy {

class Proxy {
 public:
  struct Settings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;             ///< 0 takes a free one
    std::size_t most_at_once = 100;     ///< further clients wait
    std::size_t most_in_all = 0;        ///< then nothing is listened to any more; 0: any number
    std::function<std::string()> name;  ///< of the next session's transcript
    PassageSettings passage;            ///< TLS contexts that are null are made
  };
  using Over = std::function<void(Passed)>;

  /// Listens at once; throws std::system_error where the address cannot be had, std::runtime_error where the target's
  /// TLS settings cannot be used. All calls, and `over`, on the executor's one thread.
  Proxy(const asio::any_io_executor& executor, Settings settings, Over over);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] std::string address() const;
  /// The greatest number of sessions was begun, and all are over.
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] std::size_t under_way() const;
  /// wire::Listener::problem().
  [[nodiscard]] std::string problem() const;
  /// Takes no more clients, and ends the sessions that are under way; they are over when the executor has run on.
  void end(std::string_view why);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace smtpspec::proxy
