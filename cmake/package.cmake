# Debian packages of what is installed: `cpack -G DEB` in a build folder, `ci/test package` makes and tries them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME smtpspec)
set(CPACK_PACKAGE_VENDOR smtpspec)
set(CPACK_PACKAGE_CONTACT "smtpspec <smtpspec@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # what the program needs is what the system that it is built on has
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
