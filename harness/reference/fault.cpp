#include "harness/reference/fault.hpp"

#include <algorithm>
#include <array>

#include "harness/smtp/hyphenated.hpp"

namespace smtpspec::reference {
namespace {

constexpr struct {
#define FAULT(name, summary) smtp::Hyphenated<sizeof(#name)> name{#name};  // NOLINT(bugprone-macro-parentheses)
#include "harness/reference/faults.def"
} names;

constexpr std::array<FaultRow, fault_count> table = {{
#define FAULT(name, summary) {Fault::name, names.name.view(), summary, false},
#define HARD_FAULT(name, summary) {Fault::name, names.name.view(), summary, true},
#define FREEDOM(name, summary) {Fault::name, names.name.view(), summary, false, true},
#define SUBMISSION_FREEDOM(name, summary) {Fault::name, names.name.view(), summary, false, true, true},
#define DEADLY_FAULT(name, summary) {Fault::name, names.name.view(), summary, false, false, false, true},
#include "harness/reference/faults.def"
}};

}  // namespace

std::span<const FaultRow> fault_table() { return table; }

std::optional<Fault> fault_named(std::string_view name) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const FaultRow& entry) { return entry.name == name; });
  if (row == table.end()) return std::nullopt;
  return row->fault;
}

const FaultRow& row_of(Fault fault) { return table[static_cast<std::size_t>(fault)]; }

std::string_view name(Fault fault) { return row_of(fault).name; }

}  // namespace smtpspec::reference
