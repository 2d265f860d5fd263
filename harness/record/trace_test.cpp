#include "harness/record/trace.hpp"

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::record {
namespace {

struct Case {
  std::string_view octets;
  std::vector<std::string> trace;
  std::string_view message;
  std::string_view body;
};

TEST_CASE("the trace header ends at the first field that no server adds") {
  const Case cases[] = {
      {"", {}, "", ""},
      {"Subject: x\r\n\r\nbody", {}, "Subject: x\r\n\r\nbody", "body"},
      {"Received: from a\r\n\tby b;\r\n  now\r\nSubject: x\r\n\r\nb\r\n",
       {"Received: from a\tby b;  now"},
       "Subject: x\r\n\r\nb\r\n",
       "b\r\n"},
      {"return-PATH: <>\nDelivered-To: a@b\nX-Original-To : c@d\n\nbody\n",
       {"return-PATH: <>", "Delivered-To: a@b", "X-Original-To : c@d"},
       "\nbody\n",
       "body\n"},
      {"Received: a\r\nSubject: x\r\nReceived: b\r\n\r\n", {"Received: a"}, "Subject: x\r\nReceived: b\r\n\r\n", ""},
      {"Received: a\r\n", {"Received: a"}, "", ""},
      {"Received: not whole", {}, "Received: not whole", ""},
      {"Received-By: a\r\n\r\nb", {}, "Received-By: a\r\n\r\nb", "b"},
      {"\r\n\r\nb", {}, "\r\n\r\nb", "\r\nb"},
      {"no header at all", {}, "no header at all", ""},
      {"Received: a\r\n.\r\n\0\n.\r\n", {"Received: a"}, ".\r\n", ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.octets);
    const Parted parted = part(one.octets);
    CHECK(parted.trace == one.trace);
    CHECK(parted.message == one.message);
    CHECK(parted.body == one.body);
  }
}

TEST_CASE("octets after the trace header are the sender's own, NUL and bare CR too") {
  const std::string sent("\0\r.\n.\r\n\r\r\n", 11);
  const std::string stored = "Received: a\r\n by b\r\n" + sent;
  CHECK(part(stored).message == sent);
}

TEST_CASE("who put the last trace field in front") {
  CHECK(received_by("Received: from a by Mx.Example.test with SMTP; now\r\nReceived: by b\r\n\r\n") ==
        "MX.EXAMPLE.TEST");
  CHECK(received_by("Return-Path: <>\nReceived: from a\n\tby mx (Postfix)\n\n") == "MX");
  CHECK(received_by("received: by mx;\n\n") == "MX");
  CHECK(received_by("Received: from a\r\n\r\n").empty());
  CHECK(received_by("Subject: by x\r\nReceived: by mx\r\n\r\n").empty());
  CHECK(received_by("").empty());
}

TEST_CASE("trace fields without end") {
  std::string octets;
  for (int i = 0; i < 100'000; ++i) octets += "Received: x\r\n";
  const std::string message = octets + "Subject: x\r\n\r\n";
  const Parted parted = part(message);
  CHECK(parted.trace.size() == max_trace_fields);
  CHECK(parted.message == "Subject: x\r\n\r\n");
}

TEST_CASE("local line ends") {
  CHECK(with_local_line_ends("a\r\nb\nc\rd\r\r\n\r") == "a\nb\nc\rd\r\n\r");
  CHECK(with_local_line_ends("").empty());
}

}  // namespace
}  // namespace smtpspec::record
