#include "fuzz/mutators/session_mutator.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "fuzz/mutators/words.hpp"
#include "fuzz/require.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::fuzz {

namespace {

/// SplitMix64: small, and any seed is as good as any other.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  /// Below `sides`, which is not 0.
  std::size_t roll(std::size_t sides) {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>((z ^ (z >> 31U)) % sides);
  }
  template <class List>
  const auto& one_of(const List& list) {
    return list[roll(std::size(list))];
  }

 private:
  std::uint64_t state_;
};

using Lines = std::vector<std::string>;

Lines lines_of(std::string_view input) {
  Lines lines;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    lines.emplace_back(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  return lines;
}

/// Whole lines, as many as there is room for.
std::string joined(const Lines& lines, std::size_t most_octets) {
  std::string out;
  for (const std::string& line : lines) {
    if (out.size() + line.size() + 1 > most_octets) break;
    out.append(line) += '\n';
  }
  return out;
}

bool is_state(const std::string& line) { return line.starts_with("= "); }
bool has_text(const std::string& line) {
  return line.size() > 2 && line[1] == ' ' && !is_state(line) && line[0] != 'P';
}

/// Where each whole octet of a text begins: an escape is one.
std::vector<std::size_t> begins_of_octets(const std::string& text, std::size_t from) {
  std::vector<std::size_t> at;
  for (std::size_t i = from; i < text.size();) {
    at.push_back(i);
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    i += !escape ? 1 : text[i + 1] == 'x' ? 4 : 2;
  }
  return at;
}

// Changes of one line's text. Each gives the line back, changed or not.

std::string put_at_random(const std::string& line, std::string_view what, Dice& dice) {
  auto at = begins_of_octets(line, 2);
  at.push_back(line.size());
  std::string out = line;
  return out.insert(dice.one_of(at), what);
}

std::string replace(const std::string& line, std::string_view old, std::string_view with) {
  const std::size_t at = line.find(old, 2);
  std::string out = line;
  return at == std::string::npos ? out : out.replace(at, old.size(), with);
}

std::string change_line_end(const std::string& line, Dice& dice) {
  return replace(line, "\\r\\n", dice.one_of(line_ends));
}

using Words = std::span<const std::string>;

std::string word(Words own, Dice& dice) {
  const std::size_t at = dice.roll(words.size() + own.size());
  return at < words.size() ? std::string(words[at]) : own[at - words.size()];
}

std::string change_word(const std::string& line, Words own, Dice& dice) {
  std::vector<std::pair<std::size_t, std::size_t>> found;  // where each word begins and ends
  for (std::size_t i = 2; i < line.size();) {
    const std::size_t end = std::min({line.find(' ', i), line.find('\\', i), line.size()});
    if (end > i) found.emplace_back(i, end);
    i = end + 1;
  }
  if (found.empty()) return line;
  const auto [begin, end] = dice.one_of(found);
  const std::string other = word(own, dice);
  const std::string before = line.substr(0, begin);
  const std::string old = line.substr(begin, end - begin);
  switch (dice.roll(4)) {
    case 0: return before + other + line.substr(end);
    case 1: return before + old + " " + other + line.substr(end);
    case 2: return before + old + " " + old + line.substr(end);
    default: return before + line.substr(end);
  }
}

std::string make_long(const std::string& line, Dice& dice) {
  constexpr std::string_view units[] = {"a", "0", ".", " ", "a.", "\\xff", "<", "(", "\\\"", "@a,"};
  const std::string run = "{" + std::string(dice.one_of(units)) + (dice.roll(2) == 0 ? "*" : "..") +
                          std::to_string(dice.one_of(lengths)) + "}";
  return put_at_random(line, run, dice);
}

std::string put_odd_octet(const std::string& line, Dice& dice) {
  constexpr std::string_view odd[] = {"\\0",   "\\x80", "\\xff", "\\xc3\\xa9", "\\xc3", "\\t", " ",  "\\x7f",
                                      "\\x1b", "\\\\",  "\\\"",  "<",          ">",     "@",   ":",  ",",
                                      ";",     "=",     "+",     "(",          "\\r",   "\\n", "%s", "`"};
  return put_at_random(line, dice.one_of(odd), dice);
}

std::string take_octets_out(const std::string& line, Dice& dice) {
  const auto at = begins_of_octets(line, 2);
  if (at.empty()) return line;
  const std::size_t first = dice.roll(at.size());
  const std::size_t last = std::min(first + 1 + dice.roll(4), at.size());
  const std::size_t end = last == at.size() ? line.size() : at[last];
  return line.substr(0, at[first]) + line.substr(end);
}

std::string change_case(const std::string& line, Dice& dice) {
  std::string out = line;
  const auto at = begins_of_octets(line, 2);
  if (at.empty()) return out;
  char& octet = out[dice.one_of(at)];
  const auto upper = smtp::to_upper(std::string_view(&octet, 1)).front();
  octet = upper == octet && octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + ('a' - 'A')) : upper;
  return out;
}

/// Of any letter that has one; as often as not the first of its kind, which is the verb's.
std::string put_look_alike(const std::string& line, Dice& dice) {
  std::vector<const LookAlike*> fitting;
  for (const LookAlike& one : look_alikes)
    if (line.find(one.letter, 2) != std::string::npos) fitting.push_back(&one);
  if (fitting.empty()) return line;
  const LookAlike& one = *dice.one_of(fitting);
  const std::size_t first = line.find(one.letter, 2);
  const std::size_t other = line.find(one.letter, first + dice.roll(line.size() - first));
  std::string out = line;
  return out.replace(dice.roll(2) == 0 || other == std::string::npos ? first : other, 1, one.octets);
}

/// A size of BDAT, or of SIZE: another number.
std::string change_number(const std::string& line, Dice& dice) {
  const std::size_t begin = line.find_first_of("0123456789", 2);
  if (begin == std::string::npos)
    return line[0] == 'C' || line[0] == 'L' ? line.substr(0, 2) + "3 " + line.substr(2) : line;
  const std::size_t end = std::min(line.find_first_not_of("0123456789", begin), line.size());
  std::uint64_t number = 0;
  std::from_chars(line.data() + begin, line.data() + end, number);
  const std::uint64_t others[] = {number + 1, number - 1, number * 2, 0, number / 2, ~std::uint64_t{0}, 1ULL << 31U};
  return line.substr(0, begin) + std::to_string(dice.one_of(others)) + line.substr(end);
}

std::string change_text(const std::string& line, Words own, Dice& dice) {
  switch (dice.roll(12)) {
    case 0:
    case 1: return change_line_end(line, dice);
    case 2: return put_at_random(line, dice.one_of(ends_of_data), dice);
    case 3:
    case 4: return change_word(line, own, dice);
    case 5: return make_long(line, dice);
    case 6: return put_odd_octet(line, dice);
    case 7: return take_octets_out(line, dice);
    case 8: return change_case(line, dice);
    case 9: return put_look_alike(line, dice);
    case 10: return change_number(line, dice);
    default: return put_at_random(line, word(own, dice), dice);
  }
}

// Changes of the order of lines.

std::size_t first_action(const Lines& lines) { return !lines.empty() && is_state(lines.front()) ? 1 : 0; }

/// Between the chunks of a message is no state of a scenario, but a first chunk in one.
void change_state(Lines& lines, Dice& dice) {
  constexpr std::string_view within_chunks = "chunks";
  constexpr std::string_view states[] = {"connected", "greeted", "tls",  "authenticated", "ready",
                                         "mail",      "rcpt",    "data", within_chunks};
  const std::string_view state = dice.one_of(states);
  const std::string line = "= " + std::string(state == within_chunks ? "rcpt" : state);
  if (first_action(lines) == 1)
    lines.front() = line;
  else
    lines.insert(lines.begin(), line);
  if (state == within_chunks) lines.insert(lines.begin() + 1, "C {header}");
}

/// Two sends in one write, or one in two.
void change_cuts(Lines& lines, std::size_t at, Dice& dice) {
  std::string& line = lines[at];
  if (line.starts_with("M ")) return void(line[0] = 'm');
  if (line[0] != '>' && line[0] != '+') return;
  const bool next_sends = at + 1 < lines.size() && lines[at + 1].starts_with("> ");
  switch (dice.roll(4)) {
    case 0: line[0] = line[0] == '>' ? '+' : '>'; return;
    case 1: line[0] = '.'; return;
    case 2:
      if (!next_sends || line.size() < 2) return;
      line = "> " + line.substr(2) + lines[at + 1].substr(2);
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      return;
    default: {
      const auto octets = begins_of_octets(line, 2);
      if (octets.size() < 2) return;
      const std::size_t cut = octets[1 + dice.roll(octets.size() - 1)];
      const std::string rest = "> " + line.substr(cut);
      line = "+ " + line.substr(2, cut - 2);
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at) + 1, rest);
    }
  }
}

/// A whole line; now and then a command of the server's own.
std::string action_line(Words own, Dice& dice) {
  constexpr std::size_t now_and_then = 8;
  if (!own.empty() && dice.roll(now_and_then) == 0) return "> " + own[dice.roll(own.size())] + "\\r\\n";
  return std::string(dice.one_of(action_lines));
}

void change_order(Lines& lines, Words own, Dice& dice) {
  const std::size_t first = first_action(lines);
  const auto place = [&](std::size_t at) { return lines.begin() + static_cast<std::ptrdiff_t>(at); };
  if (lines.size() == first || dice.roll(4) == 0)
    return void(lines.insert(place(first + dice.roll(lines.size() - first + 1)), action_line(own, dice)));
  const std::size_t at = first + dice.roll(lines.size() - first);
  const std::size_t other = first + dice.roll(lines.size() - first);
  const std::string line = lines[at];
  switch (dice.roll(6)) {
    case 0: lines.insert(place(other), line); return;
    case 1: lines.erase(place(at)); return;
    case 2: std::swap(lines[at], lines[other]); return;
    case 3: lines[at] = action_line(own, dice); return;
    case 4: change_state(lines, dice); return;
    default: change_cuts(lines, at, dice);
  }
}

/// How far a session is, as far as its lines tell: what may be spliced where.
struct Place {
  int transaction = 0;  ///< MAIL, RCPT, DATA, a chunk that is not the last
  bool greeted = false;
  bool under_tls = false;
  bool logged_in = false;
  bool operator==(const Place&) const = default;
};

Place begin_at(std::string_view state) {
  Place place;
  place.greeted = state != "connected";
  place.under_tls = state == "tls" || state == "before-login" || state == "authenticated";
  place.logged_in = state == "authenticated";
  place.transaction = state == "mail" ? 1 : state == "rcpt" ? 2 : state == "data" ? 3 : 0;
  return place;
}

Place place_after(const Lines& lines, std::size_t count) {
  Place place = begin_at("ready");
  for (std::size_t i = 0; i < count && i < lines.size(); ++i) {
    const std::string line = smtp::to_upper(lines[i]);
    const auto says = [&](std::string_view verb) { return line.find(verb, 2) != std::string::npos; };
    if (is_state(lines[i])) place = begin_at(std::string_view(lines[i]).substr(2));
    if (line == "T") place = {0, false, true, false};
    if (line.size() < 2 || is_state(lines[i])) continue;
    if (says("MAIL")) place.transaction = 1;
    if (says("RCPT") && place.transaction > 0) place.transaction = 2;
    if (says("DATA") && place.transaction > 1) place.transaction = 3;
    if (line[0] == 'C' && place.transaction > 1) place.transaction = 4;
    if (line[0] == 'A' || says("AUTH ")) place.logged_in = true;
    const bool ends_message = line[0] == 'M' || line[0] == 'L';
    const bool greets = says("EHLO") || says("HELO") || says("LHLO");
    if (says("RSET") || greets || ends_message) place.transaction = 0;
    place.greeted = place.greeted || greets;
  }
  return place;
}

}  // namespace

std::string mutate(std::string_view input, std::size_t most_octets, std::uint64_t seed, Words own) {
  Dice dice(seed);
  Lines lines = lines_of(input);
  for (std::size_t changes = 1 + dice.roll(4); changes > 0; --changes) {
    const std::size_t at = lines.empty() ? 0 : dice.roll(lines.size());
    if (!lines.empty() && has_text(lines[at]) && dice.roll(5) < 3)
      lines[at] = change_text(lines[at], own, dice);
    else
      change_order(lines, own, dice);
  }
  return joined(lines, most_octets);
}

std::string cross_over(std::string_view first, std::string_view second, std::size_t most_octets, std::uint64_t seed) {
  Dice dice(seed);
  Lines begin = lines_of(first);
  const Lines end = lines_of(second);
  const std::size_t cut = dice.roll(begin.size() + 1);
  const Place place = place_after(begin, cut);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i <= end.size(); ++i)
    if (place_after(end, i) == place) places.push_back(i);
  begin.resize(cut);
  if (!places.empty()) {
    const std::size_t from = dice.one_of(places);
    for (std::size_t i = from; i < end.size(); ++i)
      if (!is_state(end[i])) begin.push_back(end[i]);
  }
  return joined(begin, most_octets);
}

}  // namespace smtpspec::fuzz

namespace {

using namespace smtpspec::fuzz;

std::vector<std::string>& own_words() {
  static std::vector<std::string> own;
  return own;
}

std::size_t put(const std::string& input, std::uint8_t* into) {
  std::memcpy(into, input.data(), input.size());
  return input.size();
}

}  // namespace

void smtpspec::fuzz::use_own_words(std::vector<std::string> own) { own_words() = std::move(own); }

// libFuzzer finds these two by their names, wherever this room is linked.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  return put(mutate(octets_of(data, size), most, seed, own_words()), data);
}
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second, std::size_t second_size, std::uint8_t* out,
                                                 std::size_t most, unsigned seed) {
  return put(cross_over(octets_of(first, first_size), octets_of(second, second_size), most, seed), out);
}
