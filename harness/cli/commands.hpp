// The commands of smtpspec. Each adds itself to the command line; `main` wires them and returns what the chosen one
// did.
#pragma once

#include <functional>
#include <string>

namespace CLI {  // NOLINT: its own name
class App;
}

namespace smtpspec::cli {

/// What the chosen command will do once the command line was read; the result is the exit code.
struct Chosen {
  std::function<int()> run;
  std::string command_line;  ///< as given, for the record
};

void add_run(CLI::App& app, Chosen& chosen);
void add_judge(CLI::App& app, Chosen& chosen);
void add_list(CLI::App& app, Chosen& chosen);
void add_explain(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_serve(CLI::App& app, Chosen& chosen);
void add_sink(CLI::App& app, Chosen& chosen);
void add_prove(CLI::App& app, Chosen& chosen);

}  // namespace smtpspec::cli
