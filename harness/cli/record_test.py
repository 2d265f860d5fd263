#!/usr/bin/env python3
"""Records sessions of real clients with real servers. Usage: record_test.py SMTPSPEC [TEST...]"""
import base64
import contextlib
import json
import pathlib
import re
import shutil
import signal
import smtplib
import socket
import ssl
import struct
import subprocess
import sys
import time
import unittest

import cli_test
from cli_test import LONG_ENOUGH, Cli, listener, server, smtpspec

USER, PASSWORD = "carol", "correct-horse-battery"
MESSAGE = b"Subject: recorded\r\n\r\n.dots, {braces}, \xe2\x82\xac and back\\slashes\r\n.\r\nend\r\n"
SENDER, MAILBOX = "sender@client.example", "alice@example.test"


class Recorder:
    """`smtpspec record` in a process of its own."""

    def __init__(self, to, out, *options):
        self.process = subprocess.Popen(
            [cli_test.SMTPSPEC, "record", "--listen", "127.0.0.1:0", "--to", to, "--out", out, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        first = self.process.stdout.readline()
        found = re.match(r"listening on 127\.0\.0\.1:(\d+), for ", first)
        assert found, first + self.process.communicate(timeout=LONG_ENOUGH)[1]
        self.port = int(found.group(1))

    def done(self):
        """When it has come to its end."""
        out, problems = self.process.communicate(timeout=LONG_ENOUGH)
        return subprocess.CompletedProcess([], self.process.returncode, out, problems)


class Record(Cli):
    def recorder(self, to, *options):
        recorder = Recorder(to if isinstance(to, pathlib.Path) else f"smtp://127.0.0.1:{to}", self.out, *options)
        self.addCleanup(recorder.process.wait)
        self.addCleanup(recorder.process.kill)
        return recorder

    def events(self, number=1):
        path = self.out / "transcripts" / f"recorded-{number}.jsonl"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        return [json.loads(line) for line in path.read_text().splitlines()]

    def events_of_the_server(self, number):
        return [event.get("event") for event in self.events(number) if event.get("by") == "server"]

    def draft(self, number=1):
        path = self.out / f"recorded-{number}.toml"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.expect(smtpspec("check", path), 0)
        return path

    def plays_green(self, target):
        done = smtpspec("run", target, "--suite", self.draft(), "--out", self.folder / "again")
        results = json.loads((self.folder / "again" / "results.json").read_text())
        self.assertEqual([(row["id"], row["outcome"]) for row in results["scenarios"]
                          if row["id"] == "recorded-1"], [("recorded-1", "pass")], done.stdout + done.stderr)

    def test_a_message_arrives_and_its_session_plays_green(self):
        maildir = self.folder / "maildir"
        with server("--maildir", str(maildir)) as port:
            recorder = self.recorder(port, "--sessions", "1")
            with smtplib.SMTP("127.0.0.1", recorder.port, "client.example") as client:
                client.sendmail(SENDER, [MAILBOX], MESSAGE)
            done = recorder.done()
            self.expect(done, 0, "recorded-1  127.0.0.1:", "nothing broken", "out: 1; the server broke a rule in 0")
            self.plays_green(self.target(port))
        arrived = sorted((maildir / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        self.assertTrue(arrived[0].read_bytes().endswith(MESSAGE), arrived[0].read_bytes())
        self.assertIn("\\r\\n..dots, \\{braces\\}, \\xe2\\x82\\xac and back\\\\slashes", self.draft().read_text())

    def test_octets_are_the_same_on_both_sides(self):
        """Whatever they are, however they are cut; a half-close is handed on, and what follows it too."""
        to_server = [bytes(range(256)), b"no line", b"\r\n" * 1000, b"x" * 300_000]
        to_client = [b"220 \x00\xff\r\n", b"half a", b" line", bytes(range(256)) * 200]
        got = bytearray()

        def serve(connection):
            connection.sendall(to_client[0])
            while octets := connection.recv(65536):
                got.extend(octets)
            for piece in to_client[1:]:
                connection.sendall(piece)

        with listener(serve) as port:
            recorder = self.recorder(port, "--sessions", "1")
            with socket.create_connection(("127.0.0.1", recorder.port), LONG_ENOUGH) as client:
                seen = client.recv(65536)
                for piece in to_server:
                    client.sendall(piece)
                client.shutdown(socket.SHUT_WR)
                while octets := client.recv(65536):
                    seen += octets
            done = recorder.done()
        self.assertEqual(bytes(got), b"".join(to_server))
        self.assertEqual(seen, b"".join(to_client))
        self.expect(done, 1, "breaks always/")
        total = f"{len(got)} octets sent, {len(seen)} received"
        self.expect(done, 1, total)
        self.assertIn("half-closed", [event.get("event") for event in self.events()])

    def test_a_fault_is_seen_as_it_passes(self):
        with server("--fault", "quit-reply-cut-short") as port:
            recorder = self.recorder(port, "--sessions", "2")
            for _ in range(2):
                with contextlib.suppress(smtplib.SMTPException):
                    with smtplib.SMTP("127.0.0.1", recorder.port, "client.example") as client:
                        client.noop()
                        client.docmd("QUIT")
            self.expect(recorder.done(), 1, "breaks always/whole-reply", "broke a rule in 2",
                        "a reply is sent whole")
        self.assertIn("# The server broke always/whole-reply", self.draft().read_text())

    def test_starttls_and_logins(self):
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            with self.subTest(mechanism), server("--user", f"{USER}:{PASSWORD}") as port:
                self.out = self.folder / mechanism
                recorder = self.recorder(port, "--sessions", "1")
                with smtplib.SMTP("127.0.0.1", recorder.port, "client.example") as client:
                    context = ssl.create_default_context()
                    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                    client.starttls(context=context)
                    client.ehlo()
                    client.user, client.password = USER, PASSWORD
                    authenticate = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
                    self.assertEqual(client.auth(mechanism, authenticate)[0], 235)
                    client.sendmail(SENDER, [MAILBOX], MESSAGE)
                done = recorder.done()
                self.expect(done, 0, "nothing broken")
                self.hides_the_password(done)
                kinds = [event.get("event") for event in self.events()]
                self.assertIn("tls-started", kinds)
                text = self.draft().read_text()
                self.assertIn("{ tls = 'handshake' }", text)
                self.assertIn(f"login = '{mechanism}'", text)
                self.assertIn(MAILBOX, text)
                self.plays_green(self.target(port, f'[auth]\nuser = "{USER}"\npassword = "{PASSWORD}"\n'))

    def hides_the_password(self, done):
        written = done.stdout + done.stderr
        files = [path for path in self.out.rglob("*") if path.is_file()]
        self.assertEqual(len(files), 2)
        written += "".join(path.read_text() for path in files)
        both = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
        for secret in (PASSWORD, both, base64.b64encode(PASSWORD.encode()).decode()):
            self.assertNotIn(secret, written)
        self.assertIn("[secret]", written)

    def test_implicit_tls(self):
        with server("--implicit-tls") as port:
            target = self.file("smtps.toml", f'name = "t"\naddress = "smtps://127.0.0.1:{port}"\n'
                               f'profile = "mx"\n[mail]\ndomain = "example.test"\naccepts = ["{MAILBOX}"]\n')
            recorder = self.recorder(target, "--sessions", "1")
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with smtplib.SMTP_SSL("127.0.0.1", recorder.port, "client.example", context=context) as client:
                client.sendmail(SENDER, [MAILBOX], MESSAGE)
            self.expect(recorder.done(), 0, "nothing broken")
            self.plays_green(target)

    def test_lmtp(self):
        with server("--profile", "lmtp") as port:
            target = self.file("lmtp.toml", f'name = "t"\naddress = "lmtp://127.0.0.1:{port}"\n[mail]\n'
                               f'domain = "example.test"\naccepts = ["{MAILBOX}", "bob@example.test"]\n')
            recorder = self.recorder(target, "--sessions", "1")
            with smtplib.LMTP("127.0.0.1", recorder.port, "client.example") as client:
                client.sendmail(SENDER, [MAILBOX, "bob@example.test"], MESSAGE)
                client.getreply()  # of the second recipient, which smtplib leaves
            self.expect(recorder.done(), 0, "nothing broken")
            self.plays_green(target)

    def test_starttls_that_no_handshake_follows(self):
        """What comes instead is handed on; where nothing can come any more, nobody waits for it."""
        with server() as port:
            recorder = self.recorder(port, "--sessions", "2")
            for instead in (b"NOOP\r\n", b""):
                with socket.create_connection(("127.0.0.1", recorder.port), LONG_ENOUGH) as client:
                    client.sendall(b"EHLO client.example\r\nSTARTTLS\r\n")
                    if not instead:
                        client.shutdown(socket.SHUT_WR)  # before the reply comes
                    seen = b""
                    while b"\r\n220 " not in seen:
                        seen += client.recv(65536)
                    if instead:
                        client.sendall(instead)
                    with contextlib.suppress(ConnectionError):
                        while client.recv(65536):
                            pass
            self.expect(recorder.done(), 0, "nothing broken")
        self.assertIn("NOOP\\r\\n", [event.get("octets") for event in self.events(1)])

    def test_starttls_with_something_behind_it(self):
        """In one segment, in clear text: a handshake may follow all the same, and its octets are nobody's reply."""
        with server() as port:
            recorder = self.recorder(port, "--sessions", "1")
            client = smtplib.SMTP("127.0.0.1", recorder.port, "client.example")
            client.ehlo()
            client.send(b"STARTTLS\r\nNOOP\r\n")
            self.assertEqual(client.getreply()[0], 220)
            self.in_tls(client)
            self.assertEqual(client.docmd("EHLO", "client.example")[0], 250)
            client.quit()
            self.expect(recorder.done(), 0, "nothing broken")
        self.assertIn("{ bytes = 'STARTTLS\\r\\nNOOP\\r\\n', expect = '220' },\n  { tls = 'handshake' }",
                      self.draft().read_text())

    def test_a_server_that_answers_what_stands_behind_starttls(self):
        """In clear text, and later; nobody holds the reply back."""
        def serve(connection):
            connection.sendall(b"220 mx.example.test ready\r\n")
            connection.recv(100)
            connection.sendall(b"220 go ahead\r\n")
            time.sleep(0.3)
            connection.sendall(b"250 ok\r\n")
            connection.recv(100)

        with listener(serve) as port:
            recorder = self.recorder(port, "--sessions", "1")
            client = smtplib.SMTP("127.0.0.1", recorder.port, "client.example", timeout=10)
            client.send(b"STARTTLS\r\nNOOP\r\n")
            self.assertEqual([client.getreply()[0], client.getreply()[0]], [220, 250])
            client.close()
            self.expect(recorder.done(), 0, "nothing broken")

    def test_tls_that_the_recorder_has_no_part_in(self):
        with server("--implicit-tls") as port:
            recorder = self.recorder(port, "--sessions", "1")
            client = smtplib.SMTP()
            client.sock = socket.create_connection(("127.0.0.1", recorder.port), LONG_ENOUGH)
            self.in_tls(client)
            self.assertEqual(client.getreply()[0], 220)
            client.quit()
            done = recorder.done()
            self.expect(done, 0, "nothing is judged")
        self.assertNotIn("\\x16\\x03", done.stdout)

    def in_tls(self, client):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client.sock, client.file = context.wrap_socket(client.sock), None

    def test_a_server_that_is_killed(self):
        """While it owes a reply, and while it owes none: a session that ends so is not told like any other."""
        for owes, code, words in ((True, 1, "breaks always/silent-close; the server closed or reset the connection"),
                                  (False, 0, "nothing broken; the server closed or reset the connection")):
            with self.subTest(owes), listener(lambda connection: self.dies(connection, owes)) as port:
                self.out = self.folder / f"{owes}"
                recorder = self.recorder(port, "--sessions", "1")
                client = smtplib.SMTP("127.0.0.1", recorder.port, "client.example")
                if not owes:
                    time.sleep(0.3)  # until it has gone
                with self.assertRaises((smtplib.SMTPServerDisconnected, ConnectionError)):
                    client.docmd("noop")
                self.expect(recorder.done(), code, words, "said no goodbye")
                self.assertIn("# The server closed or reset the connection, and had said no goodbye.\n", self.draft().read_text())
                self.assertIn("{ send = 'noop', expect = 'close' }", self.draft().read_text())

    @staticmethod
    def dies(connection, owes):
        connection.sendall(b"220 mx.example.test ready\r\n")
        if owes:  # its system resets what nobody has read
            connection.recv(1)

    def test_a_folder_that_is_taken_away(self):
        with server() as port:
            recorder = self.recorder(port)
            shutil.rmtree(self.out)
            self.out.write_text("")
            smtplib.SMTP("127.0.0.1", recorder.port, "client.example").quit()
            self.expect(recorder.done(), 74, "could not be written")

    def test_a_client_that_does_not_trust_the_certificate(self):
        with server() as port:
            recorder = self.recorder(port, "--sessions", "1")
            client = smtplib.SMTP("127.0.0.1", recorder.port, "client.example")
            with self.assertRaises(ssl.SSLError):
                client.starttls(context=ssl.create_default_context())
            client.close()
            self.expect(recorder.done(), 0, "nothing broken")
        self.assertIn("tls-failed", [event.get("event") for event in self.events()])

    def test_a_server_that_goes_away(self):
        """In mid-session, by FIN and by RST; and then it is not there any more."""
        lingers = [None, None, struct.pack("ii", 1, 0)]  # of the look whether it is there, and of two sessions

        def serve(connection):
            linger = lingers.pop(0)
            connection.sendall(b"220 mx.example.test ready\r\n")
            connection.recv(100)
            if linger:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

        with listener(serve) as port:
            recorder = self.recorder(port, "--sessions", "3")
            with self.assertRaises(smtplib.SMTPServerDisconnected):
                smtplib.SMTP("127.0.0.1", recorder.port, "client.example").docmd("noop")
            with self.assertRaises((smtplib.SMTPServerDisconnected, ConnectionError)):
                smtplib.SMTP("127.0.0.1", recorder.port, "client.example").docmd("noop")
        with self.assertRaises((smtplib.SMTPException, ConnectionError)):
            smtplib.SMTP("127.0.0.1", recorder.port, "client.example")
        self.expect(recorder.done(), 3, "broke a rule in 2, and could not be reached in 1", "always/silent-close",
                    "the server cannot be reached: 127.0.0.1:")
        self.assertIn("closed", self.events_of_the_server(1))
        self.assertIn("reset", self.events_of_the_server(2))
        self.assertIn("{ send = 'noop', expect = 'close' }", self.draft(1).read_text())

    def test_what_cannot_be_begun(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, server() as port:
            there = f"smtp://127.0.0.1:{port}"
            taken_address = f"127.0.0.1:{taken.getsockname()[1]}"
            out = ("--out", self.out)
            self.expect(smtpspec("record", "--listen", taken_address, "--to", there, *out), 3, "in use")
            self.expect(smtpspec("record", "--to", there, "--listen", "nowhere", *out), 2, "write host:port")
            self.expect(smtpspec("record", *out), 2, "--to")
            self.expect(smtpspec("record", "--to", "nothing.toml", *out), 2, "nothing.toml")
            self.expect(smtpspec("record", "--to", there, "--time", "soon", *out), 2, "'soon' is no duration")
            for options in (["--to", "smtp://192.0.2.1"], ["--to", there, "--listen", "0.0.0.0:0"]):
                self.expect(smtpspec("record", *options, *out), 2, "--allow-remote")
            self.expect(smtpspec("record", "--to", there, "--out", self.file("a-file", "")), 74, "a-file")
        self.expect(smtpspec("record", "--to", there, *out), 3, "cannot be reached")

    def test_ends_by_time_and_by_signal_and_writes_what_passed(self):
        with server() as port:
            self.expect(self.recorder(port, "--time", "200ms").done(), 4, "out: 0;")
            recorder = self.recorder(port)
            client = smtplib.SMTP("127.0.0.1", recorder.port, "client.example")
            client.noop()
            recorder.process.send_signal(signal.SIGINT)
            self.expect(recorder.done(), 128 + signal.SIGINT, "out: 1;")
            client.close()
            first = self.draft().read_text()
            self.assertIn("noop", first)
            recorder = self.recorder(port, "--sessions", "1")
            smtplib.SMTP("127.0.0.1", recorder.port, "client.example").quit()
            self.expect(recorder.done(), 0, "recorded-2")
            self.assertEqual(self.draft().read_text(), first, "nothing is overwritten")


if __name__ == "__main__":
    cli_test.SMTPSPEC = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
