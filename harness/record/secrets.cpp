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

void add_forms(std::vector<std::string>& forms, const std::string& secret) {
  forms.push_back(secret);
  forms.push_back(smtp::escape(secret));
  std::vector<std::string> encoded = {smtp::base64_encode(secret), each_as(secret, "{:02x}"),
                                      each_as(secret, "={:02x}"), quoted_printable(secret)};
  for (const std::size_t offset : {0U, 1U, 2U}) encoded.push_back(base64_within(secret, offset));
  for (std::string& form : encoded)
    if (form.size() >= shortest_part) forms.push_back(std::move(form));
}

}  // namespace

Redactor::Redactor(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets)
    if (!secret.empty()) add_forms(forms_, secret);
  for (std::string& form : forms_) form = smtp::to_upper(form);
  std::sort(forms_.begin(), forms_.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
}

/// Ranges that touch are one: a secret may be a part of another.
std::vector<Redactor::Range> Redactor::find(std::string_view octets) const {
  const std::string text = smtp::to_upper(octets);
  std::vector<Range> found;
  for (const std::string& form : forms_)
    for (std::size_t at = 0; (at = text.find(form, at)) != std::string::npos; at += form.size())
      found.push_back({at, at + form.size()});
  std::sort(found.begin(), found.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::vector<Range> merged;
  for (const Range& range : found) {
    if (merged.empty() || range.begin > merged.back().end)
      merged.push_back(range);
    else
      merged.back().end = std::max(merged.back().end, range.end);
  }
  return merged;
}

std::string Redactor::without_secrets(std::string_view text) const {
  std::string out;
  std::size_t at = 0;
  for (const Range& range : find(text)) {
    out.append(text.substr(at, range.begin - at)).append(secret_mark);
    at = range.end;
  }
  out += text.substr(at);
  const std::string end = smtp::to_upper(out);
  for (const std::string& form : forms_) {
    for (std::size_t size = form.size() - 1; size >= shortest_part; --size) {
      if (!end.ends_with(std::string_view(form).substr(0, size))) continue;
      return out.substr(0, out.size() - size) + std::string(secret_mark);
    }
  }
  return out;
}

Transcript Redactor::without_secrets(const Transcript& transcript) const {
  Transcript clean = transcript;
  clean.secrets.clear();
  if (forms_.empty()) return clean;
  const auto without_secrets_in = [this](std::optional<std::vector<smtp::Parameter>>& parameters) {
    if (!parameters) return;
    for (smtp::Parameter& parameter : *parameters)
      if (parameter.value) *parameter.value = without_secrets(*parameter.value);
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
