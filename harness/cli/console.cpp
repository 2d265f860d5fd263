#include "harness/cli/console.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/cli/commands.hpp"
#include "harness/engine/server_process.hpp"
#include "reports/layout.hpp"

namespace smtpspec::cli {

namespace {

Colours colours = Colours::automatic;

bool has_colour(int descriptor) {
  if (colours != Colours::automatic) return colours == Colours::always;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(descriptor) == 1 && (no_color == nullptr || *no_color == '\0') && term != nullptr &&
         std::string_view(term) != "dumb";
}

constexpr std::size_t usual_width = 80;

std::optional<std::size_t> columns(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

constexpr std::string_view clear_line = "\r\x1b[K";

int output_problem = 0;  // an errno
bool told_output_problem = false;

volatile std::sig_atomic_t caught = 0;

void catch_signal(int number) {
  if (caught != 0) {  // asked twice: at once
    engine::kill_server_now();
    std::_Exit(128 + number);
  }
  caught = number;
}

}  // namespace

void choose_colours(Colours when) { colours = when; }
bool stdout_has_colour() { return has_colour(STDOUT_FILENO); }
bool stderr_has_colour() { return has_colour(STDERR_FILENO); }

reports::TerminalStyle stdout_style(bool verbose, bool strict) {
  const std::size_t width = width_of_lines().value_or(usual_width);
  return {.colour = stdout_has_colour(), .verbose = verbose, .strict = strict, .width = width};
}

std::optional<std::size_t> width_of_lines() {
  constexpr std::size_t narrowest = 20;
  std::size_t width = 0;
  if (const char* set = std::getenv("COLUMNS"); set != nullptr) std::from_chars(set, set + std::strlen(set), width);
  const auto all = width > 0 ? width : columns(STDOUT_FILENO);
  return all ? std::optional(std::max(*all, narrowest)) : std::nullopt;
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+,=";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char octet : word) quoted += octet == '\'' ? std::string(R"('\'')") : std::string(1, octet);
  return quoted + "'";
}

void fill_standard_streams() {
  // open() gives the lowest descriptor that is free.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(descriptor, F_GETFD) == -1) (void)open(descriptor == STDOUT_FILENO ? "/dev/full" : "/dev/null", O_RDWR);
}

void put(std::string_view text) {
  errno = 0;
  if (output_problem == 0 && std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) output_problem = errno;
}

void put_folded(std::string_view text) {
  const auto width = width_of_lines();
  put(width ? reports::folded(text, *width) : std::string(text));
}

bool flush_output() {
  errno = 0;
  if (output_problem == 0 && std::fflush(stdout) != 0) output_problem = errno;
  if (output_problem == 0 && std::ferror(stdout) != 0) output_problem = EIO;
  if (output_problem != 0 && !told_output_problem && output_problem != EPIPE)
    say(fmt::format("standard output could not be written: {}", std::strerror(output_problem)));
  told_output_problem = output_problem != 0;
  return output_problem == 0;
}

int unless_output_is_lost(int code) { return flush_output() || code == exit_internal ? code : exit_not_written; }

int unless_it_failed(const std::string& problem, int code) {
  if (problem.empty()) return code;
  say(fmt::format("internal error: a session of our own server: {}", problem));
  return exit_internal;
}

void put_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

void say(std::string_view text) {
  constexpr std::size_t most = 4000;
  if (isatty(STDERR_FILENO) == 1) put_error(clear_line);
  const std::string rest = text.size() > most ? fmt::format(" [{} octets more]", text.size() - most) : std::string();
  put_error(fmt::format("smtpspec: {}{}\n", smtp::visible(text.substr(0, most)), rest));
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}
ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (terminal_) put_error(clear_line);
}

void ProgressLine::show(const engine::Progress& progress) {
  if (!terminal_ || progress.total == 0) return;
  const double seconds = static_cast<double>(progress.elapsed.count()) / 1000.0;
  std::string line = fmt::format("{}/{}  {} finding{}", progress.done, progress.total, progress.findings,
                                 progress.findings == 1 ? "" : "s");
  if (progress.done > 0 && progress.done < progress.total) {
    const double left =
        seconds * static_cast<double>(progress.total - progress.done) / static_cast<double>(progress.done);
    line += fmt::format("  about {:.0f} s left", left + 0.5);
  }
  if (!progress.slowest.empty())
    line += fmt::format("  {} ({:.1f} s)", smtp::visible(progress.slowest),
                        static_cast<double>(progress.slowest_for.count()) / 1000.0);
  put_error(fmt::format("\r{}\x1b[K", line.substr(0, columns(STDERR_FILENO).value_or(usual_width) - 1)));
}

std::chrono::milliseconds duration_from(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double factor = unit == "ms"                  ? 1
                        : unit == "s" || unit.empty() ? 1e3
                        : unit == "m"                 ? 6e4
                        : unit == "h"                 ? 3.6e6
                                                      : 0;
  const double milliseconds = number * factor;
  if (error != std::errc() || !(milliseconds >= 1 && milliseconds <= 8.64e7))  // nor is it NaN
    throw CLI::ValidationError("'" + text + "' is no duration: write 500ms, 20s, 5m or 1h (1ms at least, 24h at most)");
  return std::chrono::milliseconds(static_cast<long long>(milliseconds));
}

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = catch_signal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);  // nohup, and a shell's background jobs
  }
}

int signal_caught() { return caught; }

}  // namespace smtpspec::cli
