// Transcripts for tests, written by hand in a few words, and the scenarios that they are judged by.
#pragma once

#include <string>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/diagnostic.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/wire/transcript.hpp"

namespace smtpspec::engine {

/// The words between "[[scenario]]" and the next: id and title are given already.
inline scenario::Suite suite_of(const std::string& words) {
  auto loaded = scenario::load_scenarios(words, "test.toml");
  std::string problems;
  for (const auto& diagnostic : loaded.diagnostics)
    if (diagnostic.severity == scenario::Diagnostic::Severity::error) problems += scenario::render(diagnostic);
  INFO(words);
  REQUIRE(problems == "");
  return std::move(loaded.value);
}

inline scenario::Scenario scenario_of(const std::string& words) {
  const auto suite = suite_of("[[scenario]]\nid = \"case\"\ntitle = \"a case\"\n" + words);
  REQUIRE(suite.scenarios.size() == 1);
  return suite.scenarios[0];
}

/// A transcript as the engine would write it. Events belong to the session last named by `on`.
class Script {
 public:
  using Kind = wire::Event::Kind;

  Script() {
    transcript_.scenario = "case";
    transcript_.token = "t0123456789abcdef";
    transcript_.values = {{"sender", "sender+t0123456789abcdef@client.example"}, {"accepted", "alice@example.test"}};
  }

  /// A further session (the first is ""), on its ladder.
  Script& on(const std::string& name) {
    for (session_ = 0; session_ < transcript_.sessions.size(); ++session_)
      if (transcript_.sessions[session_] == name) return *this;
    transcript_.sessions.push_back(name);
    return step(wire::Event::ladder).is(Kind::connected, "127.0.0.1:40000 -> 127.0.0.1:25");
  }
  Script& greeted() {
    if (transcript_.sessions.empty()) on("");
    return says("220 mx.example.test\r\n").sends("EHLO client.example\r\n").says("250 mx.example.test\r\n");
  }
  Script& step(int number) {
    step_ = number;
    return is(Kind::step);
  }
  Script& sends(std::string octets) { return is(Kind::sent, "", std::move(octets)); }
  Script& says(std::string octets) { return is(Kind::received, "", std::move(octets)); }
  Script& is(Kind kind, std::string text = "", std::string octets = "") {
    const std::chrono::milliseconds at(transcript_.events.size());
    transcript_.events.push_back({kind, at, session_, step_, false, std::move(octets), std::move(text)});
    return *this;
  }
  /// The fence as it should be; the server closes behind it.
  Script& fenced() {
    step(wire::Event::fence).sends("NOOP\r\n").says("250 Ok\r\n");
    return step(wire::Event::fence).sends("QUIT\r\n").says("221 Bye\r\n").is(Kind::closed);
  }
  /// The road was watched; once a message, or without any.
  Script& watched() {
    transcript_.deliveries_observed = true;
    return *this;
  }
  Script& delivers(std::string message, std::string reverse_path = "sender+t0123456789abcdef@client.example",
                   bool exact = true) {
    wire::Delivery delivery;
    delivery.reverse_path = std::move(reverse_path);
    delivery.forward_paths = {"alice@example.test"};
    delivery.message = std::move(message);
    delivery.road = exact ? "sink" : "maildir";
    delivery.exact = exact;
    transcript_.deliveries.push_back(std::move(delivery));
    return watched();
  }
  Script& hung_up() { return is(Kind::hung_up, "closed"); }

  [[nodiscard]] const wire::Transcript& transcript() const { return transcript_; }

 private:
  wire::Transcript transcript_;
  std::size_t session_ = 0;
  int step_ = wire::Event::ladder;
};

}  // namespace smtpspec::engine
