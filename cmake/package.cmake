# What is installed, packed by `cpack` in a build folder: as Debian packages, which `ci/test package` makes and tries, and by
# `cpack -G TGZ` as an archive of the program, which is worth making in build/archive. `ci/roots` tries both on clean systems.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME smtpspec)
set(CPACK_PACKAGE_VENDOR smtpspec)
set(CPACK_PACKAGE_CONTACT "smtpspec <smtpspec@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGE_FILE_NAME smtpspec-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/cmake/archive.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# What the program needs is what the system that it is built on has: so each release of it has a package of its own, whose
# version is that of the sources and says which, as in 0.1.0-1.debian12; an upgrade of the system brings the next.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
if(EXISTS /etc/os-release)
  string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE .)
  foreach(key ID VERSION_ID)
    file(STRINGS /etc/os-release line REGEX "^${key}=")
    string(REGEX REPLACE "^${key}=|\"" "" value "${line}")
    string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "${value}")
  endforeach()
endif()
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME smtpspec)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION mail)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "SMTP conformance and fuzz testing of mail servers
Plays scenarios of commands and expected replies against a mail server, byte
for byte, and says with evidence where it breaks the RFCs.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libsmtpspec-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libssl-dev, libfmt-dev, libre2-dev, libgsasl-dev, pkg-config")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Fuzzing a mail server's own session object, in process
The mutator, machine, referee and oracles of smtpspec as a library, for authors
of mail servers in C and C++.")
include(CPack)
