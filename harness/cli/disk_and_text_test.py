#!/usr/bin/env python3
"""Runs smtpspec where standard output, the disk or what others wrote would hurt it. Usage: disk_and_text_test.py
SMTPSPEC [TEST...]"""
import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
import unittest

import cli_test
from cli_test import LONG_ENOUGH, PASSES, SLOW, Cli, listener, server, smtpspec

# In a title, an id, a file name, a reply: what a terminal obeys, what turns the writing direction, what is no UTF-8.
OBEYED = "\x1b]0;owned\x07\u202e"
SHOWN = "\\x1b]0;owned\\x07\\xe2\\x80\\xae"
RAW = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]"
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


class Disk(Cli):
    @contextlib.contextmanager
    def counted(self):
        """A target that nothing may be sent to."""
        connections = []
        with listener(lambda connection: connections.append(connection)) as port:
            yield self.target(port)
        self.assertEqual(connections, [], "nothing is sent where the run cannot be written down")

    def limited(self, octets):
        return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))}

    def test_what_cannot_be_written_is_known_before(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        for name, hinder in (("a file for the transcripts", lambda: (self.out / "transcripts").write_text("")),
                             ("a link for the transcripts", lambda: (self.out / "transcripts").symlink_to(elsewhere)),
                             ("a folder for the results", lambda: (self.out / "results.json/x").mkdir(parents=True)),
                             ("no room", lambda: None)):
            with self.subTest(name), self.counted() as target:
                self.out.mkdir()
                hinder()
                options = self.limited(0) if name == "no room" else {}
                self.expect(self.run_suite(PASSES, target, **options), 74, "cannot be written")
                shutil.rmtree(self.out)
        for report in (self.folder / "suite.toml/junit.xml", self.folder):
            with self.subTest(report), self.counted() as target:
                self.expect(self.run_suite(PASSES, target, "--report", f"junit={report}"), 74, "cannot write")
                self.assertIn("cannot write", self.results()["incomplete_because"])

    def test_an_earlier_run_does_not_pass_for_this_one(self):
        report = self.folder / "junit.xml"
        with socket.create_server(("127.0.0.1", 0)) as busy:
            sink = f'[delivery]\nsink = "127.0.0.1:{busy.getsockname()[1]}"\n'
            for more in ('[server]\nstart = ["false"]\nstop = ["true"]\n', sink, ""):
                with self.subTest(more):
                    self.expect(self.run_suite(PASSES, "--report", "junit"), 0)
                    target = self.target(1, more)
                    self.expect(self.run_suite(PASSES, target, "--report", f"junit={report}"), 3, "cannot be tested")
                    self.assertFalse(self.results()["complete"])
                    self.assertNotIn("still going on", self.results()["incomplete_because"])
                    self.assertEqual(list((self.out / "transcripts").glob("noop*")), [])
                    self.assertFalse((self.out / "junit.xml").exists())
                    self.assertNotIn("noop", report.read_text().replace("skipped", ""), more)

    def test_links_and_fifos_in_the_folder(self):
        treasure = self.file("treasure", "kept")
        for make in (lambda path: path.symlink_to(treasure), os.mkfifo):
            shutil.rmtree(self.out, ignore_errors=True)
            (self.out / "transcripts").mkdir(parents=True)
            for name in ("results.json", "junit.xml", "transcripts/noop.jsonl", "transcripts/noop.jsonl.part"):
                make(self.out / name)
            self.expect(self.run_suite(PASSES, "--report", "junit"), 0)
            self.assertEqual(treasure.read_text(), "kept")
            for name in ("results.json", "junit.xml", "transcripts/noop.jsonl"):
                self.assertTrue((self.out / name).is_file() and not (self.out / name).is_symlink(), name)

    def test_tokens_that_live_are_not_for_neighbours(self):
        process = subprocess.Popen([cli_test.SMTPSPEC, "run", "--suite", self.file("suite.toml", SLOW), "--out", self.out],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, umask=0)
        self.addCleanup(process.kill)
        end = time.monotonic() + LONG_ENOUGH
        while not list(self.out.glob("transcripts/*.jsonl")) and time.monotonic() < end:
            time.sleep(0.01)
        modes = {path.name: path.stat().st_mode & 0o777 for path in (self.out / "results.json", self.out / "transcripts",
                                                                     *self.out.glob("transcripts/*.jsonl"))}
        self.assertEqual({mode for name, mode in modes.items() if name != "transcripts"}, {0o600}, modes)
        self.assertEqual(modes["transcripts"], 0o700)
        self.assertEqual(process.wait(LONG_ENOUGH), 0)
        self.assertEqual((self.out / "results.json").stat().st_mode & 0o777, 0o666)

    def test_a_report_into_a_fifo_that_nobody_reads(self):
        os.mkfifo(self.folder / "fifo")
        self.expect(self.run_suite(PASSES, "--report", f"junit={self.folder}/fifo", timeout=20), 74, "fifo")
        self.assertTrue(self.results()["complete"])

    def test_a_target_file_is_written_whole_or_not_at_all(self):
        written = self.folder / "new" / "target.toml"
        written.parent.mkdir()
        with server() as port:
            done = smtpspec("target", "init", f"smtp://127.0.0.1:{port}", "--out", written, **self.limited(100))
        self.expect(done, 74, "target.toml", "File too large")
        self.assertEqual(list(written.parent.iterdir()), [])

    def test_a_limit_of_file_size_is_told_once(self):
        done = self.run_suite(SLOW + PASSES, **self.limited(20000))
        self.expect(done, 74, "File too large")
        self.assertLess(len(done.stderr.splitlines()), 5, done.stderr)

    def test_a_disk_of_two_mebibytes(self):
        """Where it holds the run, and where it is full in the midst of it, or before."""
        disk = self.folder / "disk"
        disk.mkdir()
        mount = 'mount -t tmpfs -o size=2m tmpfs "$0" && dd if=/dev/zero of="$0/ballast" bs=1k count="$1" status=none && shift && '
        try:
            subprocess.run(["unshare", "-rm", "sh", "-c", mount + "true", disk, "1"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as problem:
            self.skipTest(f"no file system can be mounted here: {problem}")
        suite = self.file("suite.toml", SLOW + PASSES)
        # What the run left is looked at from outside: beside it the namespace is gone.
        look = f'"$@"; code=$?; cp -r "$0/out" {self.out}; exit $code'
        for ballast, code, says in ((1, 0, "No MUST is broken"), (1900, 74, "No space left on device"),
                                    (2045, 74, "No space left on device")):
            with self.subTest(ballast):
                shutil.rmtree(self.out, ignore_errors=True)
                done = subprocess.run(["unshare", "-rm", "sh", "-c", mount + look, disk, str(ballast), cli_test.SMTPSPEC, "run",
                                       "--suite", suite, "--out", disk / "out"], capture_output=True, text=True,
                                      timeout=LONG_ENOUGH, stdin=subprocess.DEVNULL)
                self.expect(done, code, says)
                self.assertLess(len(done.stderr.splitlines()), 6, done.stderr)
                for path in self.out.rglob("*.jsonl"):
                    for line in path.read_text().splitlines():
                        json.loads(line)
                if code == 0 or (self.out / "results.json").exists():
                    self.assertTrue(self.results()["complete"] or code != 0)
                self.assertEqual(list(self.out.rglob("*.part")), [])

    def test_transcripts_that_cannot_be_written(self):
        process = subprocess.Popen([cli_test.SMTPSPEC, "run", "--suite", self.file("suite.toml", SLOW + PASSES), "--out",
                                    self.out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        end = time.monotonic() + LONG_ENOUGH
        while not (self.out / "results.json").exists() and time.monotonic() < end:
            time.sleep(0.01)
        (self.out / "transcripts").rename(self.folder / "away")
        (self.out / "transcripts").write_text("in the way")
        stderr = process.communicate(timeout=LONG_ENOUGH)[1].decode()
        self.assertEqual(process.returncode, 74, stderr)
        self.assertEqual(stderr.count(".jsonl could not be written"), 1, stderr)
        self.assertTrue(self.results()["complete"])
        self.assertEqual([row["transcript"] for row in self.rows()], [""] * 9)


class Text(Cli):
    """What a scenario file, a target file or a server says never reaches a terminal as it is."""

    def clean(self, done):
        for octets in (done.stdout, done.stderr):
            text = octets.decode()  # valid UTF-8
            self.assertNotRegex(text, RAW)
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
