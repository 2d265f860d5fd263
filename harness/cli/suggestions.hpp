// What somebody may have meant who mistyped a command or an option.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace CLI {  // NOLINT: its own name
class App;
}

namespace smtpspec::cli {

/// The command of that name among those of `app`, which may be a command itself; nullptr where there is none.
[[nodiscard]] const CLI::App* command_of(const CLI::App& app, const std::string& word);
/// What `--help` of it prints.
[[nodiscard]] std::string help_of(const CLI::App& command);
/// Says that there is none, what is near, and which there are, and `more` beside them; gives the exit code.
int no_such_command(const CLI::App& app, const std::string& word, const std::vector<std::string>& more = {});

/// Where the words name no command, or leave one out, says so and gives true. Options and what belongs to them are the
/// parser's.
[[nodiscard]] bool lacks_command(const CLI::App& app, std::span<char* const> words);
/// "did you mean '--filter'?" of the first option that a parsed command line has too much; else empty.
[[nodiscard]] std::string perhaps_meant_option(const CLI::App& app);

}  // namespace smtpspec::cli
