#include "harness/wire/tls.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <openssl/pem.h>
#include <openssl/ssl.h>

using namespace smtpspec::wire;
using Role = TlsEngine::Role;
using Status = TlsEngine::Status;

namespace {

/// The context's own certificate; empty where there is none.
std::string pem_of(const TlsContext& context) {
  X509* x509 = SSL_CTX_get0_certificate(context.get());
  if (x509 == nullptr) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(memory.get(), x509);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

/// Two engines and the road between them, which carries `piece` octets at a time.
struct Two {
  TlsEngine client;
  TlsEngine server;
  std::size_t piece;

  Two(TlsContext& for_client, TlsContext& for_server, const std::string& name, std::size_t piece_size = 1 << 20)
      : client(for_client, Role::client, name), server(for_server, Role::server, ""), piece(piece_size) {}

  static void carry(TlsEngine& from, TlsEngine& to, std::size_t piece, auto&& act) {
    std::string octets = from.take();
    while (!octets.empty()) {
      to.give(std::string_view(octets).substr(0, piece));
      octets.erase(0, piece);
      act();
    }
  }

  std::pair<Status, Status> handshake() {
    std::pair<Status, Status> now{client.handshake(), Status::wants_input};
    for (int turn = 0; turn < 10; ++turn) {
      carry(client, server, piece, [&] { now.second = server.handshake(); });
      carry(server, client, piece, [&] { now.first = client.handshake(); });
    }
    return now;
  }
};

struct File {
  std::filesystem::path path;
  File(const std::string& name, const std::string& text) : path(std::filesystem::temp_directory_path() / name) {
    std::ofstream(path) << text;
  }
  ~File() { std::filesystem::remove(path); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
};

std::string unique(const std::string& name) {
  return "smtpspec-" + std::to_string(std::filesystem::hash_value(std::filesystem::current_path())) + "-" +
         std::to_string(std::hash<std::thread::id>{}(std::this_thread::get_id())) + "-" + name;
}

}  // namespace

TEST_CASE("a peer that asks for answers without end, and reads none, is left") {
  const auto for_client = TlsContext::client({false, ""});
  const auto for_server = TlsContext::server("localhost");
  TlsEngine client(*for_client, Role::client, "localhost");
  const std::unique_ptr<SSL, decltype(&SSL_free)> server(SSL_new(for_server->get()), SSL_free);
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(server.get(), in, out);
  SSL_set_accept_state(server.get());
  std::string octets(1 << 16, '\0');
  const auto to_client = [&] {
    const int size = BIO_read(out, octets.data(), static_cast<int>(octets.size()));
    if (size > 0) client.give(std::string_view(octets).substr(0, static_cast<std::size_t>(size)));
  };
  for (int turn = 0; turn < 10; ++turn) {
    (void)client.handshake();
    const std::string sent = client.take();
    BIO_write(in, sent.data(), static_cast<int>(sent.size()));
    SSL_do_handshake(server.get());
    to_client();
  }
  std::string plain;
  Status status = client.read(plain);
  REQUIRE(status == Status::wants_input);
  int updates = 0;
  for (; status == Status::wants_input && updates < 200'000; ++updates) {
    SSL_key_update(server.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(server.get());
    to_client();
    status = client.read(plain);
  }
  CHECK(status == Status::failed);
  CHECK(client.problem() == "the peer asks for answers without end");
  CHECK(client.take().size() < (std::size_t{2} << 20));
}

TEST_CASE("TLS: versions 1.2 and 1.3, whole and octet by octet, both directions, end by close_notify") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
      CAPTURE(version, piece);
      const auto client = TlsContext::client({});
      SSL_CTX_set_max_proto_version(client->get(), version);
      Two two(*client, *TlsContext::server("localhost"), "localhost", piece);
      REQUIRE(two.handshake() == std::pair(Status::done, Status::done));
      CHECK(two.client.description().starts_with(version == TLS1_2_VERSION ? "TLSv1.2 " : "TLSv1.3 "));
      CHECK(two.client.description() == two.server.description());

      const std::string octets = std::string("\0EHLO\r\n\xff", 8) + std::string(40000, 'x');
      std::string plain;
      CHECK(two.client.write(octets) == Status::done);
      Two::carry(two.client, two.server, piece, [&] { CHECK(two.server.read(plain) == Status::wants_input); });
      CHECK((plain == octets));

      two.server.close_notify();
      two.server.close_notify();
      Status last = Status::wants_input;
      Two::carry(two.server, two.client, piece, [&] { last = two.client.read(plain); });
      CHECK(last == Status::closed);
      CHECK((plain == octets));
      // The other direction is still open (RFC 8446 section 6.1).
      CHECK(two.client.write("last") == Status::done);
      plain.clear();
      Two::carry(two.client, two.server, piece, [&] { two.server.read(plain); });
      CHECK(plain == "last");
    }
}

TEST_CASE("TLS: one read gives 64 KiB at most") {
  const auto client = TlsContext::client({});
  Two two(*client, *TlsContext::server("localhost"), "");
  REQUIRE(two.handshake() == std::pair(Status::done, Status::done));
  CHECK(two.client.write(std::string(100000, 'x')) == Status::done);
  two.server.give(two.client.take());
  std::string plain;
  CHECK(two.server.read(plain) == Status::done);
  CHECK(plain.size() == 65536);
  CHECK(two.server.read(plain) == Status::wants_input);
  CHECK(plain.size() == 100000);
}

TEST_CASE("TLS: the certificate is verified where asked: chain and name") {
  const auto server = TlsContext::server("mail.example.test");
  const auto by_address = TlsContext::server("127.0.0.1");
  const File own(unique("own.pem"), pem_of(*server));
  const File address(unique("address.pem"), pem_of(*by_address));
  struct Row {
    bool verify;
    std::string ca;
    TlsContext& server;
    std::string name;
    std::string problem;  ///< empty: the handshake succeeds
  };
  const Row rows[] = {
      {false, "", *server, "mail.example.test", ""},
      {false, "", *server, "another.example.test", ""},
      {true, own.path, *server, "mail.example.test", ""},
      {true, own.path, *server, "MAIL.example.TEST", ""},
      {true, own.path, *server, "", ""},
      {true, own.path, *server, "another.example.test", "hostname mismatch"},
      {true, own.path, *server, "127.0.0.1", "IP address mismatch"},
      {true, address.path, *server, "mail.example.test", "self-signed certificate"},
      {true, address.path, *by_address, "127.0.0.1", ""},
      {true, address.path, *by_address, "127.0.0.2", "IP address mismatch"},
      {true, "", *server, "mail.example.test", "self-signed certificate"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.verify, row.ca, row.name, row.problem);
    const auto client = TlsContext::client({row.verify, row.ca});
    Two two(*client, row.server, row.name);
    const auto [at_client, at_server] = two.handshake();
    CAPTURE(two.client.problem(), two.server.problem());
    CHECK(at_client == (row.problem.empty() ? Status::done : Status::failed));
    CHECK(two.client.problem().find(row.problem) != std::string::npos);
    CHECK(two.client.problem().empty() == row.problem.empty());
    if (!row.problem.empty()) CHECK(two.server.problem().find("alert") != std::string::npos);
  }
}

TEST_CASE("TLS: the server's certificate is made once a name, also by many threads") {
  std::vector<std::thread> threads;
  std::vector<std::shared_ptr<TlsContext>> made(4);
  for (auto& context : made) threads.emplace_back([&context] { context = TlsContext::server("once.example.test"); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& context : made) CHECK(context == made[0]);
  CHECK(pem_of(*made[0]).starts_with("-----BEGIN CERTIFICATE-----"));
  CHECK(pem_of(*TlsContext::server("two.example.test")) != pem_of(*made[0]));
  CHECK(pem_of(*TlsContext::client({})).empty());
  const std::string label(60, 'a');
  CHECK_NOTHROW(TlsContext::server(label + "." + label + ".example.test"));
}

TEST_CASE("TLS: files that cannot be read are told by name") {
  const File nonsense(unique("nonsense.pem"), "not a certificate");
  const std::string missing = nonsense.path.string() + ".missing";
  const auto problem_of = [](auto&& act) -> std::string {
    try {
      act();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  for (const std::string& file : {missing, nonsense.path.string()}) {
    CHECK(problem_of([&] { (void)TlsContext::client({true, file}); }).starts_with(file));
    CHECK(problem_of([&] { (void)TlsContext::server_from(file, file); }).starts_with(file));
  }
}

TEST_CASE("TLS: a server takes its certificate and key from files") {
  const auto made = TlsContext::server("files.example.test");
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(memory.get(), SSL_CTX_get0_privatekey(made->get()), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  const File certificate(unique("certificate.pem"), pem_of(*made));
  const File key(unique("key.pem"), std::string(text, static_cast<std::size_t>(size)));
  const auto server = TlsContext::server_from(certificate.path, key.path);
  CHECK(pem_of(*server) == pem_of(*made));
  const auto client = TlsContext::client({true, certificate.path});
  Two two(*client, *server, "files.example.test");
  CHECK(two.handshake() == std::pair(Status::done, Status::done));
}

TEST_CASE("TLS: octets that are not TLS fail, and stay failed") {
  for (const std::string octets : {"220 mail.example.test ESMTP\r\n", "EHLO a\r\n", "GET / HTTP/1.0\r\n\r\n"}) {
    CAPTURE(octets);
    const auto context = TlsContext::client({});
    TlsEngine client(*context, Role::client, "localhost");
    CHECK(client.handshake() == Status::wants_input);
    client.give(octets);
    CHECK(client.handshake() == Status::failed);
    CHECK_FALSE(client.problem().empty());
    CHECK(client.handshake() == Status::failed);
    std::string plain;
    CHECK(client.read(plain) == Status::failed);
    CHECK(client.write("x") == Status::failed);
    TlsEngine server(*TlsContext::server("localhost"), Role::server, "");
    server.give(octets);
    CHECK(server.handshake() == Status::failed);
  }
}

TEST_CASE("TLS: reading and writing before the handshake fails") {
  const auto context = TlsContext::client({});
  TlsEngine reads(*context, Role::client, "");
  std::string plain;
  CHECK(reads.read(plain) == Status::failed);
  TlsEngine writes(*context, Role::client, "");
  CHECK(writes.write("x") == Status::failed);
  writes.close_notify();
  CHECK(writes.take().empty());
}

TEST_CASE("TLS: a record that was changed on its way fails") {
  const auto context = TlsContext::client({});
  Two two(*context, *TlsContext::server("localhost"), "");
  REQUIRE(two.handshake() == std::pair(Status::done, Status::done));
  CHECK(two.client.write("MAIL FROM:<>\r\n") == Status::done);
  std::string record = two.client.take();
  record.back() = static_cast<char>(record.back() ^ 1);
  two.server.give(record);
  std::string plain;
  CHECK(two.server.read(plain) == Status::failed);
  CHECK(plain.empty());
  CHECK_FALSE(two.server.take().empty());  // the alert
}
