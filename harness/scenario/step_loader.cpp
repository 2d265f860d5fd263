#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

const std::vector<std::string> tls_words = {"handshake", "close_notify"};
const std::vector<std::string> disconnect_words = {"half", "reset", "full"};

/// What the steps of one scenario share.
struct Steps {
  Reader& reader;
  ExpectationScope scope;
  std::set<std::string> sessions = {};
  std::vector<Step> read = {};
  int depth = 0;  ///< of groups within groups
};

struct StepReader {
  Reader& reader;
  Steps& steps;
  const Item& item;
  Step out = {};

  void read();
  const Entry* find_action();

  // Of a step whose action sends; modifiers are read only where they belong.
  Send& send() { return std::get<Send>(out.action); }
  void read_cut(const Entry& entry) { load_cut(reader, entry.value, send().cut); }
  void read_size(const Entry& entry) { load_chunk_size(reader, entry.value, send()); }
  void read_gap(const Entry& gap) {
    send().cut.pause = reader.duration(gap.value).value_or(Duration{0});
    if (item.find("cut") == nullptr) reader.error(gap.spot, "'gap' needs a 'cut'");
  }

  void read_pause(const Entry& entry) { out.action = Pause{reader.duration(entry.value).value_or(Duration{0})}; }

  void read_open(const Entry& entry) {
    out.action = Open{};
    const auto session = reader.string(entry.value);
    if (!session) return;
    out.session = *session;
    const Spot& spot = entry.value.spot;
    if (!is_words(*session))
      reader.error(spot, fmt::format("'{}' is no name for a session", *session), "lower-case words with hyphens");
    else if (!steps.sessions.insert(*session).second)
      reader.error(spot, fmt::format("a session '{}' was opened before", *session));
  }

  void read_tls(const Entry& entry) {
    const auto word = reader.word(entry.value, "TLS event", tls_words);
    out.action = word == "close_notify" ? Action(CloseNotify{}) : Action(Handshake{});
  }

  void read_disconnect(const Entry& entry) {
    const auto word = reader.word(entry.value, "way to disconnect", disconnect_words);
    out.action = word == "half" ? Action(HalfClose{}) : word == "reset" ? Action(Reset{}) : Action(Close{});
  }

  void read_login(const Entry& entry) {
    static const RE2 form("[A-Z0-9_-]{1,20}");  // sasl-mech of RFC 4422 section 3.1
    Login what;
    what.mechanism = reader.string(entry.value).value_or("");
    if (!RE2::FullMatch(what.mechanism, form) && entry.value.kind == Item::Kind::string)
      reader.error(entry.value.spot, fmt::format("'{}' is no SASL mechanism", what.mechanism),
                   "upper-case letters, as in 'PLAIN'");
    out.action = std::move(what);
  }

  void read_on(const Entry& entry) {
    const auto name = reader.string(entry.value);
    if (!name) return;
    out.session = *name;
    const auto& sessions = steps.sessions;
    if (sessions.count(*name) != 0) return;
    reader.error(
        entry.value.spot, fmt::format("no session '{}' was opened before", *name),
        did_you_mean(*name, {sessions.begin(), sessions.end()}, fmt::format("{{ open = \"{}\" }} opens it", *name)));
  }

  void read_expect(const Entry& entry) { out.replies.push_back(load_expectation(reader, entry.value, steps.scope)); }

  void read_replies(const Entry& replies) {
    if (item.find("expect") != nullptr) return reader.error(replies.spot, "a step has 'expect' or 'replies', not both");
    const Item& value = reader.resolve(replies.value);
    out.owed = value.kind == Item::Kind::string && value.text == owed_word;
    if (!out.owed) out.replies = load_replies(reader, value, steps.scope);
  }

  void read_decides(const Entry& entry) { load_decides(reader, entry, steps.scope.requirements, out.decides); }

  void read_group(const Entry& entry);
};

/// A step or a group, as often as its `repeat` says, with "{turn}" counting from 1.
void read_repeated(Steps& steps, const Item& named) {
  const Item& item = steps.reader.resolve(named);
  const Item* repeat = item.kind == Item::Kind::table ? item.find("repeat") : nullptr;
  if (repeat == nullptr) return StepReader{steps.reader, steps, item}.read();
  const auto count = steps.reader.integer(*repeat, 1, static_cast<std::int64_t>(max_steps));
  NamedItems columns;
  Item& turn = columns["turn"];
  turn.kind = Item::Kind::integer;
  turn.spot = repeat->spot;
  const Reader::Columns frame(steps.reader, columns);
  for (std::int64_t i = 1; i <= count.value_or(1) && steps.reader.charge(repeat->spot, sizeof(Step)); ++i) {
    turn.integer = i;
    StepReader{steps.reader, steps, item}.read();
  }
}

void read_list(Steps& steps, const Item& named) {
  const Item& list = steps.reader.resolve(named);
  if (list.kind != Item::Kind::list) return steps.reader.expected(list, "a list of steps");
  if (steps.depth > max_columns_deep) return steps.reader.error(list.spot, "groups within groups, too deep");
  for (const Item& item : list.items) {
    read_repeated(steps, item);
    if (!steps.reader.charge(item.spot, sizeof(Step))) return;
    if (steps.read.size() <= max_steps) continue;
    steps.reader.error(item.spot, fmt::format("a scenario has {} steps at most", max_steps));
    steps.read.resize(max_steps);
    return;
  }
}

void StepReader::read_group(const Entry& entry) {
  if (item.find("repeat") == nullptr) reader.error(entry.spot, "a group of steps needs a 'repeat'");
  ++steps.depth;
  read_list(steps, entry.value);
  --steps.depth;
}

using It = StepReader;
Field<It> sending_action(Send::Framing framing, std::string_view name, std::string_view meaning) {
  return {{name, meaning, shape::text()},
          [framing](It& it, const Entry& entry) { it.out.action = load_send(it.reader, entry.value, framing); }};
}

constexpr std::string_view group = "steps";
const Fields<It> actions = {
    sending_action(Send::Framing::line, "send", "A line; CRLF is added"),
    sending_action(Send::Framing::none, "bytes", "Exactly these octets"),
    sending_action(Send::Framing::data, "message", "After 354: these octets, dot-stuffed, and the end of data"),
    sending_action(Send::Framing::chunk, "chunk", "BDAT and these octets in one write"),
    {{"pause", "Waits", shape::or_column(shape::duration())}, &It::read_pause},
    {{"open", "Opens a further session of this name", shape::text()}, &It::read_open},
    {{"tls", "Begins TLS, or ends it and keeps the TCP connection", shape::or_column(shape::one_of(tls_words))},
     &It::read_tls},
    {{"disconnect", "TCP FIN and still reading; TCP RST; both ways", shape::or_column(shape::one_of(disconnect_words))},
     &It::read_disconnect},
    {{"login", "AUTH by this mechanism, through the SASL library", shape::text()}, &It::read_login},
    {{group, "A group of steps, played as often as 'repeat' says", shape::definition("steps")}, &It::read_group},
};

/// A modifier that is a member of the step's action.
template <class Of, class Value>
Of owner(Value Of::*);
template <auto Member>
Field<StepReader> part(std::string_view name, std::string_view meaning) {
  using Of = decltype(owner(Member));
  using Value = std::remove_reference_t<decltype(std::declval<Of&>().*Member)>;
  return {{name, meaning, shape_of<Value>()}, [](StepReader& it, const Entry& entry) {
            take(it.reader, entry.value, std::get<Of>(it.out.action).*Member);
          }};
}

/// A key that says more of certain actions; "" is a step without one.
struct StepModifier {
  Field<It> field;
  std::vector<std::string_view> of;
};
const std::vector<std::string_view> sending = {"send", "bytes", "message", "chunk"};
const std::vector<std::string_view> speaking = {"send", "bytes", "message", "chunk", "tls", "disconnect", "login", ""};
const std::vector<std::string_view> awaiting = {"send", "bytes",      "message", "chunk", "tls",
                                                "open", "disconnect", "login",   ""};
/// A function: of an aggregate within a list g++ 12 cannot tell what is there when a later one throws, and warns.
StepModifier of(std::vector<std::string_view> which, Field<It> field) { return {std::move(field), std::move(which)}; }
const std::vector<StepModifier> modifiers = {
    of(speaking, {{"on", "The session; the first where it is left out", shape::text()}, &It::read_on}),
    of(sending,
       {{"cut", "Where to cut the octets into segments: offsets, negative ones from the end, or 'each'", cut_shape()},
        &It::read_cut}),
    of(sending, {{"gap", "Pause between the segments", shape::or_column(shape::duration())}, &It::read_gap}),
    of(sending, part<&Send::beneath_tls>("beneath-tls", "Write on the TCP connection, under TLS")),
    of({"chunk"}, part<&Send::last_chunk>("last", "BDAT says LAST")),
    of({"chunk"}, {{"size", "The size that BDAT announces; the true one where it is left out", chunk_size_shape()},
                   &It::read_size}),
    of({"open"}, part<&Open::ladder>("state", "The ready state of the new session")),
    of({"login"}, part<&Login::user>("user", "Whom to log in; the target's user where it is left out")),
    of({"login"}, part<&Login::password>("password", "The password; the target's where it is left out")),
    of({"login"}, part<&Login::initial_response>("initial", "Whether to send the initial response with AUTH")),
    of(awaiting,
       field<&Step::within, It>("wait", "How long to wait for each reply, and to see whether all stays silent")),
    of(awaiting, {{"expect", "What must come back", shape::definition("expectation")}, &It::read_expect}),
    of(awaiting, {{"replies", "What must come back to each command of a pipelined group", shape::definition("replies")},
                  &It::read_replies}),
    of(awaiting, {{"decides", "The requirement that the expectations decide", shape::text()}, &It::read_decides}),
};

bool belongs_to(const StepModifier& modifier, std::string_view action) {
  return std::find(modifier.of.begin(), modifier.of.end(), action) != modifier.of.end();
}

std::vector<Key> step_keys() {
  std::vector<Key> keys = keys_of(actions);
  keys.push_back({"repeat", "How often; '{turn}' counts from 1",
                  shape::or_column(shape::integer(1, static_cast<std::int64_t>(max_steps)))});
  for (const StepModifier& modifier : modifiers) keys.push_back(modifier.field.key);
  return keys;
}

const Field<It>* action_named(std::string_view name) {
  const auto found =
      std::find_if(actions.begin(), actions.end(), [&](const Field<It>& field) { return field.key.name == name; });
  return found == actions.end() ? nullptr : &*found;
}

const Entry* StepReader::find_action() {
  const Entry* found = nullptr;
  for (const Entry& entry : item.entries) {
    if (action_named(entry.key) == nullptr) continue;
    if (found == nullptr)
      found = &entry;
    else
      reader.error(entry.spot, fmt::format("a step has one action: '{}' or '{}'", found->key, entry.key),
                   "make two steps of it");
  }
  if (found == nullptr && item.find("expect") == nullptr && item.find("replies") == nullptr)
    reader.error(item.spot, "a step needs an action, or something to expect",
                 "an action is " + one_of(names_of(keys_of(actions))));
  return found;
}

void misplaced(Reader& reader, const Entry& entry, const StepModifier& modifier, std::string_view action) {
  const bool awaits = entry.key == "expect" || entry.key == "replies" || entry.key == "wait";
  if (action == "pause" && awaits)
    return reader.error(entry.spot, "a pause awaits nothing", "{ expect = \"silence\", wait = \"2s\" } does");
  std::vector<std::string> of;
  for (const std::string_view one : modifier.of)
    if (!one.empty()) of.push_back(fmt::format("'{}'", one));
  reader.error(entry.spot, fmt::format("'{}' belongs to {}", entry.key, one_of(of)));
}

void StepReader::read() {
  static const std::vector<std::string> known = names_of(step_keys());
  out.place = reader.place(item.spot);
  if (!reader.keys(item, "a step", known)) return;
  const Entry* action = find_action();
  const std::string_view name = action == nullptr ? std::string_view() : action->key;
  if (action != nullptr) action_named(name)->read(*this, *action);
  for (const StepModifier& modifier : modifiers) {
    const Entry* entry = item.entry(modifier.field.key.name);
    if (entry == nullptr) continue;
    if (belongs_to(modifier, name))
      modifier.field.read(*this, *entry);
    else
      misplaced(reader, *entry, modifier, name);
  }
  if (name != group) steps.read.push_back(std::move(out));
}

}  // namespace

std::vector<Step> load_steps(Reader& reader, const Item& list, const ExpectationScope& scope) {
  Steps steps{reader, scope};
  read_list(steps, list);
  return std::move(steps.read);
}

shape::Json step_shape() {
  std::vector<std::string_view> one_of_these = {"expect", "replies"};
  std::vector<shape::Exclusion> exclusions = {{"replies", {"expect"}}};
  for (const auto& action : actions) {
    const std::string_view name = action.key.name;
    one_of_these.push_back(name);
    shape::Exclusion& exclusion = exclusions.emplace_back(shape::Exclusion{name, {}});
    for (const auto& other : actions)
      if (other.key.name != name) exclusion.others.push_back(other.key.name);
    for (const StepModifier& modifier : modifiers)
      if (!belongs_to(modifier, name)) exclusion.others.push_back(modifier.field.key.name);
  }
  return shape::table(step_keys(), exclusions, one_of_these);
}

}  // namespace smtpspec::scenario
