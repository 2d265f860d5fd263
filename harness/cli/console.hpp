// What goes to standard output and standard error, and the terminal there: its colours, one line of progress on it.
// Nothing here throws where either of them is closed or full.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "harness/engine/run.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

/// What shows colours: `automatic` is a terminal, unless NO_COLOR is set or TERM says that it knows none; until
/// anything else is chosen it is that.
enum class Colours { automatic, always, never };
void choose_colours(Colours when);
[[nodiscard]] bool stdout_has_colour();
[[nodiscard]] bool stderr_has_colour();
/// How a report is to be printed on standard output: its colours and width. COLUMNS goes before what the terminal says;
/// what is no terminal has 80 columns.
[[nodiscard]] reports::TerminalStyle stdout_style(bool verbose, bool strict);
/// Columns of a line on standard output, where it has an end: COLUMNS, or the terminal's.
[[nodiscard]] std::optional<std::size_t> width_of_lines();
/// A word as a shell reads it: in single quotes where it needs them.
[[nodiscard]] std::string shell_word(const std::string& word);

/// Where standard input, output or error is closed, something takes its place, so that no file or connection that is
/// opened later does; writing to standard output fails then.
void fill_standard_streams();
/// On standard output: what is escaped already, such as a report in colours.
void put(std::string_view text);
/// The same, of whole lines: where these have an end on standard output, they are broken between words.
void put_folded(std::string_view text);
/// On standard output: whole lines of a text, in which everything but their ends is escaped, for ids, titles and paths
/// are other people's. Broken between words where lines have an end.
template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  put_folded(smtp::visible_lines(fmt::format(format, std::forward<Args>(args)...)));
}
/// Whether standard output took all of it so far; the first time that it did not, that is said, unless its reader has
/// but read enough.
[[nodiscard]] bool flush_output();
/// The exit code, or that of a report that could not be written where standard output did not take all of it.
[[nodiscard]] int unless_output_is_lost(int code);
/// The exit code, or that of an error of our own where a server of ours has a problem, which is said then.
[[nodiscard]] int unless_it_failed(const std::string& problem, int code);

/// "smtpspec: <text>" on standard error, on one line, escaped, and cut where it is long: whoever calls may quote what
/// he likes. A progress line is cleared first.
void say(std::string_view text);
/// On standard error: what is escaped already, in lines.
void put_error(std::string_view text);

/// One line on standard error that is written over; nothing at all where that is no terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(const engine::Progress& progress);
  void clear();

 private:
  bool terminal_;
};

/// "20s", "500ms", "5m", "1h"; a plain number is seconds. Never nothing at all. Throws CLI::ValidationError otherwise.
[[nodiscard]] std::chrono::milliseconds duration_from(const std::string& text);

/// Set by SIGINT, SIGTERM and SIGHUP once `watch_signals` was called; 0 before.
void watch_signals();
[[nodiscard]] int signal_caught();

}  // namespace smtpspec::cli
