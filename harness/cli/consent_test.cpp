#include "harness/cli/consent.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

namespace smtpspec::cli {

TEST_CASE("what a run comes to is counted before anything is sent") {
  const auto loaded = scenario::load_scenarios(R"~(
[[scenario]]
id = "a"
title = "A"
state = "data"
steps = [ { message = 'x', expect = "250" }, { open = "b", state = "rcpt" }, { on = "b", chunk = 'y', last = true, expect = "250" } ]
[[scenario]]
id = "b"
title = "B"
steps = [ { bytes = 'DATA\r\nx\r\n.\r\n', replies = ["354", "250"] }, { login = "PLAIN", password = "wrong", expect = "535" } ]
[[scenario]]
id = "c"
title = "C"
steps = [ { repeat = 20, steps = [ { send = "DATA", expect = "354" }, { message = 'x', expect = "250" } ] } ]
)~",
                                               "t.toml");
  REQUIRE(loaded.ok());
  std::vector<const scenario::Scenario*> chosen;
  for (const auto& one : loaded.value.scenarios) chosen.push_back(&one);
  const Burden burden = burden_of(chosen, 2);
  CHECK(burden.sessions == 8);
  CHECK(burden.messages == 46);
  CHECK(burden.wrong_logins == 2);
}

TEST_CASE("nobody far away is played against unasked") {
  scenario::Target target;
  const auto may = [&](const char* host, bool allowed = false) {
    target.host = host;
    return may_be_played(target, allowed, {});
  };
  CHECK(may("127.0.0.1"));
  CHECK(may("/run/lmtp"));
  CHECK(may("localhost"));
  CHECK_FALSE(may("192.0.2.1"));
  CHECK(may("192.0.2.1", true));
  CHECK_FALSE(may("169.254.169.254"));
  CHECK_FALSE(may("fe80::1%lo"));
  CHECK(may("no such host"));  // there is nobody to be connected to: the run says so
}

}  // namespace smtpspec::cli
