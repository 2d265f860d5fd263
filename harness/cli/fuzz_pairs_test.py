#!/usr/bin/env python3
"""Campaigns that compare two plays: of a session held otherwise, and of one session on two servers. Usage:
fuzz_pairs_test.py SMTPSPEC [TEST...]"""
import os
import sys
import unittest

import cli_test
from cli_test import server, smtpspec, thorough
from fuzz_test import Campaigns, free_port, TARGET


class Pairs(Campaigns):
    def test_a_session_that_is_held_otherwise_comes_to_the_same(self):
        """What is found is shown again by a run, by a replay, and by a scenario that is made of it for a suite."""
        done, again = self.campaign(["other-commands-reset"], 8, "FOUND metamorphic-noop/")
        self.expect(done, 1)
        self.assertIn("FOUND metamorphic-noop/", done.stdout)
        found = [file for file in (self.out / "findings").glob("metamorphic-noop-*.toml")]
        for file in found:
            self.assertIn((file.stem, 1), again)
        inputs = [self.out / "crashes" / file.stem for file in found]
        row = self.folder / "row.toml"
        with server("--fault", "other-commands-reset") as port:
            target = self.target(port)
            for file in (*found, *inputs):
                self.assertIn("FOUND metamorphic-noop", smtpspec("fuzz", target, "--replay", file).stdout)
            self.expect(smtpspec("fuzz", target, "--replay", found[0], "--write-scenario", row), 1)
            self.expect(smtpspec("check", row), 0)
            self.expect(smtpspec("run", target, "--suite", row, "--out", self.folder / "row"), 1)
        with server() as port:
            target = self.target(port)
            for file in (*found, *inputs):
                self.expect(smtpspec("fuzz", target, "--replay", file), 0)
            self.expect(smtpspec("run", target, "--suite", row, "--out", self.folder / "row"), 0)

    @thorough
    def test_a_session_by_lmtp_that_is_held_otherwise_comes_to_the_same(self):
        for fault, cause in ((None, ""), ("other-commands-reset", "noop/RCPT"),
                             ("second-message-chunk-refused", "chunked/end-of-data")):
            self.out = self.folder / (fault or "clean")
            done, _ = self.campaign([fault] if fault else [], 8, f"FOUND metamorphic-{cause}" if fault else "",
                                    scheme="lmtp")
            self.expect(done, 1 if fault else 0)
            self.assertEqual(f"FOUND metamorphic-{cause}" in done.stdout, bool(fault), done.stdout)

    def test_two_servers_that_differ(self):
        with server() as port, server("--fault", "vrfy-unknown") as other:
            done = self.fuzz(self.target(port), 6, "FOUND differs-", more=["--against", f"smtp://127.0.0.1:{other}", "--rcpt",
                                                                           "alice@example.test"])
            self.expect(done, 1)
            self.assertIn("FOUND differs-", done.stdout)
            found = next((self.out / "findings").glob("differs-*.toml"))
            self.assertIn(f"--replay {found}", done.stdout)
            self.expect(smtpspec("fuzz", self.target(port), "--replay", found), 2, "--against")
            self.expect(smtpspec("fuzz", self.target(port), "--replay", found, "--against", f"smtp://127.0.0.1:{other}", "--rcpt",
                                 "alice@example.test"), 1)

    @thorough
    def test_mail_that_two_servers_deliver_otherwise(self):
        """Each by a road of its own, by one sink for both, and where the other's is not seen."""
        sink, sink_of_other = free_port(), free_port()
        for fault, road, wanted in (("delivers-twice", sink_of_other, "copies"), ("drops-lone-dots", sink, "body/plain"),
                                    (None, sink_of_other, None), ("drops-lone-dots", None, None)):
            self.out = self.folder / f"{fault}-{road}"
            faults = ["--fault", fault] if fault else []
            relay = ["--relay", f"127.0.0.1:{road}"] if road else []
            with server("--relay", f"127.0.0.1:{sink}") as port, server(*relay, *faults) as other:
                target = self.file("target.toml", TARGET.format(port=port, sink=sink))
                words = TARGET.format(port=other, sink=road)
                against = self.file("other.toml", words if road else words.split("[delivery]")[0])
                cause = f"FOUND differs-delivered/{wanted}" if wanted else ""
                done = self.fuzz(target, 8, cause, more=["--against", against])
            self.expect(done, 1 if wanted else 0)
            self.assertEqual("differs-delivered" in done.stdout, bool(wanted), done.stdout)
            self.assertIn(cause, done.stdout)


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
