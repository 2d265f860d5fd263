#include "fuzz/session/session_input.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "harness/ledger/requirement.hpp"
#include "harness/scenario/text.hpp"

namespace smtpspec::fuzz {

using scenario::Send;
using scenario::Step;
using scenario::Text;

namespace {

constexpr std::string_view other_session = "other";
constexpr std::chrono::milliseconds longest_pause{50};

/// A hole for which there is a value, and which is no run without end.
bool can_be_filled(const scenario::Piece& piece) {
  using Kind = scenario::Piece::Kind;
  const auto& known = scenario::known_values();
  const auto is_it = [&](const scenario::KnownValue& one) { return one.name == piece.name; };
  switch (piece.kind) {
    case Kind::literal: return true;
    case Kind::value: return std::any_of(known.begin(), known.end(), is_it);
    case Kind::sum: return false;
    case Kind::repeat:
    case Kind::fill:
      return piece.name.empty() && piece.count * std::max<std::size_t>(piece.octets.size(), 1) <= longest_run;
    case Kind::base64: return std::all_of(piece.inner.begin(), piece.inner.end(), can_be_filled);
  }
  return false;
}

/// Octets that are no text of a scenario file, or hold what cannot be filled, stand for themselves.
Text text_of(std::string_view source) {
  const auto text = scenario::parse_text(source);
  if (!text || !std::all_of(text->pieces.begin(), text->pieces.end(), can_be_filled)) return scenario::literal(source);
  return *text;
}

Send sending(Text octets, Send::Framing framing) {
  Send send;
  send.octets = std::move(octets);
  send.framing = framing;
  return send;
}

/// Cuts "99 text" into a number and the rest; nullopt where no number leads it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

class Decoder {
 public:
  scenario::Scenario decode(std::string_view input) {
    out_.id = out_.family = "fuzz/session";
    out_.title = "A session that a campaign found";
    for (bool first = true; !input.empty() && out_.steps.size() < most_actions; first = false) {
      const std::size_t end = std::min(input.find('\n'), input.size());
      const std::string_view line = input.substr(0, end);
      input.remove_prefix(std::min(end + 1, input.size()));
      if (!first || !begin(line)) take(line);
    }
    if (!out_.steps.empty() && !out_.steps.back().owed) add(scenario::Await{}, true);
    // What the first session is owed is awaited before its end, whatever the other one does last.
    session_.clear();
    const auto is_of_first = [](const Step& step) { return step.session.empty(); };
    const auto last = std::find_if(out_.steps.rbegin(), out_.steps.rend(), is_of_first);
    if (last == out_.steps.rend() || !last->owed) add(scenario::Await{}, true);
    return std::move(out_);
  }

 private:
  bool begin(std::string_view line) {
    if (!line.starts_with("= ")) return false;
    if (const auto ladder = ledger::named<scenario::Ladder>(line.substr(2))) out_.from = *ladder;
    return true;
  }

  void take(std::string_view line) {
    const char letter = line.empty() ? '\0' : line.front();
    const bool alone = line.size() == 1;
    if (!alone && (line.size() < 2 || line[1] != ' ')) return add_line(line);
    const std::string_view rest = alone ? std::string_view() : line.substr(2);
    switch (letter) {
      case '>':
      case '.':
      case '+':
      case 'U': return add_octets(letter, rest);
      case 'M':
      case 'm': return add_message(letter, rest);
      case 'C':
      case 'L': return add_chunk(letter == 'L', rest);
      case 'P': return add_pause(rest);
      case 'T': return add(scenario::Handshake{}, false);
      case 'N': return add(scenario::CloseNotify{}, false);
      case 'H': return add(scenario::HalfClose{}, true);
      case 'R': return add(scenario::Reset{}, false);
      case 'X': return add(scenario::Close{}, false);
      case 'A': return add_login(rest);
      case '@': return change_session();
      default: return add_line(line);
    }
  }

  void add(scenario::Action action, bool owed) {
    Step step;
    step.action = std::move(action);
    step.session = session_;
    step.owed = owed;
    out_.steps.push_back(std::move(step));
  }
  void add_send(Send send, bool owed = true) { add(std::move(send), owed); }
  void add_line(std::string_view line) { add_send(sending(text_of(line), Send::Framing::line)); }

  void add_octets(char letter, std::string_view rest) {
    Send send = sending(text_of(rest), Send::Framing::none);
    send.beneath_tls = letter == 'U';
    send.cut.each_octet = letter == '.';
    add_send(std::move(send), letter != '+');
  }

  void add_message(char letter, std::string_view rest) {
    Send send = sending(text_of(rest), Send::Framing::data);
    send.cut.each_octet = letter == 'm';
    add_send(std::move(send));
  }

  void add_chunk(bool last, std::string_view rest) {
    const auto size = take_number(rest);
    Send send = sending(text_of(rest), Send::Framing::chunk);
    send.last_chunk = last;
    send.chunk_size = size;
    add_send(std::move(send));
  }

  void add_pause(std::string_view rest) {
    std::uint64_t number = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), number);
    const auto most = static_cast<std::uint64_t>(longest_pause.count());
    add(scenario::Pause{scenario::Duration(static_cast<long>(std::min(number, most)))}, false);
  }

  void add_login(std::string_view mechanism) {
    const auto fits = [](char octet) {
      return (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9') || octet == '-';
    };
    if (mechanism.empty() || mechanism.size() > 20 || !std::all_of(mechanism.begin(), mechanism.end(), fits))
      return add_line("AUTH " + std::string(mechanism));
    scenario::Login login;
    login.mechanism = mechanism;
    add(std::move(login), true);
  }

  void change_session() {
    session_ = session_.empty() ? other_session : std::string_view();
    if (session_.empty() || std::exchange(opened_, true)) return;
    add(scenario::Open{}, false);
  }

  scenario::Scenario out_;
  std::string session_;
  bool opened_ = false;
};

/// The session that an action is of, written as lines.
class Encoder {
 public:
  bool take(const Step& step) {
    if (!step.session.empty() && !named_) named_ = step.session;
    if (!step.session.empty() && step.session != *named_) return false;
    if (step.session.empty() == other_) {
      lines_ += "@\n";
      other_ = !other_;
    }
    return std::visit([&](const auto& action) { return take(action, step.owed || !step.replies.empty()); },
                      step.action);
  }
  [[nodiscard]] std::string lines() && { return std::move(lines_); }

 private:
  bool line(char letter, std::string_view rest = {}) {
    lines_ += letter;
    if (!rest.empty()) lines_.append(" ").append(rest);
    lines_ += '\n';
    return true;
  }

  bool take(const Send& send, bool awaits) {
    // What is cut at some places only is cut at each octet: an input knows no offsets, and no time between segments.
    const bool is_cut = send.cut != scenario::Cut{};
    std::string source = scenario::to_source(send.octets);
    switch (send.framing) {
      case Send::Framing::data: return line(is_cut ? 'm' : 'M', source);
      case Send::Framing::chunk: {
        // A text that begins with a number would be taken for a size.
        const std::string size = send.chunk_size ? std::to_string(*send.chunk_size) + " " : std::string();
        return line(send.last_chunk ? 'L' : 'C', size + source);
      }
      case Send::Framing::line: source += "\\r\\n"; break;
      case Send::Framing::none: break;
    }
    return line(send.beneath_tls ? 'U' : is_cut ? '.' : awaits ? '>' : '+', source);
  }
  bool take(const scenario::Login& login, bool) {
    return !login.user && !login.password && login.initial_response && line('A', login.mechanism);
  }
  bool take(const scenario::Open& open, bool) { return open.ladder == scenario::Ladder::greeted; }
  bool take(const scenario::Pause& pause, bool) { return line('P', std::to_string(pause.duration.count())); }
  bool take(const scenario::Await&, bool) { return true; }
  bool take(const scenario::Handshake&, bool) { return line('T'); }
  bool take(const scenario::CloseNotify&, bool) { return line('N'); }
  bool take(const scenario::HalfClose&, bool) { return line('H'); }
  bool take(const scenario::Reset&, bool) { return line('R'); }
  bool take(const scenario::Close&, bool) { return line('X'); }

  std::string lines_;
  std::optional<std::string> named_;
  bool other_ = false;
};

}  // namespace

scenario::Scenario decode(std::string_view input) { return Decoder().decode(input); }

std::optional<std::string> encode(const scenario::Scenario& scenario) {
  if (!scenario.rule.empty()) return std::nullopt;
  Encoder encoder;
  for (const Step& step : scenario.steps)
    if (!encoder.take(step)) return std::nullopt;
  return "= " + std::string(ledger::name(scenario.from)) + "\n" + std::move(encoder).lines();
}

}  // namespace smtpspec::fuzz
