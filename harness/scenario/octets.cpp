#include "harness/scenario/octets.hpp"

#include <algorithm>

#include "harness/smtp/data.hpp"

namespace smtpspec::scenario {

smtp::Parsed<std::string> octets_of(const Send& send, const Lookup& lookup) {
  constexpr std::string_view crlf = "\r\n";
  auto octets = expand(send.octets, lookup, send.framing == Send::Framing::line ? crlf.size() : 0);
  if (!octets) return octets;
  switch (send.framing) {
    case Send::Framing::none: break;
    case Send::Framing::line: return *octets + std::string(crlf);
    case Send::Framing::data: return smtp::encode_data(*octets);
    case Send::Framing::chunk: return smtp::encode_bdat(*octets, send.last_chunk, send.chunk_size);
  }
  return octets;
}

std::vector<std::string_view> segments_of(std::string_view octets, const Cut& cut) {
  std::vector<std::size_t> borders;
  if (cut.each_octet) {
    for (std::size_t i = 1; i < octets.size() && i < max_segments; ++i) borders.push_back(i);
  } else {
    const auto size = static_cast<long long>(octets.size());
    for (const long at : cut.at) {
      const long long border = at < 0 ? size + at : at;
      if (border > 0 && border < size) borders.push_back(static_cast<std::size_t>(border));
    }
    std::sort(borders.begin(), borders.end());
    borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
    if (borders.size() >= max_segments) borders.resize(max_segments - 1);
  }
  std::vector<std::string_view> segments;
  std::size_t start = 0;
  for (const std::size_t border : borders) {
    segments.push_back(octets.substr(start, border - start));
    start = border;
  }
  if (start < octets.size()) segments.push_back(octets.substr(start));
  return segments;
}

}  // namespace smtpspec::scenario
