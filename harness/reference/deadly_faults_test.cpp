// Faults that end the process: each in one of its own. Not every one of them is noticed where no sanitizer watches.
#include <csignal>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/reference/dialogue_test.hpp"

namespace smtpspec::reference {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool is_watched = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool is_watched = true;
#else
constexpr bool is_watched = false;
#endif
#else
constexpr bool is_watched = false;
#endif

struct Case {
  Fault fault;
  std::string deadly;
  std::string harmless;  ///< nearly the same
};

const std::string mail = "EHLO client.example\r\nMAIL FROM:<>\r\n";
const std::string rcpt = "RCPT TO:<alice@example.test>\r\n";
const std::string unknown = "RCPT TO:<nobody@example.test>\r\n";

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

const std::vector<Case> cases = {
    {Fault::path_in_64_octets, mail + "RCPT TO:<" + std::string(60, 'a') + "@example.test>\r\n", mail + rcpt},
    {Fault::verb_in_16_octets, std::string(17, 'A') + "\r\n", std::string(16, 'A') + "\r\n"},
    {Fault::sender_used_after_rset, mail + "RSET\r\nVRFY a\r\n", "EHLO a.example\r\nRSET\r\nVRFY a\r\n"},
    {Fault::refusal_freed_twice, mail + unknown + unknown, mail + unknown + rcpt},
    {Fault::value_of_nothing, "EHLO a.example\r\nMAIL FROM:<> SIZE\r\n", "EHLO a.example\r\nMAIL FROM:<> SIZE=1\r\n"},
    {Fault::chunk_in_16_bits, mail + rcpt + "BDAT 65536\r\n", mail + rcpt + "BDAT 65535\r\n"},
    {Fault::octet_beyond_the_table, "EHLO a.example\r\nAUTH LOGIN\r\n\x80\r\n",
     "EHLO a.example\r\nAUTH LOGIN\r\na\r\n"},
    {Fault::literal_without_end, "EHLO [" + std::string(9, '1') + "\r\n", "EHLO [127.0.0.1]\r\n"},
    {Fault::text_line_in_1000_octets, mail + rcpt + "DATA\r\n" + std::string(1001, 'a'),
     mail + rcpt + "DATA\r\n" + std::string(999, 'a')},
    {Fault::twenty_recipients, mail + times(22, rcpt), mail + times(20, rcpt)},
    {Fault::spins_on_backslash, "NOOP \\\r\n", "NOOP \\a\r\n"},
};

bool survives(const std::string& octets, const Faults& faults) {
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);                                        // what a sanitizer says
    for (const int fatal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE}) std::signal(fatal, SIG_DFL);  // Catch2 has its own
    alarm(5);
    Settings settings;
    settings.users["alice"] = "secret";
    settings.auth_needs_tls = false;
    Player player(settings, faults);
    player.send(octets, 0);
    _exit(0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return status == 0;
}

TEST_CASE("each deadly fault ends the process, where it is on and what it waits for comes") {
  std::size_t all = 0;
  for (const FaultRow& row : fault_table()) all += row.deadly ? 1 : 0;
  CHECK(cases.size() == all);
  for (const Case& one : cases) {
    CAPTURE(name(one.fault));
    Faults faults;
    faults.add(one.fault);
    CHECK(row_of(one.fault).deadly);
    CHECK(survives(one.harmless, faults));
    CHECK(survives(one.deadly, {}));
    const bool shows = is_watched || one.fault == Fault::spins_on_backslash || one.fault == Fault::value_of_nothing;
    if (shows) CHECK_FALSE(survives(one.deadly, faults));
  }
}

}  // namespace
}  // namespace smtpspec::reference
