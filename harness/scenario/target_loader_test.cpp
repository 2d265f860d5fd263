#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

using namespace smtpspec::scenario;

namespace {

const std::string least = "address = 'smtp://127.0.0.1:2525'\n[mail]\naccepts = 'alice@example.test'\n";

std::string shown(const std::string& toml) {
  std::string out;
  for (const Diagnostic& diagnostic : load_target(toml, "t/target.toml").diagnostics) out += render(diagnostic);
  return out;
}

}  // namespace

TEST_CASE("A whole target file") {
  const auto loaded = load_target(R"(
name = "n"
address = "smtps://[::1]:4650"
profile = "submission"
source = ["127.0.0.9", "10.0.0.0/8", "fd00::/8"]
[mail]
domain = "d.test"
accepts = ["a@d.test", "b@d.test"]
rejects = "n@d.test"
foreign = ["s@e.test"]
sender = "s@c.test"
[auth]
user = "u"
password = "p"
[tls]
verify = true
ca = "ca.pem"
name = "mail.d.test"
[delivery]
maildir = "../mail"
wait = "5s"
settle = "100ms"
[server]
start = ["./start", "now"]
stop = "./stop"
state = ["spool", "/var/lib/t"]
)",
                                  "/etc/t/target.toml");
  REQUIRE(loaded.diagnostics.empty());
  const Target& target = loaded.value;
  CHECK(address(target) == "smtps://[::1]:4650");
  CHECK(target.host == "::1");
  CHECK(target.sources.size() == 3);
  CHECK(target.mail.rejects == std::vector<std::string>{"n@d.test"});
  CHECK(target.auth->password == "p");
  CHECK(target.tls.ca == "/etc/t/ca.pem");
  CHECK(target.delivery->maildir == "/etc/mail");
  CHECK(target.delivery->sink.empty());
  CHECK(target.delivery->wait == Duration(5000));
  CHECK(target.delivery->settle == Duration(100));
  CHECK(target.server->start == std::vector<std::string>{"./start", "now"});
  CHECK(target.server->stop == std::vector<std::string>{"./stop"});
  CHECK(target.server->state == std::vector<std::filesystem::path>{"/etc/t/spool", "/var/lib/t"});
  CHECK(target.file == "/etc/t/target.toml");
}

TEST_CASE("Who names authorities wants them asked, unless he says otherwise") {
  const auto verifies = [](const std::string& tls) {
    return load_target(least + "[tls]\n" + tls, "target.toml").value.tls.verify;
  };
  CHECK(verifies("ca = 'ca.pem'\n"));
  CHECK(verifies("verify = true\n"));
  CHECK_FALSE(verifies("ca = 'ca.pem'\nverify = false\n"));
  CHECK_FALSE(verifies("name = 'mx.d.test'\n"));
}

TEST_CASE("The least target file") {
  const auto loaded = load_target(least, "target.toml");
  REQUIRE(loaded.diagnostics.empty());
  const Target& target = loaded.value;
  CHECK(target.profile == "mx");
  CHECK(target.mail.domain == "example.test");
  CHECK(target.mail.rejects.empty());
  CHECK(target.mail.foreign.empty());
  CHECK_FALSE(target.auth);
  CHECK_FALSE(target.delivery);
  CHECK_FALSE(target.server);
}

TEST_CASE("A sink listens on a host and a port") {
  const auto loaded = load_target(least + "[delivery]\nsink = '[::1]:2526'\nsink-protocol = 'lmtp'\n", "t.toml");
  REQUIRE(loaded.diagnostics.empty());
  CHECK(loaded.value.delivery->sink == "[::1]:2526");
  CHECK(loaded.value.delivery->sink_lmtp);
  for (const char* sink :
       {"127.0.0.1", "[::1]", ":25", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:25/", "a:99999", "127.0.0.1:0"}) {
    INFO(sink);
    CHECK_FALSE(load_target(least + "[delivery]\nsink = '" + sink + "'\n", "t.toml").ok());
  }
}

TEST_CASE("A broken target file is explained") {
  struct Case {
    std::string toml;
    std::string shown;
  };
  const std::string mail = "[mail]\naccepts = 'a@b'\n";
  const std::vector<Case> cases = {
      {"", "t/target.toml:1:1: error: a target file needs 'mail'\n"},
      {"adress = 'smtp://a'\n" + mail, "error: unknown key 'adress' in a target file\n  1 | adress"},
      {"address = 'http://a'\n" + mail, "t/target.toml:1:12: error: 'http://a': an address begins with smtp://"},
      {"address = 'smtp://a:0'\n" + mail,
       "t/target.toml:1:20: error: 'smtp://a:0': a port is a number from 1 to 65535\n"},
      {"address = 'smtp://::1'\n" + mail, "an IPv6 address stands in brackets"},
      {"address = 'smtp://[::g]'\n" + mail, "no IPv6 address within the brackets"},
      {"address = 'smtp://u@a'\n" + mail, "no host name or address"},
      {"address = 25\n" + mail, "expected a string, got an integer"},
      {"address = 'smtp://a'\nprofile = 'lmpt'\n" + mail, "unknown profile 'lmpt'"},
      {"address = 'smtp://a'\nprofile = 'lmtp'\n" + mail, "profile lmtp and an lmtp:// address go together"},
      {"address = 'smtp://a'\nsource = '127.0.0.1/33'\n" + mail, "'127.0.0.1/33' is no address to connect from"},
      {"address = 'smtp://a'\n[mail]\naccepts = []\n", "[mail] needs 'accepts' with at least one mailbox"},
      {"address = 'smtp://a'\n[mail]\naccepts = ['a b@c', 'ab']\n", "error: 'a b@c' is no mailbox\n"},
      {least + "[auth]\nuser = 'u'\n", "[auth] needs 'password'"},
      {least + "[tls]\nverify = 'no'\n", "expected true or false, got a string"},
      {least + "[delivery]\nwait = '5s'\n", "[delivery] needs 'sink', 'maildir' or 'mbox'"},
      {least + "[delivery]\nmaildir = 'm'\nmbox = 'b'\n", "mail is seen in one place: 'maildir' or 'mbox'"},
      {least + "[delivery]\nmbox = 'b'\nsink-protocol = 'lmtp'\n", "'sink-protocol' needs a 'sink'"},
      {least + "[server]\nstop = './stop'\n", "[server] needs 'start'"},
      {"address = \n", "not TOML: "},
  };
  for (const Case& one : cases) {
    INFO(one.toml << shown(one.toml));
    CHECK(shown(one.toml).find(one.shown) != std::string::npos);
    CHECK_FALSE(load_target(one.toml, "t/target.toml").ok());
  }
}

TEST_CASE("A target from its address alone") {
  struct Case {
    std::string url;
    std::string address;  // empty: no such address
    std::string profile;
  };
  const std::vector<Case> cases = {
      {"smtp://localhost", "smtp://localhost:25", "mx"},
      {"smtp://127.0.0.1:2525/", "smtp://127.0.0.1:2525", "mx"},
      {"smtp://mail.example:587", "smtp://mail.example:587", "submission"},
      {"smtps://mail.example", "smtps://mail.example:465", "submission"},
      {"lmtp://[fe80::1%eth0]", "lmtp://[fe80::1%eth0]:24", "lmtp"},
      {"lmtp:///run/lmtp.sock", "lmtp:///run/lmtp.sock", "lmtp"},
      {"smtp:///run/smtp.sock", "", ""},
      {"lmtp:///", "", ""},
      {"", "", ""},
      {"smtp://", "", ""},
      {"smtp:/a", "", ""},
      {"SMTP://a", "", ""},
      {"smtp://a/b", "", ""},
      {"smtp://a:65536", "", ""},
      {"smtp://a:+1", "", ""},
      {"smtp://[::1", "", ""},
      {"smtp://[::1]x", "", ""},
      {"smtp://a\r\nb", "", ""},
  };
  for (const Case& one : cases) {
    INFO(one.url);
    const auto target = target_from_url(one.url);
    REQUIRE(target.has_value() == !one.address.empty());
    if (!target) continue;
    CHECK(address(*target) == one.address);
    CHECK(target->profile == one.profile);
    CHECK(target->mail.accepts.empty());
    CHECK(target->mail.domain.empty());
  }
}

TEST_CASE("A host as a domain, and the domain of a mailbox") {
  Target target;
  for (const auto& [host, domain] : {std::pair{"127.0.0.1", "[127.0.0.1]"}, std::pair{"fe80::1%eth0", "[IPv6:fe80::1]"},
                                     std::pair{"mail.example", "mail.example"}, std::pair{"/run/l", "localhost"}}) {
    target.host = host;
    CHECK(host_as_domain(target) == domain);
  }
  CHECK(domain_of("a@b@c") == "c");
  CHECK(domain_of("Postmaster").empty());
  CHECK(is_mailbox("postMaster"));
  CHECK(is_mailbox("a@b"));
  CHECK_FALSE(is_mailbox("alice"));
  const auto whole = load_target("address = 'smtp://a'\n[mail]\naccepts = ['a@d.test', 'b@e.test']\n", "t.toml");
  CHECK(whole.value.mail.domain == "d.test");
  const auto alone = load_target("address = 'smtp://a'\n[mail]\naccepts = 'Postmaster'\n", "t.toml");
  CHECK(alone.ok());
  CHECK(alone.value.mail.domain.empty());
}

TEST_CASE("Near is loopback and private") {
  struct Case {
    std::string host;
    bool near;
  };
  const std::vector<Case> cases = {
      {"localhost", false},
      {"127.255.255.255", true},
      {"10.1.2.3", true},
      {"172.16.0.1", true},
      {"172.31.255.1", true},
      {"172.32.0.1", false},
      {"172.15.0.1", false},
      {"192.168.1.1", true},
      {"192.169.1.1", false},
      {"169.254.169.254", false},
      {"8.8.8.8", false},
      {"::1", true},
      {"::2", false},
      {"fe80::1", false},
      {"fe80::1%lo", false},
      {"febf::1", false},
      {"fec0::1", false},
      {"fd12::1", true},
      {"fe00::1", false},
      {"::ffff:127.0.0.1", true},
      {"::ffff:8.8.8.8", false},
      {"2001:db8::1", false},
      {"localhost.example", false},
      {"", false},
  };
  for (const Case& one : cases) {
    INFO(one.host);
    CHECK(is_near(one.host) == one.near);
  }
  for (const char* const host : {"127.0.0.1", "127.77.0.1", "::1", "::ffff:127.0.0.1"}) CHECK(is_loopback(host));
  for (const char* const host : {"10.0.0.1", "192.168.0.1", "fd12::1", "::ffff:10.0.0.1", "localhost.example", ""})
    CHECK(!is_loopback(host));
}
