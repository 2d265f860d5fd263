// Commands: the client's side of a connection cut into lines, and each line read as a command.
// RFC 5321 sections 4.1.1 and 4.5.3.1.4, and the extensions' own RFCs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/smtp/parameters.hpp"
#include "harness/smtp/parsed.hpp"
#include "harness/smtp/path.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::smtp {

enum class Verb {
  ehlo,
  helo,
  lhlo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  vrfy,
  expn,
  help,
  noop,
  quit,
  starttls,
  auth,
  unknown
};
[[nodiscard]] Verb verb_of(std::string_view word);  ///< any case
[[nodiscard]] std::string_view name(Verb verb);     ///< "EHLO"; "unknown" for the rest

/// One line of the client, ended by CRLF or by a bare LF.
struct CommandLine {
  std::string bytes;            ///< without the line end; at most `LineReader::max_line` octets are kept
  LineEnd end = LineEnd::none;  ///< `crlf` or `lf`
  std::size_t octets = 0;       ///< true length with the line end
};

/// Cuts the client's octets into lines and hands back what is not a line to whoever reads data. Never throws and holds
/// at most `max_line` octets of a line. Which octets end a line is a rule of its own, so that faults can bend it.
class LineReader {
 public:
  /// RFC 5321 section 4.5.3.1.4 asks for 512, RFC 4954 section 4 for 12288 in AUTH; kept longer to be reported.
  static constexpr std::size_t max_line = 16384;
  enum class Ends { crlf_only, crlf_or_lf };

  explicit LineReader(Ends ends = Ends::crlf_or_lf) : ends_(ends) {}
  /// Takes one line off the front of `octets` (which is shortened by what was used up); nullopt when the line is not
  /// complete, then all of `octets` was taken in.
  [[nodiscard]] std::optional<CommandLine> take(std::string_view& octets);
  [[nodiscard]] bool idle() const { return octets_ == 0; }
  void clear();

 private:
  Ends ends_;
  std::string line_;
  std::size_t octets_ = 0;
  bool last_was_cr_ = false;
};

/// A command line read by the grammar. Fields beyond `verb` and `argument` are filled for the verbs that have them.
struct Command {
  Verb verb = Verb::unknown;
  std::string word;                   ///< the verb as written
  std::string argument;               ///< everything after the verb and its space, trailing white space cut off
  Path path;                          ///< MAIL, RCPT
  std::vector<Parameter> parameters;  ///< MAIL, RCPT
  std::uint64_t chunk_size = 0;       ///< BDAT
  bool last_chunk = false;            ///< BDAT
  std::string domain;                 ///< EHLO, HELO, LHLO
  std::string mechanism;              ///< AUTH, upper case
  std::optional<std::string> initial_response;  ///< AUTH, still in base64; "=" stands for an empty one
};

/// Why a line is not a well-formed command. `Kind` tells a server which reply code is due.
struct CommandError {
  enum class Kind {
    unknown_verb,       ///< 500
    syntax,             ///< 501: arguments do not fit the grammar
    bad_parameter,      ///< 501: a known parameter with a wrong value, or one given twice
    unknown_parameter,  ///< 555
  };
  Kind kind = Kind::syntax;
  SyntaxError error;  ///< `at` counts from the start of the line
  Command command;    ///< as far as it was read; `verb` is always right
};

struct CommandRules {
  /// SMTPUTF8 is offered: UTF-8 in MAIL's path counts if its parameter is there, else it is a syntax error. For RCPT
  /// set it where the MAIL command of the transaction had that parameter (RFC 6531 section 3.4).
  bool utf8 = false;
  bool parameters = true;  ///< false after HELO: any parameter is refused (RFC 5321 section 4.1.1.11)
};

/// Reads one line (without its line end) as a command. Strict: the grammar of RFC 5321 to the letter, apart from the
/// trailing white space that section 4.1.1 lets a receiver tolerate. A chunk size too large for 64 bits is a syntax
/// error.
[[nodiscard]] std::variant<Command, CommandError> parse_command(std::string_view line, const CommandRules& rules);

/// Whether a line holds octets that no command may: NUL, CR, control characters, or 8-bit octets that are not UTF-8.
/// Trailing white space, HTAB too, is tolerated as in `parse_command`.
[[nodiscard]] bool has_forbidden_octets(std::string_view line);

}  // namespace smtpspec::smtp
