"""What `cmake --install` gives, moved elsewhere and used as the author of a server would: the example is built by
find_package alone, finds its planted bug, says which requirement it breaks, and shows it again; mended, it runs clean.

Usage: installed_test.py BUILD [unittest options]      (a build folder where everything is built)"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
SKIPPED = 77
A_SERVER_IN_C = """
#include <smtpspec/fuzz_session.h>
static void* open_one(void* context) { return context; }
static void receive(void* session, const char* octets, size_t count) { (void)session, (void)octets, (void)count; }
static size_t give(void* session, char* room, size_t count) { (void)session, (void)room, (void)count; return 0; }
static enum smtpspec_state state(void* session) { (void)session; return SMTPSPEC_CLOSES; }
static void close_it(void* session) { (void)session; }
static const struct smtpspec_server server = {0, open_one, receive, give, state, close_it, 0, 0, 0, 0, 0, 0, 0};
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
SMTPSPEC_FUZZ(server)
"""


def run(*command, code=0, cwd=None, seconds=300):
    done = subprocess.run([str(word) for word in command], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=seconds, check=False)
    if code is not None and done.returncode != code:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done


class InstalledTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        run("cmake", "--install", BUILD, "--prefix", cls.root / "first")
        (cls.root / "first").rename(cls.root / "prefix")  # nothing of it may know where it was put
        cls.prefix = cls.root / "prefix"
        cls.share = cls.prefix / "share" / "smtpspec"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def build(self, name, *more):
        """The example, from a copy outside the source tree; its binary."""
        source, build = self.root / name, self.root / name / "build"
        shutil.copytree(HERE, source)
        run("cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", *more)
        run("ninja", "-C", build)
        return build / "server_fuzzer"

    def test_the_example_finds_its_planted_bug_and_shows_it_again(self):
        fuzzer = self.build("planted")
        corpus = fuzzer.parent / "found"
        corpus.mkdir()
        done = run(fuzzer, corpus, self.share / "corpus" / "session", "-max_total_time=60", "-seed=1", cwd=corpus, code=None)
        self.assertNotEqual(done.returncode, 0)
        for part in ("smtpspec: the server breaks the rule 'listed-code'", "RFC 5321 section 4.3.1", "S: 354 Go\\r\\n",
                     f"{fuzzer} FILE"):
            self.assertIn(part, done.stderr)
        kept = next(corpus.glob("crash-*"))
        again = run(fuzzer, kept, cwd=corpus, code=None)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("the rule 'listed-code'", again.stderr)

    def test_the_mended_example_runs_clean(self):
        fuzzer = self.build("mended", "-DCMAKE_CXX_FLAGS=-DMENDED")
        corpus = fuzzer.parent / "found"
        corpus.mkdir()
        done = run(fuzzer, corpus, self.share / "corpus" / "session", "-runs=2000", "-seed=1", cwd=corpus)
        self.assertNotIn("smtpspec:", done.stderr)

    def test_the_library_is_found_where_the_program_is_not(self):
        run("cmake", "--install", BUILD, "--prefix", self.root / "alone", "--component", "development")
        run("cmake", "-S", HERE, "-B", self.root / "configured", "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++",
            f"-DCMAKE_PREFIX_PATH={self.root / 'alone'}")

    def test_the_example_is_short(self):
        self.assertLess(len((HERE / "server_fuzzer.cpp").read_text().splitlines()), 60)

    def test_the_header_is_c(self):
        source = self.root / "server.c"
        source.write_text(A_SERVER_IN_C)
        run("clang", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{self.prefix}/include", source)

    def test_the_installed_program_finds_its_suite_from_anywhere(self):
        program = self.prefix / "bin" / "smtpspec"
        listed = run(program, "list", cwd="/").stdout.splitlines()
        self.assertGreater(len(listed), 1000)
        run(program, "check", self.share / "scenarios", cwd="/")
        (self.share / "scenarios").rename(self.share / "away")
        self.addCleanup((self.share / "away").rename, self.share / "scenarios")
        self.assertNotEqual(run(program, "check", self.share / "scenarios", cwd="/", code=None).returncode, 0)

    def test_schemas_of_files_and_reports_are_there(self):
        names = {file.name for file in (self.share / "schemas").iterdir()}
        self.assertLessEqual({"scenario.schema.json", "target.schema.json", "baseline.schema.json"}, names)
        self.assertTrue(any("results" in name or "json" in name for name in names))

    def test_nothing_else_is_installed(self):
        top = {str(path.relative_to(self.prefix)) for path in self.prefix.glob("*/*")}
        expected = {"bin/smtpspec", "include/smtpspec", "lib/libsmtpspec_fuzzing.a", "lib/cmake", "share/smtpspec", "share/doc",
                    "share/man", "share/bash-completion", "share/fish", "share/cmake"}
        self.assertLessEqual({path.replace("lib/x86_64-linux-gnu", "lib") for path in top}, expected)
        for file in self.prefix.rglob("*"):
            self.assertNotIn(file.suffix, (".cpp", ".o", ".py"), file)


if __name__ == "__main__":
    if not shutil.which("clang++") or not shutil.which("ninja"):
        print("needs clang and ninja")
        sys.exit(SKIPPED)
    os.environ.pop("ASAN_OPTIONS", None)
    unittest.main()
