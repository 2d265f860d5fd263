import os
import unittest

from smtpspec_ci import debian_root, roots, version


class MirrorsTest(unittest.TestCase):
    def test_the_archive_and_the_security_updates_are_told_apart_by_label(self):
        said = "Debian Backports|http://b/\nDebian-Security|http://s/\nDebian|http://a/\nDebian|http://other/\n|http://n/\n"
        self.assertEqual(debian_root.mirrors(said), ("http://a/", "http://s/"))

    def test_what_is_no_debian_has_none(self):
        self.assertEqual(debian_root.mirrors("Ubuntu|http://u/\n"), (None, None))
        self.assertEqual(debian_root.mirrors(""), (None, None))

    def test_security_updates_are_asked_for_where_they_are_known(self):
        self.assertEqual(debian_root.sources_list("trixie", "http://a/", "http://s/"), "deb http://a/ trixie main\n"
                         "deb http://a/ trixie-updates main\ndeb http://s/ trixie-security main\n")
        self.assertNotIn("security", debian_root.sources_list("trixie", "http://a/", None))


class SaidTest(unittest.TestCase):
    def test_the_libraries_that_a_program_needs(self):
        said = "Dynamic Section:\n  NEEDED               libssl.so.3\n  NEEDED               libre2.so.9\n  SONAME  x.so\n"
        self.assertEqual(roots.libraries(said), ["libssl.so.3", "libre2.so.9"])

    def test_the_archive_may_need_libc_openssl_and_gnu_sasl(self):
        for name in ("libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libssl.so.3", "libgsasl.so.18"):
            self.assertTrue(roots.LIBRARIES.fullmatch(name), name)
        for name in ("libstdc++.so.6", "libfmt.so.9", "libssl.so.1.1", "libgcc_s.so.1"):
            self.assertFalse(roots.LIBRARIES.fullmatch(name), name)

    # As `smtpspec --version` of this build says it.
    VERSION = "smtpspec 0.1.0 (commit ba2be00), suite of 1861 scenarios, fingerprint 0123456789abcdef\n"

    def test_what_a_program_tells_of_its_build(self):
        self.assertTrue(version.tells_build(f"{self.VERSION}1861\n5 findings\n", "ba2be00"))
        self.assertTrue(version.tells_build(f"{self.VERSION}1861\n".replace(" (commit ba2be00)", ""), ""))
        for other in (self.VERSION.replace(" (commit ba2be00)", ""), self.VERSION.replace("2be00", "2be01"), "smtpspec 0.1.0\n"):
            self.assertFalse(version.tells_build(f"{other}1861\n", "ba2be00"), other)
        self.assertFalse(version.tells_build(f"{self.VERSION}1860\n", "ba2be00"), "another suite than is listed")

    def test_what_a_program_tells_is_read_as_it_is(self):
        program = os.environ.get("SMTPSPEC") or roots.BUILD / "dev/harness/cli/smtpspec"
        if not os.access(program, os.X_OK):
            self.skipTest("smtpspec is not built")
        said = version.said_by(os.path.abspath(program))
        self.assertTrue(version.SAID.fullmatch(said), said)

    def test_a_package_has_the_version_of_its_program(self):
        self.assertTrue(roots.tells_package(f"0.1.0-1.debian12\n{self.VERSION}"))
        self.assertFalse(roots.tells_package(f"0.2.0-1.debian12\n{self.VERSION}"))
        self.assertFalse(roots.tells_package("0.1.0-1.debian12\nsmtpspec: no such file\n"))

    def test_the_commit_is_handed_on_to_the_build(self):
        made = roots.COMPILE.format(sources="/smtpspec", jobs=2, commit="ba2be00")
        self.assertIn("-D SMTPSPEC_COMMIT=ba2be00 ", made)

    def test_the_seconds_between_two_times_that_a_script_printed(self):
        self.assertAlmostEqual(roots.seconds_told("x\nBEGUN=100.5\n2 findings: 2 must\nENDED=112.75\n"), 12.25)
        self.assertIsNone(roots.seconds_told("BEGUN=100.5\nkilled\n"))


class PlayedByTest(unittest.TestCase):
    def test_somebody_without_rights_has_the_read_only_home(self):
        self.assertTrue(roots.played_by("root", "/", "smtpspec list").endswith("; cd / && smtpspec list"))
        self.assertTrue(roots.played_by("reader", "/tmp/a folder", "smtpspec list").endswith(
            "; cd '/tmp/a folder' && runuser -u reader -- env HOME=/home/reader sh -c 'smtpspec list'"))
