// Transcripts for tests, written by hand in a few words, and the scenarios that they are judged by.
#pragma once

#include <string>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/values.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/diagnostic.hpp"
#include "harness/scenario/loader.hpp"

namespace smtpspec::judge {

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

/// A transcript as play would write it. Events belong to the session last named by `on`; each comes a millisecond after
/// the one before it, but for those that are waited for.
class Script {
 public:
  using Kind = record::Event::Kind;
  using Party = record::Party;

  Script() {
    transcript_.scenario = "case";
    transcript_.token = "t0123456789abcdef";
    transcript_.values = {{"client", "client.example"},
                          {"sender", "sender+t0123456789abcdef@client.example"},
                          {"accepted", "alice@example.test"}};
  }

  Script& lmtp() {
    transcript_.terms.lmtp = true;
    return *this;
  }
  /// A further session (the first is ""), on its ladder; or one that is there already.
  Script& on(const std::string& name) {
    for (session_ = 0; session_ < transcript_.sessions.size(); ++session_)
      if (transcript_.sessions[session_] == name) return *this;
    transcript_.sessions.push_back(name);
    is(Kind::connected, "127.0.0.1:40000 -> 127.0.0.1:25");
    return step(record::Event::ladder);
  }
  /// The first session, which could not be connected.
  Script& refused(std::string why) {
    transcript_.sessions.emplace_back();
    is(Kind::refused, std::move(why));
    return step(record::Event::ladder);
  }
  Script& greeted() {
    if (transcript_.sessions.empty()) on("");
    return says("220 mx.example.test\r\n").sends("EHLO client.example\r\n").says("250 mx.example.test\r\n");
  }
  Script& step(int number) {
    step_ = number;
    return is(Kind::step, "", Party::client);
  }
  Script& sends(std::string octets) {
    is(Kind::octets, "", Party::client);
    transcript_.events.back().octets = std::move(octets);
    return *this;
  }
  Script& says(std::string octets) {
    is(Kind::octets);
    transcript_.events.back().octets = std::move(octets);
    return *this;
  }
  /// What comes next comes so much later.
  Script& later(std::chrono::milliseconds time) {
    at_ += time;
    return *this;
  }
  /// Nothing came for so long.
  Script& waits(std::chrono::milliseconds time) {
    at_ += time;
    is(Kind::waited);
    transcript_.events.back().waited = time;
    return *this;
  }
  Script& in_vain() { return waits(record::Patience().reply); }
  Script& quiet() { return waits(record::Patience().silence); }
  Script& closes() { return is(Kind::closed); }
  Script& client_closed() { return is(Kind::closed, "", Party::client); }
  Script& is(Kind kind, std::string text = "", Party by = Party::server) {
    record::Event event;
    event.kind = kind;
    event.by = by;
    event.at = at_;
    event.session = session_;
    event.step = step_;
    event.text = std::move(text);
    transcript_.events.push_back(std::move(event));
    at_ += std::chrono::milliseconds(1);
    return *this;
  }
  /// What does not come is held not to come.
  Script& with_much_patience() {
    transcript_.terms.patience.last = true;
    return *this;
  }
  /// The survey found such a deviation.
  Script& lacks(std::string fact, std::size_t after = 0) {
    transcript_.terms.deviations.push_back({std::move(fact), "survey/row: why", after});
    return *this;
  }
  /// A mailbox shows as another at its delivery.
  Script& alias(const std::string& mailbox, const std::string& other) {
    Values values(transcript_.values);
    values.show_as({{mailbox, other}});
    transcript_.values = values.kept();
    return *this;
  }
  /// NOOP of the fence, not answered yet.
  Script& noop() { return step(record::Event::fence).sends("NOOP\r\n"); }
  Script& quit() { return step(record::Event::fence).sends("QUIT\r\n"); }
  /// The fence as it should be; the server closes after it.
  Script& fenced() { return noop().says("250 Ok\r\n").quit().says("221 Bye\r\n").closes(); }
  /// The road was watched; once a message, or without any.
  Script& watched() {
    transcript_.deliveries_observed = true;
    return *this;
  }
  Script& delivers(std::string message, std::string reverse_path = "sender+t0123456789abcdef@client.example",
                   bool exact = true) {
    delivers_to_somebody(std::move(message), exact);
    transcript_.deliveries.back().reverse_path = std::move(reverse_path);
    transcript_.deliveries.back().recipients = {{"alice@example.test", std::nullopt}};
    return *this;
  }
  /// Of the last delivery so much more came than is kept.
  Script& and_more(std::size_t octets) {
    transcript_.deliveries.back().omitted = octets;
    return *this;
  }
  /// What the last delivery was handed on with.
  Script& with(std::vector<smtp::Parameter> of_mail, std::vector<smtp::Parameter> of_rcpt) {
    transcript_.deliveries.back().mail_parameters = std::move(of_mail);
    transcript_.deliveries.back().recipients->back().parameters = std::move(of_rcpt);
    return *this;
  }
  /// By a road that does not tell the envelope.
  Script& delivers_to_somebody(std::string message, bool exact = true) {
    record::Delivery delivery;
    delivery.message = std::move(message);
    delivery.road = exact ? "sink" : "maildir";
    delivery.exact = exact;
    transcript_.deliveries.push_back(std::move(delivery));
    return watched();
  }

  [[nodiscard]] const record::Transcript& transcript() const { return transcript_; }

 private:
  record::Transcript transcript_;
  std::size_t session_ = 0;
  int step_ = record::Event::ladder;
  record::Time at_{0};
};

}  // namespace smtpspec::judge
