// What fails in the middle of a run must not bring it down, hang it, or make it green, as SQLite and curl test their
// own: the runs whose calls fail, each in a process of its own.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/engine/reference_test.hpp"

namespace smtpspec::engine {

/// A dozen rows, and a server. A faulty one fails each row, so that nothing could be mistaken for it passes.
class Bench {
 public:
  enum class Server { strict, faulty };
  explicit Bench(Server server = Server::faulty);
  [[nodiscard]] RunSettings settings() const;
  [[nodiscard]] const scenario::Target& target() const { return target_; }
  [[nodiscard]] Run run(const RunSettings& settings) { return run_against(server_, settings); }
  /// Of a faulty server: no row is missing, none passes, and a run that found nothing is not to be trusted. Of a
  /// strict one: nothing is held against it.
  [[nodiscard]] bool is_true(const Run& run) const;

 private:
  Server kind_;
  Reference server_;
  scenario::Target target_;
  scenario::Suite suite_;
};

/// Of the numbers from 1 to `all` one in `one_in`.
[[nodiscard]] std::vector<std::size_t> up_to(std::size_t all, std::size_t one_in);

/// Runs each number in a process of its own, some of them at a time, under a minute each; gives those that did not come
/// to `true`, or left something behind.
[[nodiscard]] std::vector<std::size_t> bad_among(const std::vector<std::size_t>& numbers, bool (*run)(std::size_t));

}  // namespace smtpspec::engine
