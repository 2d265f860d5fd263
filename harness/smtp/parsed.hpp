// The result of parsing: a value, or where and why the octets do not fit the grammar.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>

namespace smtpspec::smtp {

/// `at` counts octets from the start of the parsed text; `message` names what was expected there.
struct SyntaxError {
  std::size_t at = 0;
  std::string message;
  bool operator==(const SyntaxError&) const = default;
};

template <class Value>
class Parsed {
 public:
  Parsed(Value value) : held_(std::move(value)) {}        // NOLINT: a value is a success
  Parsed(SyntaxError error) : held_(std::move(error)) {}  // NOLINT: an error is a failure

  explicit operator bool() const { return held_.index() == 0; }
  [[nodiscard]] const Value& operator*() const& { return std::get<0>(held_); }
  [[nodiscard]] Value&& operator*() && { return std::get<0>(std::move(held_)); }
  [[nodiscard]] const Value* operator->() const { return &std::get<0>(held_); }
  [[nodiscard]] const SyntaxError& error() const { return std::get<1>(held_); }

 private:
  std::variant<Value, SyntaxError> held_;
};

}  // namespace smtpspec::smtp
