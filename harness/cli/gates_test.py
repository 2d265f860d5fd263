#!/usr/bin/env python3
"""What somebody's CI leans on: nothing that is green has judged nothing. Usage: gates_test.py SMTPSPEC [TEST...]"""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import unittest

import cli_test
from cli_test import Cli, LONG_ENOUGH, PASSES, SLOW, server, smtpspec


class Gates(Cli):
    """A gate that is green has judged something."""

    def test_a_folder_of_the_same_name_is_not_the_suite(self):
        own = self.folder / "scenarios"
        own.mkdir()
        (own / "own.toml").write_text(PASSES.replace('"noop"', '"a-row-of-our-own"'))
        self.assertGreater(smtpspec("list", cwd=self.folder).stdout.count("\n"), 1000)
        done = smtpspec("run", "--filter", "a-row-of-our-own", "--out", self.out, cwd=self.folder)
        self.expect(done, 4, "nothing ran")
        self.expect(smtpspec("run", "--suite", own, "--out", self.out, cwd=self.folder), 0)
        self.assertEqual(smtpspec("list", "--suite", own).stdout.count("a-row-of-our-own"), 1)
        both = smtpspec("list", "--suite", "shipped", "--suite", own)  # a word adds it to ours
        self.assertEqual(both.stdout.count("\n"), smtpspec("list").stdout.count("\n") + 1, both.stderr)
        self.assertIn("a-row-of-our-own", both.stdout)

    def test_what_is_installed_brings_its_suite(self):
        built = pathlib.Path(cli_test.SMTPSPEC)
        build = next((folder for folder in built.parents if (folder / "CMakeCache.txt").exists()), None)
        if build is None:
            self.skipTest("not in a build folder")
        prefix = self.folder / "prefix"
        subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run([prefix / "bin" / "smtpspec", "explain", "noop"], capture_output=True, text=True,
                              timeout=LONG_ENOUGH, check=True)
        self.assertIn(str(prefix / "share" / "smtpspec" / "scenarios"), done.stdout)

    def test_an_unset_variable(self):
        for arguments in (["run", ""], ["survey", ""], ["judge", ""], ["run", "smtp://127.0.0.1:1", "--user", ""],
                          ["run", "--baseline", ""], ["run", "--suite", ""], ["run", "--filter", ""], ["check", ""]):
            with self.subTest(arguments):
                self.expect(smtpspec(*arguments, cwd=self.folder), 2, "it is empty")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_road_that_shows_nothing(self):
        suite = PASSES + """
[[scenario]]
id = "message"
title = "A message arrives"
state = "data"
steps = [ { message = '{header}text\\r\\n', expect = "250" } ]
delivered = { count = 1 }
"""
        with server("--maildir", str(self.folder / "mail")) as port:
            road = f'[delivery]\nmaildir = "{self.folder}/MAIL"\nwait = "1s"\n'
            for arguments in ([], ["--strict"], ["--filter", "message"]):
                done = self.run_suite(suite, self.target(port, road), *arguments)
                self.expect(done, 5, "The run is incomplete", "no delivery was seen: is [delivery] right?")
            self.expect(self.run_suite(suite, self.target(port, road.replace("MAIL", "mail"))), 0)

    def test_nothing_was_decided(self):
        suite = PASSES.replace('"250"', '{ reply = "250", as = "blocked", because = "so" }')
        self.expect(self.run_suite(suite), 5, "decided nothing")
        self.expect(self.run_suite(suite + PASSES.replace('"noop"', '"another"'), "--undecided", "0.5"), 0)

    def test_standard_output_that_is_full(self):
        suite = self.file("suite.toml", PASSES)
        for arguments in (["check", suite], ["list"], ["list", "--tags"], ["explain", "noop"], ["schema", "target"],
                          ["serve", "--list-faults"], ["--help"], ["--version"], ["help"],
                          ["run", "--suite", suite, "--out", self.out], ["judge", self.out, "--suite", suite]):
            with self.subTest(arguments), open("/dev/full", "w") as full:
                done = subprocess.run([cli_test.SMTPSPEC, *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True,
                                      timeout=LONG_ENOUGH)
                self.assertEqual(done.returncode, 74, done.stderr)
                self.assertIn("standard output could not be written", done.stderr)

    def test_standard_output_that_is_closed(self):
        suite = self.file("suite.toml", PASSES)
        for words in (f"check {suite} >&-", f"run --suite {suite} --out {self.out} >&-", "list >&- 2>&- <&-"):
            done = subprocess.run(["bash", "-c", f"{cli_test.SMTPSPEC} {words}"], capture_output=True, timeout=LONG_ENOUGH)
            self.assertEqual(done.returncode, 74, done.stderr)
        for path in self.out.rglob("*.jsonl"):
            for line in path.read_text().splitlines():
                json.loads(line)

    def test_a_disk_that_is_full(self):
        suite = SLOW.replace("1500ms", "3s") + PASSES
        for size in (300, 6000):
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            shutil.rmtree(self.out, ignore_errors=True)
            done = self.run_suite(suite, preexec_fn=limit)
            self.expect(done, 74, "File too large")
            self.assertLess(len(done.stderr.splitlines()), 8, done.stderr)
            self.assertEqual(done.stderr.count("cannot be written"), 1, done.stderr)
            self.assertNotIn("Reports:", done.stdout)


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
