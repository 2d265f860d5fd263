#include "harness/memory/reference_session.hpp"

#include <utility>

#include "harness/delivery/accepted.hpp"

namespace smtpspec::memory {

namespace {

class ReferenceSession : public ServerSession {
 public:
  ReferenceSession(const reference::Settings& settings, const reference::Faults& faults,
                   std::vector<record::Delivery>& delivered)
      : session_(settings, faults, false), delivered_(delivered) {}

  [[nodiscard]] Want want() const override { return session_.want(); }
  [[nodiscard]] std::string take_output() override { return session_.take_output(); }
  void receive(std::string_view octets) override { session_.receive(octets); }
  void tls_started() override { session_.tls_started(); }
  void tls_failed() override { session_.tls_failed(); }
  void tls_ended() override { session_.tls_ended(); }
  void deliver() override {
    delivered_.push_back(delivery::delivery_of(session_.accepted(), "memory"));
    const std::size_t recipients = session_.accepted().recipients.size();
    session_.delivered(std::vector<bool>(recipients, true));
  }
  void peer_closed() override { session_.peer_closed(); }
  void timed_out() override { session_.timed_out(); }
  [[nodiscard]] record::Time patience() const override { return std::chrono::milliseconds(session_.patience_ms()); }
  [[nodiscard]] bool says_close_notify() const override { return session_.says_close_notify(); }

 private:
  reference::Session session_;
  std::vector<record::Delivery>& delivered_;
};

}  // namespace

OpenSession reference_sessions(reference::Settings settings, const reference::Faults& faults) {
  return [settings = std::move(settings), faults](std::vector<record::Delivery>& delivered) {
    return std::make_unique<ReferenceSession>(settings, faults, delivered);
  };
}

}  // namespace smtpspec::memory
