#!/usr/bin/env python3
"""Where a run goes that was not told, and what is new played again. Usage: run_folder_test.py SMTPSPEC [TEST...]"""
import json
import os
import sys
import unittest

import cli_test
from cli_test import Cli, FAILS_WITH_A_FAULT, PASSES, server, smtpspec

LINK = "smtpspec-run"


class OwnFolders(Cli):
    def play(self, *arguments):
        return smtpspec("run", *arguments, "--suite", self.file("suite.toml", PASSES + FAILS_WITH_A_FAULT), cwd=self.folder)

    def folders(self):
        return sorted(os.listdir(self.folder / "smtpspec-runs"))

    def test_each_run_has_its_own_and_a_link_tells_the_last(self):
        with server("--fault", "noop-argument-refused") as port:
            self.expect(self.play(self.target(port)), 1, "smtpspec-runs/2")
        first = self.folders()
        self.assertEqual(len(first), 1)
        before = (self.folder / LINK / "results.json").read_text()
        self.expect(self.play(), 0)
        self.assertEqual(len(self.folders()), 2)
        self.assertEqual((self.folder / "smtpspec-runs" / first[0] / "results.json").read_text(), before)
        last = os.readlink(self.folder / LINK)
        self.assertNotEqual(last, f"smtpspec-runs/{first[0]}")
        self.assertTrue((self.folder / last / "results.json").is_file())
        for command in (["judge"], ["report"], ["show", "noop"], ["baseline", "review"]):
            with self.subTest(command):
                self.file("expected.toml", "")
                more = ["--suite", self.folder / "suite.toml"] if command[0] in ("judge", "baseline") else []
                self.expect(smtpspec(*command, *more, cwd=self.folder), 0)
        self.expect(smtpspec("diff", f"smtpspec-runs/{first[0]}", LINK, cwd=self.folder), 6, "better")

    def test_what_failed_last_is_found_by_the_link(self):
        with server("--fault", "noop-argument-refused") as port:
            self.expect(self.play(self.target(port)), 1)
            self.expect(self.play(self.target(port), "--last-failed"), 1)
        ids = [row["id"] for row in json.loads((self.folder / LINK / "results.json").read_text())["scenarios"]]
        self.assertEqual(ids, ["noop-with-argument"])
        self.assertEqual(len(self.folders()), 2)

    def test_a_folder_of_that_name_is_where_runs_go(self):
        (self.folder / LINK).mkdir()
        self.expect(self.play(), 0, f"Reports: {LINK}/results.json")
        self.assertFalse((self.folder / LINK).is_symlink())
        self.assertFalse((self.folder / "smtpspec-runs").exists())

    def test_so_is_a_link_of_somebodys_own(self):
        (self.folder / "elsewhere").mkdir()
        (self.folder / LINK).symlink_to("elsewhere")
        self.expect(self.play(), 0)
        self.assertEqual(os.readlink(self.folder / LINK), "elsewhere")
        self.assertTrue((self.folder / "elsewhere/results.json").is_file())

    def test_where_no_folder_can_be_made_it_is_said_before_anything_is_played(self):
        self.file("smtpspec-runs", "a file of that name")
        self.expect(self.play(), 74, "smtpspec-runs", "cannot be written")
        self.assertEqual((self.folder / "smtpspec-runs").read_text(), "a file of that name")

    def test_bad_usage_leaves_nothing(self):
        self.expect(self.play("--report", "pdf"), 2)
        self.assertFalse((self.folder / LINK).is_symlink())
        self.assertFalse((self.folder / "smtpspec-runs").exists())


class OfOthers(Cli):
    """What is called as a run's files are, and is no run's."""

    def refused(self, *arguments):
        before = {path: path.read_text() for path in self.out.rglob("*") if path.is_file()}
        self.expect(smtpspec(*arguments, "--out", self.out), 2, "it is the folder of no run", "name another folder")
        self.assertEqual({path: path.read_text() for path in self.out.rglob("*") if path.is_file()}, before)

    def test_what_would_be_lost_is_kept(self):
        suite = self.file("suite.toml", PASSES)
        shards = [self.folder / f"part-{i}" for i in (1, 2)]
        for i, part in enumerate(shards, 1):
            smtpspec("run", "--suite", suite, "--shard", f"{i}/2", "--seed", 7, "--out", part)
        for name in ("report.html", "transcripts/recorded-1.jsonl"):
            with self.subTest(name):
                self.out = self.folder / name.partition("/")[0]
                (self.out / name).parent.mkdir(parents=True)
                (self.out / name).write_text("of somebody's own\n")
                self.refused("run", "--suite", suite)
                self.refused("merge", *shards)
                (self.out / name).rename(self.out / "notes")  # which no run takes away
                self.expect(smtpspec("merge", *shards, "--out", self.out), 0)
                self.expect(smtpspec("run", "--suite", suite, "--out", self.out, "--report", "html"), 0)
                self.expect(smtpspec("run", "--suite", suite, "--out", self.out), 0)
                self.assertEqual((self.out / "notes").read_text(), "of somebody's own\n")


class Verify(Cli):
    def test_what_is_new_is_played_again_and_its_attempts_are_recorded(self):
        with server("--fault", "noop-argument-refused") as port:
            done = self.run_suite(PASSES + FAILS_WITH_A_FAULT, self.target(port), "--verify")
        self.expect(done, 1, "verifying 1 scenario: 10 times each", "verified: 21 fail")
        rows = {row["id"]: row for row in self.rows()}
        self.assertEqual(rows["noop-with-argument"]["seen"], [{"outcome": "fail", "times": 21}])
        self.assertEqual(rows["noop-with-argument"]["attempts"], 21)
        self.assertNotIn("seen", rows["noop"])
        self.assertTrue(self.results()["complete"])
        for folder in ("verified-1", "verified-2"):
            self.assertTrue((self.out / folder / "transcripts/noop-with-argument.jsonl").is_file())
        with server() as port:
            self.expect(self.run_suite(PASSES + FAILS_WITH_A_FAULT, self.target(port), "--verify"), 0)
        self.assertEqual(list((self.out / "verified-1/transcripts").iterdir()), [], "evidence of the run before")


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
