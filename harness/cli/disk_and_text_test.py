#!/usr/bin/env python3
"""Runs smtpspec where standard output, the disk or what others wrote would hurt it. Usage: disk_and_text_test.py
SMTPSPEC [TEST...]"""
import contextlib
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import unittest

import cli_test
from cli_test import FAILS_WITH_A_FAULT, LONG_ENOUGH, PASSES, Cli, listener, server, smtpspec

# In a title, an id, a file name, a reply: what a terminal obeys, what turns the writing direction, what is no UTF-8.
OBEYED = "\x1b]0;owned\x07\u202e"
SHOWN = "\\x1b]0;owned\\x07\\xe2\\x80\\xae"
FULL = "/dev/full"  # a device on which every write fails for want of space


def to(stdout="PIPE", stderr="PIPE", *arguments, **options):
    """Runs it with its output on devices, or closed (None); what could be read."""
    closed = [number for number, name in ((1, stdout), (2, stderr)) if name is None]

    def close():
        for number in closed:
            os.close(number)
    with contextlib.ExitStack() as stack:
        places = [subprocess.PIPE if name in ("PIPE", None) else stack.enter_context(open(name, "wb"))
                  for name in (stdout, stderr)]
        return subprocess.run([cli_test.SMTPSPEC, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=places[0],
                              stderr=places[1], timeout=LONG_ENOUGH, preexec_fn=close, **options)


class StandardStreams(Cli):
    def run_to(self, stdout, stderr, *arguments):
        return to(stdout, stderr, "run", "--suite", self.file("suite.toml", PASSES), "--out", self.out, *arguments)

    def test_standard_output_that_fails(self):
        for place in (FULL, None):
            for arguments in (["list"], ["--help"], ["explain", "smuggling"], ["schema", "scenario"]):
                with self.subTest((place, arguments)):
                    done = to(place, "PIPE", *arguments)
                    self.assertEqual(done.returncode, 74, done.stderr)
                    self.assertIn(b"standard output could not be written: ", done.stderr)
            with self.subTest((place, "run")):
                self.assertEqual(self.run_to(place, "PIPE").returncode, 74)
                self.assertTrue(self.results()["complete"], "what was found is in the folder all the same")

    def test_standard_error_that_fails(self):
        for place in (FULL, None):
            with self.subTest(place):
                self.assertEqual(self.run_to("PIPE", place).returncode, 0)
                self.assertEqual(to("PIPE", place, "explain", "no-such").returncode, 2)
                broken = self.file("broken.toml", 'name = "x"\naddress = smtp\n')
                self.assertEqual(to("PIPE", place, "run", broken, "--out", self.out).returncode, 2)

    def test_all_descriptors_closed(self):
        done = subprocess.run(["sh", "-c", f'"$@" <&- >&- 2>&-', "sh", cli_test.SMTPSPEC, "run", "--suite",
                               self.file("suite.toml", PASSES), "--out", self.out], timeout=LONG_ENOUGH)
        self.assertEqual(done.returncode, 74)
        self.assertTrue(self.results()["complete"], "no message of ours went into a file of ours")

    def test_sink_that_cannot_print_ends(self):
        process = subprocess.Popen(["sh", "-c", 'exec "$@" > /dev/full', "sh", cli_test.SMTPSPEC, "sink", "127.0.0.1:0"],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        self.assertEqual(process.wait(LONG_ENOUGH), 74)


class Text(Cli):
    """What a scenario file, a target file or a server says never reaches a terminal as it is."""

    def clean(self, done):
        for octets in (done.stdout, done.stderr):
            text = octets.decode()  # valid UTF-8
            self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        return done.stdout.decode() + done.stderr.decode()

    def of_toml(self, text):
        return text.encode("unicode_escape").decode().replace("\\x", "\\u00")

    def test_scenario_files(self):
        suite = self.file("suite.toml", PASSES.replace("NOOP is answered", self.of_toml(OBEYED))
                          + f'rationale = "{self.of_toml(OBEYED)}"\n')
        for command in (["list", "--suite", suite], ["explain", "noop", "--suite", suite],
                        ["run", "--suite", suite, "--out", self.out, "--verbose"]):
            with self.subTest(command[0]):
                done = to("PIPE", "PIPE", *command)
                self.assertEqual(done.returncode, 0, done.stderr)
                shown = self.clean(done)
                if command[0] != "run":
                    self.assertIn(SHOWN, shown)

    def test_names_of_files(self):
        named = self.folder / OBEYED
        for arguments in (["judge", named], ["run", named], ["run", "--suite", named], ["check", named],
                          ["run", "--baseline", named], ["explain", OBEYED], ["show", OBEYED, "--run", named],
                          ["list", f"--{OBEYED}"], ["run", "--filter", OBEYED]):
            with self.subTest(arguments[0]):
                done = to("PIPE", "PIPE", *arguments, cwd=self.folder)
                self.assertIn(done.returncode, (2, 4))
                self.clean(done)

    def test_servers(self):
        greeting = f"220 {OBEYED} \xff\r\n".encode("latin-1", "replace")
        with listener(lambda connection: (connection.sendall(greeting), connection.recv(100),
                                          connection.sendall(f"250-{OBEYED}\r\n550 {OBEYED}\r\n".encode()))) as port:
            self.clean(to("PIPE", "PIPE", "run", "--suite", self.file("suite.toml", PASSES), "--out", self.out,
                          self.target(port), "--timeout", "300ms", "--patience", "300ms"))
            self.clean(to("PIPE", "PIPE", "target", "init", f"smtp://127.0.0.1:{port}", "--out", "-"))


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
