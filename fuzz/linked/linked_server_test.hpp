// The reference server as somebody's own, behind the functions of fuzz_session.h.
#pragma once

#include <algorithm>
#include <string>

#include "fuzz/linked/fuzz_session.h"
#include "harness/reference/session.hpp"

namespace smtpspec::fuzz {

struct OwnServer {
  reference::Settings settings = {};
  reference::Faults faults = {};

  [[nodiscard]] smtpspec_server as_server() {
    smtpspec_server server{};
    server.context = this;
    server.open = [](void* own) -> void* { return new OwnSession(*static_cast<OwnServer*>(own)); };
    server.receive = [](void* own, const char* octets, std::size_t count) {
      static_cast<OwnSession*>(own)->receive(std::string_view(octets, count));
    };
    server.give = [](void* own, char* room, std::size_t count) {
      return static_cast<OwnSession*>(own)->give(room, count);
    };
    server.state = [](void* own) {
      using Want = reference::Session::Want;
      const Want want = static_cast<OwnSession*>(own)->session.want();
      return want == Want::close ? SMTPSPEC_CLOSES : want == Want::tls ? SMTPSPEC_STARTS_TLS : SMTPSPEC_READS;
    };
    server.close = [](void* own) { delete static_cast<OwnSession*>(own); };
    server.tls_started = [](void* own) { static_cast<OwnSession*>(own)->session.tls_started(); };
    return server;
  }

 private:
  struct OwnSession {
    explicit OwnSession(OwnServer& own) : session(own.settings, own.faults, false) {}
    void receive(std::string_view octets) {
      session.receive(octets);
      while (session.want() == reference::Session::Want::deliver) {
        const reference::Accepted& mail = session.accepted();
        smtpspec_delivered(mail.reverse_path.c_str(), mail.recipients.size(), mail.message.data(), mail.message.size());
        session.delivered(std::vector<bool>(mail.recipients.size(), true));
      }
    }
    std::size_t give(char* room, std::size_t count) {
      if (ready.empty()) ready = session.take_output();
      const std::size_t given = std::min(count, ready.size());
      ready.copy(room, given);
      ready.erase(0, given);
      return given;
    }
    reference::Session session;
    std::string ready;
  };
};

}  // namespace smtpspec::fuzz
