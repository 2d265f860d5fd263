#!/usr/bin/env python3
"""Campaigns that watch the processes of the server. Usage: fuzz_processes_test.py SMTPSPEC [TEST...]"""
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

import cli_test
from cli_test import LONG_ENOUGH, smtpspec
from fuzz_test import Campaigns, free_port, TARGET

# It keeps to the rules, more or less, until it is asked VRFY or EXPN, or RSET where it leaks. Where it tells, it does as
# a server with UBSan: it says once in its life what is wrong at a place, and lives on. Where it sticks, it says nothing
# to anybody after SOML, which no survey sends.
MORTAL = """
import ctypes, os, socketserver, sys, time

class Session(socketserver.StreamRequestHandler):
    kept = []
    told = set()
    sticks = False

    def handle(self):
        Session.sessions = getattr(Session, "sessions", 0) + 1
        if "leaks" in sys.argv:
            self.kept.append(bytes(16384))
            if self.sessions % 8 == 0:
                self.kept.append(open("/dev/null"))
        if Session.sticks:
            time.sleep(600)
        self.say("220 x")
        data = False
        for line in self.rfile:
            verb = line.split()[0].upper() if line.split() else b""
            if data:
                data = line != b".\\r\\n"
                if not data:
                    self.say("250 ok")
            elif verb == b"RSET" and "leaks" in sys.argv:
                print("/src/rset.c:7:3: runtime error: signed integer overflow: 1 + 2", file=sys.stderr, flush=True)
                self.say("250 ok")
            elif verb in (b"VRFY", b"EXPN") and "tells" in sys.argv:
                if verb not in self.told:
                    self.told.add(verb)
                    os.write(2, b"/src/%s.c:7:3: runtime error: signed integer overflow: 1 + 2\\n" % verb.lower())
                self.say("252 perhaps")
            elif verb in (b"VRFY", b"EXPN") and "leaks" in sys.argv:
                self.say("500 what")
            elif verb == b"SOML" and "sticks" in sys.argv:
                Session.sticks = True
                time.sleep(600)
            elif verb == b"VRFY":
                ctypes.string_at(0)
            elif verb == b"EXPN":
                os._exit(3)
            elif verb == b"DATA":
                data = True
                self.say("354 go")
            elif verb == b"QUIT":
                return self.say("221 bye")
            elif verb in (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                self.say("250 ok")
            else:
                self.say("500 what")

    def say(self, words):
        self.wfile.write(words.encode() + b"\\r\\n")

class Server(socketserver.ForkingTCPServer if "forks" in sys.argv else socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    def handle_error(self, *_):
        pass

Server(("127.0.0.1", int(sys.argv[1])), Session).serve_forever()
"""


def tells_how_processes_end():
    """The kernel says so, which ProcessEvents needs."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 11) as events:
            events.bind((0, 1))
            events.send(struct.pack("=IHHIIIIIIHHI", 40, 3, 0, 0, 0, 1, 1, 0, 0, 4, 0, 1))
            events.settimeout(1)
            subprocess.run("true", check=True)
            return all(events.recv(4096) for _ in range(2))
    except OSError:
        return False


class Processes(Campaigns):
    def mortal(self, *how):
        """A target file whose server is started by it."""
        port = free_port()
        program = self.file("server.py", MORTAL)
        start = ", ".join(f'"{word}"' for word in (sys.executable, program, port, *how))
        return self.file("target.toml", TARGET.format(port=port, sink=free_port()).split("[delivery]")[0] +
                         f"[server]\nstart = [{start}]\n")

    def verbs_suite(self, *verbs):
        """Of all the suite's seeds these would come late."""
        return self.file("suite.toml", "".join(
            f'[[scenario]]\nid = "{verb.lower()}"\ntitle = "{verb} is answered"\nsteps = [{{ send = "{verb} a", expect = "500" }}]\n'
            for verb in verbs))

    def test_what_grows_with_each_session_and_what_a_sanitizer_writes_is_told(self):
        done = self.fuzz(self.mortal("leaks"), 12, "FOUND growth-memory", "FOUND growth-descriptors")
        self.expect(done, 1)
        self.assertEqual(set(re.findall("FOUND (growth.*)", done.stdout)), {"growth-memory", "growth-descriptors"}, done.stdout)
        self.assertGreater(len((self.out / "findings" / "growth-memory.txt").read_text().splitlines()), 20)
        seed = self.file("input", "= ready\n> RSET\\r\\n\n")
        done = smtpspec("fuzz", self.mortal("leaks"), "--replay", seed)
        self.expect(done, 1)
        self.assertIn("FOUND sanitizer/signed integer overflow/rset.c:7", done.stdout)

    def test_whose_doing_it_is_what_a_server_tells_of_and_survives(self):
        causes = {verb: f"FOUND sanitizer/signed integer overflow/{verb}.c:7" for verb in ("vrfy", "expn")}
        done = self.fuzz(self.mortal("tells"), 10, *causes.values(), more=["--jobs", 2])
        self.expect(done, 1)
        for verb, cause in causes.items():
            self.assertIn(cause, done.stdout, done.stderr)
            text = (self.out / "findings" / f"sanitizer-signed-integer-overflow-{verb}-c-7.toml").read_text()
            self.assertIn(verb.upper(), text.upper())
            self.assertLessEqual(text.count("replies = 'owed'"), 2, text)
            self.assertIn(f"{verb}.c:7:3: runtime error", (self.out / "findings" / f"sanitizer-signed-integer-overflow-{verb}-c-7.sanitizer").read_text())

    def test_a_server_that_dies_is_started_again_and_what_it_died_of_is_told(self):
        done = self.fuzz(self.mortal(), 4, "FOUND crash/SIGSEGV/VRFY", "FOUND crash/exit-3/EXPN", more=["--suite", self.verbs_suite("VRFY", "EXPN")])
        self.expect(done, 1)
        causes = set(re.findall("FOUND (crash.*)", done.stdout))
        self.assertLessEqual({"crash/SIGSEGV/VRFY", "crash/exit-3/EXPN"}, causes, done.stdout + done.stderr)
        found = self.out / "findings"
        text = (found / "crash-sigsegv-vrfy.toml").read_text()
        self.assertLessEqual(text.count("replies = 'owed'"), 2, text)
        self.assertIn("VRFY", (found / "transcripts" / "fuzz-crash-sigsegv-vrfy.jsonl").read_text())
        self.assertEqual({file.stat().st_mode & 0o777 for file in found.rglob("*") if file.is_file()}, {0o600})
        self.expect(smtpspec("show", "crash/SIGSEGV/VRFY", "--run", self.out), 0, "no process of the server dies",
                    "C: VRFY", "S: 250 ok", "closed", "smtpspec fuzz TARGET --replay")
        self.expect(smtpspec("show", "--run", self.out), 0, "crash-exit-3-expn", "findings in")

    def test_a_server_that_says_nothing_to_anybody_is_started_anew_and_the_campaign_goes_on(self):
        command = [cli_test.SMTPSPEC, "fuzz", self.mortal("sticks"), "--time", "120s", "--seed", "1", "--jobs", "1", "--out", self.out,
                   "--suite", self.verbs_suite("SOML")]
        running = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.communicate)
        self.addCleanup(running.kill)
        end = time.monotonic() + LONG_ENOUGH
        kept = self.out / "crashes" / "hang-octets"
        while not kept.exists() and running.poll() is None and time.monotonic() < end:  # it is played once more before it is kept
            time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        said, told = running.communicate(timeout=LONG_ENOUGH)
        self.assertIn("SOML", kept.read_text(), told)
        self.assertIn("lets everybody in and says nothing; it is started anew", told)
        self.assertEqual(running.returncode, 128 + signal.SIGTERM, said + told)

    def test_what_a_child_dies_of_that_serves_a_session_is_told(self):
        cause = "crash/SIGSEGV/VRFY" if tells_how_processes_end() else "crash/VRFY"
        done = self.fuzz(self.mortal("forks"), 6, f"FOUND {cause}\n")
        self.expect(done, 1)
        self.assertIn(f"FOUND {cause}\n", done.stdout, done.stderr)


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
