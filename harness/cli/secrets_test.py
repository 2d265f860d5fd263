#!/usr/bin/env python3
"""Runs smtpspec on servers that say the password again, in every way and place. Usage: secrets_test.py SMTPSPEC"""
import base64
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import cli_test
from cli_test import Cli, smtpspec, LONG_ENOUGH

SECRET = "correct-horse-battery"
LOGIN = base64.b64encode(f"\0carol\0{SECRET}".encode()).decode()
# Of each, and of its ends where it was cut; before the password in the line of a login stands the user's name, which is none.
NAME = len(base64.b64encode(b"\0carol\0"))
HIDDEN = [part[::way] for form, begin in ((SECRET, 12), (LOGIN, NAME + 12), (base64.b64encode(SECRET.encode()).decode(), 12))
          for part in (form, form[:begin], form[-12:]) for way in (1, -1)]
# What a server may make of the password, of the line of AUTH, and of what it was sent, said in pieces.
ECHOES = {
    "plain": [SECRET],
    "login": [f"AUTH PLAIN {LOGIN}"],
    "other case": [SECRET.swapcase() + " " + LOGIN.swapcase()],
    "reversed": [SECRET[::-1] + " " + LOGIN[::-1]],
    "spaced": [" ".join(SECRET) + " - " + " ".join(LOGIN)],
    "octet by octet": list(SECRET + " " + LOGIN),
}
# Each row fails wherever something is said, so that all of it is shown as evidence.
SUITE = """
[[scenario]]
id = "noop"
title = "NOOP"
steps = [ { send = "NOOP", expect = "250" } ]

[[scenario]]
id = "login"
title = "A login"
state = "greeted"
each = [ { row = "plain", mechanism = "PLAIN" }, { row = "rounds", mechanism = "LOGIN" } ]
steps = [ { login = "{mechanism}", expect = "299" } ]

[[scenario]]
id = "by-hand"
title = "A login by hand"
state = "greeted"
steps = [ { send = 'AUTH PLAIN {base64:\\0{user}\\0{password}}', expect = "299" } ]

[[scenario]]
id = "tls"
title = "Under TLS"
state = "tls"
steps = [ { send = "NOOP", expect = "299" } ]
"""


class Echoes(threading.Thread):
    """Says the same words in each reply and each message, from the first greeting on, as if it knew them of a run before."""

    def __init__(self, pieces, login, maildir, context):
        super().__init__(daemon=True)
        self.login = login  # the code of its answer to it
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.pieces, self.maildir, self.context = pieces, maildir, context
        self.messages = 0

    def run(self):
        while True:
            try:
                connection = self.listening.accept()[0]
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def say(self, connection, code, before=""):
        """A reply in as many segments, or records of TLS, as there are pieces."""
        connection.sendall(f"{code} {before}".encode())
        for piece in self.pieces:
            connection.sendall(piece.encode())
            if len(self.pieces) > 1:
                time.sleep(0.0005)
        connection.sendall(b"\r\n")

    def deliver(self, message):
        self.messages += 1
        path = self.maildir / "tmp" / f"1.{self.messages}.here"
        path.write_bytes(b"Received: by here; now\r\nX-Echo: " + "".join(self.pieces).encode() + b"\r\n" + message +
                         "".join(self.pieces).encode() + b"\r\n")
        path.rename(self.maildir / "new" / path.name)

    def serve(self, connection):
        try:
            self.converse(connection)
        except OSError:
            pass

    def converse(self, connection):
        with connection:
            self.answer(connection, connection.makefile("rb"))

    def answer(self, connection, lines):
        words = "".join(self.pieces)
        if not isinstance(connection, ssl.SSLSocket):
            self.say(connection, 220)
        while line := lines.readline():
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                keyword = re.sub("[^A-Za-z0-9-]", "-", words)
                connection.sendall(f"250-here {words}\r\n250-X{keyword} {words}\r\n250-STARTTLS\r\n"
                                   "250 AUTH PLAIN LOGIN\r\n".encode())
            elif verb == b"AUTH":
                for _ in range(2 if b"LOGIN" in line else 0):
                    connection.sendall(b"334 " + base64.b64encode(words.encode()) + b"\r\n")
                    lines.readline()
                self.say(connection, self.login)
            elif verb == b"STAR":
                self.say(connection, 220)
                with self.context.wrap_socket(connection, server_side=True) as connection:
                    return self.answer(connection, connection.makefile("rb"))
            elif verb == b"DATA":
                self.say(connection, 354)
                message = b""
                while (line := lines.readline()) not in (b".\r\n", b""):
                    message += line
                self.deliver(message)
                self.say(connection, 250)
            else:
                self.say(connection, {b"QUIT": 221, b"NOOP": 550}.get(verb, 250))
                if verb == b"QUIT":
                    return


class Secrets(Cli):
    """The password stays out of everything that is written or shown, whatever the server says."""

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        pair = pathlib.Path(folder) / "pair.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pair, "-out", f"{pair}.c",
                        "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        cls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.context.load_cert_chain(f"{pair}.c", pair)

    def expect_hidden(self, name, text):
        squeezed = "".join(text.split()).lower()
        for part in HIDDEN:
            self.assertNotIn(part.lower(), squeezed, name)

    def echoing(self, pieces, login):
        """A target file of a server that says this."""
        maildir = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        for part in ("tmp", "new", "cur"):
            (maildir / part).mkdir()
        server = Echoes(pieces, login, maildir, self.context)
        server.start()
        self.addCleanup(server.listening.close)
        return self.target(server.listening.getsockname()[1],
                           f'[auth]\nuser = "carol"\npassword = "{SECRET}"\n[tls]\nverify = false\n'
                           f'[delivery]\nmaildir = "{maildir}"\n')

    def written(self):
        return {str(path): path.read_text(errors="replace") for path in self.out.rglob("*") if path.is_file()}

    def run_on(self, pieces, login):
        """A run on a server that says this; its rows by id, and where what is shown or written."""
        done = self.run_suite(SUITE, self.echoing(pieces, login), "--report", "junit", "--verbose")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        outcomes = {row["id"]: row["outcome"] for row in self.rows()}
        shown = {"terminal": done.stdout + done.stderr,
                 "show": "".join(smtpspec("show", row, "--run", self.out).stdout for row in outcomes),
                 "judge": smtpspec("judge", self.out, "--suite", self.folder / "suite.toml").stdout}
        return outcomes, shown | self.written()

    def test_echoes(self):
        for name, pieces, login in [*((*echo, 235) for echo in ECHOES.items()), ("refused", ECHOES["plain"], 535)]:
            with self.subTest(name):
                outcomes, shown = self.run_on(pieces, login)
                fail = {"noop", "tls", *(("by-hand", "login/plain", "login/rounds") if login == 235 else ())}
                self.assertEqual({row for row in outcomes if outcomes[row] == "fail"}, fail, shown["terminal"])
                self.assertIn("X-Echo", shown[str(self.out / "transcripts/survey.as-sent.header.jsonl")])
                self.assertIn("[secret]", shown["terminal"])
                for where, text in shown.items():
                    self.expect_hidden(where, text)

    def test_a_campaign(self):
        target = self.echoing(ECHOES["plain"], 299)
        done = smtpspec("fuzz", target, "--time", "6s", "--out", self.out, timeout=5 * LONG_ENOUGH)  # what is found is shown again, patiently
        if "built without libFuzzer" in done.stderr:
            self.skipTest("there is no libFuzzer here")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        findings = sorted((self.out / "findings").glob("*.toml"))
        # One whose evidence is what the server said, and one of the line that it answers by a code that none may have.
        self.assertIn("[secret]", "".join(file.read_text() for file in findings), done.stdout)
        shown = {"terminal": done.stdout + done.stderr} | self.written()
        for file in findings[:3]:
            replayed = smtpspec("fuzz", target, "--replay", file, timeout=3 * LONG_ENOUGH)
            self.assertIn("  S: 220 ", replayed.stdout, replayed.stderr)
            shown[f"replay of {file.name}"] = replayed.stdout + replayed.stderr
        for where, text in shown.items():
            self.expect_hidden(where, text)


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
