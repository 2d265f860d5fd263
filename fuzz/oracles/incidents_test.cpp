#include "fuzz/oracles/incidents.hpp"

#include <csignal>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::fuzz {
namespace {

using Causes = std::vector<std::string>;
const Breach closed{"crash", "crash/VRFY", "a reply", "closed"};
const Breach text{"text", "text", "", ""};
const Incident report{"sanitizer/SEGV/f", "SUMMARY"};

Causes causes(const std::vector<Breach>& seen, const std::vector<Incident>& incidents) {
  Causes causes;
  for (const Breach& one : with_incidents(seen, incidents)) causes.push_back(one.cause);
  return causes;
}

TEST_CASE("A death is named by its signal or its code, and by what was said before") {
  const Incident signal = incident_of_death(SIGSEGV, 0);
  CHECK(causes({closed, text}, {signal}) == Causes{"crash/SIGSEGV/VRFY", "text"});
  CHECK(causes({}, {signal, signal}) == Causes{"crash/SIGSEGV"});
  CHECK(causes({closed}, {incident_of_death(0, 1)}) == Causes{"crash/exit-1/VRFY"});
  CHECK(is_incident("crash/SIGSEGV/VRFY"));
  CHECK(is_incident("crash/exit-1"));
  CHECK(is_incident("crash-sigsegv-vrfy"));
  CHECK(!is_incident("crash/VRFY"));
  CHECK(is_same_incident("crash/SIGSEGV/VRFY", "crash/SIGSEGV/NOOP"));
  CHECK(is_same_incident("crash/SIGSEGV/VRFY", "crash/SIGSEGV"));
  CHECK(is_same_incident("crash/SIGSEGV", "crash-sigsegv-octets"));
  CHECK(is_same_incident("crash/exit-1/NOOP", "crash-exit-1"));
  CHECK(!is_same_incident("crash/SIGSEGV", "crash-sigabrt-octets"));
  CHECK(!is_same_incident("crash/exit-1", "crash-exit-13"));
  CHECK(!is_same_incident("crash/VRFY", "crash/NOOP"));
}

TEST_CASE("What a sanitizer tells goes before the death that it tells of") {
  CHECK(causes({closed, text}, {incident_of_death(SIGABRT, 0), report}) == Causes{"sanitizer/SEGV/f", "text"});
  CHECK(is_incident("sanitizer/SEGV/f"));
}

TEST_CASE("A report that ends nobody explains no death") {
  const Incident goes_on{"sanitizer/load-of-misaligned-address/x.c:10", "x.c:10: load", false};
  CHECK(causes({closed, text}, {goes_on}) == Causes{goes_on.cause, "crash/VRFY", "text"});
  CHECK(causes({closed}, {goes_on, incident_of_death(SIGSEGV, 0)}) == Causes{goes_on.cause, "crash/SIGSEGV/VRFY"});
}

TEST_CASE("Where nothing happened all stays as it was seen") {
  CHECK(causes({closed, text}, {}) == Causes{"crash/VRFY", "text"});
}

}  // namespace
}  // namespace smtpspec::fuzz
