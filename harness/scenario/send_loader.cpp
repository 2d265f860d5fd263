// What a step sends: its octets, how they are cut into segments, and the size that a chunk announces.
#include <limits>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

constexpr std::int64_t most_octets = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t largest_integer = std::numeric_limits<std::int64_t>::max();

}  // namespace

Send load_send(Reader& reader, const Item& text, Send::Framing framing) {
  Send send;
  send.framing = framing;
  send.octets = reader.text(text).value_or(Text{});
  if (framing == Send::Framing::line && !send.octets.empty()) {
    const Piece& last = send.octets.pieces.back();
    if (last.kind == Piece::Kind::literal && last.octets.ends_with("\r\n"))
      reader.warning(text.spot, "'send' adds CRLF; this line has one already", "'bytes' adds nothing");
  }
  return send;
}

void load_cut(Reader& reader, const Item& named, Cut& into) {
  const Item& cut = reader.resolve(named);
  if (cut.kind == Item::Kind::string) {
    into.each_octet = reader.word(cut, "cut", {"each"}).has_value();
    return;
  }
  for (const Item* offset : reader.list(cut)) {
    const auto at = reader.integer(*offset, -most_octets, most_octets);
    if (at == 0)
      reader.error(offset->spot, "nothing can be cut at 0", "offsets count octets; negative ones from the end");
    if (at) into.at.push_back(static_cast<long>(*at));
  }
}

void load_chunk_size(Reader& reader, const Item& named, Send& into) {
  static const RE2 form("([0-9]+)");
  const Item& size = reader.resolve(named);
  if (size.kind == Item::Kind::string) {
    const auto digits = reader.string(size);
    if (!digits) return;
    std::uint64_t octets = 0;
    if (!RE2::FullMatch(*digits, form, &octets))
      reader.error(size.spot, fmt::format("'{}' is no size of up to 64 bits", *digits));
    into.chunk_size = octets;
  } else if (const auto octets = reader.integer(size, 0, largest_integer)) {
    into.chunk_size = static_cast<std::uint64_t>(*octets);
  }
}

shape::Json cut_shape() {
  return shape::by_type("string", shape::or_column(shape::one_of({"each"})),
                        shape::some(shape::integer(-most_octets, most_octets)));
}

shape::Json chunk_size_shape() { return shape::by_type("string", shape::text(), shape::integer(0, largest_integer)); }

}  // namespace smtpspec::scenario
