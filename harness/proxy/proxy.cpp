#include "harness/proxy/proxy.hpp"

#include <set>
#include <utility>

#include <asio/this_coro.hpp>

namespace smtpspec::proxy {

/// What the connections share; they may outlive the proxy by a turn of the executor.
struct Proxy::Shared {
  Settings settings;
  Over over;
  std::size_t begun = 0;
  std::set<Passage*> under_way = {};
  std::unique_ptr<wire::Listener> listener = nullptr;

  [[nodiscard]] bool is_full() const { return settings.most_in_all > 0 && begun >= settings.most_in_all; }

  static asio::awaitable<void> serve(std::shared_ptr<Shared> shared, std::unique_ptr<wire::Transport> client) {
    if (!shared->listener || shared->is_full()) co_return;
    ++shared->begun;
    if (shared->is_full()) shared->listener->stop();
    Passage passage(co_await asio::this_coro::executor, shared->settings.passage, std::move(client),
                    shared->settings.name());
    shared->under_way.insert(&passage);
    // Whatever ends the coroutine, nobody may find the passage any more.
    const std::unique_ptr<Passage, std::function<void(Passage*)>> registered(
        &passage, [shared](Passage* one) { shared->under_way.erase(one); });
    co_await passage.run();
    shared->over(passage.passed());
  }
};

Proxy::Proxy(const asio::any_io_executor& executor, Settings settings, Over over)
    : shared_(std::make_shared<Shared>(Shared{std::move(settings), std::move(over)})) {
  Settings& ours = shared_->settings;
  const scenario::Target::Tls& tls = ours.passage.target.tls;
  if (!ours.passage.to_server) ours.passage.to_server = wire::TlsContext::client({tls.verify, tls.ca});
  if (!ours.passage.to_client) ours.passage.to_client = wire::TlsContext::server("localhost");
  const std::weak_ptr<Shared> weak = shared_;
  shared_->listener = std::make_unique<wire::Listener>(
      executor, ours.host, ours.port,
      [weak](std::unique_ptr<wire::Transport> client) { return Shared::serve(weak.lock(), std::move(client)); },
      ours.most_at_once);
}

Proxy::~Proxy() { shared_->listener.reset(); }

std::string Proxy::address() const { return shared_->listener->address(); }
bool Proxy::is_done() const { return shared_->is_full() && under_way() == 0; }
std::size_t Proxy::under_way() const { return shared_->under_way.size(); }
std::string Proxy::problem() const { return shared_->listener->problem(); }

void Proxy::end(std::string_view why) {
  shared_->listener->stop();
  const std::set<Passage*> now = shared_->under_way;
  for (Passage* one : now) one->end(why);
}

}  // namespace smtpspec::proxy
