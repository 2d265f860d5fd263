#!/usr/bin/env python3
"""What users have met once: verdicts that were unjust, input that was taken although it was bad, files that were written over.
Usage: met_before_test.py SMTPSPEC [TEST...]"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import unittest

import cli_test
from cli_test import LONG_ENOUGH, PASSES, Cli, FAILS_WITH_A_FAULT, listener, server, smtpspec

NOWHERE = "/proc"  # a folder in which nobody may write, root included


class Verdicts(Cli):
    def outcomes(self, *arguments):
        """By row, of the shipped suite."""
        done = smtpspec("run", *arguments, "--out", self.out)
        self.assertIn(done.returncode, (0, 1, 5), done.stdout + done.stderr)
        return {row["id"]: row["outcome"] for row in self.rows()}

    def accuses_nobody(self, outcomes, rows, kept):
        """So many rows at least, of which so many at least found the server right: who decides nothing accuses nobody, too."""
        self.assertGreaterEqual(len(outcomes), rows)
        self.assertGreaterEqual(sum(outcome in ("pass", "info") for outcome in outcomes.values()), kept)
        self.assertEqual({row: outcome for row, outcome in outcomes.items() if outcome in ("fail", "crash", "error")}, {})

    def stripped(self, delivered, shown, ended):
        """Moves mail from one Maildir to another, without the fields that tell the envelope."""
        for folder in ("new", "tmp", "cur"):
            (shown / folder).mkdir(parents=True)
        while not ended.wait(0.02):
            for file in (delivered / "new").glob("*"):
                lines = file.read_bytes().splitlines(keepends=True)
                while lines and lines[0].startswith((b"Return-Path:", b"Delivered-To:", b"X-Original-To:")):
                    lines.pop(0)
                (shown / "tmp" / file.name).write_bytes(b"".join(lines))
                (shown / "tmp" / file.name).rename(shown / "new" / file.name)
                file.unlink()

    def test_an_envelope_that_the_road_does_not_tell(self):
        """It was taken for <>: mail from nobody to nobody, which broke every rule about envelopes, or met it by chance."""
        delivered, shown, ended = self.folder / "delivered", self.folder / "shown", threading.Event()
        moving = threading.Thread(target=self.stripped, args=(delivered, shown, ended))
        moving.start()
        try:
            with server("--maildir", str(delivered)) as port:
                outcomes = self.outcomes(self.target(port, f'rejects = ["nobody@example.test"]\n[delivery]\nmaildir = "{shown}"\n'),
                                         "--filter", "rfc5321/4.1.1.3", "--filter", "rfc5321/3.3", "--filter", "rfc5321/4.1.1.2")
        finally:
            ended.set()
            moving.join()
        self.accuses_nobody(outcomes, 30, 110)
        self.assertIn("inconclusive", outcomes.values())
        self.assertIn("pass", outcomes.values())

    def test_a_close_that_crosses_a_command(self):
        """The server refuses and closes, while the next command is on its way: it was not read, and needs no reply. It does so
        later than the survey looks for, so that no limit is known that would excuse it."""
        def refuses(connection):
            connection.sendall(b"220 ready\r\n")
            errors, in_data = 0, False
            for line in connection.makefile("rb"):
                in_data = line == b"DATA\r\n" or in_data and line != b".\r\n"
                known = line[:4].upper() in (b"EHLO", b"HELO", b"NOOP", b"RSET", b"MAIL", b"RCPT", b".\r\n")
                errors += not known and not in_data
                if not in_data or line == b"DATA\r\n":
                    connection.sendall({b"QUIT": b"221 bye\r\n", b"DATA": b"354 go\r\n"}.get(
                        line[:4], b"250 ok\r\n" if known else b"502 what\r\n"))
                if line.startswith(b"QUIT") or errors == 30:
                    return
        suite = """
[[scenario]]
id = "errors"
title = "Errors one after the other"
each = [ { row = "n{n}", n = { range = [1, 40] } } ]
steps = [ { repeat = 60, send = "FROBNICATE", expect = [ "5yz", { reply = "421", then = "end" } ] } ]
"""
        with listener(refuses) as port:
            self.run_suite(suite, self.target(port), "--jobs", "20")
        self.assertEqual({row["outcome"] for row in self.rows()} - {"blocked"}, set(), self.rows()[0]["actual"])

    def test_a_refused_postmaster_has_few_consequences(self):
        """Who refuses <Postmaster> has no limit of recipients by that, and relays for nobody."""
        with server("--fault", "postmaster-refused") as port:
            outcomes = self.outcomes(self.target(port, 'foreign = ["someone@elsewhere.example"]\n'), "--filter", "hundred-recipients",
                                     "--filter", "recipients-of-two-transactions", "--filter", "relay-after-a-recipient")
        self.accuses_nobody(outcomes, 4, 2)
        self.assertEqual((outcomes["hundred-recipients"], outcomes["recipients-of-two-transactions"]), ("pass", "pass"))

    def test_a_login_that_is_wanted_first_is_no_breach(self):
        """530 to MAIL is a submission server's right, whatever the row is about."""
        with server("--profile", "submission", "--user", "alice:secret") as port:
            target = self.target(port, '[auth]\nuser = "alice"\npassword = "secret"\n')
            for profile in ("submission", "mx"):  # what the target file says may be untrue
                target.write_text(target.read_text().replace("[mail]", f'profile = "{profile}"\n[mail]', 1))
                self.accuses_nobody(self.outcomes(target, "--filter", "dsn", "--filter", "enhanced-codes"), 20, 70)
                target.write_text(target.read_text().replace(f'profile = "{profile}"\n', ""))

    def test_a_login_in_plain_text_is_refused(self):
        """By 504 (once 538): a server may want TLS before it, and forgets nothing by that."""
        with server("--user", "alice:secret", "--fault", "login-wants-tls") as port:
            target = self.target(port, '[auth]\nuser = "alice"\npassword = "secret"\n')
            # Nobody is logged in when TLS begins: there is nothing that could be forgotten.
            self.assertEqual(self.outcomes(target, "--filter", "starttls-forgets-the-login"), {"starttls-forgets-the-login": "blocked"})


class BadInput(Cli):
    def test_baselines(self):
        suite = self.file("suite.toml", PASSES)
        entry = '[[expect]]\nscenario = "noop"\noutcome = "fail"\nreason = "r"\n'
        for text, says in ((entry + 'untill = 2027-01-01\n', "did you mean 'until'"), (entry + "until = 2027-02-30\n", "b.toml:5"),
                           (entry + 'until = "soon"\n', "expected a day"), ("[[expct]]\n", "did you mean 'expect'"),
                           (entry.replace("fail", "fails"), "did you mean 'fail'"),
                           (entry + 'cause = "replly"\n', "did you mean 'reply'?"), ("[[expect]]\n", "reason"), ("\0", "b.toml")):
            with self.subTest(text):
                known = self.file("b.toml", text)
                self.expect(smtpspec("run", "--suite", suite, "--out", self.out, "--baseline", known), 2, says)
                self.assertFalse(self.out.exists(), "nothing was sent, and nothing written")
                self.assertEqual(known.read_text(), text)
        nobody = self.file("b.toml", entry.replace("noop", "gone/*"))
        self.expect(smtpspec("run", "--suite", suite, "--out", self.out, "--baseline", nobody), 6, "gone/*", "b.toml:1")

    def test_shards_of_other_runs(self):
        for shard, seed in (("1/2", 1), ("2/2", 2)):
            smtpspec("run", "--suite", self.file("suite.toml", PASSES), "--shard", shard, "--seed", seed, "--out",
                     self.folder / shard[0])
        before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        self.expect(smtpspec("merge", self.folder / "1", self.folder / "2", "--out", self.out), 2, "of another seed", "--seed")
        self.expect(smtpspec("merge", self.folder / "1", "--out", self.out), 2, "shard 2/2 is missing")
        self.expect(smtpspec("merge", self.folder / "1", self.folder / "2", "--out", self.folder / "1"), 2)
        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}, before)

    def test_where_nothing_can_be_written(self):
        suite = self.file("suite.toml", PASSES)
        self.expect(smtpspec("run", "--suite", suite, cwd=NOWHERE), 74, "smtpspec-run", "cannot be written")
        home = {**os.environ, "HOME": NOWHERE, "XDG_CACHE_HOME": NOWHERE, "XDG_CONFIG_HOME": NOWHERE, "TMPDIR": NOWHERE}
        self.expect(smtpspec("run", "--suite", suite, "--out", self.out, env=home), 0)
        self.expect(smtpspec("judge", self.out, "--suite", suite, cwd=NOWHERE), 0, "the same verdicts")
        self.expect(smtpspec("report", self.out, "--report", f"html={NOWHERE}/page.html"), 74, "page.html")
        self.expect(smtpspec("merge", self.out, "--out", f"{NOWHERE}/whole"), 74, "cannot be written")
        with server("--fault", "noop-argument-refused") as port:
            self.run_suite(FAILS_WITH_A_FAULT, self.target(port))
            self.expect(smtpspec("target", "init", f"smtp://127.0.0.1:{port}", cwd=NOWHERE), 74, "target.toml")
        accept = ["baseline", "accept", self.out, "--suite", self.folder / "suite.toml", "--baseline"]
        self.expect(smtpspec(*accept, f"{NOWHERE}/expected.toml"), 74, "expected.toml")

    def test_a_baseline_that_may_only_be_read(self):
        """On a file system that is mounted so: it is told, and the file is what it was."""
        with server("--fault", "noop-argument-refused") as port:
            self.run_suite(FAILS_WITH_A_FAULT, self.target(port))
        known = self.folder / "ours" / "expected.toml"
        known.parent.mkdir()
        known.write_text("# Ours.\n")
        words = [cli_test.SMTPSPEC, "baseline", "accept", self.out, "--suite", self.folder / "suite.toml", "--baseline", known]
        read_only = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        done = subprocess.run(["unshare", "-rm", "sh", "-c", read_only, known.parent, *words], capture_output=True, text=True,
                              timeout=LONG_ENOUGH, stdin=subprocess.DEVNULL)
        if "mount" in done.stderr or "unshare" in done.stderr:
            self.skipTest(f"no file system can be mounted here: {done.stderr}")
        self.expect(done, 74, "expected.toml", "Read-only")
        self.assertEqual(known.read_text(), "# Ours.\n")
        self.assertEqual(os.listdir(known.parent), ["expected.toml"])


class Said(Cli):
    def test_the_command_of_explain_can_be_pasted(self):
        suite = self.file("suite of ours.toml", FAILS_WITH_A_FAULT)
        last = smtpspec("explain", "noop-with-argument", "--suite", suite).stdout.rstrip().splitlines()[-1].strip()
        self.assertIn(f"--suite '{suite}'", last)
        with server("--fault", "noop-argument-refused") as port:
            words = f"{last.replace('TARGET', str(self.target(port)))} --out {self.out}".replace("smtpspec", cli_test.SMTPSPEC, 1)
            self.expect(subprocess.run(["sh", "-c", words], capture_output=True, text=True, timeout=LONG_ENOUGH), 1, "our-own-noop")

    def test_readers_that_have_read_enough(self):
        """`| head -1`, with standard error on the same pipe, ended by an abort or an "internal error"."""
        for words in ("list", "explain smuggling", "serve --list-faults", "list --format json", "manual", "schema scenario"):
            done = subprocess.run(["bash", "-c", f"{cli_test.SMTPSPEC} {words} 2>&1 | head -1; exit ${{PIPESTATUS[0]}}"],
                                  capture_output=True, text=True, timeout=LONG_ENOUGH)
            with self.subTest(words):
                self.assertIn(done.returncode, (0, 74))  # 0: all of it went into the pipe
                self.assertEqual((done.stdout.count("\n"), done.stderr), (1, ""))


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
