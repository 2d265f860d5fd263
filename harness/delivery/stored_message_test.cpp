#include "harness/delivery/stored_message.hpp"

#include "harness/delivery/folder_test.hpp"

namespace smtpspec::delivery {
namespace {

TEST_CASE("a stored message tells its envelope") {
  struct Case {
    std::string_view octets;
    std::optional<std::string> from;
    std::optional<std::vector<std::string>> to;
    bool exact;
  };
  const Case cases[] = {
      {"Return-Path: <a@b>\nX-Original-To: c@d\nDelivered-To: e@f\n\nx\n", "a@b", {{"c@d"}}, false},
      {"Return-Path: <>\r\nDelivered-To: e@f\r\nDelivered-To: <g@h>\r\n\r\nx\r\n", "", {{"e@f", "g@h"}}, true},
      {"return-path:a@b\nEnvelope-to: c@d\n\nx\n", "a@b", {{"c@d"}}, false},
      {"Subject: x\nReturn-Path: <forged@b>\n\n", std::nullopt, std::nullopt, false},
      {"", std::nullopt, std::nullopt, false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.octets);
    record::Delivery delivery;
    delivery.message = one.octets;
    read_stored(delivery, "maildir");
    CHECK(delivery.reverse_path == one.from);
    CHECK(paths_of(delivery) == one.to);
    CHECK(delivery.message == one.octets);
    CHECK(delivery.exact == one.exact);
    CHECK(delivery.road == "maildir");
  }
}

}  // namespace
}  // namespace smtpspec::delivery
