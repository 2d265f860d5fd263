// Secrets are taken out where something is written or shown, never before it is judged: what a server echoes may be
// just what a verdict rests on.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/transcript.hpp"

namespace smtpspec::record {

inline constexpr std::string_view secret_mark = "[secret]";

/// Finds secrets in every form that a server may echo: as they are, in base64 at any offset, in hexadecimal, in
/// quoted-printable or as in a URL, whichever octets are encoded, in the notation of smtp::escape; each of these in any
/// case, with white space anywhere in it, and from its end to its begin. One of less than six octets is found as it is,
/// as a word of its own, and nowhere else: as a part of words it would make everything unreadable, and hide nothing.
class Redactor {
 public:
  explicit Redactor(const std::vector<std::string>& secrets);
  /// Octets with each secret replaced by the mark. Also a part of one of six octets and more at an end of the text,
  /// where it was cut.
  [[nodiscard]] std::string without_secrets(std::string_view text) const;
  /// A transcript that may be written: octets of each session and party are searched as one stream, so that no border
  /// of reads or segments hides a secret, nor the end of the session a part of one; `secrets` is empty.
  [[nodiscard]] Transcript without_secrets(const Transcript& transcript) const;

 private:
  struct Range {
    std::size_t begin, end;
  };
  [[nodiscard]] std::vector<Range> find(std::string_view octets) const;
  void find_forms(std::string_view octets, std::vector<Range>& found) const;
  void find_words(std::string_view octets, std::vector<Range>& found) const;
  [[nodiscard]] std::vector<Range> places_of_forms(std::string_view squeezed) const;
  [[nodiscard]] std::vector<Range> places_of_cut_forms(std::string_view squeezed) const;

  std::bitset<65536> begins_;       ///< the first two octets of each form
  std::vector<std::string> forms_;  ///< in upper case, without white space, the longest first
  std::vector<std::string> words_;  ///< in upper case: secrets that are shorter than a form may be
};

}  // namespace smtpspec::record
