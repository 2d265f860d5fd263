import shutil
import tempfile
import unittest
import zipfile
from pathlib import Path

from smtpspec_ci import oss_fuzz


class OssFuzzTest(unittest.TestCase):
    """A program that does nothing well, `true`, stands where a fuzzer would."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.out = Path(self.folder.name)
        self.fuzzer = self.out / "fuzzer"
        self.put("/bin/true")

    def put(self, program, seeds=("one",)):
        shutil.copy(program, self.fuzzer)
        (self.out / "fuzzer.dict").write_text('"a"\n')
        (self.out / "fuzzer.options").write_text("[libfuzzer]\nmax_len = 10\n")
        with zipfile.ZipFile(self.out / "fuzzer_seed_corpus.zip", "w") as archive:
            for seed in seeds:
                archive.writestr(seed, seed)

    def test_what_runs_and_has_all_is_well(self):
        self.assertEqual(oss_fuzz.problem_with(self.fuzzer, self.out), "")

    def test_what_is_not_beside_it_is_told(self):
        for name in ("fuzzer.dict", "fuzzer.options", "fuzzer_seed_corpus.zip"):
            self.put("/bin/true")
            (self.out / name).unlink()
            self.assertEqual(oss_fuzz.problem_with(self.fuzzer, self.out), f"there is no {name}")

    def test_a_program_that_fails_is_told(self):
        self.put("/bin/false")
        self.assertIn("it ends with 1 on one input", oss_fuzz.problem_with(self.fuzzer, self.out))

    def test_a_library_that_is_not_there_where_it_will_run_is_told(self):
        self.put(shutil.which("clang") or shutil.which("cmake"))
        self.assertRegex(oss_fuzz.problem_with(self.fuzzer, self.out), r"^it needs lib\S+\.so")


if __name__ == "__main__":
    unittest.main()
