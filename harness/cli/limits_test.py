#!/usr/bin/env python3
"""Campaigns on servers that limit what one address may have. Usage: limits_test.py SMTPSPEC [TEST...]"""
import collections
import contextlib
import os
import re
import subprocess
import sys
import time
import unittest

import cli_test
from cli_test import LONG_ENOUGH, smtpspec
from fuzz_test import Campaigns

MOST = 20  # sessions of one address
TIME = 4  # in so many seconds
SECONDS = 8  # of a campaign
# It takes that many; from 127.0.0.1 alone it relays, where it is "trusting". It writes down who came, and was served or not.
LIMITED = f"""
import collections, socketserver, sys, threading, time

came = collections.defaultdict(lambda: collections.deque(maxlen={MOST}))
lock = threading.Lock()

class Session(socketserver.StreamRequestHandler):
    def handle(self):
        address = self.client_address[0]
        with lock:
            times = came[address]
            is_served = len(times) < {MOST} or times[0] < time.monotonic() - {TIME}
            if is_served:
                times.append(time.monotonic())
            print(address, "served" if is_served else "refused", flush=True)
        if not is_served:
            return self.say("421 4.7.0 too many connections from " + address)
        self.say("220 x")
        data = False
        for line in self.rfile:
            verb = line.split()[0].upper() if line.split() else b""
            if data:
                data = line != b".\\r\\n"
                if not data:
                    self.say("250 ok")
            elif verb == b"RCPT" and b"elsewhere" in line and not ("trusting" in sys.argv and address == "127.0.0.1"):
                self.say("550 we do not relay")
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

class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 64
    daemon_threads = True
    def handle_error(self, *_):
        pass

server = Server(("127.0.0.1", 0), Session)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


class Limits(Campaigns):
    @contextlib.contextmanager
    def limited(self, *how):
        """Its port."""
        self.log = self.folder / "log"
        with self.log.open("w") as log:
            process = subprocess.Popen([sys.executable, self.file("server.py", LIMITED), *how], stdout=log)
        try:
            end = time.monotonic() + LONG_ENOUGH
            while not self.log.read_text().endswith("\n") and time.monotonic() < end:
                time.sleep(0.05)
            yield int(self.log.read_text().split()[0])
        finally:
            process.kill()
            process.wait(LONG_ENOUGH)

    def limited_campaign(self, *how, more=""):
        """What it said, its sessions a second, and the sessions that were served, by address."""
        with self.limited(*how) as port:
            target = self.target(port, 'foreign = ["someone@elsewhere.example"]\n')
            target.write_text(more + target.read_text())
            done = smtpspec("fuzz", target, "--time", f"{SECONDS}s", "--seed", 1, "--out", self.out, timeout=3 * LONG_ENOUGH)
        self.assertIn(done.returncode, (0, 1, 5), done.stdout + done.stderr)  # it is no strict server, and so few sessions tell little
        lines = [line.split() for line in self.log.read_text().splitlines()[1:]]
        return done, collections.Counter(address for address, how in lines if how == "served")

    def test_where_one_address_may_have_few_sessions_it_goes_on_from_others(self):
        done, served = self.limited_campaign()
        self.assertIn("go on from other addresses", done.stderr)
        put_off, moves = map(int, re.search(r"(\d+) put off and tried again, (\d+) of them from another", done.stdout).groups())
        others = sum(count for address, count in served.items() if address.startswith("127.77."))
        self.assertEqual(put_off, moves, done.stdout)
        self.assertGreater(others, 5 * SECONDS * MOST / TIME, served)  # many times what one address may have

    def test_an_address_that_is_trusted_is_kept_to(self):
        done, served = self.limited_campaign("trusting")
        self.assertIn("tried again later", done.stderr)
        self.assertRegex(done.stdout, r"\d+ put off and tried again;")
        self.assertEqual([address for address in served if address.startswith("127.77.") and address != "127.77.7.7"], [])

    def test_addresses_that_the_target_file_names_are_kept_to(self):
        done, served = self.limited_campaign(more='source = ["127.1.0.1", "127.1.0.2"]\n')
        self.assertRegex(done.stdout, r"\d+ put off and tried again;")
        self.assertLessEqual(set(served), {"127.1.0.1", "127.1.0.2"})


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
