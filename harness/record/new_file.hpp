// Files of ours, put in their place whole: who looks finds the old one or the new one, also after a killed run. What
// stood in that place, a link or a FIFO perhaps, is replaced and never opened. Nothing here throws but for want of
// memory or of random numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/record/bounded_file.hpp"

namespace smtpspec::record {

enum class Lasting {
  no,
  yes,  ///< through a power cut as well, which takes its time
};

enum class Readers {
  all,    ///< as far as the umask lets them
  owner,  ///< nobody else
};

/// Writes a file of that name into the folder. Gives what went wrong, without the name, or nothing.
[[nodiscard]] std::optional<std::string> put_file(const Folder& folder, const std::string& name,
                                                  std::string_view content, Lasting lasting,
                                                  Readers readers = Readers::all);
/// What would go wrong if one were written now; a file is made for it, and taken away again.
[[nodiscard]] std::optional<std::string> cannot_put_file(const Folder& folder);
/// Opens a folder below this one, for the owner alone, and makes it where there is nothing of that name. A link is not
/// followed.
[[nodiscard]] std::optional<Folder> make_folder(const Folder& folder, const std::string& name, Refusal& refusal);
/// Takes a file or a link away. Gives what went wrong; that there is none is nothing wrong.
[[nodiscard]] std::optional<std::string> remove_file(const Folder& folder, const std::string& name);
/// It was left by a run that was killed while it wrote a file.
[[nodiscard]] bool is_left_over(std::string_view name);

}  // namespace smtpspec::record
