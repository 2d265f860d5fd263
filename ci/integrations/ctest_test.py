"""smtpspec_add_suite_test of the installed CMake package, in a project of a server's author, where no compiler is needed. Needs
SMTPSPEC in the environment; see scratch.py."""
import re
import unittest

from scratch import BUILD, FAULT, FILTER, ROOT, Scratch, done, must

PROJECT = """
cmake_minimum_required(VERSION 3.21)
project(server LANGUAGES NONE)
enable_testing()
find_package(smtpspec-suite REQUIRED)
smtpspec_add_suite_test({})
"""


class CTest(Scratch):
    def setUp(self):
        super().setUp()
        self.prefix = self.folder / "prefix"
        must("cmake", "--install", BUILD, "--prefix", self.prefix, "--component", "program")
        self.with_smtpspec["PATH"] = f"{self.prefix}/bin:{self.with_smtpspec['PATH']}"  # for [server] start

    def configure(self, *words):
        self.write("CMakeLists.txt", PROJECT.format("\n  ".join(words)))
        return done("cmake", "-S", self.work, "-B", self.work / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_it_is_red_and_green(self):
        words = ("NAME smtp TARGET target.toml", f"FILTER {' '.join(FILTER)}", "ARGUMENTS --report junit")

        def play(fault, *more):
            self.write_target(fault)
            self.expect(self.configure(*words, *more), 0)
            return done("ctest", "--test-dir", self.work / "build", "--output-on-failure", env=self.environment())

        self.expect(play(FAULT), 8, "1 finding: 1 must", "0% tests passed, 1 tests failed")
        results = self.work / "build" / "smtpspec" / "smtp"
        self.assertTrue((results / "junit.xml").is_file())
        self.expect(self.smtpspec("baseline", "accept", results), 0, "added")
        self.expect(play(FAULT, "BASELINE expected.toml"), 0, "100% tests passed")
        self.expect(play("", "BASELINE expected.toml"), 8, "is fixed")
        self.expect(play(""), 0, "100% tests passed")

    def test_what_makes_no_sense_is_told_when_it_is_configured(self):
        for words, text in (("NAME smtp", "TARGET is not given"), ("TARGET target.toml", "NAME is not given"),
                            ("NAME smtp TARGET target.toml BASLINE x", "what is meant by"),
                            ("NAME smtp TARGET target.toml BASELINE", "what is meant by")):
            with self.subTest(words):
                self.expect(self.configure(words), 1, text)

    def test_the_documented_lines(self):
        (block,) = re.findall(r"```cmake\n(.*?)```", (ROOT / "docs" / "gate.md").read_text(), re.DOTALL)
        self.write_target()
        self.write("expected.toml", "")
        self.write("CMakeLists.txt", PROJECT.split("find_package")[0] + block)
        must("cmake", "-S", self.work, "-B", self.work / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        # The whole suite is for docs_test.py: here only what would be run.
        self.assertRegex(done("ctest", "--test-dir", self.work / "build", "-N", "-V").stdout,
                         r'Test command: .*smtpspec "run" "target.toml" "--out" .* "--baseline" "expected.toml" "--filter" '
                         r'"!timing" "--strict"')

    def test_the_program_is_that_of_the_package(self):
        self.expect(self.configure("NAME smtp TARGET target.toml"), 0)
        self.assertIn(f"SMTPSPEC_PROGRAM:FILEPATH={self.prefix.resolve()}/",
                      (self.work / "build" / "CMakeCache.txt").read_text())


if __name__ == "__main__":
    unittest.main()
