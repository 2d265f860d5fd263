// Secrets are taken out where something is written or shown, never before it is judged: what a server echoes may be
// just what a verdict rests on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/record/transcript.hpp"

namespace smtpspec::record {

inline constexpr std::string_view secret_mark = "[secret]";

/// Finds secrets in every form that a server may echo: as they are and in any case, in base64 at any offset, in
/// hexadecimal, in quoted-printable, in the notation of smtp::escape.
class Redactor {
 public:
  explicit Redactor(const std::vector<std::string>& secrets);
  /// Octets with each secret replaced by the mark. Also a part of one of six octets and more at an end of the text,
  /// where it was cut.
  [[nodiscard]] std::string without_secrets(std::string_view text) const;
  /// A transcript that may be written: octets of each session and party are searched as one stream, so that no border
  /// of reads or segments hides a secret; `secrets` is empty.
  [[nodiscard]] Transcript without_secrets(const Transcript& transcript) const;

 private:
  struct Range {
    std::size_t begin, end;
  };
  [[nodiscard]] std::vector<Range> find(std::string_view octets) const;

  std::vector<std::string> forms_;  ///< in upper case, the longest first
};

}  // namespace smtpspec::record
