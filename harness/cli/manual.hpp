// The man page and the shells' completions, made of the command line's own definitions.
#pragma once

#include <string>

namespace CLI {  // NOLINT: its own name
class App;
}

namespace smtpspec::cli {

/// In the language of man(7), with what causes and tags mean. `name`: "smtpspec 0.1.0". Options that the program has as
/// a whole are not told again with each command.
[[nodiscard]] std::string man_page(const CLI::App& app, const std::string& name);
/// Scripts that a shell reads; they complete commands, options and words that an option or an argument is one of, and
/// leave file names to the shell.
[[nodiscard]] std::string bash_completion(const CLI::App& app);
[[nodiscard]] std::string fish_completion(const CLI::App& app);

}  // namespace smtpspec::cli
