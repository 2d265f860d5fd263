#include "fuzz/seeds/suite_seeds.hpp"

#include <catch2/catch_test_macros.hpp>

#include "fuzz/session/session_input.hpp"
#include "harness/memory/memory_run.hpp"
#include "harness/scenario/loader.hpp"

using namespace smtpspec;

namespace {

std::map<std::string, std::string> seeds_of_session(const char* input, const char* profile) {
  const scenario::Suite suite;
  memory::MemoryRun run(suite, profile, {});
  const scenario::Scenario session = fuzz::decode(input);
  return fuzz::seeds_of(session, run.play(session), profile);
}

}  // namespace

TEST_CASE("A scenario is a seed of the session target, and of the loader's") {
  const auto seeds = seeds_of_session("= mail\n> RCPT TO:<{accepted}>\\r\\n\n", "mx");
  CHECK(seeds.at("session") == "= mail\n> RCPT TO:<{accepted}>\\r\\n\n");
  CHECK(scenario::load_scenarios(seeds.at("scenario_loader"), "seed.toml").value.scenarios.size() == 1);
}

TEST_CASE("What was said when it was played is a seed of those that read it, holes filled") {
  const auto seeds = seeds_of_session("= mail\n> RCPT TO:<{accepted}>\\r\\n\n", "mx");
  CHECK(seeds.at("command_parser").find("RCPT TO:<alice@example.test>\r\n") != std::string::npos);
  CHECK(seeds.at("reply_parser").starts_with("220 reference.example"));
  CHECK(seeds.at("reference_session").starts_with("AEHLO "));
  CHECK(seeds.at("referee").starts_with("MS"));
}

TEST_CASE("A handshake is in it where one was made") {
  const auto seeds = seeds_of_session("= tls\n> NOOP\\r\\n\n", "mx");
  CHECK(seeds.at("reference_session")
            .find("STARTTLS\r\n\x16"
                  "EHLO") != std::string::npos);
  CHECK(seeds.at("referee").find(std::string_view("T\0\0C", 4)) != std::string::npos);
}

TEST_CASE("LMTP is told from SMTP") {
  const auto seeds = seeds_of_session("= ready\n> NOOP\\r\\n\n", "lmtp");
  CHECK(seeds.at("reference_session").starts_with("LLHLO"));
  CHECK(seeds.at("referee").starts_with("LS"));
}
