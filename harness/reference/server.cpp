#include "harness/reference/server.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "harness/wire/deadline.hpp"

namespace smtpspec::reference {
namespace {

using wire::End;
using Want = Session::Want;

/// For a client that does not take its replies, or does not go on with its handshake.
constexpr wire::Time write_deadline{60'000};
constexpr wire::Time handshake_deadline{60'000};
/// How long a closed connection is read on, so that octets on their way do not reset it and lose the last reply.
constexpr wire::Time linger{1000};
constexpr std::size_t max_linger = std::size_t{1} << 20;

/// What a connection has sent that is not delivered yet.
struct Held {
  wire::Transport& transport;
  std::size_t octets = 0;
};

/// What the connections share; they may outlive the server's object by a turn of the executor.
struct Shared {
  Server::Options options;
  Deliver deliver;
  Faults faults;
  std::set<Held*> holding = {};
  std::size_t held = 0;  ///< the sum over `holding`
};

/// Counts what one connection holds, as long as it is served.
class Account {
 public:
  Account(Shared& shared, wire::Transport& transport) : shared_(shared), held_{transport} {
    shared_.holding.insert(&held_);
  }
  ~Account() {
    clear();
    shared_.holding.erase(&held_);
  }
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  void add(std::size_t octets) {
    held_.octets += octets;
    shared_.held += octets;
    while (shared_.held > shared_.options.bounds.held) {
      Held& most = **std::max_element(shared_.holding.begin(), shared_.holding.end(),
                                      [](const Held* a, const Held* b) { return a->octets < b->octets; });
      shared_.held -= std::exchange(most.octets, 0);
      most.transport.reset();
    }
  }
  void clear() { shared_.held -= std::exchange(held_.octets, 0); }

 private:
  Shared& shared_;
  Held held_;
};

asio::awaitable<bool> handshake(wire::Stream& stream, Shared& shared) {
  const auto done =
      co_await stream.handshake(*shared.options.tls, wire::TlsEngine::Role::server, "", handshake_deadline);
  co_return done.end == End::octets;
}

/// Ends the connection in good order: close_notify, FIN, and what still comes is read and thrown away for a while.
asio::awaitable<void> close(wire::Stream& stream, bool says_close_notify) {
  if (says_close_notify) co_await stream.close_notify(linger);  // without TLS it sends nothing
  wire::Transport& transport = stream.transport();
  transport.half_close();
  const wire::Deadline end(linger);
  for (std::size_t octets = 0; octets < max_linger && !end.over();) {
    const wire::Read read = co_await transport.read(end.left());
    if (read.end != End::octets) break;
    octets += read.octets.size();
  }
  transport.close();
}

/// Of "[::1]:25" it is "[::1]".
std::string address_of(const std::string& endpoint) { return endpoint.substr(0, endpoint.rfind(':')); }

/// A part of what was read, where all of it is too much at once.
std::string take(std::string& unread, std::size_t most) {
  std::string part = unread.substr(0, most);
  unread.erase(0, part.size());
  return part;
}

/// Reads once, unless there is something unread, and tells the session what came of it.
asio::awaitable<void> read(wire::Stream& stream, Session& session, std::size_t at_once, std::string& unread,
                           Account& account) {
  if (!unread.empty()) {
    // A client that always has more to say must not keep the other coroutines of the executor from running.
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    session.receive(take(unread, at_once));
    co_return;
  }
  wire::Read read = co_await stream.read(wire::Time(session.patience_ms()));
  account.add(read.octets.size());
  switch (read.end) {
    case End::octets:
      unread = std::move(read.octets);
      session.receive(take(unread, at_once));
      break;
    case End::deadline: session.timed_out(); break;
    case End::tls_closed: session.tls_ended(); break;
    default: session.peer_closed(); break;
  }
}

asio::awaitable<void> serve(std::shared_ptr<Shared> shared, std::unique_ptr<wire::Transport> transport) {
  wire::Stream stream(std::move(transport));
  if (shared->options.implicit_tls && !co_await handshake(stream, *shared)) co_return;
  Session session(shared->options.settings, shared->faults, shared->options.implicit_tls);
  Account account(*shared, stream.transport());
  const std::size_t at_once = shared->options.bounds.at_once;
  std::string unread;
  for (;;) {
    account.add(session.take_overhead());
    const std::string output = session.take_output();
    if (!output.empty()) {
      const wire::Written written = co_await stream.write(output, write_deadline);
      if (written.end != End::octets) session.peer_closed();
    }
    switch (session.want()) {
      case Want::octets: co_await read(stream, session, at_once, unread, account); break;
      case Want::tls:
        unread = {};
        if (co_await handshake(stream, *shared)) {
          session.tls_started();
        } else {
          session.tls_failed();
        }
        break;
      case Want::deliver:
        session.accepted_from(address_of(stream.transport().remote()));
        session.delivered(co_await shared->deliver(session.accepted()));
        account.clear();
        break;
      case Want::close: co_await close(stream, session.says_close_notify()); co_return;
    }
  }
}

wire::Listener::Serve serve_by(Server::Options options, Deliver deliver, const Faults& faults) {
  if (!options.tls) options.tls = wire::TlsContext::server(options.settings.hostname);
  const auto shared = std::make_shared<Shared>(Shared{std::move(options), std::move(deliver), faults});
  return [shared](std::unique_ptr<wire::Transport> transport) { return serve(shared, std::move(transport)); };
}

}  // namespace

Server::Server(asio::any_io_executor executor, Options options, Deliver deliver, const Faults& faults)
    : listener_(std::move(executor), options.host, options.port, serve_by(options, std::move(deliver), faults),
                options.bounds.connections, options.bounds.when_full) {}

}  // namespace smtpspec::reference
