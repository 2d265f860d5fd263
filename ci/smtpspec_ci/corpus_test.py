import hashlib
import tempfile
import unittest
from pathlib import Path

from smtpspec_ci import corpus
from smtpspec_ci.processes import ROOT


class CorpusTest(unittest.TestCase):
    def test_every_folder_is_of_a_target_and_every_seed_is_what_its_name_says(self):
        self.assertEqual(corpus.problems(ROOT / "corpus"), [])

    def test_what_nothing_would_play_is_told(self):
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            for folder in ("no_such_target", "regressions/reply_parsers"):
                (root / folder).mkdir(parents=True)
            wrong = corpus.problems(root)
        self.assertEqual([line.partition(":")[0] for line in wrong], ["no_such_target", "regressions/reply_parsers"])

    def test_a_seed_that_was_made_and_then_changed_is_told(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "reply_parser"
            folder.mkdir()
            (folder / hashlib.sha1(b"250 Ok\r\n").hexdigest()).write_bytes(b"250 Ok\n")
            (folder / "by-hand").write_bytes(b"250 Ok\n")
            self.assertEqual(len(corpus.problems(Path(scratch))), 1)

    def test_what_git_could_not_bear_is_told(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "reply_parser"
            folder.mkdir()
            (folder / "long").write_bytes(b"x" * (corpus.MOST_OCTETS + 1))
            self.assertEqual(len(corpus.problems(Path(scratch))), 1)


if __name__ == "__main__":
    unittest.main()
