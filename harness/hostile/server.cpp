#include "harness/hostile/server.hpp"

#include <utility>

#include "harness/hostile/misbehaviour.hpp"
#include "harness/smtp/command.hpp"

namespace smtpspec::hostile {
namespace {

using reference::Session;
using wire::End;
using Want = Session::Want;

constexpr wire::Time patience{60'000};

/// What the connections share.
struct Shared {
  Options options;
  std::vector<Behaviour> behaviours;
  reference::Deliver deliver;
  std::shared_ptr<wire::TlsContext> tls;
  std::size_t connections = 0;
};

Point point_of(smtp::Verb verb) {
  using smtp::Verb;
  constexpr std::pair<Verb, Point> points[] = {
      {Verb::ehlo, Point::ehlo}, {Verb::helo, Point::ehlo}, {Verb::lhlo, Point::ehlo},
      {Verb::mail, Point::mail}, {Verb::rcpt, Point::rcpt}, {Verb::data, Point::data},
      {Verb::bdat, Point::bdat}, {Verb::rset, Point::rset}, {Verb::noop, Point::noop},
      {Verb::quit, Point::quit}, {Verb::auth, Point::auth}, {Verb::starttls, Point::starttls},
  };
  for (const auto& [known, point] : points)
    if (known == verb) return point;
  return Point::vrfy;
}

/// One connection: the reference session says what is correct, the behaviour what is done.
class Connection {
 public:
  Connection(Shared& shared, const Behaviour& behaviour, std::unique_ptr<wire::Transport> transport, bool correct)
      : shared_(shared),
        behaviour_(behaviour),
        stream_(std::move(transport)),
        session_(shared.options.settings, reference::Faults{}, shared.options.implicit_tls),
        correct_(correct) {}

  asio::awaitable<void> serve() {
    if (shared_.options.implicit_tls) {
      const bool done = co_await handshake();
      if (!done) co_return;
    }
    bool there = co_await answer(Point::greeting);
    while (there) {
      switch (session_.want()) {
        case Want::octets: there = co_await take(); break;
        case Want::tls:
          there = co_await handshake();
          if (there) session_.tls_started();
          break;
        case Want::deliver: {
          const std::vector<bool> delivered = co_await shared_.deliver(session_.accepted());
          session_.delivered(delivered);
          there = co_await answer(point_);
          break;
        }
        case Want::close: co_return;
      }
    }
  }

 private:
  [[nodiscard]] bool begins(Point point) const {
    const Point where = behaviour_.point;
    return !correct_ &&
           (where == point || (where == Point::every && point < Point::starttls && point != Point::message));
  }

  /// Says what the session has to say at this point, or misbehaves; false when the session is over.
  asio::awaitable<bool> answer(Point point) {
    point_ = point;
    std::string reply = session_.take_output();
    in_data_ = reply.starts_with("354") || (in_data_ && reply.empty());
    in_auth_ = reply.starts_with("334");
    answered_ = !reply.empty();
    if (reply.empty() && point != Point::message) co_return true;
    if (!begins(point)) co_return co_await write_all(stream_, std::move(reply));
    co_return co_await perform(behaviour_, stream_, std::move(reply));
  }

  /// One line, or what there is of a message, to the session.
  asio::awaitable<bool> take() {
    if (pending_.empty()) {
      wire::Read read = co_await stream_.read(patience);
      if (read.end != End::octets) co_return false;
      pending_ = std::move(read.octets);
    }
    if (in_data_ && begins(Point::message)) co_return co_await answer(Point::message);
    const std::size_t line = pending_.find('\n');
    const bool all = in_data_ || line == std::string::npos;
    const std::string octets = pending_.substr(0, all ? pending_.size() : line + 1);
    pending_.erase(0, octets.size());
    // What gets no reply, a half of a line or the octets of a chunk, belongs to the command before.
    if (in_data_) {
      point_ = Point::end;
    } else if (in_auth_) {
      point_ = Point::auth;
    } else if (answered_) {
      point_ = point_of(smtp::verb_of(std::string_view(octets).substr(0, octets.find_first_of(" \r\n"))));
    }
    session_.receive(octets);
    if (session_.want() == Want::deliver) co_return true;
    co_return co_await answer(point_);
  }

  asio::awaitable<bool> handshake() {
    pending_.clear();  // RFC 3207 section 6: nothing that was sent in plain text is read after the handshake
    if (begins(Point::handshake)) {
      co_await break_handshake(behaviour_, stream_, *shared_.tls);
      co_return false;
    }
    const auto done = co_await stream_.handshake(*shared_.tls, wire::TlsEngine::Role::server, "", patience);
    if (done.end != End::octets) co_return false;
    if (!begins(Point::under_tls)) co_return true;
    const std::string nothing;
    co_return co_await perform(behaviour_, stream_, nothing);
  }

  Shared& shared_;
  const Behaviour& behaviour_;
  wire::Stream stream_;
  Session session_;
  std::string pending_;  ///< read, and not yet given to the session
  Point point_ = Point::greeting;
  bool in_data_ = false;
  bool in_auth_ = false;
  bool answered_ = true;  ///< the last octets had a reply
  bool correct_;
};

asio::awaitable<void> serve(std::shared_ptr<Shared> shared, std::unique_ptr<wire::Transport> transport) {
  const bool correct = ++shared->connections <= shared->options.correct;
  const Behaviour& behaviour = shared->behaviours[(shared->connections - 1) % shared->behaviours.size()];
  Connection connection(*shared, behaviour, std::move(transport), correct);
  co_await connection.serve();
}

}  // namespace

wire::Listener listen(asio::any_io_executor executor, Options options, std::vector<Behaviour> behaviours,
                      reference::Deliver deliver) {
  const std::uint16_t port = options.port;
  const auto shared = std::make_shared<Shared>(Shared{std::move(options), std::move(behaviours), std::move(deliver),
                                                      wire::TlsContext::server("hostile.example"), 0});
  const auto serve_one = [shared](std::unique_ptr<wire::Transport> transport) {
    return serve(shared, std::move(transport));
  };
  return {std::move(executor), "127.0.0.1", port, serve_one, 5000};
}

}  // namespace smtpspec::hostile
