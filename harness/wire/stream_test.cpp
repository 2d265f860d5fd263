#include "harness/wire/stream.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "harness/wire/run_test.hpp"

using namespace smtpspec::wire;
using asio::awaitable;
using Role = TlsEngine::Role;

namespace {

/// Two streams over a pipe; `client` and `server` run at the same time.
struct Pair {
  asio::io_context context;
  std::shared_ptr<TlsContext> server_tls = TlsContext::server("localhost");
  std::shared_ptr<TlsContext> client_tls = TlsContext::client({});
  Stream client{nullptr};
  Stream server{nullptr};

  Pair() {
    auto [one, other] = make_pipe(context.get_executor());
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
  Pair pair;
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
  Pair pair;
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
  Pair pair;
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
  Pair pair;
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

TEST_CASE("FIN without close_notify is `closed`, behind what was sent before it") {
  Pair pair;
  run(pair.context, [](Pair& p) -> awaitable<void> {
    co_await p.start_tls();
    co_await expect_write(p.server, "221 bye\r\n");
    p.server.transport().close();
    co_await expect(p.client, "221 bye\r\n");
    co_await expect_end(p.client, End::closed);
  }(pair));
}

TEST_CASE("close_notify and then FIN is `tls_closed` and then `closed`") {
  Pair pair;
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
