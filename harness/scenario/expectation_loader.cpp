#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

// A longer pattern is more likely an attack on the pattern compiler than a wish.
constexpr std::size_t longest_pattern = 256;

// Endings that a scenario can have by what the target says; the other outcomes are the engine's to give.
const std::vector<std::string> ending_names = {"pass",        "warn",    "fail",        "info",
                                               "unsupported", "blocked", "inconclusive"};
/// What is looked at in a reply, and nowhere else.
constexpr std::string_view keys_of_replies[] = {"line-count", "keywords", "without", "contains", "capture"};
const std::vector<std::string> events = {"close", "silence"};

const RE2 code_form("xyz|[2-5](yz|[0-9][0-9z])");
/// "5.1.1", "5.1.z", "5.y.z" (RFC 3463 section 2).
const RE2 enhanced_form(R"([245]\.(y\.z|[0-9]{1,3}\.(z|[0-9]{1,3})))");

std::vector<std::string> split(std::string_view text) {
  static const RE2 word_form(" *([^ ]+)");
  re2::StringPiece rest(text.data(), text.size());
  std::vector<std::string> words;
  for (std::string word; RE2::Consume(&rest, word_form, &word);) words.push_back(word);
  return words;
}

struct AlternativeReader {
  Reader& reader;
  const ExpectationScope& scope;
  Alternative out = {};

  /// "250", "550 5.1.1", "421 close", "close", "silence".
  void read_form(const Item& item) {
    const auto text = reader.string(item);
    if (!text) return;
    if (*text == "close" || *text == "silence")
      out.kind = *text == "close" ? Alternative::Kind::close : Alternative::Kind::silence;
    else
      read_reply(item, *text);
  }

  void read_reply(const Item& item, const std::string& text) {
    const auto words = split(text);
    if (words.empty() || !is_code(words[0])) return bad_code(item, text);
    out.code = words[0];
    std::size_t next = 1;
    if (next < words.size() && RE2::FullMatch(words[next], enhanced_form)) out.enhanced = words[next++];
    if (next < words.size() && words[next] == "close") {
      out.closes = true;
      ++next;
    }
    if (next < words.size())
      reader.error(item.spot, fmt::format("'{}' does not belong into a reply", words[next]),
                   "a reply is a code, an enhanced code and 'close': '421 4.3.0 close'");
    // RFC 2034 section 4: the class of the enhanced code is the first digit of the reply code.
    if (!out.enhanced.empty() && out.code[0] != 'x' && out.code[0] != out.enhanced[0])
      reader.error(item.spot, fmt::format("enhanced code {} never goes with reply code {}", out.enhanced, out.code));
  }

  void bad_code(const Item& item, const std::string& text) {
    std::vector<std::string> known = events;
    for (const auto& [name, ending] : scope.definitions.endings) known.push_back(name);
    const std::string forms = "three digits such as 250, a class such as 25z or 5yz, xyz, 'close' or 'silence'";
    reader.error(item.spot,
                 fmt::format("'{}' is no reply code{}", text, is_name(text) ? ", and no [ending] has the name" : ""),
                 did_you_mean(text, known, forms));
  }

  void read_event(const Entry& entry) {
    if (reader.word(entry.value, "event", events)) read_form(reader.resolve(entry.value));
  }

  void read_as(const Entry& entry) {
    const auto word = reader.word(entry.value, "outcome of an ending", ending_names);
    if (word) out.as = named<Outcome>(*word);
  }

  void read_decides(const Entry& entry) { load_decides(reader, entry, scope.requirements, out.decides); }

  void read_then(const Entry& entry) { out.ends = reader.word(entry.value, "word after 'then'", {"end"}).has_value(); }

  void read_capture(const Entry& named) {
    const Item& item = named.value;
    if (item.kind != Item::Kind::table) return reader.expected(item, "a table: { name = 'pattern' }");
    for (const Entry& entry : item.entries) {
      const auto pattern = load_pattern(reader, entry.value);
      if (!pattern) continue;
      if (!is_name(entry.key))
        reader.error(entry.spot, fmt::format("'{}' is no name for a value", entry.key),
                     "lower-case words with hyphens");
      out.capture[entry.key] = *pattern;
      reader.values.captured.insert(entry.key);
    }
  }
};

using It = AlternativeReader;
const Fields<It> fields = {
    {{"reply", "Code, enhanced code, and 'close' where the server closes after it: '421 4.3.0 close'", shape::text()},
     [](It& it, const Entry& entry) {
       if (const auto text = it.reader.string(entry.value)) it.read_reply(entry.value, *text);
     }},
    {{"event", "What comes in the place of a reply", shape::one_of(events)}, &It::read_event},
    field<&Alternative::lines, It>("line-count", "Number of lines of the reply"),
    field<&Alternative::keywords, It>("keywords", "EHLO keywords that must be there, perhaps with a parameter"),
    field<&Alternative::without, It>("without", "EHLO keywords that must not be there"),
    field<&Alternative::contains, It>("contains", "Octets within the reply's text"),
    {{"capture", "Values for later steps: name = 'regular expression'; group 1, or all that fits",
      shape::table_of(shape::text())},
     &It::read_capture},
    {{"as", "The outcome of this ending; pass where it is left out", shape::or_column(shape::one_of(ending_names))},
     &It::read_as},
    field<&Alternative::because, It>("because", "Why, for people"),
    {{"decides", "The requirement that 'as' is about", shape::text()}, &It::read_decides},
    {{"then", "The scenario is over after this ending", shape::one_of({"end"})}, &It::read_then},
};

void read_table(It& it, const Item& item) {
  if (!read_fields(it.reader, item, "an expectation", fields, it)) return;
  if ((item.find("reply") != nullptr) == (item.find("event") != nullptr))
    it.reader.error(item.spot, "an expectation has one of 'reply' and 'event'", "reply = \"550 5.1.1\"");
  if (item.find("event") == nullptr) return;
  for (const std::string_view key : keys_of_replies)
    if (const Entry* entry = item.entry(key))
      it.reader.error(entry->spot, fmt::format("'{}' is of a reply; here there is none", key));
}

Alternative read_alternative(It it, const Item& item) {
  if (item.kind == Item::Kind::string)
    it.read_form(item);
  else if (item.kind == Item::Kind::table)
    read_table(it, item);
  else
    it.reader.expected(item, "a reply such as \"250\", or a table");
  return std::move(it.out);
}

/// The alternatives of an expectation, with those of the endings that it names.
class ExpectationReader {
 public:
  ExpectationReader(Reader& reader, const ExpectationScope& scope) : reader_(reader), scope_(scope) {}

  Expectation read(const Item& item) {
    Expectation out;
    out.place = reader_.place(item.spot);
    // What an alternative captures is there for later steps, not for the alternatives beside it.
    later_ = reader_.values.captured;
    add(item, out.alternatives, 0);
    if (out.alternatives.empty() && reader_.errors() == errors_)
      reader_.error(item.spot, "an expectation without alternatives");
    reader_.values.captured = std::move(later_);
    return out;
  }

 private:
  void add(const Item& item, std::vector<Alternative>& into, int depth) {
    for (const Item* named : reader_.list(item)) {
      const Item& one = reader_.resolve(*named);
      const auto& endings = scope_.definitions.endings;
      const auto ending = one.kind == Item::Kind::string ? endings.find(one.text) : endings.end();
      const bool is_list = one.kind == Item::Kind::list && named->kind != Item::Kind::list;
      if (!reader_.charge(item.spot, 32)) return;
      if (depth > max_columns_deep || into.size() >= max_alternatives)
        return reader_.error(item.spot, "endings that lead to each other without end");
      if (ending != endings.end() || is_list)
        add(is_list ? one : ending->second, into, depth + 1);
      else
        add_one(one, into);
    }
  }

  void add_one(const Item& item, std::vector<Alternative>& into) {
    if (!reader_.charge(item.spot, sizeof(Alternative))) return;
    const std::set<std::string> before = reader_.values.captured;
    into.push_back(read_alternative({reader_, scope_}, item));
    later_.merge(reader_.values.captured);
    reader_.values.captured = before;
  }

  Reader& reader_;
  const ExpectationScope& scope_;
  std::set<std::string> later_;
  std::size_t errors_ = reader_.errors();
};

/// An item of `replies`: an expectation, or one that stands for several commands.
struct Reply {
  const Item* expect = nullptr;
  std::size_t count = 1;
  Reader& reader;
};

const Fields<Reply> reply_fields = {
    {{"repeat", "How many commands it stands for", shape::or_column(shape::integer(1, max_replies)), true},
     [](Reply& reply, const Entry& entry) {
       reply.count = static_cast<std::size_t>(reply.reader.integer(entry.value, 1, max_replies).value_or(1));
     }},
    {{"expect", "What must come back to each", shape::definition("expectation"), true},
     [](Reply& reply, const Entry& entry) { reply.expect = &entry.value; }},
};

Reply read_reply(Reader& reader, const Item& item) {
  Reply reply{&item, 1, reader};
  const Item& one = reader.resolve(item);
  if (one.kind == Item::Kind::table && (one.find("repeat") != nullptr || one.find("expect") != nullptr))
    read_fields(reader, one, "a repeated reply", reply_fields, reply);
  return reply;
}

}  // namespace

bool is_code(std::string_view text) { return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), code_form); }

Expectation load_expectation(Reader& reader, const Item& item, const ExpectationScope& scope) {
  return ExpectationReader(reader, scope).read(item);
}

std::vector<Expectation> load_replies(Reader& reader, const Item& named, const ExpectationScope& scope) {
  std::vector<Expectation> out;
  const Item& item = reader.resolve(named);
  if (item.kind != Item::Kind::list) return reader.mismatch(item, "a list with one expectation a command, or 'owed'");
  if (item.items.empty()) reader.error(item.spot, "'replies' is empty", "leave it out to await nothing");
  for (const Item& one : item.items) {
    const Reply reply = read_reply(reader, one);
    const Expectation expectation = load_expectation(reader, *reply.expect, scope);
    if (out.size() + reply.count > max_replies)
      return reader.refuse(one.spot, fmt::format("a step awaits {} replies at most", max_replies));
    if (!reader.charge(one.spot, reply.count * sizeof(Alternative) * expectation.alternatives.size())) return out;
    out.insert(out.end(), reply.count, expectation);
  }
  return out;
}

void load_decides(Reader& reader, const Entry& entry, const std::vector<std::string>& requirements, std::string& into) {
  const auto id = reader.string(entry.value);
  if (!id) return;
  into = *id;
  if (std::find(requirements.begin(), requirements.end(), *id) != requirements.end()) return;
  reader.error(entry.spot, fmt::format("'{}' is no requirement of this scenario", *id),
               did_you_mean(*id, requirements, requirements.empty() ? "" : "one of " + one_of(requirements)));
}

shape::Json alternative_shape() {
  std::vector<std::string_view> others = {"reply"};
  others.insert(others.end(), std::begin(keys_of_replies), std::end(keys_of_replies));
  return shape::table(keys_of(fields), {{"event", others}}, {"reply", "event"});
}

shape::Json expectation_shape() {
  const auto one = shape::by_type("object", shape::definition("alternative"), shape::text());
  return shape::some(one);
}

shape::Json replies_shape() {
  // A repeated reply has a key that no alternative has.
  shape::Json one = shape::by_type("object", shape::table(keys_of(reply_fields)), shape::definition("expectation"));
  one["if"]["required"] = shape::Json::array({"repeat"});
  const shape::Json word = {
      {"anyOf", shape::Json::array({shape::one_of({std::string(owed_word)}), shape::definition("column")})}};
  return shape::by_type("array", shape::list_of(one), word);
}

std::optional<std::string> load_pattern(Reader& reader, const Item& item) {
  auto pattern = reader.string(item);
  if (!pattern) return std::nullopt;
  if (pattern->size() > longest_pattern) {
    reader.error(item.spot, fmt::format("a pattern of more than {} octets", longest_pattern));
    return std::nullopt;
  }
  if (const RE2 compiled(*pattern, RE2::Quiet); !compiled.ok())
    reader.error(item.spot, fmt::format("'{}' is no regular expression", *pattern),
                 compiled.error() + "; as in '^(\\S+)'");
  return pattern;
}

}  // namespace smtpspec::scenario
