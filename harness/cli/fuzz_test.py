#!/usr/bin/env python3
"""Campaigns on a live server, as their users run them. Usage: fuzz_test.py SMTPSPEC [TEST...]"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

import cli_test
from cli_test import Cli, listener, LONG_ENOUGH, server, smtpspec, thorough

TARGET = """name = "t"
address = "smtp://127.0.0.1:{port}"
[mail]
domain = "example.test"
accepts = ["alice@example.test"]
rejects = ["nobody@example.test"]
[delivery]
sink = "127.0.0.1:{sink}"
wait = "3s"
"""

MOST_TURNS = 5  # of a campaign that is gone on with


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def workers_of(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in done.stdout.split()]


def is_running(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def is_serving(pid):
    try:
        return b"\0serve\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class Campaigns(Cli):
    """What tests of campaigns go by."""

    @classmethod
    def setUpClass(cls):
        if "built without libFuzzer" in smtpspec("fuzz", "smtp://127.0.0.1:1", "--out", "/dev/null/x").stderr:
            raise unittest.SkipTest("there is no libFuzzer here")

    def fuzz(self, target, seconds, *wanted, more=()):
        """A campaign, which is gone on with until it has found what is wanted: on a slow machine it takes its time."""
        for seed in range(1, MOST_TURNS + 1):
            done = smtpspec("fuzz", target, "--time", f"{seconds}s", "--seed", seed, "--out", self.out, *more, timeout=3 * LONG_ENOUGH)
            if all(words in done.stdout for words in wanted):
                break
        return done

    def campaign(self, faults=(), seconds=6, *wanted, more=(), scheme="smtp"):
        """A campaign on the reference server; gives what it said."""
        sink = free_port()
        faults = [word for fault in faults for word in ("--fault", fault)]
        profile = "lmtp" if scheme == "lmtp" else "mx"
        with server("--relay", f"127.0.0.1:{sink}", "--profile", profile, *faults) as port:
            target = self.file("target.toml", TARGET.format(port=port, sink=sink).replace("smtp:", f"{scheme}:"))
            done = self.fuzz(target, seconds, *wanted, more=more)
            again = [self.again(target, file) for file in sorted((self.out / "findings").glob("*.toml"))]
        return done, again

    def again(self, target, file):
        """The exit code of a run of what was found."""
        return file.stem, smtpspec("run", target, "--suite", file, "--out", self.folder / "again").returncode

    def found(self, faults, cause, seconds=6):
        done, again = self.campaign(faults, seconds, f"FOUND {cause}")
        self.expect(done, 1)
        self.assertIn(f"FOUND {cause}", done.stdout)
        self.assertIn((cause.replace("/", "-").lower(), 1), again, done.stdout)


class Fuzz(Campaigns):
    def test_a_correct_server(self):
        done, again = self.campaign()
        self.expect(done, 0)
        self.assertEqual(again, [], done.stdout)
        self.assertGreater(len(list((self.out / "queue").iterdir())), 500)
        self.assertIn("execs_done", (self.out / "fuzzer_stats").read_text())
        for line in (r"connected connection 220 \d+", r"ready MAIL 250 \d+", r"data end of data 250 \d+", r"ready another command 500 \d+"):
            self.assertRegex((self.out / "states").read_text(), rf"(?m)^{line}$")
        self.assertGreater(len((self.out / "plot_data").read_text().splitlines()), 4)

    def test_a_crash(self):
        self.found(["bdat-outside-hangs-up"], "crash/BDAT")

    def test_what_is_known_is_no_finding(self):
        known = "".join(f'[[expect]]\nscenario = "{id}"\noutcome = "fail"\nreason = "it was always so"\n'
                        for id in ("fuzz-crash-*", "always/*"))
        done, _ = self.campaign(["bdat-outside-hangs-up"], more=["--baseline", self.file("known.toml", known)])
        self.expect(done, 0)
        self.assertIn("known crash/BDAT: it was always so", done.stdout)

    def test_mail_that_is_lost(self):
        self.found(["second-message-lost"], "mail/lost", 14)

    @thorough
    def test_mail_that_is_doubled(self):
        """The time is too short for its mail to be due."""
        self.found(["delivers-twice"], "mail/doubled", 3)

    def test_what_became_of_mail_is_shown_again(self):
        """One message, and its copy: a replay waits for mail as a campaign does, and a row for a suite says what is to come."""
        session = self.file("mail", "= ready\n> MAIL FROM:<{sender}>\\r\\n\n> RCPT TO:<{accepted}>\\r\\n\n> DATA\\r\\n\nM {header}x\\r\\n\n")
        row = self.folder / "one-message.toml"
        for fault, code in (("delivers-twice", 1), ("drops-lone-dots", 0)):
            sink = free_port()
            with server("--relay", f"127.0.0.1:{sink}", "--fault", fault) as port:
                target = self.file("target.toml", TARGET.format(port=port, sink=sink))
                done = smtpspec("fuzz", target, "--replay", session, "--write-scenario", row)
                self.expect(smtpspec("run", target, "--suite", row, "--out", self.out), code)
            self.expect(done, code)
            self.assertEqual("FOUND mail/doubled" in done.stdout, code == 1)
        self.assertIn("count = 1", row.read_text())

    @thorough
    def test_for_whom_mail_came(self):
        """Two recipients, of whom one has it."""
        sink = free_port()
        with server("--relay", f"127.0.0.1:{sink}", "--fault", "last-recipient-alone") as port:
            words = TARGET.format(port=port, sink=sink).replace('accepts = [', 'accepts = ["bob@example.test", ')
            target = self.file("target.toml", words)
            done = self.fuzz(target, 10, "FOUND mail/envelope")
            self.expect(done, 1)
            self.assertIn("FOUND mail/envelope", done.stdout)
            found = self.out / "findings" / "mail-envelope.toml"
            self.assertEqual(self.again(target, found)[1], 1)
            self.expect(smtpspec("fuzz", target, "--replay", found), 1, "FOUND mail/envelope")

    @thorough
    def test_mail_is_followed_into_a_maildir_by_lmtp_too(self):
        for profile, fault, seconds in (("lmtp", "delivers-twice", 15), ("mx", None, 8)):
            self.out = self.folder / profile
            maildir = self.folder / f"maildir-{profile}"
            faults = ["--fault", fault] if fault else []
            with server("--maildir", maildir, "--profile", profile, *faults) as port:
                words = TARGET.format(port=port, sink=0).replace('sink = "127.0.0.1:0"', f'maildir = "{maildir}"')
                target = self.file("target.toml", words.replace("smtp:", "lmtp:" if profile == "lmtp" else "smtp:"))
                done = self.fuzz(target, seconds, *(["FOUND mail/doubled"] if fault else []))
            self.expect(done, 1 if fault else 0)
            self.assertEqual("FOUND mail/doubled" in done.stdout, bool(fault), done.stdout)

    def test_a_campaign_that_is_killed_leaves_no_worker_and_what_it_has_found(self):
        sink = free_port()
        with server("--relay", f"127.0.0.1:{sink}", "--fault", "bdat-outside-hangs-up") as port:
            target = self.file("target.toml", TARGET.format(port=port, sink=sink))
            command = [cli_test.SMTPSPEC, "fuzz", str(target), "--time", "60s", "--seed", "1", "--out", str(self.out)]
            with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
                end = time.monotonic() + LONG_ENOUGH
                while not list(self.out.glob("crashes/crash-bdat")) and time.monotonic() < end:
                    time.sleep(0.1)
                workers = workers_of(running.pid)
                running.kill()
            self.assertEqual(len(workers), 2)
            time.sleep(1)
            self.assertEqual([pid for pid in workers if is_running(pid)], [])
            done = smtpspec("fuzz", target, "--time", "1s", "--out", self.out)
            self.expect(done, 1)
            self.assertIn("FOUND crash/BDAT", done.stdout)
            self.assertRegex(done.stderr, r"goes on with \d+ inputs, after \d+ sessions in \d+ s")

    def test_a_campaign_that_is_killed_leaves_no_server(self):
        port, sink = free_port(), free_port()
        start = [cli_test.SMTPSPEC, "serve", f"127.0.0.1:{port}", "--relay", f"127.0.0.1:{sink}"]
        words = TARGET.format(port=port, sink=sink) + f"[server]\nstart = {json.dumps(start)}\n"
        for command in (["fuzz", "--time", "60s", "--out", self.out], ["run", "--out", self.folder / "run", "--jobs", "1"]):
            words_of_command = [cli_test.SMTPSPEC, command[0], str(self.file("target.toml", words)), *map(str, command[1:])]
            with subprocess.Popen(words_of_command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
                end = time.monotonic() + LONG_ENOUGH
                while not (servers := [pid for pid in workers_of(running.pid) if is_serving(pid)]) and time.monotonic() < end:
                    time.sleep(0.1)
                running.kill()
            self.assertEqual(len(servers), 1)
            end = time.monotonic() + LONG_ENOUGH
            while is_running(servers[0]) and time.monotonic() < end:
                time.sleep(0.1)
            self.assertFalse(is_running(servers[0]))

    def test_a_full_disk_ends_it_and_is_told(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mount = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=2m tmpfs "$0" && "$@"', disk]
        if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no file system can be mounted here")
        with server("--fault", "bdat-outside-hangs-up") as port:
            done = subprocess.run([*map(str, mount), cli_test.SMTPSPEC, "fuzz", str(self.target(port)), "--time", "60s", "--out",
                                   str(disk / "out")], capture_output=True, text=True, timeout=2 * LONG_ENOUGH, check=False)
        self.expect(done, 74, "could not be written")

    def test_one_input_is_played_again(self):
        seed = self.file("input", "= ready\n> BDAT 4 LAST\\r\\ntext\n")
        with server("--fault", "bdat-outside-hangs-up") as port:
            done = smtpspec("fuzz", self.target(port), "--replay", seed)
            self.expect(done, 1)
            self.assertIn("FOUND crash/BDAT", done.stdout)
            self.assertIn("C: BDAT 4 LAST", done.stdout)
        with server() as port:
            self.expect(smtpspec("fuzz", self.target(port), "--replay", seed), 0)
        self.expect(smtpspec("fuzz", "--replay", self.folder / "nothing"), 2)

    def test_a_finding_becomes_a_scenario_of_a_suite(self):
        row = self.folder / "hangs-up-on-bdat.toml"
        with server("--fault", "bdat-outside-hangs-up") as port:
            seed = self.file("input", "= ready\n> BDAT 4 LAST\\r\\ntext\n")
            self.expect(smtpspec("fuzz", self.target(port), "--replay", seed, "--write-scenario", row), 1)
            self.expect(smtpspec("fuzz", self.target(port), "--replay", row), 1)
            self.expect(smtpspec("fuzz", self.target(port), "--replay", seed, "--write-scenario", "/dev/null/x"), 74)
        self.assertIn("catches", row.read_text())
        self.expect(smtpspec("check", row), 0)
        self.expect(smtpspec("fuzz", "--write-scenario", row), 2)

    def test_what_was_mended_is_no_finding_any_more(self):
        done, _ = self.campaign(["bdat-outside-hangs-up"], 6, "FOUND crash/BDAT")
        self.expect(done, 1)
        done, _ = self.campaign([], 1)
        self.expect(done, 0)
        self.assertIn("crash-bdat was seen twice, and does not show any more", done.stderr)
        self.assertEqual(sorted(file.name for file in (self.out / "findings").rglob("*") if file.is_file()), [])
        self.assertTrue((self.out / "no-longer" / "crash-bdat.toml").is_file())
        self.assertTrue((self.out / "crashes" / "crash-bdat").is_file())

    @thorough
    def test_crashes_by_the_same_octets_are_one_finding(self):
        done, _ = self.campaign(["trailing-tab-hangs-up"], 8, "FOUND crash/")
        self.expect(done, 1)
        found = len(re.findall("FOUND crash/", done.stdout))
        seen = len(list((self.out / "crashes").glob("crash-*")))
        # What time was short to shorten may not look alike.
        self.assertTrue(found == 1 or 2 * found <= seen, f"{found} of {seen}: {done.stdout}")

    def test_sigint_ends_it_and_says_what_was_found(self):
        command = [cli_test.SMTPSPEC, "fuzz", "--time", "60s", "--out", str(self.out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            time.sleep(6)
            running.send_signal(signal.SIGINT)
            said, _ = running.communicate(timeout=30)
        self.assertEqual(running.returncode, 128 + signal.SIGINT)
        self.assertIn("sessions", said)

    def ends_without_its_server(self, time_of_campaign):
        """The server is gone for good when it has shown a crash."""
        sink = free_port()
        with server("--relay", f"127.0.0.1:{sink}", "--fault", "bdat-outside-hangs-up") as port:
            target = self.file("target.toml", TARGET.format(port=port, sink=sink))
            command = [cli_test.SMTPSPEC, "fuzz", str(target), "--time", time_of_campaign, "--out", str(self.out)]
            running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(running.kill)
            end = time.monotonic() + LONG_ENOUGH
            while not list(self.out.glob("crashes/crash-bdat")) and time.monotonic() < end:
                time.sleep(0.1)
        _, said = running.communicate(timeout=2 * LONG_ENOUGH)
        self.assertEqual(running.returncode, 3, said)
        self.assertIn("it takes no connections any more", said)
        self.assertIn("crash-bdat was seen; its input is in", said)

    @thorough
    def test_a_server_that_is_gone_and_that_nobody_starts_again(self):
        """The campaign ends, says so by its exit code too, and keeps what it has seen. It waits for half a minute."""
        self.ends_without_its_server("10m")

    @thorough
    def test_a_server_that_is_gone_when_findings_are_made(self):
        """What it has shown cannot be shown again, and that is no clean campaign."""
        seed = self.out / "queue" / "bdat"
        seed.parent.mkdir(parents=True)
        seed.write_text("= ready\n> BDAT 4 LAST\\r\\ntext\n")
        self.ends_without_its_server("8s")

    @thorough
    def test_a_server_that_sends_without_end(self):
        def talk(connection):
            connection.sendall(b"220 x.example\r\n")
            in_data = False
            for line in connection.makefile("rb"):
                in_data = in_data and line != b".\r\n"
                verb = line.upper().split()[:1]
                while verb == [b"HELP"] and not in_data:
                    connection.sendall(b"214-more\r\n" * 5000)
                if not in_data:
                    connection.sendall(b"354 x\r\n" if verb == [b"DATA"] else b"250 x.example\r\n")
                    in_data = verb == [b"DATA"]
        with listener(talk) as port:
            done = self.fuzz(self.file("target.toml", TARGET.format(port=port, sink=free_port())), 10)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        self.assertTrue((self.out / "crashes").is_dir())

    def test_what_others_have_put_into_its_folder_does_no_harm(self):
        queue = self.out / "queue"
        queue.mkdir(parents=True)
        (queue / "noise").write_bytes(bytes(range(256)) * 20000)
        (queue / "folder").mkdir()
        os.mkfifo(queue / "pipe")
        (self.out / "crashes").mkdir()
        (self.out / "crashes" / "noise").write_bytes(bytes(range(256)) * 20000)
        done, _ = self.campaign(seconds=3)
        self.expect(done, 0)
        self.assertIn("sessions", done.stdout)

    @thorough
    def test_a_server_that_hangs_for_all_and_that_nobody_starts_again(self):
        """Its backlog still lets everybody in. It takes more than half a minute to be sure of that."""
        sink = free_port()
        serve = subprocess.Popen([cli_test.SMTPSPEC, "serve", "127.0.0.1:0", "--relay", f"127.0.0.1:{sink}"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(serve.stdout.close)
        self.addCleanup(serve.wait)
        self.addCleanup(serve.kill)
        port = int(re.search(r":(\d+) ", serve.stdout.readline()).group(1))
        target = self.file("target.toml", TARGET.format(port=port, sink=sink))
        command = [cli_test.SMTPSPEC, "fuzz", str(target), "--time", "110s", "--out", str(self.out)]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.kill)
        end = time.monotonic() + LONG_ENOUGH
        while not (self.out / "fuzzer_stats").exists() and time.monotonic() < end:
            time.sleep(0.1)
        serve.send_signal(signal.SIGSTOP)
        _, said = running.communicate(timeout=4 * LONG_ENOUGH)
        self.assertEqual(running.returncode, 3, said)
        self.assertIn("it lets everybody in and says nothing any more", said)

    def test_who_takes_no_mail_is_not_fuzzed(self):
        def refuse(connection):
            connection.sendall(b"220 x\r\n")
            for line in connection.makefile("rb"):
                is_known = line.upper().split()[:1] in ([b"EHLO"], [b"NOOP"], [b"RSET"], [b"MAIL"])
                connection.sendall(b"250 x\r\n" if is_known else b"550 No\r\n")
        with listener(refuse) as port:
            self.expect(smtpspec("fuzz", f"smtp://127.0.0.1:{port}", "--time", "5s", "--out", self.out), 3,
                        "cannot be fuzzed")

    def test_what_cannot_be_done_is_said_at_once(self):
        self.expect(smtpspec("fuzz", "smtp://127.0.0.1:1", "--time", "5s", "--out", self.out), 3, "cannot be fuzzed")
        for address in ("192.0.2.1", "10.0.0.1"):  # a neighbour may be played, and is not fuzzed unasked
            self.expect(smtpspec("fuzz", f"smtp://{address}:25", "--time", "5s", "--out", self.out), 2, "not this machine", "--allow-remote")
        self.expect(smtpspec("fuzz", "--time", "soon", "--out", self.out), 2)
        if os.path.exists("/dev/full"):
            self.expect(smtpspec("fuzz", "--time", "1s", "--out", "/dev/full/x"), 74)


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
