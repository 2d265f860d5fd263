// Debian has fmt as a shared library alone. Where the program is to need none (SMTPSPEC_STATIC), what its objects use
// of fmt is compiled here, out of fmt's headers.
#include <locale>
#include <string>

#include <fmt/format.h>

template std::locale fmt::detail::locale_ref::get<std::locale>() const;

namespace smtpspec::cli {

/// Called by nobody: whatever formatting takes is compiled because of it.
std::string formatted(fmt::string_view form, fmt::format_args values) { return fmt::vformat(form, values); }

}  // namespace smtpspec::cli
