#!/usr/bin/env python3
"""What people read, in lines of 40 and of 80 columns: no word is broken that a line has room for. Usage: narrow_test.py
SMTPSPEC [TEST...]"""
import json
import os
import sys
import unittest

import cli_test
from cli_test import Cli, server, smtpspec

WIDTHS = (40, 80)
WIDE = 4000
INDENT = 6  # what a text has in front of it at least, where it needs all the room
FILTERS = ["--filter", "rfc5321/4.1.1.9", "--filter", "rfc5321/4.1.1.5", "--filter", "false-end-paced"]
FAULTS = ["noop-argument-refused", "lf-ends-data", "rset-unknown"]


def at(columns, *words):
    """What is said in lines of so many columns."""
    done = smtpspec(*words, env={**os.environ, "COLUMNS": str(columns)})
    assert done.returncode in (0, 1, 2, 5, 6), done.stderr
    return done.stdout


class Narrow(Cli):
    def holds(self, columns, text, wide=None):
        """No line is too long but for a word that is; with `wide`, the same in long lines, no word is a part of one there."""
        room = columns - INDENT
        known = set(wide.split()) if wide else set()
        long_ones = [word for word in known if len(word) > room]
        self.assertTrue(text.strip())
        for line in text.splitlines():
            if len(line) > columns:
                begin = line.rfind(" ", 0, columns) + 1
                self.assertGreater(len(line[begin:].split(" ")[0]), room, f"{columns} columns: {line}")
            if not wide or "..." in line:  # what is cut says so
                continue
            for word in line.split():
                self.assertTrue(word in known or word == "\\" or any(word in one for one in long_ones),
                                f"'{word}' is broken: {line}")

    def test_what_needs_no_run(self):
        ids = ["declared-size-holds", "false-end-paced/lf-dot-lf", "hundred-recipients", "starttls-forgets-the-login"]
        for words in (["list", "--filter", "smuggling"], ["list", "--tags"], *(["explain", one] for one in ids), ["help"],
                      ["help", "causes"], ["help", "tags"], ["help", "exit-codes"], ["run", "--help"], ["fuzz", "--help"],
                      ["baseline", "accept", "--help"], ["serve", "--list-faults"], ["--version"]):
            for columns in WIDTHS:
                with self.subTest(" ".join(words), columns=columns):
                    self.holds(columns, at(columns, *words), at(WIDE, *words))

    def test_runs_and_what_is_told_of_them(self):
        before, known = self.folder / "before", self.folder / "expected.toml"
        with server() as port:
            at(WIDE, "run", self.target(port), *FILTERS, "--out", before)
        with server(*(word for fault in FAULTS for word in ("--fault", fault))) as port:
            target = self.target(port)
            for columns in WIDTHS:
                self.holds(columns, at(columns, "survey", target, "--out", self.folder / "survey"))
                for more in ([], ["--verbose"]):
                    self.holds(columns, at(columns, "run", target, *FILTERS, "--out", self.out, *more))
        findings = [finding["id"] for finding in self.results()["findings"]]
        self.assertGreater(len(findings), 2)
        self.assertGreater(max(map(len, findings)), 40)
        row = next(row["id"] for row in self.results()["scenarios"] if row["outcome"] == "fail")
        known.write_text('[[expect]]\nscenario = "no-scenario-has-a-name-of-this-length/at-all"\noutcome = "fail"\n'
                         'reason = "Because somebody has to write a reason that is longer than eighty columns are wide, and '
                         'this is one"\nowner = "the relay team"\n')
        for words in (["show", "--run", self.out], ["show", row, "--run", self.out], ["show", findings[0], "--run", self.out],
                      ["show", "always/one-reply-each", "--run", self.out], ["judge", self.out], ["judge", self.out, "--verbose"],
                      ["diff", before, self.out], ["diff", before, self.out, "--verbose"],
                      ["baseline", "review", self.out, "--baseline", known]):
            for columns in WIDTHS:
                with self.subTest(" ".join(map(str, words)), columns=columns):
                    self.holds(columns, at(columns, *words), at(WIDE, *words))


class Whole(Cli):
    def test_what_programs_read_has_no_end_of_lines(self):
        narrow = {**os.environ, "COLUMNS": "40"}
        scenarios = json.loads(smtpspec("list", "--format", "json", env=narrow).stdout)["scenarios"]
        self.assertTrue(any(len(one["title"]) > 60 for one in scenarios))
        self.assertIn("$schema", json.loads(smtpspec("schema", "target", env=narrow).stdout))
        with server() as port:
            written = smtpspec("target", "init", f"smtp://127.0.0.1:{port}", "--out", "-", env=narrow).stdout
            self.expect(self.run_suite(cli_test.PASSES, self.file("written.toml", written)), 0)
        explained = smtpspec("explain", "declared-size-holds").stdout
        suite = explained[explained.index("[[scenario]]"):explained.index("\n  /")]
        self.expect(smtpspec("check", self.file("suite.toml", suite)), 0, "1 scenario")


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
