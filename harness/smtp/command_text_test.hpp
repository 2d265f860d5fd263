// Commands written again, to see that reading has lost nothing. For tests and fuzzing alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/smtp/command.hpp"

namespace smtpspec::smtp {

inline std::string path_and_parameters(std::string_view word, const Command& command) {
  std::string text = " " + std::string(word) + "<";
  const std::vector<std::string>& route = command.path.source_route;
  for (std::size_t i = 0; i < route.size(); ++i) text += "@" + route[i] + (i + 1 < route.size() ? "," : ":");
  text += to_string(command.path) + ">";
  for (const Parameter& parameter : command.parameters) {
    text += " " + parameter.keyword;
    if (parameter.value) text += "=" + *parameter.value;
  }
  return text;
}

/// The command as a line without its end, in one form for all ways to write it: verb, mechanism and keywords in upper
/// case, the path with the least quoting. Reads again as the same command (apart from `word`, `argument`, `quoted`).
inline std::string to_string(const Command& command) {
  std::string text(command.verb == Verb::unknown ? command.word : name(command.verb));
  switch (command.verb) {
    case Verb::ehlo:
    case Verb::helo:
    case Verb::lhlo: return text + " " + command.domain;
    case Verb::mail: return text + path_and_parameters("FROM:", command);
    case Verb::rcpt: return text + path_and_parameters("TO:", command);
    case Verb::bdat: return text + " " + std::to_string(command.chunk_size) + (command.last_chunk ? " LAST" : "");
    case Verb::auth:
      return text + " " + command.mechanism + (command.initial_response ? " " + *command.initial_response : "");
    default: return command.argument.empty() ? text : text + " " + command.argument;
  }
}

}  // namespace smtpspec::smtp
