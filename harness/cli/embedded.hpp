// The embedded reference server: a target like any other, on loopback, in a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/reference/fault.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::cli {

class Embedded {
 public:
  /// `profile`: mx, submission or lmtp. Listens at once on a free port.
  Embedded(const std::string& profile, const reference::Faults& faults);
  ~Embedded();
  Embedded(const Embedded&) = delete;
  Embedded& operator=(const Embedded&) = delete;

  /// Everything a target file would say of it; it relays to a sink on a port that the run chooses.
  [[nodiscard]] scenario::Target target() const;
  /// Where the run's sink listens; mail that comes before that is refused with 451.
  void relay_to(std::uint16_t port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smtpspec::cli
