#include "harness/scenario/expectation_loader.hpp"

#include <algorithm>
#include <regex>

#include <fmt/format.h>

namespace smtpspec::scenario {
namespace {

// A longer pattern is more likely an attack on the pattern compiler than a wish.
constexpr std::size_t longest_pattern = 256;

const std::vector<std::string> alternative_keys = {"code",     "reply",   "enhanced", "closes",  "lines",
                                                   "keywords", "without", "contains", "capture", "as",
                                                   "because",  "then",    "times"};
const std::vector<std::string> reply_keys = {"enhanced", "closes",   "lines",  "keywords",
                                             "without",  "contains", "capture"};
// Endings that a scenario can have by what the target says; the other outcomes are the engine's to give.
const std::vector<std::string> ending_names = {"pass",        "warn",    "fail",        "info",
                                               "unsupported", "blocked", "inconclusive"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Three digits, of which the last ones may be left open: "250", "25z", "5yz", "xyz" (RFC 5321 section 4.2.1).
bool is_code(std::string_view text) {
  if (text.size() != 3) return false;
  if (text == "xyz") return true;
  if (text[0] < '2' || text[0] > '5') return false;
  return (is_digit(text[1]) && (is_digit(text[2]) || text[2] == 'z')) || text.substr(1) == "yz";
}

/// "5.1.1", "5.1.z", "5.y.z" (RFC 3463 section 2).
bool is_enhanced(std::string_view text) {
  const auto first = text.find('.');
  const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (first != 1 || second == std::string_view::npos) return false;
  const auto subject = text.substr(2, second - 2);
  const auto detail = text.substr(second + 1);
  const auto fits = [](std::string_view part, char open) {
    return (part.size() == 1 && part[0] == open) ||
           (!part.empty() && part.size() <= 3 && std::all_of(part.begin(), part.end(), is_digit));
  };
  return (text[0] == '2' || text[0] == '4' || text[0] == '5') && fits(subject, 'y') && fits(detail, 'z') &&
         (subject != "y" || detail == "z");
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

class AlternativeReader {
 public:
  AlternativeReader(Reader& reader, Values& values) : reader_(reader), values_(values) {}

  Alternative read(const Item& item) {
    Alternative out;
    if (item.kind == Item::Kind::string) {
      read_form(item, out);
    } else if (item.kind == Item::Kind::table) {
      read_table(item, out);
    } else {
      reader_.expected(item, "a reply such as \"250\", or a table");
    }
    return out;
  }

 private:
  /// "250", "550 5.1.1", "421 close", "close", "silence".
  void read_form(const Item& item, Alternative& out) {
    const auto words = split(item.text);
    if (words.size() == 1 && words[0] == "close") {
      out.kind = Alternative::Kind::close;
      return;
    }
    if (words.size() == 1 && words[0] == "silence") {
      out.kind = Alternative::Kind::silence;
      return;
    }
    if (words.empty() || !is_code(words[0])) return bad_code(item, words.empty() ? "" : words[0]);
    out.code = words[0];
    std::size_t next = 1;
    if (next < words.size() && is_enhanced(words[next])) out.enhanced = words[next++];
    if (next < words.size() && words[next] == "close") {
      out.closes = true;
      ++next;
    }
    if (next < words.size()) {
      reader_.error(item.spot, fmt::format("'{}' does not belong into a reply", words[next]),
                    "a reply is a code, an enhanced code and 'close': '421 4.3.0 close'");
    }
    check_class(item, out);
  }

  void bad_code(const Item& item, const std::string& word) {
    const std::string near = did_you_mean(word, {"close", "silence"});
    reader_.error(
        item.spot, fmt::format("'{}' is no reply code", word),
        near.empty() ? "three digits such as 250, a class such as 25z or 5yz, xyz, 'close' or 'silence'" : near);
  }

  void check_class(const Item& item, const Alternative& out) {
    // RFC 2034 section 4: the class of the enhanced code is the first digit of the reply code.
    if (out.enhanced.empty() || out.code.empty() || out.code[0] == 'x' || out.code[0] == out.enhanced[0]) return;
    reader_.error(item.spot, fmt::format("enhanced code {} never goes with reply code {}", out.enhanced, out.code));
  }

  void read_table(const Item& item, Alternative& out) {
    reader_.keys(item, "an expectation", alternative_keys);
    const Item* code = item.find("code");
    const Item* reply = item.find("reply");
    if ((code != nullptr) == (reply != nullptr)) {
      reader_.error(item.spot, "an expectation has one of 'code' and 'reply'", "reply = \"550 5.1.1\"");
    } else if (code != nullptr) {
      if (const auto text = reader_.string(*code)) {
        out.code = *text;
        if (!is_code(*text)) bad_code(*code, *text);
      }
    } else if (reader_.string(*reply)) {
      read_form(*reply, out);
    }
    if (out.kind != Alternative::Kind::reply) {
      for (const std::string& key : reply_keys)
        if (const Entry* entry = item.entry(key))
          reader_.error(entry->spot, fmt::format("'{}' is of a reply; here there is none", key));
    }
    read_reply_parts(item, out);
    read_ending(item, out);
  }

  void read_reply_parts(const Item& item, Alternative& out) {
    if (const Item* enhanced = item.find("enhanced")) {
      if (const auto text = reader_.string(*enhanced)) {
        out.enhanced = *text;
        if (!is_enhanced(*text))
          reader_.error(enhanced->spot, fmt::format("'{}' is no enhanced code", *text), "as in 5.1.1, 5.1.z or 5.y.z");
        else
          check_class(*enhanced, out);
      }
    }
    reader_.read(item, "closes", out.closes);
    if (const Item* lines = item.find("lines"))
      if (const auto count = reader_.integer(*lines, 1, 10000)) out.lines = static_cast<std::size_t>(*count);
    reader_.read(item, "keywords", out.keywords);
    reader_.read(item, "without", out.without);
    if (const Item* contains = item.find("contains")) out.contains = reader_.text(*contains, values_);
    if (const Item* capture = item.find("capture")) read_capture(*capture, out);
  }

  void read_capture(const Item& item, Alternative& out) {
    if (item.kind != Item::Kind::table) return reader_.expected(item, "a table: { name = 'pattern' }");
    for (const Entry& entry : item.entries) {
      const auto pattern = reader_.string(entry.value);
      if (!pattern) continue;
      if (!is_words(entry.key) || entry.key[0] < 'a')
        reader_.error(entry.spot, fmt::format("'{}' is no name for a value", entry.key),
                      "lower-case words with hyphens");
      if (pattern->size() > longest_pattern) {
        reader_.error(entry.value.spot, fmt::format("a pattern of more than {} octets", longest_pattern));
        continue;
      }
      try {
        const std::regex compiled(*pattern, std::regex::ECMAScript);
      } catch (const std::regex_error&) {
        reader_.error(entry.value.spot, fmt::format("'{}' is no regular expression", *pattern),
                      "ECMAScript syntax, as in '^(\\S+)'");
      }
      out.capture[entry.key] = *pattern;
      values_.captured.insert(entry.key);
    }
  }

  void read_ending(const Item& item, Alternative& out) {
    if (const Item* as = item.find("as"))
      if (const auto name = reader_.word(*as, "outcome of an ending", ending_names)) out.as = outcome_named(*name);
    reader_.read(item, "because", out.because);
    if (const Item* then = item.find("then")) out.ends = reader_.word(*then, "word behind 'then'", {"end"}).has_value();
  }

  Reader& reader_;
  Values& values_;
};

}  // namespace

Expectation load_expectation(Reader& reader, const Item& item, Values& values) {
  Expectation out;
  out.place = reader.place(item.spot);
  // What an alternative captures is there for later steps, not for the alternatives beside it.
  Values later = values;
  for (const Item* alternative : reader.list(item)) {
    Values now = values;
    out.alternatives.push_back(AlternativeReader(reader, now).read(*alternative));
    later.captured.insert(now.captured.begin(), now.captured.end());
  }
  if (out.alternatives.empty()) reader.error(item.spot, "an expectation without alternatives");
  values = std::move(later);
  return out;
}

std::vector<Expectation> load_replies(Reader& reader, const Item& item, Values& values) {
  std::vector<Expectation> out;
  if (item.kind != Item::Kind::list) {
    reader.expected(item, "a list with one expectation a command");
    return out;
  }
  if (item.items.empty()) reader.error(item.spot, "'replies' is empty", "leave it out to await nothing");
  for (const Item& one : item.items) {
    const Expectation expectation = load_expectation(reader, one, values);
    const Item* times = one.kind == Item::Kind::table ? one.find("times") : nullptr;
    const auto count = times == nullptr ? 1 : reader.integer(*times, 1, max_replies).value_or(1);
    if (out.size() + static_cast<std::size_t>(count) > max_replies) {
      reader.error(one.spot, fmt::format("a step awaits {} replies at most", max_replies));
      return out;
    }
    if (!reader.charge(one.spot, static_cast<std::size_t>(count) * 512 * expectation.alternatives.size())) return out;
    out.insert(out.end(), static_cast<std::size_t>(count), expectation);
  }
  return out;
}

}  // namespace smtpspec::scenario
