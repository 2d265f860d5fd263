# Writes FILE, a source that holds the commit of the checkout SOURCE, where it says another one than before: empty where
# SOURCE is none of its own, as an unpacked tarball is, also within the checkout of something else. COMMIT, where it is
# not empty, is known to whoever builds, where git cannot be asked.
get_filename_component(above ${SOURCE} DIRECTORY)
set(ENV{GIT_CEILING_DIRECTORIES} ${above})
find_program(GIT git)
set(commit ${COMMIT})
if(GIT AND NOT commit)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --short=7 HEAD OUTPUT_VARIABLE commit ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
file(CONFIGURE OUTPUT ${FILE} @ONLY CONTENT [[// Written by cmake/commit.cmake.
#include "harness/cli/version.hpp"

namespace smtpspec::cli {
const char* const commit = "@commit@";
}  // namespace smtpspec::cli
]])
