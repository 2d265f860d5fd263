// The sink: an SMTP or LMTP server that takes everything and writes down what it got, octet by octet.
// It is the reference server with settings that take every envelope, also one that no grammar has (RFC 5321, 2033).
#pragma once

#include <cstdint>
#include <string>

#include <asio/any_io_executor.hpp>

#include "harness/delivery/collector.hpp"
#include "harness/reference/server.hpp"

namespace smtpspec::delivery {

class Sink {
 public:
  /// Listens at once; throws std::system_error where the address cannot be had. The collector must outlive the sink.
  Sink(asio::any_io_executor executor, const std::string& host, std::uint16_t port, bool lmtp, Collector& collector);
  /// The same, for another taker.
  Sink(asio::any_io_executor executor, const std::string& host, std::uint16_t port, bool lmtp,
       reference::Deliver taker);
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::string address() const { return server_.address(); }
  [[nodiscard]] std::string problem() const { return server_.problem(); }

 private:
  reference::Server server_;
};

}  // namespace smtpspec::delivery
