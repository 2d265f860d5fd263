#include "harness/record/secrets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/base64.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::record {
namespace {

/// Shorter forms are found in ordinary words, and shorter parts of a form tell nobody anything.
constexpr std::size_t shortest_part = 6;

std::string each_as(std::string_view octets, const char* format) {
  std::string text;
  for (const char octet : octets) text += fmt::format(fmt::runtime(format), static_cast<unsigned char>(octet));
  return text;
}

/// RFC 2045 section 6.7: what need not be encoded is left.
std::string quoted_printable(std::string_view octets) {
  std::string text;
  for (const char octet : octets) {
    const bool plain = octet >= '!' && octet <= '~' && octet != '=';
    text += plain ? std::string(1, octet) : fmt::format("={:02x}", static_cast<unsigned char>(octet));
  }
  return text;
}

/// What base64 makes of a secret does not depend on what stands around it but for the first and last letters.
std::string base64_within(std::string_view secret, std::size_t offset) {
  const std::string text = smtp::base64_encode(std::string(offset, 'x') + std::string(secret));
  const std::size_t first = offset == 0 ? 0 : offset == 1 ? 2 : 3;
  const std::size_t whole = (offset + secret.size()) * 8 / 6;  // letters that depend on nothing after
  return whole > first ? text.substr(first, whole - first) : std::string();
}

/// Between the octets of what is echoed it means nothing.
bool is_space(char octet) { return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n' || octet == '\0'; }

std::string upper_without_space(std::string_view text) {
  std::string squeezed(text.size(), '\0');
  std::size_t size = 0;
  for (const char octet : text) {
    squeezed[size] = smtp::to_upper(octet);
    size += is_space(octet) ? 0 : 1;
  }
  squeezed.resize(size);
  return squeezed;
}

/// In upper case, as they are searched for.
std::vector<std::string> forms_of(const std::string& secret) {
  std::vector<std::string> forms = {secret,
                                    smtp::escape(secret),
                                    smtp::base64_encode(secret),
                                    each_as(secret, "{:02x}"),
                                    each_as(secret, "={:02x}"),
                                    quoted_printable(secret)};
  for (const std::size_t offset : {0U, 1U, 2U}) forms.push_back(base64_within(secret, offset));
  for (std::string& form : forms) form = upper_without_space(form);
  for (std::size_t forwards = forms.size(), i = 0; i < forwards; ++i)
    forms.emplace_back(forms[i].rbegin(), forms[i].rend());
  return forms;
}

/// The first two octets of a form, or of a text that may begin with one, as a number.
std::size_t begin_of(std::string_view octets) {
  return static_cast<std::size_t>(static_cast<unsigned char>(octets[0])) << 8U | static_cast<unsigned char>(octets[1]);
}

/// One octet as a text is read: as it stands there, or by who undoes quoted-printable (RFC 2045 section 6.7) and the
/// percent signs of URLs (RFC 3986 section 2.1).
struct Unit {
  std::size_t size;  ///< of it in the text
  char octet;
};
enum class Reading { as_it_stands, decoded };

bool is_encoded(std::string_view text, std::size_t at) {
  return (text[at] == '=' || text[at] == '%') && at + 2 < text.size() && smtp::is_hexdig(text[at + 1]) &&
         smtp::is_hexdig(text[at + 2]);
}

Unit unit_at(std::string_view text, std::size_t at, Reading reading) {
  if (reading == Reading::as_it_stands) return {1, text[at]};
  if (is_encoded(text, at))
    return {3, static_cast<char>(smtp::hex_value(text[at + 1]) << 4 | smtp::hex_value(text[at + 2]))};
  const bool soft_line_break = text.substr(at, 3) == "=\r\n";
  return soft_line_break ? Unit{3, ' '} : Unit{1, text[at]};
}

std::string upper_without_space(std::string_view text, Reading reading) {
  if (reading == Reading::as_it_stands) return upper_without_space(text);
  std::string squeezed;
  for (std::size_t at = 0; at < text.size();) {
    const Unit unit = unit_at(text, at, reading);
    if (!is_space(unit.octet)) squeezed += smtp::to_upper(unit.octet);
    at += unit.size;
  }
  return squeezed;
}

/// Ranges that overlap are one: a secret may be a part of another.
template <class Range>
std::vector<Range> merged(std::vector<Range> found) {
  std::sort(found.begin(), found.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::vector<Range> all;
  for (const Range& range : found) {
    if (all.empty() || range.begin >= all.back().end)
      all.push_back(range);
    else
      all.back().end = std::max(all.back().end, range.end);
  }
  return all;
}

/// Ranges of what was read, in order and apart, as those of the text that it was read from.
template <class Range>
std::vector<Range> in_text(std::string_view text, Reading reading, std::vector<Range> ranges) {
  std::size_t at = 0;
  std::size_t passed = 0;  // octets before `at` that are no space
  const auto go_to = [&](std::size_t number) {
    for (;; at += unit_at(text, at, reading).size) {
      if (is_space(unit_at(text, at, reading).octet)) continue;
      if (passed == number) return;
      ++passed;
    }
  };
  for (Range& range : ranges) {
    go_to(range.begin);
    const std::size_t begin = at;
    go_to(range.end - 1);
    range = {begin, at + unit_at(text, at, reading).size};
  }
  return ranges;
}

}  // namespace

Redactor::Redactor(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (!secret.empty() && secret.size() < shortest_part) words_.push_back(smtp::to_upper(secret));
    for (std::string& form : forms_of(secret))
      if (form.size() >= shortest_part) forms_.push_back(std::move(form));
  }
  std::sort(forms_.begin(), forms_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
  for (const std::string& form : forms_) begins_.set(begin_of(form));
}

void Redactor::find_words(std::string_view octets, std::vector<Range>& found) const {
  if (words_.empty()) return;
  const std::string upper = smtp::to_upper(octets);
  const auto is_in_word = [&](std::size_t at) { return at < upper.size() && smtp::is_let_dig(upper[at]); };
  for (const std::string& word : words_)
    for (std::size_t at = 0; (at = upper.find(word, at)) != std::string::npos; at += word.size())
      if ((at == 0 || !is_in_word(at - 1)) && !is_in_word(at + word.size())) found.push_back({at, at + word.size()});
}

/// In one pass, whatever the number of forms: few places begin as any of them does.
std::vector<Redactor::Range> Redactor::places_of_forms(std::string_view squeezed) const {
  std::vector<Range> places;
  std::size_t begin = 0;  // as `begin_of` gives it
  for (std::size_t next = 0; next < squeezed.size(); ++next) {
    begin = (begin << 8U | static_cast<unsigned char>(squeezed[next])) & 0xffffU;
    if (next == 0 || !begins_[begin]) continue;
    const std::size_t at = next - 1;
    const std::string_view rest = squeezed.substr(at);
    const auto form =
        std::find_if(forms_.begin(), forms_.end(), [&](const auto& one) { return rest.starts_with(one); });
    if (form == forms_.end()) continue;
    if (places.empty() || places.back().end <= at) places.push_back({at, at});
    places.back().end = std::max(places.back().end, at + form->size());
  }
  return places;
}

/// The first octets of a form, where the text ends within it: the most of them.
std::vector<Redactor::Range> Redactor::places_of_cut_forms(std::string_view squeezed) const {
  std::vector<Range> places;
  for (const std::string& form : forms_) {
    for (std::size_t size = std::min(form.size() - 1, squeezed.size()); size >= shortest_part; --size) {
      const std::size_t begin = squeezed.size() - size;
      if (squeezed[begin] != form.front() || !std::string_view(form).starts_with(squeezed.substr(begin))) continue;
      places.push_back({begin, squeezed.size()});
      break;
    }
  }
  return places;
}

void Redactor::find_forms(std::string_view octets, std::vector<Range>& found) const {
  const auto search = [&](Reading reading) {
    const std::string squeezed = upper_without_space(octets, reading);
    std::vector<Range> places = places_of_forms(squeezed);
    if (!octets.empty() && !is_space(octets.back())) {
      const std::vector<Range> cut = places_of_cut_forms(squeezed);
      places.insert(places.end(), cut.begin(), cut.end());
    }
    for (const Range& range : in_text(octets, reading, merged(std::move(places)))) found.push_back(range);
  };
  search(Reading::as_it_stands);
  for (std::size_t at = 0; at < octets.size(); ++at)
    if (unit_at(octets, at, Reading::decoded).size != 1) return search(Reading::decoded);
}

std::vector<Redactor::Range> Redactor::find(std::string_view octets) const {
  std::vector<Range> found;
  find_forms(octets, found);
  find_words(octets, found);
  return merged(std::move(found));
}

std::string Redactor::without_secrets(std::string_view text) const {
  std::string out;
  std::size_t at = 0;
  for (const Range& range : find(text)) {
    out.append(text.substr(at, range.begin - at)).append(secret_mark);
    at = range.end;
  }
  return out += text.substr(at);
}

Transcript Redactor::without_secrets(const Transcript& transcript) const {
  Transcript clean = transcript;
  clean.secrets.clear();
  if (forms_.empty() && words_.empty()) return clean;
  const auto without_secrets_in = [this](std::optional<std::vector<smtp::Parameter>>& parameters) {
    if (!parameters) return;
    for (smtp::Parameter& one : *parameters) {
      const std::string whole = one.value ? one.keyword + "=" + *one.value : one.keyword;
      std::string clean_one = without_secrets(whole);
      if (clean_one == whole) continue;
      const std::size_t equals = one.value ? clean_one.find('=') : std::string::npos;
      one.value = equals == std::string::npos ? std::nullopt : std::optional(clean_one.substr(equals + 1));
      one.keyword = clean_one.substr(0, equals);
    }
  };
  for (std::size_t session = 0; session < clean.sessions.size(); ++session) {
    for (const Party by : {Party::client, Party::server}) {
      std::string stream;
      std::vector<Event*> parts;
      for (Event& event : clean.events) {
        if (event.kind != Event::Kind::octets || event.session != session || event.by != by) continue;
        stream += event.octets;
        parts.push_back(&event);
      }
      const std::vector<Range> secret = find(stream);
      if (secret.empty()) continue;
      std::size_t begin = 0;
      for (Event* part : parts) {
        const std::size_t end = begin + part->octets.size();
        std::string kept;
        std::size_t at = begin;
        for (const Range& range : secret) {
          if (range.end <= begin || range.begin >= end) continue;
          kept += stream.substr(at, std::max(at, range.begin) - at);
          if (range.begin >= begin) kept += secret_mark;  // in the part where it begins
          at = std::min(end, range.end);
        }
        part->octets = kept + stream.substr(at, end - at);
        begin = end;
      }
    }
  }
  for (Event& event : clean.events)
    if (!event.text.empty()) event.text = without_secrets(event.text);
  for (Delivery& delivery : clean.deliveries) {
    delivery.message = without_secrets(delivery.message);
    if (delivery.reverse_path) *delivery.reverse_path = without_secrets(*delivery.reverse_path);
    without_secrets_in(delivery.mail_parameters);
    if (delivery.recipients) {
      for (Delivery::Recipient& recipient : *delivery.recipients) {
        recipient.forward_path = without_secrets(recipient.forward_path);
        without_secrets_in(recipient.parameters);
      }
    }
  }
  for (auto& [name, value] : clean.values) value = without_secrets(value);
  return clean;
}

}  // namespace smtpspec::record
