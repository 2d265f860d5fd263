// What ends the server's process: memory that is misused as programs in C misuse it, and a loop without an end.
#include <algorithm>
#include <array>
#include <cstddef>

#include "harness/reference/faulty_core.hpp"

// NOLINTBEGIN: each mistake is meant
namespace smtpspec::reference {
namespace {

using smtp::Command;
using smtp::Verb;

constexpr std::size_t small_word = 16;
constexpr std::size_t small_path = 64;
constexpr std::size_t small_line = 1000;
constexpr std::size_t few_recipients = 20;
constexpr std::uint64_t largest_step = 1 << 20;

volatile char seen;

/// As strcpy() does it: nobody asks how much room there is.
[[gnu::noinline]] void copy(std::string_view text, volatile char* room) {
  for (const char octet : text) *room++ = octet;
}

[[gnu::noinline]] void copy_to_stack(std::string_view text) {
  std::array<volatile char, small_path> room{};
  copy(text, room.data());
}

[[gnu::noinline]] void copy_to_heap(std::string_view text, std::size_t size) {
  char* const room = new char[size];
  copy(text, room);
  delete[] room;
}

[[gnu::noinline]] void read_to_bracket(std::string_view text) {
  const char* const copied = std::copy(text.begin(), text.end(), new char[text.size()]) - text.size();
  const volatile char* at = copied;
  while (*at != ']') ++at;
  delete[] copied;
}

/// What stands after "SIZE="; null where that is nowhere.
[[gnu::noinline]] const volatile char* size_in(std::string_view line) {
  const std::size_t at = line.find("SIZE=");
  return at == line.npos ? nullptr : line.data() + at;
}

}  // namespace

void FaultyCore::die_of_line(std::string_view line) {
  if (has(Fault::verb_in_16_octets)) copy_to_heap(line.substr(0, line.find(' ')), small_word);
  const std::size_t literal = line.find('[');
  if (has(Fault::literal_without_end) && literal != line.npos) read_to_bracket(line.substr(literal));
  if (has(Fault::value_of_nothing) && fits(line, "(?i)\\AMAIL .* SIZE")) seen = *size_in(line);
  for (volatile bool again = has(Fault::spins_on_backslash) && line.ends_with('\\'); again;) again = true;
}

void FaultyCore::die_of(const Command& command) {
  if (has(Fault::path_in_64_octets) && command.verb == Verb::rcpt) copy_to_stack(command.argument);
  if (has(Fault::chunk_in_16_bits) && command.verb == Verb::bdat && command.chunk_size > 0) {
    char* const room = new char[(command.chunk_size & 0xffffU) + 1];
    *const_cast<volatile char*>(room + std::min(command.chunk_size, largest_step)) = 0;
    delete[] room;
  }
  if (has(Fault::twenty_recipients) && command.verb == Verb::rcpt) {
    char* const table = new char[few_recipients];
    *const_cast<volatile char*>(table + transaction.mail.recipients.size()) = 1;
    delete[] table;
  }
  if (!has(Fault::sender_used_after_rset)) return;
  if (command.verb == Verb::rset && transaction.open) {
    freed = new char[small_path];
    *freed = 1;
    delete[] freed;
  }
  if (command.verb == Verb::vrfy && freed != nullptr) seen = *const_cast<volatile char*>(freed);
}

void FaultyCore::die_of_refusal() {
  if (!has(Fault::refusal_freed_twice)) return;
  if (freed == nullptr || !transaction.open) freed = new char[small_word];
  delete[] freed;
}

void FaultyCore::die_of_text(std::string_view octets) {
  if (!has(Fault::text_line_in_1000_octets)) return;
  const std::string line(std::min(octets.find('\n'), octets.size()) + text_line, 'x');
  copy_to_heap(line, small_line);
  const std::size_t last = octets.rfind('\n');
  text_line = last == octets.npos ? line.size() : octets.size() - last - 1;
}

void FaultyCore::die_of_response(std::string_view line) const {
  if (!has(Fault::octet_beyond_the_table)) return;
  char* const table = new char[128];
  for (const char octet : line) *const_cast<volatile char*>(table + static_cast<unsigned char>(octet)) = 1;
  delete[] table;
}

}  // namespace smtpspec::reference
// NOLINTEND
