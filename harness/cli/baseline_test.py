#!/usr/bin/env python3
"""A gate with known failures, as it is used from day to day. Usage: baseline_test.py SMTPSPEC [TEST...]"""
import contextlib
import datetime
import json
import os
import socket
import sys
import threading
import unittest
import xml.etree.ElementTree

import cli_test
from cli_test import Cli, FAILS_WITH_A_FAULT, listener, server, smtpspec

SUITE = FAILS_WITH_A_FAULT + """
[[requirement]]
id = "rfc5321/4.1.1.5/our-own-rset"
lines = "1-2"
says = "RSET takes no argument"

[[scenario]]
id = "rset"
title = "RSET is answered"
requirements = ["rfc5321/4.1.1.5/our-own-rset"]
steps = [ { send = "RSET", expect = "250" } ]
"""
FAULT = "noop-argument-refused"
FINDING = "rfc5321/4.1.1.9/our-own-noop:reply"


class Gate(Cli):
    def setUp(self):
        super().setUp()
        self.known = self.folder / "expected.toml"

    def run_on(self, *faults, more=(), suite=SUITE):
        """The gate on the reference server with these faults."""
        with server(*(word for fault in faults for word in ("--fault", fault))) as port:
            known = ["--baseline", self.known] if self.known.exists() else []
            return self.run_suite(suite, self.target(port), *known, *more)

    def baseline(self, word, *more):
        return smtpspec("baseline", word, self.out, "--baseline", self.known, "--suite", self.folder / "suite.toml", *more)

    def day(self, days):
        return str(datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=days))

    def test_from_red_to_green_to_fixed(self):
        self.expect(self.run_on(FAULT), 1, "1 finding")
        self.expect(self.baseline("accept", "--reason", "old client", "--link", "https://tracker.example/7", "--owner", "us"),
                    0, "added", FINDING)
        self.assertIn("reason = 'old client'", self.known.read_text())
        self.expect(self.run_on(FAULT, more=["--report", "junit", "--report", "markdown"]), 0,
                    "old client (https://tracker.example/7, of us)")
        row = next(row for row in self.rows() if row["id"] == "noop-with-argument")
        self.assertEqual(row["expectation"], "as-expected")
        self.assertEqual(row["known"], {"reason": "old client", "link": "https://tracker.example/7", "owner": "us", "until": ""})
        skipped = xml.etree.ElementTree.parse(self.out / "junit.xml").find(".//skipped")
        self.assertIn("old client", skipped.get("message"))
        self.assertIn("Known: old client", (self.out / "results.md").read_text())
        self.expect(self.baseline("review"), 0, "as-expected", FINDING, "old client")
        self.expect(self.baseline("prune"), 0, "no entry is out of date")
        self.expect(self.run_on(), 6, "is fixed")
        self.expect(self.baseline("review"), 6, "fixed")
        self.expect(self.baseline("prune"), 0, "taken out")
        self.assertEqual(self.known.read_text().strip(), "")
        self.expect(self.run_on(), 0)
        self.expect(self.run_on(FAULT), 1)

    def test_another_fault_is_a_regression(self):
        self.run_on(FAULT)
        self.baseline("accept")
        self.expect(self.run_on(FAULT, "rset-unknown"), 1, "rfc5321/4.1.1.5/", "1 finding")
        self.expect(self.run_on("rset-unknown"), 1, "rfc5321/4.1.1.5/", "is fixed")

    def test_what_fails_otherwise_drifts_until_it_is_accepted(self):
        self.run_on(FAULT)
        self.known.write_text(f'# Ours.\n\n# Why.\n[[expect]]\nfinding = "{FINDING}"\nsignature = "250 what"\nreason = "r"\n\n'
                              '[[expect]]\nscenario = "gone/*"\noutcome = "fail"\nreason = "s"\n')
        self.expect(self.run_on(FAULT), 1, "drift")
        self.expect(self.baseline("review"), 1, "drift", "stale")
        self.expect(self.baseline("accept"), 0, "changed")
        text = self.known.read_text()
        self.assertTrue(text.startswith(f'# Ours.\n\n# Why.\n[[expect]]\nfinding = "{FINDING}"\nsignature = \'5'), text)
        self.expect(self.run_on(FAULT), 6, "gone/*")
        self.expect(self.baseline("prune"), 0, "taken out", "gone/*")
        self.assertEqual(self.known.read_text(), text[:text.index('[[expect]]\nscenario = "gone')])
        self.expect(self.run_on(FAULT), 0)

    def test_a_finding_that_was_mistyped_is_stale(self):
        entry = '[[expect]]\nfinding = "{}"\nreason = "r"\n'
        self.known.write_text(entry.format("rfc5321/4.1.1.4/lf-is-no-line-end:reply"))
        self.expect(self.run_on(), 0)  # of the ledger, and not played: nobody can say
        self.expect(self.baseline("review"), 0, "not seen")
        self.known.write_text(entry.format("rfc5321/4.1.1.4/lf-is-no-lineend:reply"))
        self.expect(self.run_on(), 6, "expected.toml:1", "there can be no finding 'rfc5321/4.1.1.4/lf-is-no-lineend:reply'")
        self.expect(self.baseline("review"), 6, "stale")
        self.expect(self.baseline("prune"), 0, "taken out")

    def test_a_row_that_fails_otherwise_gets_an_entry_beside_its_glob(self):
        self.run_on(FAULT)
        self.known.write_text('[[expect]]\nscenario = "noop-*"\noutcome = "crash"\nreason = "r"\n')
        self.expect(self.run_on(FAULT), 1, "drift")
        self.expect(self.baseline("accept"), 0, "added", "noop-with-argument")
        self.expect(self.run_on(FAULT), 0)

    def test_days(self):
        self.run_on(FAULT)
        self.expect(self.baseline("accept", "--until", "soon"), 2, "no day")
        self.expect(self.baseline("accept", "--until", self.day(-2)), 0)
        self.expect(self.run_on(FAULT), 1, "expired")
        self.expect(self.baseline("review"), 1, "expired")
        self.expect(self.baseline("accept"), 0, "--until DAY accepts it for longer")
        self.expect(self.run_on(FAULT), 1, "expired")
        self.expect(self.baseline("accept", "--until", self.day(2)), 0, "changed")
        self.expect(self.run_on(FAULT), 0, self.day(2))

    def test_what_fails_now_and_then(self):
        self.run_on(FAULT)
        self.expect(self.baseline("accept", "--unstable"), 0)
        self.expect(self.run_on(FAULT), 0)
        self.expect(self.run_on(), 0)
        self.expect(self.run_saying("Not today"), 0)  # it says so in other words each time

    def run_saying(self, words):
        """The gate on the server with the fault, which refuses in these words in place of its own."""
        def between(connection):
            with socket.create_connection(("127.0.0.1", port)) as behind:
                back = threading.Thread(target=hand_on, args=(behind, connection))
                back.start()
                hand_on(connection, behind)
                back.join()

        def hand_on(one, other):
            with contextlib.suppress(OSError):
                while octets := one.recv(65536):
                    other.sendall(octets.replace(b"NOOP takes no argument", words.encode()))
            with contextlib.suppress(OSError):
                other.shutdown(socket.SHUT_WR)
        with server("--fault", FAULT) as port, listener(between) as front:
            known = ["--baseline", self.known] if self.known.exists() else []
            return self.run_suite(SUITE, self.target(front), *known)

    def test_one_that_is_found_to_be_unstable_drifts_no_more(self):
        self.run_on(FAULT)
        self.expect(self.baseline("accept"), 0, "added")
        self.expect(self.run_saying("Not today"), 1, "drift")
        self.expect(self.baseline("accept", "--unstable"), 0, "changed")
        self.assertNotIn("signature", self.known.read_text())
        self.expect(self.run_saying("Still not"), 0)
        self.expect(self.run_on(), 0)
        self.known.write_text(self.known.read_text() + "signature = '250 what'\n")  # as it was accepted once
        self.expect(self.run_on(FAULT), 1, "drift")
        self.expect(self.baseline("accept"), 0, "changed")
        self.expect(self.run_on(FAULT), 0)
        self.expect(self.run_saying("Not today"), 0)

    def test_a_list_that_is_a_value_is_left_to_its_author(self):
        """TOML lets nobody add an [[expect]] to it."""
        text = 'expect = [ { finding = "rfc5321/4.1.1.9/noop:hang", reason = "r" } ]\n'
        self.known.write_text(text)
        self.run_on(FAULT)
        self.expect(self.baseline("accept"), 2, "written as a table of its own")
        self.assertEqual(self.known.read_text(), text)

    def test_which_permitted_ending_is_taken_is_remembered(self):
        suite = """
[[scenario]]
id = "noop-with-argument"
title = "NOOP takes an argument, or not"
steps = [ { send = "NOOP argument", expect = ["250", { reply = "5yz", as = "info", because = "somebody may" }] } ]
"""
        usual = "the usual ending"
        self.expect(self.run_on(suite=suite), 0)
        self.expect(self.baseline("accept"), 0, "no finding")
        self.assertFalse(self.known.exists())
        self.expect(self.baseline("accept", "--endings"), 0, "0 remembered")
        done = self.run_on(FAULT, suite=suite)
        self.expect(done, 0, "otherwise", "noop-with-argument", f"where it was {usual}")
        self.assertEqual(len(self.results()["baseline"]["other_endings"]), 1)
        self.expect(self.baseline("review"), 0, "1 otherwise")
        self.expect(self.baseline("accept"), 0, "1 remembered")
        self.assertNotIn("otherwise", self.run_on(FAULT, suite=suite).stdout)
        self.expect(self.run_on(suite=suite), 0, f"noop-with-argument: {usual}, where it was 5")
        self.expect(self.baseline("accept"), 0, "0 remembered")
        self.assertEqual(self.known.read_text(), "[endings]\n")

    def test_what_is_left_alone(self):
        self.run_on(FAULT)
        self.known.write_text(f'expect = [{{ finding = "{FINDING}", signature = "x", reason = "r" }}]\n')
        before = self.known.read_text()
        self.run_on(FAULT)
        self.expect(self.baseline("accept"), 2, "nothing was changed")
        self.assertEqual(self.known.read_text(), before)
        self.known.write_text('[[expect]]\nscenarioo = "a"\n')
        self.expect(self.baseline("prune"), 2, "expected.toml:2", "did you mean 'scenario'")
        self.known.unlink()
        self.expect(self.baseline("review"), 2, "cannot be read as a baseline")
        self.expect(self.baseline("prune"), 2, "cannot be read as a baseline")
        self.expect(smtpspec("baseline", "accept", self.folder / "nowhere", "--baseline", self.known), 2)
        self.assertFalse(self.known.exists())
        self.known.symlink_to(self.folder / "no-such-file")
        self.expect(self.baseline("accept"), 2, "cannot be read as a baseline")

    def test_an_incomplete_run_fixes_nothing(self):
        self.run_on(FAULT)
        self.baseline("accept")
        self.run_on()
        results = self.results()
        results["complete"] = False
        (self.out / "results.json").write_text(json.dumps(results))
        before = self.known.read_text()
        self.expect(self.baseline("prune"), 5, "incomplete")
        self.assertEqual(self.known.read_text(), before)

    def test_only_what_is_wanted_is_accepted(self):
        self.run_on(FAULT)
        self.expect(self.baseline("accept", "--only", "always/*"), 0, "no finding that the baseline does not know")
        self.assertFalse(self.known.exists())
        self.expect(self.baseline("accept", "--only", "noop-with-*"), 0, "added")
        self.assertTrue(self.known.exists())


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
