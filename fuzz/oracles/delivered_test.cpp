#include "fuzz/oracles/delivered.hpp"

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::fuzz {
namespace {

const std::string here = "t0123456789abcdef";
const std::string there = "tfedcba9876543210";
const std::string header = "From: a@b.example\r\n\r\n";

AcceptedMail accepted(const std::string& content, std::vector<std::string> paths = {"<a@b.example"}) {
  AcceptedMail mail;
  mail.any_sent = true;
  const std::size_t recipients = paths.size();
  mail.messages.push_back({content, recipients, std::move(paths), true, true});
  return mail;
}
ArrivedMail::Message copy(const std::string& content, const std::string& token = here,
                          std::vector<std::string> mailboxes = {"mailbox 1"}) {
  return {"Received: from x by y\r\n" + content, mailboxes.size(), "sender+" + token + "@Client.example", mailboxes};
}
Delivered all(const std::vector<ArrivedMail::Message>& copies, const std::string& token = here) {
  Delivered sum;
  for (const auto& one : copies) {
    const Delivered delivered = delivered_of(one, token);
    sum.envelopes.insert(sum.envelopes.end(), delivered.envelopes.begin(), delivered.envelopes.end());
    sum.bodies.insert(sum.bodies.end(), delivered.bodies.begin(), delivered.bodies.end());
  }
  return sum;
}
std::string_view what(const std::optional<DeliveredDifference>& found) { return found ? found->what : "nothing"; }

TEST_CASE("The same is what both accepted with the same body, for as many different recipients") {
  const auto same = [](const AcceptedMail& one, const AcceptedMail& other) {
    return are_the_same(one, here, other, there);
  };
  CHECK(same(accepted(header + here + "\r\n"), accepted("To: x\r\n" + header + there + "\r\n")));
  CHECK(!same(accepted(header + "x\r\n"), accepted(header + "y\r\n")));
  CHECK(!same(accepted(header), accepted(header, {"<a@b.example", "<b@b.example"})));
  CHECK(!same(accepted(header, {"<a@b.example", "<a@b.example"}), accepted(header, {"<a@b.example", "<a@b.example"})));
  AcceptedMail none;
  none.any_sent = true;
  CHECK(same(none, none));
  CHECK(!same(none, accepted(header)));
  none.known = false;
  CHECK(!same(none, none));
}

TEST_CASE("Trace fields, the session's token and how recipients share copies are no difference") {
  const std::string body = header + "text\r\n";
  CHECK(what(difference(all({copy(body)}), all({copy("X-Seen: y\r\n" + body, there)}, there), true)) == "nothing");
  CHECK(what(difference(all({copy(body, here, {"mailbox 1", "mailbox 2"})}),
                        all({copy(body, there, {"mailbox 2"}), copy(body, there, {"mailbox 1"})}, there), true)) ==
        "nothing");
  CHECK(what(difference(all({copy(header + "text")}), all({copy(body)}), true)) == "nothing");  // DATA ends the line
  ArrivedMail::Message quoted = copy(body);
  quoted.reverse_path = "\"sender+" + here + "\"@client.EXAMPLE";
  CHECK(what(difference(all({copy(body)}), all({quoted}), true)) == "nothing");
}

TEST_CASE("The number of copies, the envelope and the body are") {
  const std::string body = header + "text\r\n";
  CHECK(what(difference(all({copy(body)}), {}, true)) == other_copies);
  CHECK(what(difference(all({copy(body)}), all({copy(body), copy(body)}), true)) == other_copies);
  CHECK(what(difference(all({copy(body)}), all({copy(body, here, {"mailbox 2"})}), true)) == other_envelope);
  ArrivedMail::Message cut = copy(body);
  cut.reverse_path = "sender@client.example";
  CHECK(what(difference(all({copy(body)}), all({cut}), true)) == other_envelope);
  const auto changed = difference(all({copy(body)}), all({copy(header + "test\r\n")}), true);
  REQUIRE(what(changed) == other_body);
  CHECK(changed->one == "'text'");
  CHECK(changed->other == "'test'");
  CHECK(what(difference(all({copy(body)}), all({copy(header)}), false)) == "nothing");
}

TEST_CASE("Line ends are compared where both roads keep them") {
  const Delivered bare = all({copy(header + "a\nb\r\n")});
  const Delivered mended = all({copy(header + "a\r\nb\r\n")});
  CHECK(what(difference(bare, mended, true)) == other_body);
  CHECK(what(difference(with_local_line_ends(bare), with_local_line_ends(mended), true)) == "nothing");
}

TEST_CASE("A cause is named by what is unusual in the body") {
  CHECK(kind_of_bodies(accepted(header + "text\r\n")) == "plain");
  CHECK(kind_of_bodies(accepted(header + "a\nb\r\n")) == "bare-lf");
  CHECK(kind_of_bodies(accepted(header + "a\rb\r\n")) == "bare-cr");
  CHECK(kind_of_bodies(accepted(header + std::string("a\0b\r\n", 5))) == "nul");
  CHECK(kind_of_bodies(accepted(header + "a\xffz\r\n")) == "8bit");
  CHECK(kind_of_bodies(accepted(header + "a\x01z\r\n")) == "control");
  CHECK(kind_of_bodies(accepted(header + std::string(1200, 'x') + "\r\n")) == "long-line");
}

TEST_CASE("Bodies are alike but for how many letters, spaces or periods there are") {
  const auto shape = [](const std::string& body) { return shape_of_bodies(accepted(header + body)); };
  CHECK(shape("some text\r\n") == shape("more   words\r\n"));
  CHECK(shape("text\r\n") != shape("text \r\n"));
  CHECK(shape("text\r\n") != shape(".\r\ntext\r\n"));
  CHECK(shape("text\r\n") != shape("te\xfft\r\n"));
  CHECK(shape(std::string(5000, '.') + std::string(5000, 'x')) == shape(".x"));
}

}  // namespace
}  // namespace smtpspec::fuzz
