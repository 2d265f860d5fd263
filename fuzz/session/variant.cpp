#include "fuzz/session/variant.hpp"

#include <string>
#include <utility>

#include "harness/scenario/text.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::fuzz {

using scenario::Send;
using scenario::Step;

namespace {

constexpr std::string_view line_end = "\\r\\n";  // as a text's source has it

/// What a step of a plain dialogue is: the verb of a command, or one of these.
constexpr std::string_view message = "(message)";
constexpr std::string_view chunk = "(chunk)";

std::string verb_in(std::string_view line) { return smtp::to_upper(line.substr(0, line.find(' '))); }

/// No octet that a server may take for an end, or throw away.
bool is_plain(std::string_view source) {
  return source.find("\\r") == std::string_view::npos && source.find("\\n") == std::string_view::npos &&
         source.find("\\0") == std::string_view::npos && source.find("\\x") == std::string_view::npos;
}

/// nullopt where the step is none of a plain dialogue.
std::optional<std::string> kind_of(const Step& step) {
  const auto* send = std::get_if<Send>(&step.action);
  if (send == nullptr || !step.session.empty() || !step.owed || send->beneath_tls || send->cut != scenario::Cut{})
    return std::nullopt;
  std::string source = scenario::to_source(send->octets);
  if (send->framing == Send::Framing::data) return std::string(message);
  if (send->framing == Send::Framing::chunk)
    return send->chunk_size ? std::nullopt : std::optional(std::string(chunk) + (send->last_chunk ? "" : "..."));
  if (send->framing == Send::Framing::none) {
    if (!source.ends_with(line_end)) return std::nullopt;
    source.resize(source.size() - line_end.size());
  }
  std::string verb = verb_in(source);
  // What follows these is no command.
  if (!is_plain(source) || verb == "BDAT" || verb == "AUTH" || verb == "STARTTLS") return std::nullopt;
  return verb;
}

/// The kinds of all steps; nullopt where it is no plain dialogue. That nothing but what is owed is awaited is no step.
std::optional<std::vector<std::string>> kinds_of(const scenario::Scenario& session) {
  constexpr std::size_t most = 10;  // so that one more is not one too many
  std::vector<std::string> kinds;
  bool after_data = session.from == scenario::Ladder::data;
  for (const Step& step : session.steps) {
    auto kind = kind_of(step);
    if (!kind || kinds.size() == most) return std::nullopt;
    if ((*kind == message) != after_data) return std::nullopt;
    after_data = *kind == "DATA";
    kinds.push_back(std::move(*kind));
  }
  return after_data ? std::nullopt : std::optional(std::move(kinds));
}

bool is_chunk(std::string_view kind) { return kind.starts_with(chunk); }
bool is_command(std::string_view kind) { return kind != message && !is_chunk(kind); }
bool may_lead(std::string_view kind) { return kind == "MAIL" || kind == "RCPT" || kind == "RSET"; }

class Varying {
 public:
  Varying(const scenario::Scenario& session, const std::vector<std::string>& kinds) : out_(session), kinds_(kinds) {}

  void expect(const std::vector<int>& codes, Variant variant) {
    if (codes.size() != out_.steps.size()) return;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      scenario::Alternative usual;
      usual.code = std::to_string(codes[i]);
      if (variant == Variant::chunked) usual.code.replace(1, 2, "yz");
      out_.steps[i].replies = {{{usual}, {}}};
      out_.steps[i].owed = false;
    }
  }

  std::optional<scenario::Scenario> so(Variant variant, std::size_t where) {
    const std::vector<std::size_t> places = places_of(variant);
    if (places.empty()) return std::nullopt;
    const std::size_t at = places[where % places.size()];
    switch (variant) {
      case Variant::cut: send_at(at).cut.each_octet = true; break;
      case Variant::pipelined:
        for (const std::size_t one : places) await_later(one);
        break;
      case Variant::chunked: chunk_at(at); break;
      case Variant::noop: out_.steps.insert(out_.steps.begin() + static_cast<std::ptrdiff_t>(at), noop()); break;
    }
    return std::move(out_);
  }

 private:
  std::vector<std::size_t> places_of(Variant variant) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < kinds_.size(); ++i)
      if (is_place(variant, i)) places.push_back(i);
    return places;
  }

  bool is_place(Variant variant, std::size_t i) {
    const bool has_next = i + 1 < kinds_.size();
    switch (variant) {
      case Variant::cut: return !is_chunk(kinds_[i]);
      case Variant::pipelined: return may_lead(kinds_[i]) && has_next && is_command(kinds_[i + 1]);
      case Variant::chunked:
        return kinds_[i] == "DATA" && has_next &&
               scenario::to_source(send_at(i + 1).octets).ends_with(line_end);  // DATA would add one
      // Not among the chunks of a message.
      case Variant::noop: return is_command(kinds_[i]) && (i == 0 || !is_chunk(kinds_[i - 1]));
    }
    return false;
  }

  void await_later(std::size_t i) {
    std::vector<scenario::Expectation> due = std::exchange(out_.steps[i].replies, {});
    std::vector<scenario::Expectation>& next = out_.steps[i + 1].replies;
    next.insert(next.begin(), due.begin(), due.end());
    out_.steps[i].owed = false;
  }

  Send& send_at(std::size_t i) { return std::get<Send>(out_.steps[i].action); }

  void chunk_at(std::size_t i) {
    send_at(i + 1).framing = Send::Framing::chunk;
    send_at(i + 1).last_chunk = true;
    out_.steps.erase(out_.steps.begin() + static_cast<std::ptrdiff_t>(i));
  }

  static Step noop() {
    Send send;
    send.octets = scenario::literal("NOOP");
    send.framing = Send::Framing::line;
    Step step;
    step.action = std::move(send);
    step.owed = true;
    return step;
  }

  scenario::Scenario out_;
  const std::vector<std::string>& kinds_;
};

}  // namespace

std::string_view name(Variant variant) {
  switch (variant) {
    case Variant::cut: return "cut";
    case Variant::pipelined: return "pipelined";
    case Variant::chunked: return "chunked";
    case Variant::noop: return "noop";
  }
  return "";
}

std::optional<scenario::Scenario> varied(const scenario::Scenario& session, Variant variant, std::size_t where,
                                         const std::vector<int>& usual) {
  const auto kinds = kinds_of(session);
  if (!kinds) return std::nullopt;
  Varying varying(session, *kinds);
  varying.expect(usual, variant);
  return varying.so(variant, where);
}

}  // namespace smtpspec::fuzz
