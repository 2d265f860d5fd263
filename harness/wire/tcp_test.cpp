#include "harness/wire/tcp.hpp"

#include <filesystem>

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/wire/run_test.hpp"

using namespace smtpspec::wire;
using asio::awaitable;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

/// A listening socket that is not the room's own listener.
struct Acceptor {
  asio::io_context context;
  tcp::acceptor acceptor{context};

  explicit Acceptor(const std::string& host = "127.0.0.1") {
    const tcp::endpoint endpoint(asio::ip::make_address(host), 0);
    acceptor.open(endpoint.protocol());
    acceptor.bind(endpoint);
    acceptor.listen();
  }
  std::uint16_t port() const { return acceptor.local_endpoint().port(); }
  awaitable<std::unique_ptr<Transport>> accept() {
    auto connection = std::make_shared<TcpConnection>(co_await acceptor.async_accept(asio::use_awaitable));
    connection->begin();
    co_return make_tcp(connection);
  }
};

bool has_v6() {
  asio::io_context context;
  tcp::acceptor acceptor(context);
  asio::error_code error;
  acceptor.open(tcp::v6(), error);
  if (!error) acceptor.bind(tcp::endpoint(asio::ip::address_v6::loopback(), 0), error);
  return !error;
}

struct Two {
  std::unique_ptr<Transport> client;
  std::unique_ptr<Transport> server;
};

awaitable<Two> connected(Acceptor& acceptor, std::string host = "127.0.0.1", std::string source = "") {
  Connected one = co_await connect_tcp(host, acceptor.port(), source, patient);
  CHECK(one.problem.empty());
  REQUIRE(one.transport);
  Two two{std::move(one.transport), nullptr};
  two.server = co_await acceptor.accept();
  co_return two;
}

}  // namespace

TEST_CASE("TCP: connects, tells both addresses, carries octets both ways, ends with FIN") {
  for (const std::string host : {"127.0.0.1", "::1"}) {
    if (host == "::1" && !has_v6()) {
      WARN("no IPv6 here");
      continue;
    }
    Acceptor acceptor(host);
    run(acceptor.context, [](Acceptor& a, std::string to) -> awaitable<void> {
      Two two = co_await connected(a, to);
      CHECK(two.client->remote() == (to == "::1" ? "[::1]:" : "127.0.0.1:") + std::to_string(a.port()));
      CHECK(two.client->local() == two.server->remote());
      CHECK(two.client->remote() == two.server->local());
      const std::string octets("EHLO\0\xff\r\n", 8);
      co_await expect_write(*two.client, octets);
      co_await expect(*two.server, octets);
      co_await expect_write(*two.server, "220 x\r\n");
      two.server->close();
      co_await expect(*two.client, "220 x\r\n");
      co_await expect_end(*two.client, End::closed);
    }(acceptor, host));
  }
}

TEST_CASE("TCP: a host name is resolved") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    const Two two = co_await connected(a, "localhost");
    CHECK(two.client->remote() == "127.0.0.1:" + std::to_string(a.port()));
  }(acceptor));
}

TEST_CASE("TCP: a source address is bound") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    const Two two = co_await connected(a, "127.0.0.1", "127.0.0.9");
    CHECK(two.client->local().starts_with("127.0.0.9:"));
    CHECK(two.server->remote() == two.client->local());
  }(acceptor));
}

TEST_CASE("a Unix socket is connected by its path") {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("smtpspec-{}.sock", ::getpid())).string();
  asio::io_context context;
  asio::local::stream_protocol::acceptor acceptor(context, asio::local::stream_protocol::endpoint(path));
  run(context, [](asio::local::stream_protocol::acceptor& a, std::string to) -> awaitable<void> {
    const Connected one = co_await connect_tcp(to, 0, "", patient);
    CHECK(one.problem.empty());
    REQUIRE(one.transport);
    CHECK(one.transport->remote() == to);
    asio::local::stream_protocol::socket server = co_await a.async_accept(asio::use_awaitable);
    (void)co_await one.transport->write("LHLO a\r\n", patient);
    std::string got(8, '.');
    co_await asio::async_read(server, asio::buffer(got), asio::use_awaitable);
    CHECK(got == "LHLO a\r\n");
    server.close();
    CHECK((co_await one.transport->read(patient)).end == End::closed);
  }(acceptor, path));
  std::filesystem::remove(path);
}

TEST_CASE("TCP: what cannot be connected says why") {
  Acceptor acceptor;
  std::uint16_t closed_port = 0;
  {
    const Acceptor gone;
    closed_port = gone.port();
  }
  struct Row {
    std::string host;
    std::uint16_t port;
    std::string source;
    std::string problem;
  };
  const Row rows[] = {
      {"127.0.0.1", closed_port, "", "Connection refused"},
      {"127.0.0.1", acceptor.port(), "192.0.2.1", "source address 192.0.2.1: Cannot assign requested address"},
      {"127.0.0.1", acceptor.port(), "::1", "source address ::1: "},
      {"127.0.0.1", acceptor.port(), "nonsense", "source address nonsense: "},
      {"no such name", acceptor.port(), "", "no such name: "},
      {"", acceptor.port(), "", "no host was named"},
      {"/no/such/socket", 0, "", "/no/such/socket: No such file"},
      {"/" + std::string(200, 'x'), 0, "", "too long for a socket's path"},
  };
  for (std::size_t i = 0; i < 2 * std::size(rows); ++i) {
    const Row& row = rows[i / 2];
    const bool alone = i % 2 == 1;
    CAPTURE(row.host, row.source, alone);
    run(acceptor.context, [](Row r, bool is_alone) -> awaitable<void> {
      const auto connect = is_alone ? connect_tcp_alone : connect_tcp;
      const Connected result = co_await connect(r.host, r.port, r.source, patient, {});
      CHECK_FALSE(result.transport);
      CHECK(result.end == End::reset);
      CAPTURE(result.problem);
      CHECK(result.problem.find(r.problem) != std::string::npos);
    }(row, alone));
  }
}

TEST_CASE("TCP: connecting ends at the deadline where nobody answers") {
  const auto connect = GENERATE(connect_tcp, connect_tcp_alone);
  // A listener whose backlog is full does not answer on Linux.
  Acceptor acceptor;
  acceptor.acceptor.listen(0);
  std::vector<std::unique_ptr<Transport>> kept;
  run(acceptor.context, [](Acceptor& a, auto by, std::vector<std::unique_ptr<Transport>>& all) -> awaitable<void> {
    for (int i = 0; i < 8; ++i) {
      const auto start = std::chrono::steady_clock::now();
      Connected result = co_await by("127.0.0.1", a.port(), "", Time{100}, {});
      if (result.transport) {
        all.push_back(std::move(result.transport));
        continue;
      }
      CHECK(result.end == End::deadline);
      CHECK(std::chrono::steady_clock::now() - start >= 100ms);
      CHECK(std::chrono::steady_clock::now() - start < 10s);
      co_return;
    }
    FAIL("the backlog never was full");
  }(acceptor, connect, kept));
}

TEST_CASE("TCP: who has a thread alone reads, writes and meets deadlines as others do") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    Connected one = co_await connect_tcp_alone("127.0.0.1", a.port(), "127.0.0.2", patient);
    REQUIRE(one.transport);
    Transport& client = *one.transport;
    CHECK(client.local().starts_with("127.0.0.2:"));
    tcp::socket server = a.acceptor.accept();
    asio::write(server, asio::buffer("220 hi\r\n", 8));
    co_await expect(client, "220 hi\r\n");
    const auto start = std::chrono::steady_clock::now();
    co_await expect_end(client, End::deadline, 50ms);
    CHECK(std::chrono::steady_clock::now() - start >= 50ms);
    co_await expect_end(client, End::deadline, 0ms);
    co_await expect_write(client, "EHLO\r\n");
    std::string got(6, ' ');
    asio::read(server, asio::buffer(got));
    CHECK(got == "EHLO\r\n");
    const std::string much(std::size_t{64} << 20, 'x');
    co_await expect_write(client, much, End::deadline, 50ms);  // nobody reads it
    asio::write(server, asio::buffer("221 bye\r\n", 9));
    server.shutdown(tcp::socket::shutdown_send);
    co_await expect(client, "221 bye\r\n");
    co_await expect_end(client, End::closed);
    client.close();
    co_await expect_end(client, End::reset);
    co_await expect_write(client, "QUIT\r\n", End::reset);
  }(acceptor));
}

TEST_CASE("TCP: a read that met its deadline loses nothing") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    Two two = co_await connected(a);
    const auto start = std::chrono::steady_clock::now();
    co_await expect_end(*two.server, End::deadline, 50ms);
    CHECK(std::chrono::steady_clock::now() - start >= 50ms);
    co_await expect_end(*two.server, End::deadline, 0ms);
    co_await two.client->write("late", patient);
    co_await expect(*two.server, "late");
    co_await expect_end(*two.server, End::deadline, soon);
    co_await two.client->write("later", patient);
    const Read read = co_await two.server->read(0ms);  // no waiting: what is there is taken
    CHECK(read.octets == "later");
  }(acceptor));
}

TEST_CASE("TCP: a cancelled read loses nothing") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    Two two = co_await connected(a);
    std::string got;
    for (int i = 0; i < 200; ++i) {
      co_await two.client->write("x", patient);
      auto turn = [](Acceptor& b) -> awaitable<void> { co_await asio::post(b.context, asio::use_awaitable); };
      const auto first = co_await (two.server->read(patient) || turn(a));
      if (first.index() == 0) got += std::get<0>(first).octets;
    }
    while (got.size() < 200) got += (co_await two.server->read(patient)).octets;
    CHECK(got == std::string(200, 'x'));
    co_await expect_end(*two.server, End::deadline, soon);
  }(acceptor));
}

TEST_CASE("TCP: reading and writing at the same time, with other deadlines") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    Two two = co_await connected(a);
    const std::string big(std::size_t{4} << 20, 'b');
    auto drain = [](Transport& from, std::size_t size) -> awaitable<Read> { co_return co_await read_all(from, size); };
    // The client's read ends at its deadline while its write goes on.
    const auto [read, written, drained] =
        co_await (two.client->read(soon) && two.client->write(big, patient) && drain(*two.server, big.size()));
    CHECK(read.end == End::deadline);
    CHECK(written.end == End::octets);
    CHECK((drained.octets == big));
  }(acceptor));
}

TEST_CASE("TCP: a write that the peer does not read ends at its deadline") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    Two two = co_await connected(a);
    const std::string big(std::size_t{64} << 20, 'b');
    const Written written = co_await two.client->write(big, Time{100});
    CHECK(written.end == End::deadline);
    CHECK(written.problem.find("of 67108864 octets") != std::string::npos);
  }(acceptor));
}

TEST_CASE("TCP: half_close ends one direction alone") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    Two two = co_await connected(a);
    co_await two.client->write("QUIT\r\n", patient);
    two.client->half_close();
    co_await expect(*two.server, "QUIT\r\n");
    co_await expect_end(*two.server, End::closed);
    co_await two.server->write("221\r\n", patient);
    co_await expect(*two.client, "221\r\n");
    co_await expect_write(*two.client, "x", End::reset);
  }(acceptor));
}

TEST_CASE("TCP: reset is seen as reset, by reader and writer") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    Two two = co_await connected(a);
    two.client->reset();
    const Read read = co_await two.server->read(patient);
    CHECK(read.end == End::reset);
    CHECK(read.problem == "Connection reset by peer");
    const Written written = co_await two.server->write("x", patient);
    CHECK(written.end == End::reset);
  }(acceptor));
}

TEST_CASE("TCP: writing to a peer that is gone does not kill, it ends as reset") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    Two two = co_await connected(a);
    two.server->close();
    Written written;
    for (int i = 0; i < 100 && written.end == End::octets; ++i) written = co_await two.client->write("x", patient);
    CHECK(written.end == End::reset);
    CHECK_FALSE(written.problem.empty());
  }(acceptor));
}

TEST_CASE("TCP: after our own close or reset, reads and writes end at once") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    for (const bool reset : {false, true}) {
      Two two = co_await connected(a);
      if (reset)
        two.client->reset();
      else
        two.client->close();
      co_await expect_end(*two.client, End::reset);
      co_await expect_write(*two.client, "x", End::reset);
      CHECK_FALSE(two.client->local().empty());
      two.client->half_close();
      two.client->close();
    }
  }(acceptor));
}

TEST_CASE("TCP: each write is one segment, without waiting for an acknowledgement") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    Two two = co_await connected(a);
    for (const std::string piece : {"a", "bc", "def"}) {
      co_await two.client->write(piece, patient);
      const Read read = co_await two.server->read(patient);
      CHECK(read.octets == piece);
    }
  }(acceptor));
}

TEST_CASE("TCP: a peer that always sends does not starve the others") {
  Acceptor acceptor;
  run(acceptor.context, [](Acceptor& a) -> awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    Two two = co_await connected(a);
    int turns = 0;
    auto count = [](Acceptor& b, int& turn) -> awaitable<void> {
      for (; turn < 16; ++turn) co_await asio::post(b.context, asio::use_awaitable);
    };
    auto read = [](Two& t, const int& turn) -> awaitable<void> {
      for (int i = 0; i < 16; ++i) {
        co_await t.client->write("x", patient);
        const Read piece = co_await t.server->read(patient);
        CHECK(piece.octets == "x");
      }
      CHECK(turn >= 15);
    };
    co_await (read(two, turns) && count(a, turns));
  }(acceptor));
}

TEST_CASE("a transport may outlive nothing: the context ends with reads under way") {
  auto acceptor = std::make_unique<Acceptor>();
  asio::co_spawn(
      acceptor->context,
      [](Acceptor& a) -> awaitable<void> {
        Two two = co_await connected(a);
        co_await two.server->read(patient);
        FAIL("nothing was sent");
      }(*acceptor),
      asio::detached);
  acceptor->context.run_for(50ms);
  CHECK_FALSE(acceptor->context.stopped());
  acceptor.reset();
}
