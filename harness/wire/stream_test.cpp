#include "harness/wire/stream.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <openssl/ssl.h>

#include "harness/wire/listener.hpp"
#include "harness/wire/pipe_test.hpp"
#include "harness/wire/run_test.hpp"

using namespace smtpspec::wire;
using asio::awaitable;
using Role = TlsEngine::Role;

namespace {

/// Hands on what its inner transport reads octet by octet, as a slow network may.
class Drip : public Transport {
 public:
  explicit Drip(std::unique_ptr<Transport> inner) : inner_(std::move(inner)) {}
  awaitable<Read> read(Time deadline) override {
    if (held_.empty()) {
      Read piece = co_await inner_->read(deadline);
      if (piece.end != End::octets) co_return piece;
      held_ = std::move(piece.octets);
    }
    Read one{End::octets, held_.substr(0, 1), {}};
    held_.erase(0, 1);
    co_return one;
  }
  awaitable<Written> write(std::string_view octets, Time deadline) override { return inner_->write(octets, deadline); }
  void half_close() override { inner_->half_close(); }
  void reset() override { inner_->reset(); }
  void close() override { inner_->close(); }
  std::string local() const override { return inner_->local(); }
  std::string remote() const override { return inner_->remote(); }

 private:
  std::unique_ptr<Transport> inner_;
  std::string held_;
};

std::string pattern(std::size_t size) {
  std::string octets(size, '\0');
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<char>(i * 7919 >> 8);
  return octets;
}

/// Two streams over a pipe; `client` and `server` run at the same time.
struct Pair {
  asio::io_context context;
  std::shared_ptr<TlsContext> server_tls = TlsContext::server("localhost");
  std::shared_ptr<TlsContext> client_tls = TlsContext::client({});
  Stream client{nullptr};
  Stream server{nullptr};

  explicit Pair(bool drip = false) {
    auto [one, other] = make_pipe(context.get_executor());
    if (drip) one = std::make_unique<Drip>(std::move(one));
    if (drip) other = std::make_unique<Drip>(std::move(other));
    client = Stream(std::move(one));
    server = Stream(std::move(other));
  }

  awaitable<Written> start_server() { return server.handshake(*server_tls, Role::server, "", patient); }
  awaitable<Written> start_client() { return client.handshake(*client_tls, Role::client, "localhost", patient); }

  /// Both sides under TLS.
  awaitable<void> start_tls() {
    using namespace asio::experimental::awaitable_operators;
    auto [one, other] = co_await (start_client() && start_server());
    CHECK(one.problem.empty());
    CHECK(other.problem.empty());
    REQUIRE(client.under_tls());
    REQUIRE(server.under_tls());
  }
};

}  // namespace

TEST_CASE("plain octets go both ways") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await expect_write(p.client, "EHLO a\r\n");
    co_await expect(p.server, "EHLO a\r\n");
    co_await expect_write(p.server, "250 b\r\n");
    co_await expect(p.client, "250 b\r\n");
    CHECK_FALSE(p.client.under_tls());
    CHECK(p.client.tls_description().empty());
  }(pair));
}

TEST_CASE("STARTTLS: plain text, then TLS with its description, both ways") {
  Pair pair(GENERATE(false, true));
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await expect_write(p.client, "STARTTLS\r\n");
    co_await expect(p.server, "STARTTLS\r\n");
    co_await p.start_tls();
    CHECK(p.client.tls_description().starts_with("TLSv1.3 TLS_"));
    CHECK(p.client.tls_description() == p.server.tls_description());
    co_await expect_write(p.client, "EHLO a\r\n");
    co_await expect(p.server, "EHLO a\r\n");
    co_await expect_write(p.server, "250 b\r\n");
    co_await expect(p.client, "250 b\r\n");
    co_await expect_end(p.client, End::deadline, soon);
  }(pair));
}

TEST_CASE("close_notify ends TLS alone: both sides go on in plain text") {
  Pair pair(GENERATE(false, true));
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.start_tls();
    co_await p.client.close_notify(patient);
    CHECK_FALSE(p.client.under_tls());
    co_await expect_write(p.client, "NOOP\r\n");
    co_await expect_end(p.server, End::tls_closed);
    CHECK_FALSE(p.server.under_tls());
    co_await expect(p.server, "NOOP\r\n");  // it came in the same read as the close_notify
    co_await expect_write(p.server, "250 ok\r\n");
    co_await expect(p.client, "250 ok\r\n");
  }(pair));
}

TEST_CASE("what the peer sent under TLS before it saw our close_notify is decrypted, its close_notify is told") {
  Pair pair(GENERATE(false, true));
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.start_tls();
    co_await expect_write(p.server, "250 late\r\n");
    co_await p.client.close_notify(patient);
    co_await expect_end(p.server, End::tls_closed);
    co_await p.server.close_notify(patient);
    co_await expect_write(p.server, "220 plain\r\n");
    co_await expect(p.client, "250 late\r\n");
    co_await expect_end(p.client, End::tls_closed);
    co_await expect(p.client, "220 plain\r\n");
  }(pair));
}

TEST_CASE("TLS can be started again after it was ended, also in one segment with the close_notify") {
  Pair pair(GENERATE(false, true));
  run(pair.context, [](Pair& p) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    co_await p.start_tls();
    co_await p.client.close_notify(patient);
    auto server = [](Pair& q) -> awaitable<void> {
      co_await expect_end(q.server, End::tls_closed);
      const Written written = co_await q.start_server();
      CHECK(written.end == End::octets);
    };
    const Written written = co_await (p.start_client() && server(p));
    CHECK(written.end == End::octets);
    co_await expect_write(p.client, "again");
    co_await expect(p.server, "again");
  }(pair));
}

TEST_CASE("FIN without close_notify is `closed`, after what was sent before it") {
  Pair pair(GENERATE(false, true));
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.start_tls();
    co_await expect_write(p.server, "221 bye\r\n");
    p.server.transport().close();
    co_await expect(p.client, "221 bye\r\n");
    co_await expect_end(p.client, End::closed);
  }(pair));
}

TEST_CASE("close_notify and then FIN is `tls_closed` and then `closed`") {
  Pair pair(GENERATE(false, true));
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.start_tls();
    co_await p.server.close_notify(patient);
    p.server.transport().close();
    co_await expect_end(p.client, End::tls_closed);
    co_await expect_end(p.client, End::closed);
  }(pair));
}

TEST_CASE("plain octets beneath TLS break the session for the peer, and stay so") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.start_tls();
    co_await p.client.write_beneath("NOOP\r\n", patient);
    for (int i = 0; i < 2; ++i) {
      const Read read = co_await p.server.read(patient);
      CHECK(read.end == End::tls_failed);
      CHECK_FALSE(read.problem.empty());
    }
    const Written written = co_await p.server.write("x", patient);
    CHECK(written.end == End::tls_failed);
    const Read alert = co_await p.client.read(patient);  // the peer was told
    CHECK(alert.end == End::tls_failed);
    CHECK(alert.problem.find("alert") != std::string::npos);
  }(pair));
}

TEST_CASE("TLS: 4 MiB both ways at the same time") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    co_await p.start_tls();
    const std::string big = pattern(std::size_t{4} << 20);
    co_await (expect_write(p.client, big) && expect(p.server, big) && expect_write(p.server, big) &&
              expect(p.client, big));
  }(pair));
}

TEST_CASE("TLS: deadlines in the middle of records lose nothing") {
  asio::io_context context;
  auto [client_end, relay_to_client] = make_pipe(context.get_executor());
  auto [server_end, relay_to_server] = make_pipe(context.get_executor());
  struct Road {
    Stream client;
    Stream server;
    std::unique_ptr<Transport> at_client;
    std::unique_ptr<Transport> at_server;
  };
  Road road{Stream(std::move(client_end)), Stream(std::move(server_end)), std::move(relay_to_client),
            std::move(relay_to_server)};
  run(context, [](Road& r) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    const auto client_tls = TlsContext::client({});
    const auto server_tls = TlsContext::server("localhost");
    auto carry = [](Transport& from, Transport& to) -> awaitable<void> {
      for (;;) {
        const Read piece = co_await from.read(patient);
        if (piece.end != End::octets) co_return;
        co_await expect_write(to, piece.octets);
      }
    };
    auto handshakes = [&]() -> awaitable<void> {
      const auto [one, other] = co_await (r.client.handshake(*client_tls, Role::client, "", patient) &&
                                          r.server.handshake(*server_tls, Role::server, "", patient));
      CHECK(one.end == End::octets);
      CHECK(other.end == End::octets);
    };
    co_await (handshakes() || carry(*r.at_client, *r.at_server) || carry(*r.at_server, *r.at_client));
    REQUIRE(r.server.under_tls());
    co_await expect_write(r.client, "EHLO a\r\n");
    co_await r.client.close_notify(patient);
    co_await expect_write(r.client, "plain");
    const Read records = co_await r.at_client->read(patient);
    std::string seen;
    for (const char octet : records.octets) {
      co_await expect_write(*r.at_server, std::string_view(&octet, 1));
      for (;;) {
        const Read piece = co_await r.server.read(Time{0});
        if (piece.end == End::deadline) break;
        seen += piece.end == End::tls_closed ? std::string("|") : piece.octets;
      }
    }
    CHECK(seen == "EHLO a\r\n|plain");
  }(road));
}

TEST_CASE("TLS: a handshake that does not come ends at its deadline") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    const Written written = co_await p.client.handshake(*p.client_tls, Role::client, "", soon);
    CHECK(written.end == End::deadline);
    CHECK_FALSE(written.problem.empty());
    CHECK_FALSE(p.client.under_tls());
    const Read hello = co_await p.server.read(patient);
    CHECK(hello.octets.starts_with("\x16\x03"));
  }(pair));
}

TEST_CASE("TLS: a handshake with a peer that goes away or speaks plain text") {
  struct Row {
    const char* name;
    void (*act)(Transport&);
    std::string octets;
    End end;
  };
  const Row rows[] = {
      {"close", [](Transport& t) { t.close(); }, "", End::closed},
      {"half-close", [](Transport& t) { t.half_close(); }, "", End::closed},
      {"reset", [](Transport& t) { t.reset(); }, "", End::reset},
      {"plain text", [](Transport&) {}, "454 4.7.0 TLS not available\r\n", End::tls_failed},
      {"plain text and close", [](Transport& t) { t.close(); }, "454 no\r\n", End::tls_failed},
      {"half a record", [](Transport& t) { t.close(); }, std::string("\x16\x03\x03\x01\x00\x02", 6), End::closed},
      {"a record too long", [](Transport&) {}, "\x16\x03\x03\xff\xff", End::tls_failed},
  };
  for (const Row& row : rows)
    for (const Role role : {Role::client, Role::server}) {
      CAPTURE(row.name, static_cast<int>(role));
      Pair pair;
      run(pair.context, [](Pair& p, Row r, Role as) -> awaitable<void> {
        if (!r.octets.empty()) co_await expect_write(p.server, r.octets);
        r.act(p.server.transport());
        TlsContext& context = as == Role::client ? *p.client_tls : *p.server_tls;
        const Written written = co_await p.client.handshake(context, as, "", patient);
        CAPTURE(written.problem);
        CHECK(written.end == r.end);
        CHECK_FALSE(written.problem.empty());
        CHECK_FALSE(p.client.under_tls());
        CHECK(p.client.tls_description().empty());
      }(pair, row, role));
    }
}

TEST_CASE("TLS: a server that does not verify is refused by the client's alert") {
  Pair pair;
  pair.client_tls = TlsContext::client({true, ""});
  run(pair.context, [](Pair& p) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    const auto [one, other] = co_await (p.start_client() && p.start_server());
    CHECK(one.end == End::tls_failed);
    CHECK(one.problem.find("self-signed certificate") != std::string::npos);
    CHECK(other.end == End::tls_failed);
    CHECK(other.problem.find("alert") != std::string::npos);
  }(pair));
}

TEST_CASE("a peer that dribbles a record does not keep a read beyond its deadline") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    co_await p.start_tls();
    bool ended = false;
    auto dribble = [](Pair& q, const bool& end) -> awaitable<void> {
      co_await q.client.write_beneath("\x17\x03\x03\x40", patient);
      for (int i = 0; i < 16000 && !end; ++i) {
        co_await q.client.write_beneath("x", patient);
        asio::steady_timer pause(q.context, Time{1});
        co_await pause.async_wait(asio::use_awaitable);
      }
      CHECK(end);
    };
    auto read = [](Pair& q, bool& end) -> awaitable<void> {
      const auto start = std::chrono::steady_clock::now();
      co_await expect_end(q.server, End::deadline, soon);
      CHECK(std::chrono::steady_clock::now() - start >= soon);
      end = true;
    };
    co_await (dribble(p, ended) && read(p, ended));
  }(pair));
}

TEST_CASE("after our close_notify, a peer that ends in half a record hands back what there is") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.start_tls();
    co_await p.client.close_notify(patient);
    co_await p.server.write_beneath(std::string("\x15\x03\x03", 3), patient);
    p.server.transport().close();
    co_await expect(p.client, std::string("\x15\x03\x03", 3));
    co_await expect_end(p.client, End::closed);
  }(pair));
}

TEST_CASE("close_notify without TLS sends nothing, twice sends it once") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.client.close_notify(patient);
    co_await expect_end(p.server, End::deadline, soon);
    co_await p.start_tls();
    co_await p.client.close_notify(patient);
    co_await p.client.close_notify(patient);
    co_await expect_end(p.server, End::tls_closed);
    co_await expect_end(p.server, End::deadline, soon);
    co_await p.server.close_notify(patient);  // the answer
    co_await expect_end(p.client, End::tls_closed);
    co_await expect_end(p.client, End::deadline, soon);
  }(pair));
}

TEST_CASE("TLS over TCP: versions 1.2 and 1.3, one segment a write, ended and gone on in plain text") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    asio::io_context context;
    const auto server_tls = TlsContext::server("localhost");
    const auto client_tls = TlsContext::client({});
    SSL_CTX_set_max_proto_version(client_tls->get(), version);
    auto serve = [server_tls](std::unique_ptr<Transport> transport) -> awaitable<void> {
      Stream stream(std::move(transport));
      co_await expect(stream, "STARTTLS\r\n");
      co_await expect_write(stream, "220 go\r\n");
      const Written started = co_await stream.handshake(*server_tls, Role::server, "", patient);
      CHECK(started.end == End::octets);
      const std::string big = pattern(std::size_t{4} << 20);
      co_await expect(stream, big);
      co_await expect_write(stream, big);
      co_await expect_end(stream, End::tls_closed);
      co_await stream.close_notify(patient);
      co_await expect_write(stream, "250 plain\r\n");
      co_await expect_end(stream, End::closed);
    };
    const Listener listener(context.get_executor(), "127.0.0.1", 0, serve);
    run(context, [](const Listener& l, std::shared_ptr<TlsContext> tls, int which) -> awaitable<void> {
      Connected connected = co_await connect_tcp("127.0.0.1", l.port(), "", patient);
      REQUIRE(connected.transport);
      Stream stream(std::move(connected.transport));
      co_await expect_write(stream, "STARTTLS\r\n");
      co_await expect(stream, "220 go\r\n");
      const Written started = co_await stream.handshake(*tls, Role::client, "localhost", patient);
      CHECK(started.end == End::octets);
      CHECK(stream.tls_description().starts_with(which == TLS1_2_VERSION ? "TLSv1.2 " : "TLSv1.3 "));
      const std::string big = pattern(std::size_t{4} << 20);
      co_await expect_write(stream, big);
      co_await expect(stream, big);
      co_await stream.close_notify(patient);
      co_await expect_end(stream, End::tls_closed);
      co_await expect(stream, "250 plain\r\n");
      stream.transport().close();
      for (int i = 0; i < 200 && l.connections() != 0; ++i) {
        asio::steady_timer pause(co_await asio::this_coro::executor, Time{10});
        co_await pause.async_wait(asio::use_awaitable);
      }
      CHECK(l.connections() == 0);
    }(listener, client_tls, version));
  }
}
