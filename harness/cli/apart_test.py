#!/usr/bin/env python3
"""Campaigns whose workers have a server each. Usage: apart_test.py SMTPSPEC [TEST...]"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import cli_test
from cli_test import LONG_ENOUGH, smtpspec
from fuzz_test import Campaigns, free_port, is_running

SECONDS = 8  # of a campaign
# On a port of its own choice, and in a folder in which no other may be.
TARGET = """name = "t"
address = "smtp://127.0.0.1:{port}"
[mail]
domain = "example.test"
accepts = ["alice@example.test"]
[delivery]
sink = "127.0.0.1:{sink}"
[server]
start = ["sh", "-c", "mkdir state/taken && exec {smtpspec} serve 127.0.0.1:{port} --relay 127.0.0.1:{sink} --fault {fault}"]
"""


def may_be_apart():
    return subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0


def offspring_of(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [int(word) for word in done.stdout.split()]
    return children + [one for child in children for one in offspring_of(child)]


def namespace_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


class Apart(Campaigns):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not may_be_apart():
            raise unittest.SkipTest("namespaces are not to be had here")

    def target(self, state='state = ["state"]\n', fault="bdat-outside-hangs-up"):
        (self.folder / "state").mkdir()
        words = {"port": free_port(), "sink": free_port(), "smtpspec": cli_test.SMTPSPEC, "fault": fault}
        return self.file("target.toml", TARGET.format(**words) + state)

    def begun(self, target, *more):
        """A long campaign, both of whose workers play."""
        command = [cli_test.SMTPSPEC, "fuzz", str(target), "--time", "60s", "--apart", "--out", str(self.out), *more]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.communicate)
        self.addCleanup(running.kill)
        end = time.monotonic() + LONG_ENOUGH
        while not self.both_play() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertTrue(self.both_play())
        return running

    def both_play(self):
        logs = [self.out / f"worker-{number}.log" for number in (1, 2)]
        return all(log.exists() and "seed corpus: files" in log.read_text(errors="replace") for log in logs)

    def left(self):
        return [path.name for path in (self.folder / "state").iterdir()] + [path.name for path in self.out.glob("apart")]

    def test_each_worker_has_a_server_and_a_sink_and_what_they_find_is_told_together(self):
        done = smtpspec("fuzz", self.target(), "--time", f"{SECONDS}s", "--apart", "--seed", 1, "--out", self.out, timeout=3 * LONG_ENOUGH)
        self.expect(done, 1, "FOUND crash/BDAT")
        self.assertTrue(self.both_play())
        together, second = (int(re.search(r"(\d+) sessions", said).group(1))
                            for said in (done.stdout, (self.out / "apart-2.log").read_text()))
        self.assertGreater(second, 10)
        self.assertGreater(together, second + 10)
        self.assertEqual(self.left(), [])

    def test_servers_that_disturb_each_other_are_no_success(self):
        done = smtpspec("fuzz", self.target(state=""), "--time", "5s", "--apart", "--out", self.out, timeout=3 * LONG_ENOUGH)
        self.assertIn(done.returncode, (3, 5), done.stdout + done.stderr)  # whichever came second
        self.assertIn("cannot be fuzzed", done.stderr + (self.out / "apart-2.log").read_text())
        self.assertIn("one of the campaigns ended with 3" if done.returncode == 5 else "cannot be fuzzed", done.stderr)

    def test_one_that_is_killed_leaves_no_process_and_no_namespace(self):
        running = self.begun(self.target())
        offspring = offspring_of(running.pid)
        namespaces = {namespace_of(pid) for pid in offspring} - {namespace_of("self"), None}
        self.assertEqual(len(namespaces), 2)
        self.assertGreaterEqual(len(offspring), 6)  # two campaigns, two workers, two servers
        running.kill()
        end = time.monotonic() + 10
        while any(map(is_running, offspring)) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual([pid for pid in offspring if is_running(pid)], [])
        self.assertFalse(namespaces & {namespace_of(pid) for pid in os.listdir("/proc") if pid.isdigit()})
        self.assertNotIn(str(self.folder), pathlib.Path("/proc/self/mountinfo").read_text())

    def test_sigterm_ends_it_and_says_what_was_found(self):
        running = self.begun(self.target())
        running.send_signal(signal.SIGTERM)
        said, _ = running.communicate(timeout=LONG_ENOUGH)
        self.assertEqual(running.returncode, 128 + signal.SIGTERM)
        self.assertIn("sessions", said)
        self.assertEqual(self.left(), [])

    def test_what_cannot_be_apart_is_said_at_once(self):
        self.expect(smtpspec("fuzz", "smtp://127.0.0.1:1", "--apart", "--out", self.out), 2, "[server] start")
        self.expect(smtpspec("fuzz", "--apart", "--out", self.out), 2, "[server] start")
        self.expect(smtpspec("fuzz", self.target(), "--apart", "--against", "smtp://127.0.0.1:1"), 2)
        self.expect(smtpspec("fuzz", self.folder / "target.toml", "--apart", "--out", self.folder / "state"), 3, "is in")


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
