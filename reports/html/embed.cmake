# Writes OUT, a header with the texts of FILES, a|b|c: the page, the styles one after the other, and the scripts one after the
# other in a function of their own.
string(REPLACE "|" ";" FILES "${FILES}")
list(POP_FRONT FILES page)
file(READ ${page} page_text)
set(style_text "")
set(script_text "\"use strict\";\n(() => {\n")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  if(file MATCHES "[.]css$")
    string(APPEND style_text "${text}")
  else()
    string(APPEND script_text "${text}\n")
  endif()
endforeach()
string(APPEND script_text "})();\n")

# A string of C++ may have a compiler's limit: parts of it have none.
function(as_parts name text)
  set(parts "")
  string(LENGTH "${text}" left)
  set(at 0)
  while(at LESS left)
    string(SUBSTRING "${text}" ${at} 8000 part)
    string(APPEND parts "\n    R\"smtpspec(${part})smtpspec\",")
    math(EXPR at "${at} + 8000")
  endwhile()
  set(${name} "${parts}" PARENT_SCOPE)
endfunction()
as_parts(page "${page_text}")
as_parts(style "${style_text}")
as_parts(script "${script_text}")
file(WRITE ${OUT} "// Made of html/ by html/embed.cmake: texts in parts.
#pragma once

#include <string_view>

namespace smtpspec::reports::html {

inline constexpr std::string_view page[] = {${page}};
inline constexpr std::string_view style[] = {${style}};
inline constexpr std::string_view script[] = {${script}};

}  // namespace smtpspec::reports::html
")
