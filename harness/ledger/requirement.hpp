// The ledger: what the RFCs demand, one row a sentence. Scenarios and the referee's rules cite rows by their ids.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace smtpspec::ledger {

/// A place in a file, for people: lines and columns count from 1; 0 is unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  /// Where something stands is no part of what it says: things are equal that say the same.
  friend bool operator==(const Place&, const Place&) { return true; }
};

/// The words that files and reports have for the values of an enumeration, in their order, and what these are called
/// together. Given beside each enumeration.
template <std::size_t count>
struct Words {
  std::string_view what;
  std::array<std::string_view, count> all;
};
template <class Enum>
inline constexpr int words = 0;

template <class Enum>
concept Worded = requires {
  words<Enum>.all;
};

template <Worded Enum>
[[nodiscard]] constexpr std::string_view name(Enum value) {
  return words<Enum>.all[static_cast<std::size_t>(value)];
}

/// Nothing where no value has the word.
template <Worded Enum>
[[nodiscard]] constexpr std::optional<Enum> named(std::string_view word) {
  const auto& all = words<Enum>.all;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] == word) return static_cast<Enum>(i);
  return std::nullopt;
}

/// How binding a requirement is (RFC 2119). An unmet expectation is `fail`, `warn` or `info` accordingly.
enum class Level { must, should, may };
template <>
inline constexpr Words<3> words<Level> = {"level", {"must", "should", "may"}};

/// What a breach may cost, worst first; findings stand in this order.
enum class Severity {
  security,  ///< smuggling, injection, relay, credentials, crash by input
  loss,      ///< mail lost, changed, doubled, sent to the wrong
  must,
  should,
};
template <>
inline constexpr Words<4> words<Severity> = {"severity", {"security", "loss", "must", "should"}};
/// Of a requirement that states none. What is less than a SHOULD makes no finding, and counts as one.
[[nodiscard]] Severity severity_of(Level level);

/// Whose duty, or freedom, a requirement is.
enum class Party { server, client, both };
template <>
inline constexpr Words<3> words<Party> = {"party", {"server", "client", "both"}};

/// Lines of the text file of an RFC, both included; they count from 1, page breaks and all. 0 is unknown.
struct Lines {
  int first = 0;
  int last = 0;
  friend bool operator==(const Lines&, const Lines&) = default;
};
/// "2028-2032", "2028"; nullopt where the text is neither, or runs backwards.
[[nodiscard]] std::optional<Lines> lines_from(std::string_view text);
/// The same again; empty where unknown.
[[nodiscard]] std::string text_of(const Lines& lines);

struct Requirement {
  std::string id;       ///< "rfc5321/4.1.1.4/lf-is-no-line-end"; words, never changed
  int rfc = 0;          ///< 5321; 0 where the id names no RFC
  std::string section;  ///< "4.1.1.4"; empty where the id has none
  Lines lines;
  Level level = Level::must;  ///< how an unmet expectation that rests on it counts against a server
  Severity severity = Severity::must;
  Party party = Party::server;
  std::string says;  ///< the RFC's sentence word for word, white space and page breaks folded
  Place place;       ///< of its row
  Place says_place;  ///< of its sentence
};

/// Whether this is an id: a document, its section and words, with a slash between. A document that is no RFC may do
/// without sections.
[[nodiscard]] bool is_requirement_id(std::string_view id);
/// A requirement with its id, and what the id tells: RFC and section.
[[nodiscard]] Requirement requirement_of(std::string id);
/// "RFC 5321 section 4.1.1.4" from an id; the id itself where it names no RFC.
[[nodiscard]] std::string section_of(const std::string& id);

}  // namespace smtpspec::ledger
