#!/usr/bin/env python3
"""Runs that are short of something, or hurt by what they started: how they end. Usage: short_of_test.py SMTPSPEC"""
import json
import os
import pathlib
import re
import resource
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SMTPSPEC = ""
ROWS = """
[[scenario]]
id = "row"
title = "A recipient is taken"
state = "mail"
each = [ { row = "n{n}", n = { range = [1, 12] } } ]
steps = [ { send = "RCPT TO:<{accepted}>", expect = "250" } ]
"""


class Refuses(threading.Thread):
    """Takes mail until the canary's was there, and answers 450 to every recipient from then on; or to every command from
    the first one on."""

    KNOWN = (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"DATA", b"RSET", b"NOOP")

    def __init__(self, all_commands=False):
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.all_commands, self.refuses = all_commands, False

    def run(self):
        while True:
            try:
                connection = self.listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 refuses\r\n")
            in_data = False
            for line in lines:
                if in_data:
                    self.refuses = self.refuses or line == b"canary\r\n"
                    in_data = line != b".\r\n"
                    answer = b"" if in_data else b"250 Ok\r\n"
                else:
                    in_data = line == b"DATA\r\n"
                    refused = self.refuses and line.startswith(b"RCPT")
                    answer = b"354 Go\r\n" if in_data else b"450 Later\r\n" if refused else b"250 Ok\r\n"
                    others = {b"QUIT": b"221 Bye\r\n", b"HELP": b"214 Help\r\n", b"VRFY": b"252 Try\r\n"}
                    answer = others.get(line[:4], b"500 What\r\n" if line[:4] not in self.KNOWN else answer)
                    if self.all_commands:
                        answer, in_data = b"450 Later\r\n", False
                connection.sendall(answer)
                if answer.startswith(b"221"):
                    return


class ShortOf(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "rows.toml").write_text(ROWS)
        self.words = [SMTPSPEC, "run", "--suite", str(self.folder / "rows.toml"), "--out", str(self.folder / "out")]

    def start(self, *arguments, **options):
        return subprocess.Popen([*self.words, *map(str, arguments)], stdin=subprocess.DEVNULL, text=True,
                                **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options})

    def ends(self, run, code, text="", seconds=60):
        out = run.communicate(timeout=seconds)[0]
        self.assertEqual(run.returncode, code, out)
        self.assertIn(text, " ".join(out.split()))

    def target(self, port, more=""):
        path = self.folder / "target.toml"
        path.write_text(f'name = "t"\naddress = "smtp://127.0.0.1:{port}"\n[mail]\ndomain = "example.test"\n'
                        f'accepts = ["alice@example.test"]\n{more}')
        return path

    def test_a_server_that_refuses_everything_is_not_green(self):
        for server, code, says in ((Refuses(), 5, "12 scenarios decided nothing"),
                                   (Refuses(all_commands=True), 3, "cannot be tested")):
            server.start()
            self.addCleanup(server.listening.close)
            port = server.listening.getsockname()[1]
            self.ends(self.start(self.target(port)), code, says)

    def test_descriptors(self):
        def only(number):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))
        self.ends(self.start(preexec_fn=only(64)), 0, "No MUST is broken")
        self.ends(self.start(preexec_fn=only(16)), 5, "ulimit -n must be 64 at least")

    def test_memory(self):
        limit = 300 << 20
        self.ends(self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))), 0,
                  "No MUST is broken")

    def test_large_texts_take_turns(self):
        rows = self.folder / "rows.toml"
        rows.write_text(ROWS.replace('"mail"', '"data"').replace("12", "8")
                        .replace("send = \"RCPT TO:<{accepted}>\", expect = \"250\"",
                                 "message = '{header}{x*30000000}\\r\\n', expect = ['250', '5yz']"))
        run = self.start(stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(run.returncode, 0)
        self.assertLess(usage.ru_maxrss / 1024, 200)

    def test_no_thread_for_the_delivery_road(self):
        def no_room_for_a_stack():
            resource.setrlimit(resource.RLIMIT_STACK, (8 << 30, resource.RLIM_INFINITY))
            resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
        road = f'[delivery]\nmaildir = "{self.folder}"\n'
        self.ends(self.start(self.target(1, road), preexec_fn=no_room_for_a_stack), 70, "internal error: ")
        results = json.loads((self.folder / "out/results.json").read_text())
        self.assertFalse(results["complete"])
        self.assertIn("an error of smtpspec's own", results["incomplete_because"])

    def test_nohup(self):
        for ignored in (True, False):
            action = signal.SIG_IGN if ignored else signal.SIG_DFL
            run = self.start("--repeat", "400", "--rate", "400", preexec_fn=lambda: signal.signal(signal.SIGHUP, action))
            time.sleep(2)
            self.assertIsNone(run.poll())
            run.send_signal(signal.SIGHUP)
            self.ends(run, 0 if ignored else 128 + signal.SIGHUP)

    def test_a_run_that_is_stopped_and_goes_on(self):
        run = self.start("--repeat", "150", "--rate", "400")
        time.sleep(2)
        run.send_signal(signal.SIGSTOP)
        time.sleep(7)
        run.send_signal(signal.SIGCONT)
        self.ends(run, 0, "this run stood still for a while")

    def test_a_start_that_never_brings_the_server_up(self):
        for trap in ("", "trap '' TERM INT; "):
            pid_file = self.folder / "pid"
            pid_file.unlink(missing_ok=True)
            script = f"{trap}echo $$ > {pid_file}; yes & sleep 600; sleep 600"
            server = f"""[server]\nstart = ['/bin/sh', '-c', "{script}"]\n"""
            run = self.start(self.target(1, server))
            while not pid_file.exists() or not pid_file.read_text():
                time.sleep(0.05)
            begun = time.monotonic()
            run.send_signal(signal.SIGINT)
            self.ends(run, 128 + signal.SIGINT, seconds=30)
            self.assertLess(time.monotonic() - begun, 15)
            with self.assertRaises(ProcessLookupError):
                os.kill(int(pid_file.read_text()), 0)

    def test_clients_that_say_nothing_keep_nobody_out(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        serve = subprocess.Popen([SMTPSPEC, "serve", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        silent = []
        try:
            port = int(re.search(r":(\d+) ", serve.stdout.readline()).group(1))
            silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(1100)]
            begun = time.monotonic()
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.settimeout(20)
                self.assertTrue(client.recv(100).startswith(b"220"))
            self.assertLess(time.monotonic() - begun, 5)
        finally:
            for one in silent:
                one.close()
            serve.terminate()
            serve.wait(60)
            serve.stdout.close()

    def test_a_sink_whose_output_is_full_takes_no_mail(self):
        with open("/dev/full", "w") as full:
            sink = subprocess.run([SMTPSPEC, "sink", "127.0.0.1:0"], stdout=full, timeout=60)
        self.assertEqual(sink.returncode, 74)

    def test_a_sink_whose_output_becomes_full_takes_no_more(self):
        with open(self.folder / "mail", "wb") as printed:
            sink = subprocess.Popen([SMTPSPEC, "sink", "127.0.0.1:0"], stdout=printed, stderr=subprocess.DEVNULL,
                                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)))
        self.addCleanup(sink.kill)
        while not (listens := re.search(rb":(\d+)\s", (self.folder / "mail").read_bytes())):
            time.sleep(0.05)
        taken = 0
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            for _ in range(5):
                with smtplib.SMTP("127.0.0.1", int(listens.group(1)), timeout=20) as client:
                    client.sendmail("a@b.example", ["c@d.example"], "y" * 900)
                taken += 1
        self.assertEqual(sink.wait(20), 74)
        self.assertLessEqual(taken, 3)

    def test_addresses_that_are_nobodys_leave(self):
        for host in ("169.254.169.254", "[fe80::1]", "192.0.2.1"):
            self.ends(self.start(f"smtp://{host}:25"), 2, "is neither a loopback nor a private address")


if __name__ == "__main__":
    SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
