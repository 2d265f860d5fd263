// A mail server in forty lines, and its fuzzer in two. The planted bug: RSET keeps the recipients (RFC 5321 section
// 4.1.1.5), so that DATA is taken after it with no MAIL before. -DMENDED mends it.
#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include <smtpspec/fuzz_session.hpp>

class Session {
 public:
  void receive(std::string_view octets) {
    in_ += octets;
    for (std::size_t end = 0; !closed_ && (end = in_.find("\r\n")) != std::string::npos; in_.erase(0, end + 2))
      out_ += in_data_ ? text(in_.substr(0, end)) : command(in_.substr(0, end));
  }
  std::string take_output() { return std::exchange(out_, ""); }
  bool closed() const { return closed_; }

 private:
  std::string text(const std::string& line) {
    if (line != ".") return "";
    in_data_ = has_sender_ = false;
    recipients_ = 0;
    return "250 Taken\r\n";
  }
  std::string command(std::string line) {
    std::transform(line.begin(), line.end(), line.begin(), [](unsigned char c) { return std::toupper(c); });
    const std::string verb = line.substr(0, line.find(' '));
    const bool greets = verb == "EHLO" || verb == "HELO";
    if (greets && line == verb) return "501 Who?\r\n";
    const bool reset = greets || verb == "RSET";
    if (reset) has_sender_ = false;
#ifdef MENDED
    if (reset) recipients_ = 0;
#endif
    if (greets) return "250 mx.example.test\r\n";
    if (verb == "RSET" || verb == "NOOP") return "250 Ok\r\n";
    if (verb == "QUIT") return closed_ = true, "221 mx.example.test\r\n";
    if (verb == "VRFY") return "252 Perhaps\r\n";
    if (verb == "MAIL") {
      if (has_sender_) return "503 Once\r\n";
      has_sender_ = line.starts_with("MAIL FROM:<") && line.ends_with('>');
      return has_sender_ ? "250 Ok\r\n" : "501 From whom?\r\n";
    }
    if ((verb == "RCPT" && !has_sender_) || (verb == "DATA" && recipients_ == 0)) return "503 Not yet\r\n";
    if (verb == "RCPT" && !line.ends_with("@EXAMPLE.TEST>")) return "550 Not here\r\n";
    if (verb == "RCPT") return ++recipients_, "250 Ok\r\n";
    return verb == "DATA" ? in_data_ = true, "354 Go\r\n" : "500 What?\r\n";
  }
  std::string in_, out_ = "220 mx.example.test\r\n";
  bool has_sender_ = false, in_data_ = false, closed_ = false;
  int recipients_ = 0;
};

static const smtpspec_server server = smtpspec::server_of<Session>();
SMTPSPEC_FUZZ(server)
