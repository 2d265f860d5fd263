#include "harness/scenario/step_loader.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "harness/scenario/expectation_loader.hpp"

namespace smtpspec::scenario {
namespace {

const std::vector<std::string> actions = {"send", "bytes", "message", "chunk", "pause",
                                          "open", "tls",   "close",   "login"};
const std::vector<std::string> ladder_words = {"connected", "greeted", "tls", "authenticated", "mail", "rcpt", "data"};

/// A key beside the action, and the actions that it belongs to; "" is a step that only awaits.
struct Modifier {
  std::string_view key;
  std::vector<std::string_view> of;
};
const std::vector<Modifier> modifiers = {
    {"on", {"send", "bytes", "message", "chunk", "tls", "close", "login", ""}},
    {"cut", {"send", "bytes", "message", "chunk"}},
    {"gap", {"send", "bytes", "message", "chunk"}},
    {"beneath-tls", {"send", "bytes", "message", "chunk"}},
    {"header", {"message"}},
    {"last", {"chunk"}},
    {"size", {"chunk"}},
    {"from", {"open"}},
    {"user", {"login"}},
    {"password", {"login"}},
    {"initial", {"login"}},
    {"within", {"send", "bytes", "message", "chunk", "tls", "open", "close", "login", ""}},
    {"expect", {"send", "bytes", "message", "chunk", "tls", "open", "close", "login", ""}},
    {"replies", {"send", "bytes", "message", "chunk", "tls", "open", "close", "login", ""}},
};

std::string quoted(const std::vector<std::string_view>& of) {
  std::vector<std::string> out;
  for (const auto action : of)
    if (!action.empty()) out.push_back(fmt::format("'{}'", action));
  return one_of(out);
}

class StepReader {
 public:
  StepReader(Reader& reader, Values& values, std::set<std::string>& sessions)
      : reader_(reader), values_(values), sessions_(sessions) {}

  Step read(const Item& item) {
    Step step;
    step.place = reader_.place(item.spot);
    std::vector<std::string> keys = actions;
    for (const Modifier& modifier : modifiers) keys.emplace_back(modifier.key);
    if (!reader_.keys(item, "a step", keys)) return step;
    const Entry* action = find_action(item);
    check_modifiers(item, action == nullptr ? "" : action->key);
    if (action != nullptr) read_action(item, *action, step);
    read_modifiers(item, step);
    return step;
  }

 private:
  const Entry* find_action(const Item& item) {
    const Entry* found = nullptr;
    for (const Entry& entry : item.entries) {
      if (std::find(actions.begin(), actions.end(), entry.key) == actions.end()) continue;
      if (found != nullptr) {
        reader_.error(entry.spot, fmt::format("a step has one action: '{}' or '{}'", found->key, entry.key),
                      "make two steps of it");
        continue;
      }
      found = &entry;
    }
    if (found == nullptr && item.find("expect") == nullptr && item.find("replies") == nullptr)
      reader_.error(item.spot, "a step needs an action, or something to expect", "an action is " + one_of(actions));
    return found;
  }

  void check_modifiers(const Item& item, std::string_view action) {
    for (const Modifier& modifier : modifiers) {
      const Entry* entry = item.entry(modifier.key);
      if (entry == nullptr || std::find(modifier.of.begin(), modifier.of.end(), action) != modifier.of.end()) continue;
      if (action == "pause" && (modifier.key == "expect" || modifier.key == "replies" || modifier.key == "within"))
        reader_.error(entry->spot, "a pause awaits nothing", "{ expect = \"silence\", within = \"2s\" } does");
      else
        reader_.error(entry->spot, fmt::format("'{}' belongs to {}", modifier.key, quoted(modifier.of)));
    }
  }

  void read_action(const Item& item, const Entry& action, Step& step) {
    if (action.key == "send" || action.key == "bytes") {
      read_octets(action, step);
    } else if (action.key == "message") {
      read_message(item, action.value, step);
    } else if (action.key == "chunk") {
      read_chunk(item, action.value, step);
    } else if (action.key == "pause") {
      step.action = Step::Action::pause;
      step.duration = reader_.duration(action.value).value_or(Duration{0});
    } else if (action.key == "open") {
      read_open(item, action.value, step);
    } else if (action.key == "tls") {
      const auto word = reader_.word(action.value, "TLS event", {"handshake", "close_notify"});
      step.action = word == "close_notify" ? Step::Action::close_notify : Step::Action::handshake;
    } else if (action.key == "close") {
      const auto word = reader_.word(action.value, "way to close", {"half", "reset", "full"});
      step.action = word == "half"    ? Step::Action::half_close
                    : word == "reset" ? Step::Action::reset
                                      : Step::Action::close;
    } else {
      read_login(item, action.value, step);
    }
  }

  void read_octets(const Entry& action, Step& step) {
    step.action = Step::Action::send;
    step.line = action.key == "send";
    step.octets = reader_.text(action.value, values_).value_or(Text{});
    if (!step.line || step.octets.empty()) return;
    const Piece& last = step.octets.pieces.back();
    if (last.kind == Piece::Kind::literal && last.octets.size() > 1 &&
        last.octets.compare(last.octets.size() - 2, 2, "\r\n") == 0)
      reader_.warning(action.value.spot, "'send' adds CRLF; this line has one already", "'bytes' adds nothing");
  }

  void read_message(const Item& item, const Item& text, Step& step) {
    step.action = Step::Action::send;
    step.framing = Step::Framing::data;
    bool header = true;
    reader_.read(item, "header", header);
    if (header) step.octets.pieces.push_back({Piece::Kind::value, {}, "header", 0, {}});
    if (auto body = reader_.text(text, values_))
      step.octets.pieces.insert(step.octets.pieces.end(), body->pieces.begin(), body->pieces.end());
  }

  void read_chunk(const Item& item, const Item& text, Step& step) {
    step.action = Step::Action::send;
    step.framing = Step::Framing::chunk;
    step.octets = reader_.text(text, values_).value_or(Text{});
    reader_.read(item, "last", step.last_chunk);
    if (const Item* size = item.find("size"))
      if (const auto octets = reader_.integer(*size, 0, std::numeric_limits<std::int64_t>::max()))
        step.chunk_size = static_cast<std::uint64_t>(*octets);
  }

  void read_open(const Item& item, const Item& name, Step& step) {
    step.action = Step::Action::open;
    step.from = "greeted";
    if (const Item* from = item.find("from"))
      step.from = reader_.word(*from, "state", ladder_words).value_or(step.from);
    const auto session = reader_.string(name);
    if (!session) return;
    step.session = *session;
    if (!is_words(*session))
      reader_.error(name.spot, fmt::format("'{}' is no name for a session", *session), "lower-case words with hyphens");
    else if (!sessions_.insert(*session).second)
      reader_.error(name.spot, fmt::format("a session '{}' was opened before", *session));
  }

  void read_login(const Item& item, const Item& mechanism, Step& step) {
    step.action = Step::Action::login;
    step.login.mechanism = reader_.string(mechanism).value_or("");
    // sasl-mech of RFC 4422 section 3.1.
    const std::string& name = step.login.mechanism;
    const bool fits = !name.empty() && name.size() <= 20 && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!fits && mechanism.kind == Item::Kind::string)
      reader_.error(mechanism.spot, fmt::format("'{}' is no SASL mechanism", name),
                    "upper-case letters, as in 'PLAIN'");
    if (const Item* user = item.find("user")) step.login.user = reader_.text(*user, values_);
    if (const Item* password = item.find("password")) step.login.password = reader_.text(*password, values_);
    reader_.read(item, "initial", step.login.initial_response);
  }

  void read_modifiers(const Item& item, Step& step) {
    if (const Item* on = item.find("on")) read_on(*on, step);
    if (const Item* cut = item.find("cut")) read_cut(*cut, step);
    if (const Item* gap = item.find("gap")) {
      step.cut.pause = reader_.duration(*gap).value_or(Duration{0});
      if (item.find("cut") == nullptr) reader_.error(item.entry("gap")->spot, "'gap' needs a 'cut'");
    }
    reader_.read(item, "beneath-tls", step.beneath_tls);
    reader_.read(item, "within", step.within);
    const Item* expect = item.find("expect");
    const Item* replies = item.find("replies");
    if (expect != nullptr && replies != nullptr)
      reader_.error(item.entry("replies")->spot, "a step has 'expect' or 'replies', not both");
    if (expect != nullptr) {
      if (const Entry* times = expect->kind == Item::Kind::table ? expect->entry("times") : nullptr)
        reader_.error(times->spot, "'times' belongs into 'replies'");
      step.replies.push_back(load_expectation(reader_, *expect, values_));
    } else if (replies != nullptr) {
      step.replies = load_replies(reader_, *replies, values_);
    }
  }

  void read_on(const Item& on, Step& step) {
    const auto name = reader_.string(on);
    if (!name) return;
    step.session = *name;
    if (sessions_.count(*name) != 0) return;
    const std::string near = did_you_mean(*name, {sessions_.begin(), sessions_.end()});
    reader_.error(on.spot, fmt::format("no session '{}' was opened before", *name),
                  near.empty() ? fmt::format("{{ open = \"{}\" }} opens it", *name) : near);
  }

  void read_cut(const Item& cut, Step& step) {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (cut.kind == Item::Kind::string) {
      step.cut.each_octet = reader_.word(cut, "cut", {"each"}).has_value();
      return;
    }
    for (const Item* offset : reader_.list(cut)) {
      const auto at = reader_.integer(*offset, -most, most);
      if (at == 0)
        reader_.error(offset->spot, "nothing can be cut at 0", "offsets count octets; negative ones from the end");
      if (at) step.cut.at.push_back(static_cast<long>(*at));
    }
  }

  Reader& reader_;
  Values& values_;
  std::set<std::string>& sessions_;
};

}  // namespace

std::vector<Step> load_steps(Reader& reader, const Item& steps, Values& values) {
  std::vector<Step> out;
  if (steps.kind != Item::Kind::list) {
    reader.expected(steps, "a list of steps");
    return out;
  }
  std::set<std::string> sessions;
  for (const Item& item : steps.items) out.push_back(StepReader(reader, values, sessions).read(item));
  return out;
}

}  // namespace smtpspec::scenario
