import unittest

from smtpspec_ci import debian_root, roots


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

    def test_the_seconds_between_two_times_that_a_script_printed(self):
        self.assertAlmostEqual(roots.seconds_told("x\nBEGUN=100.5\n2 findings: 2 must\nENDED=112.75\n"), 12.25)
        self.assertIsNone(roots.seconds_told("BEGUN=100.5\nkilled\n"))


class PlayedByTest(unittest.TestCase):
    def test_somebody_without_rights_has_the_read_only_home(self):
        self.assertTrue(roots.played_by("root", "/", "smtpspec list").endswith("; cd / && smtpspec list"))
        self.assertTrue(roots.played_by("reader", "/tmp/a folder", "smtpspec list").endswith(
            "; cd '/tmp/a folder' && runuser -u reader -- env HOME=/home/reader sh -c 'smtpspec list'"))
