#include "fuzz/campaign/afl_stats.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace smtpspec::fuzz {

namespace {

/// Of a server that does not show its edges, what stands for them.
std::uint64_t edges_of(const CampaignStatus& status) { return status.edges != 0 ? status.edges : status.features; }

std::string head_of(std::string_view key) { return fmt::format("{:<18}: ", key); }

/// 0 where none is told.
std::uint64_t number_in(std::string_view text, std::string_view key) {
  const std::string head = "\n" + head_of(key);
  const std::size_t at = text.find(head);
  if (at == text.npos) return 0;
  text.remove_prefix(at + head.size());
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() ? number : 0;
}

}  // namespace

std::string plot_header() {
  return "# relative_time, cycles_done, cur_item, corpus_count, pending_total, pending_favs, map_size, saved_crashes, "
         "saved_hangs, max_depth, execs_per_sec, total_execs, edges_found\n";
}

std::string plot_line(const CampaignStatus& status, std::size_t inputs) {
  return fmt::format("{}, 0, 0, {}, 0, 0, 0%, {}, 0, 0, {:.2f}, {}, {}\n", status.elapsed.count(), inputs,
                     status.findings, status.sessions_a_second(), status.sessions, edges_of(status));
}

std::string fuzzer_stats(const CampaignStatus& status, std::size_t inputs, std::int64_t now, std::int64_t process,
                         const std::string& name) {
  std::string text;
  const auto say = [&](std::string_view key, const auto& value) { text += fmt::format("{}{}\n", head_of(key), value); };
  const std::int64_t last_find = status.since_news.count() > 0 ? now - status.since_news.count() : 0;
  say("start_time", now - status.elapsed.count());
  say("last_update", now);
  say("run_time", status.elapsed.count());
  say("fuzzer_pid", process);
  for (const std::string_view key : {"cycles_done", "cycles_wo_finds"}) say(key, 0);
  say("execs_done", status.sessions);
  say("execs_per_sec", fmt::format("{:.2f}", status.sessions_a_second()));
  say("corpus_count", inputs == 0 ? 1 : inputs);  // they divide by it
  for (const std::string_view key : {"corpus_found", "cur_item", "pending_favs", "pending_total"}) say(key, 0);
  say("stability", "100.00%");
  say("bitmap_cvg", "0.00%");
  say("saved_crashes", status.findings);
  say("saved_hangs", 0);
  say("last_find", last_find);
  for (const std::string_view key : {"last_crash", "last_hang"}) say(key, 0);
  say("edges_found", edges_of(status));
  say("afl_banner", name);
  say("command_line", "smtpspec fuzz");
  return text;
}

CampaignStatus status_in(std::string_view fuzzer_stats) {
  constexpr std::uint64_t longest = 100ULL * 365 * 24 * 60 * 60;  // no clock goes as far
  CampaignStatus status;
  status.elapsed = std::chrono::seconds(std::min(number_in(fuzzer_stats, "run_time"), longest));
  status.sessions = number_in(fuzzer_stats, "execs_done");
  return status;
}

}  // namespace smtpspec::fuzz
