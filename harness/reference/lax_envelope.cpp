// How a server that takes everything reads what says who a mail is from and for. It is there to show what came, and
// whether that keeps to the grammar is for others to judge.
#include <algorithm>

#include "harness/reference/core.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/server_state.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Verb;

constexpr smtp::PathRules all_paths{.utf8 = true, .bare_postmaster = true, .null = true};

/// Takes what stands before the octet off the front of the text, and the octet itself.
std::string_view take_until(std::string_view& text, char octet) {
  const std::string_view taken = text.substr(0, text.find(octet));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

/// The path by its angle brackets, and where they are not in order by the first '>' or the first space.
std::string_view take_path(std::string_view& text) {
  const bool is_closed = text.starts_with('<') && text.find('>') != text.npos;
  std::size_t extent = smtp::path_extent(text);
  if (extent == 0) extent = text.find(is_closed ? '>' : ' ') + 1;
  const std::string_view path = text.substr(0, extent == 0 ? text.npos : extent);
  text.remove_prefix(path.size());
  return path;
}

smtp::Path path_of(std::string_view text) {
  if (auto path = smtp::parse_path(text, all_paths)) return *std::move(path);
  if (text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  smtp::Path path;
  path.as_written = text;
  path.null = text.empty();
  return path;
}

std::vector<smtp::Parameter> parameters_of(std::string_view text) {
  std::vector<smtp::Parameter> parameters;
  while (!text.empty()) {
    std::string_view word = take_until(text, ' ');
    if (word.empty()) continue;
    const bool has_value = word.find('=') != word.npos;
    smtp::Parameter parameter{smtp::to_upper(take_until(word, '=')), std::nullopt};
    if (has_value) parameter.value = word;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

}  // namespace

std::optional<smtp::Command> read_lax(std::string_view line) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  smtp::Command command;
  command.word = take_until(line, ' ');
  command.verb = smtp::verb_of(command.word);
  command.argument = line;
  if (smtp::is_hello(command.verb)) {
    command.domain = smtp::parse_domain(line, true) ? line : "unknown";  // it stands in the reply
    return command;
  }
  if (command.verb != Verb::mail && command.verb != Verb::rcpt) return std::nullopt;
  const std::size_t begins = line.find_first_of(":<");
  if (begins != line.npos) line.remove_prefix(line[begins] == ':' ? begins + 1 : begins);
  while (line.starts_with(' ')) line.remove_prefix(1);
  command.path = path_of(take_path(line));
  command.parameters = parameters_of(line);
  return command;
}

bool is_lax_about(Why why) { return why == Why::not_greeted || why == Why::no_smtputf8 || why == Why::binary; }

}  // namespace smtpspec::reference
