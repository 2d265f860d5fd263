# Tests of ctest that play the suite on a mail server; installed with the program.
#
#   find_package(smtpspec-suite REQUIRED)
#   smtpspec_add_suite_test(NAME name TARGET file-or-address [BASELINE file] [FILTER pattern...] [ARGUMENTS word...])
#
# The test runs `smtpspec run TARGET` in the folder of the CMakeLists.txt, and passes where that ends by 0; what it found is
# in smtpspec/NAME/ of the build folder. Tests of one target take turns. SMTPSPEC_PROGRAM: another program than the one that
# is installed beside this file.
find_program(SMTPSPEC_PROGRAM smtpspec HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin" REQUIRED)

function(smtpspec_add_suite_test)
  cmake_parse_arguments(PARSE_ARGV 0 SUITE "" "NAME;TARGET;BASELINE" "FILTER;ARGUMENTS")
  foreach(argument NAME TARGET)
    if("${SUITE_${argument}}" STREQUAL "")
      message(FATAL_ERROR "smtpspec_add_suite_test: ${argument} is not given")
    endif()
  endforeach()
  if(SUITE_UNPARSED_ARGUMENTS OR SUITE_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "smtpspec_add_suite_test(NAME ${SUITE_NAME}): what is meant by "
                        "'${SUITE_UNPARSED_ARGUMENTS}${SUITE_KEYWORDS_MISSING_VALUES}'?")
  endif()
  set(words --out "${CMAKE_CURRENT_BINARY_DIR}/smtpspec/${SUITE_NAME}")
  if(SUITE_BASELINE)
    list(APPEND words --baseline "${SUITE_BASELINE}")
  endif()
  foreach(pattern IN LISTS SUITE_FILTER)
    list(APPEND words --filter "${pattern}")
  endforeach()
  add_test(NAME "${SUITE_NAME}" COMMAND "${SMTPSPEC_PROGRAM}" run "${SUITE_TARGET}" ${words} ${SUITE_ARGUMENTS}
           WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  set_tests_properties("${SUITE_NAME}" PROPERTIES RESOURCE_LOCK "smtpspec ${SUITE_TARGET}")
endfunction()
