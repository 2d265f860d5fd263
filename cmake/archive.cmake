# Read by cpack before each generator. What `cpack -G TGZ` makes is the program and its suite in one folder, to be run where it
# is unpacked.
if(CPACK_GENERATOR STREQUAL "TGZ")
  string(REPLACE ";ALL;" ";program;" CPACK_INSTALL_CMAKE_PROJECTS "${CPACK_INSTALL_CMAKE_PROJECTS}")
  set(CPACK_PACKAGING_INSTALL_PREFIX /)
endif()
