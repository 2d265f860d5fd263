// What passes, for tests of those who watch it.
#pragma once

#include <string>
#include <utility>

#include "harness/record/transcript.hpp"

namespace smtpspec::proxy {

inline record::Event said(record::Party by, std::string octets) {
  record::Event event;
  event.kind = record::Event::Kind::octets;
  event.by = by;
  event.octets = std::move(octets);
  return event;
}

}  // namespace smtpspec::proxy
