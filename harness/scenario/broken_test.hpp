// What a broken scenario file is told, to the letter: shared by the tests of it.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

namespace smtpspec::scenario {

/// Three lines that every case begins with; the case's own begin on line 4.
inline std::string scenario(const std::string& rest) { return "[[scenario]]\nid = \"a\"\ntitle = \"A\"\n" + rest; }

inline std::string rendered(const std::string& toml) {
  std::string out;
  for (const Diagnostic& diagnostic : load_scenarios(toml, "a.toml").diagnostics) out += render(diagnostic);
  return out;
}

struct Broken {
  std::string wrong;
  std::string toml;
  std::string shown;
};

inline void check(const std::vector<Broken>& cases) {
  for (const Broken& one : cases) {
    INFO(one.wrong);
    CHECK(rendered(one.toml) == one.shown);
  }
}

}  // namespace smtpspec::scenario
