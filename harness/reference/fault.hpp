// Named faults: realistic bugs that the reference server can be told to have. Each is one line of faults.def; the
// faulty session asks `faults.has(Fault::x)` at the place where the bug would live. A scenario names in `catches` the
// faults that must turn it red; `smtpspec prove` shows that it does.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace smtpspec::reference {

enum class Fault {
#define FAULT(name, summary) name,
#include "harness/reference/faults.def"
  number_of_faults
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::number_of_faults);

struct FaultRow {
  Fault fault;
  std::string_view name;       ///< "data-without-recipient": words with hyphens, as `catches` has them
  std::string_view summary;    ///< what the server does wrong, for people
  bool hard = false;           ///< hard to see: see faults.def
  bool permitted = false;      ///< a freedom: the RFC lets a server do so
  bool of_submission = false;  ///< and it is seen only where mail is submitted
  bool deadly = false;         ///< the process of the server is lost by it: see faults.def
};
/// One row a fault, in the order of the enumeration.
[[nodiscard]] std::span<const FaultRow> fault_table();
[[nodiscard]] const FaultRow& row_of(Fault fault);
[[nodiscard]] std::optional<Fault> fault_named(std::string_view name);
[[nodiscard]] std::string_view name(Fault fault);

class Faults {
 public:
  void add(Fault fault) { set_.set(static_cast<std::size_t>(fault)); }
  [[nodiscard]] bool has(Fault fault) const { return set_.test(static_cast<std::size_t>(fault)); }
  [[nodiscard]] bool none() const { return set_.none(); }

 private:
  std::bitset<fault_count> set_;
};

}  // namespace smtpspec::reference
