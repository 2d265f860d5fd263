#!/usr/bin/env python3
"""Runs smtpspec as its users do: exit codes, messages, files. Usage: cli_test.py SMTPSPEC [TEST...]"""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SMTPSPEC = ""
LONG_ENOUGH = 60
# Campaigns that ci/test has no time for; ci/long has.
thorough = unittest.skipUnless(os.environ.get("SMTPSPEC_THOROUGH"), "takes its time, which SMTPSPEC_THOROUGH=1 gives")

PASSES = """
[[scenario]]
id = "noop"
title = "NOOP is answered"
steps = [ { send = "NOOP", expect = "250" } ]
"""
FAILS_WITH_A_FAULT = """
[[requirement]]
id = "rfc5321/4.1.1.9/our-own-noop"
lines = "1-2"
says = "NOOP does nothing"

[[scenario]]
id = "noop-with-argument"
title = "NOOP takes an argument"
requirements = ["rfc5321/4.1.1.9/our-own-noop"]
steps = [ { send = "NOOP argument", expect = "250" } ]
catches = ["noop-argument-refused"]
"""
SLOW = """
[[scenario]]
id = "slow"
title = "Takes its time"
each = [ { row = "n{n}", n = { range = [1, 8] } } ]
timeout = "{n}0s"
steps = [ { pause = "1500ms" }, { send = "NOOP", expect = "250" } ]
"""


def smtpspec(*arguments, timeout=LONG_ENOUGH, **options):
    return subprocess.run([SMTPSPEC, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, **options)


@contextlib.contextmanager
def server(*options):
    """The reference server in a process of its own; gives its port."""
    process = subprocess.Popen([SMTPSPEC, "serve", "127.0.0.1:0", *options], stdout=subprocess.PIPE, text=True)
    try:
        yield int(re.search(r":(\d+) ", process.stdout.readline()).group(1))
    finally:
        process.terminate()
        process.wait(LONG_ENOUGH)
        process.stdout.close()


@contextlib.contextmanager
def listener(serve):
    """A server that calls serve(connection) for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        def answer(connection):
            with connection, contextlib.suppress(OSError):
                serve(connection)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


class Cli(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def target(self, port, more=""):
        return self.file("target.toml", f'name = "t"\naddress = "smtp://127.0.0.1:{port}"\n[mail]\n'
                         f'domain = "example.test"\naccepts = ["alice@example.test"]\n{more}')

    def results(self):
        return json.loads((self.out / "results.json").read_text())

    def rows(self):
        """The results without the survey, with which every run begins."""
        return [row for row in self.results()["scenarios"] if not row["id"].startswith("survey/")]

    def run_suite(self, suite, *arguments, **options):
        return smtpspec("run", "--suite", self.file("suite.toml", suite), "--out", self.out, *arguments, **options)

    def expect(self, done, code, *texts):
        everything = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, everything)
        in_one_line = " ".join(everything.split())
        for text in texts:
            self.assertTrue(text in everything or text in in_one_line, f"no '{text}' in: {everything}")
        self.assertNotIn("\x1b", everything, "an escape sequence in a pipe")


class ExitCodes(Cli):
    def test_all_is_well(self):
        self.expect(self.run_suite(PASSES), 0, "No MUST is broken")
        results = self.results()
        self.assertEqual(results["schema"], "smtpspec-results/2")
        self.assertTrue(results["complete"])
        self.assertEqual([s["outcome"] for s in self.rows()], ["pass"])
        self.assertTrue((self.out / self.rows()[0]["transcript"]).exists())

    def test_a_finding(self):
        with server("--fault", "noop-argument-refused") as port:
            done = self.run_suite(FAILS_WITH_A_FAULT, self.target(port))
        self.expect(done, 1, "FAIL", "noop-with-argument", "RFC 5321 section 4.1.1.9, lines 1-2", "expected  250",
                    "C: NOOP argument\\r\\n", "suite.toml:7", "--filter noop-with-argument")

    def test_broken_target_file(self):
        broken = self.file("broken.toml", 'name = "x"\naddress = smtp\n')
        self.expect(smtpspec("run", broken, "--out", self.out), 2, "broken.toml:2:", "address = smtp", "^")
        self.assertFalse(self.out.exists(), "nothing is written before anything is right")

    def test_unknown_key_in_target_file(self):
        broken = self.file("broken.toml", 'name = "x"\nadress = "smtp://127.0.0.1:25"\n')
        self.expect(smtpspec("run", broken, "--out", self.out), 2, "unknown key 'adress'", "did you mean 'address'")

    def test_missing_target_file(self):
        self.expect(smtpspec("run", self.folder / "nowhere.toml", "--out", self.out), 2, "nowhere.toml")

    def test_files_without_end(self):
        """In bounded time and memory, also where a device is named that never ends."""
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
        suite = self.file("suite.toml", PASSES)
        large = self.file("large.toml", "[" * (8 << 20))
        for words in (["run", "/dev/zero"], ["run", large], ["run", "--suite", suite, "--baseline", "/dev/zero"],
                      ["check", large], ["run", "--suite", suite, "--baseline", large], ["check", "/dev/zero"],
                      ["run", "smtp://127.0.0.1:1", "--user", "x", "--password-file", "/dev/zero"]):
            with self.subTest(words):
                self.expect(smtpspec(*words, cwd=self.folder, preexec_fn=limit, timeout=20), 2)

    def test_pipes(self):
        """One is read to its end; of one that nobody writes, nothing is awaited for long."""
        suite, silent = self.file("suite.toml", PASSES), self.folder / "silent"
        os.mkfifo(silent)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = pool.map(lambda words: smtpspec(*words, cwd=self.folder, timeout=30),
                            (["run", silent], ["run", "--suite", suite, "--baseline", silent]))
            for end in ends:
                self.expect(end, 2, "silent: cannot be read")
        with server() as port:
            target = self.target(port)
            words = f"{SMTPSPEC} run <(sleep 1; cat {target}) --suite {suite} --out {self.out}"
            self.expect(subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=60), 0)

    def test_what_failed_is_played_again(self):
        again = ["--suite", self.file("suite.toml", PASSES + FAILS_WITH_A_FAULT), "--out", self.out]
        with server("--fault", "noop-argument-refused") as port:
            self.expect(smtpspec("run", self.target(port), "--last-failed", *again), 2, "no earlier run",
                        "results.json")
            self.expect(smtpspec("run", self.target(port), *again), 1)
            self.assertEqual(len(self.rows()), 2)
            self.expect(smtpspec("run", self.target(port), "--last-failed", *again), 1, "our-own-noop")
            self.assertEqual([row["id"] for row in self.rows()], ["noop-with-argument"])
            results = self.results()
            results["complete"], results["incomplete_because"] = False, "interrupted"
            results["scenarios"][0].update(outcome="skipped", cause="not-played")
            (self.out / "results.json").write_text(json.dumps(results))
            self.expect(smtpspec("run", self.target(port), "--last-failed", *again), 1, "our-own-noop")
        with server() as port:
            self.expect(smtpspec("run", self.target(port), "--last-failed", *again), 0)
            self.expect(smtpspec("run", self.target(port), "--last-failed", *again), 4, "found nothing")
        self.expect(smtpspec("run", "--last-failed", "--filter", "noop"), 2, "--filter")

    def test_what_failed_is_of_the_server_that_was_played(self):
        """The embedded server has none of its failures."""
        again = ["--suite", self.file("suite.toml", PASSES + FAILS_WITH_A_FAULT), "--out", self.out]
        with server("--fault", "noop-argument-refused") as port:
            target = self.target(port)
            for name in ("t", "reference"):  # which is what the embedded one is called
                target.write_text(target.read_text().replace('name = "t"', f'name = "{name}"'))
                self.expect(smtpspec("run", target, *again), 1)
                self.expect(smtpspec("run", "--last-failed", *again), 2, f"of {name} (smtp://127.0.0.1:{port})",
                            "name the target: smtpspec run TARGET --last-failed")
            self.expect(smtpspec("run", target, "--last-failed", *again), 1)
        self.expect(smtpspec("run", target, *again), 3)
        self.expect(smtpspec("run", target, "--last-failed", *again), 4, "judged nothing: 127.0.0.1:",
                    "play it without --last-failed")
        red = self.file("red.toml", PASSES.replace('"250"', '"251"'))
        self.expect(smtpspec("run", "--suite", red, "--out", self.out), 1)
        self.expect(smtpspec("run", "--last-failed", "--suite", red, "--out", self.out), 1)

    def test_a_server_that_is_there_already_is_not_started(self):
        with server() as port:
            target = self.target(port, '[server]\nstart = ["false"]\n')
            self.expect(self.run_suite(PASSES, target), 0, f"127.0.0.1:{port} answers already")

    def test_no_such_option(self):
        self.expect(smtpspec("run", "--fliter", "x"), 2, "--fliter")

    def test_bad_option_values(self):
        for arguments in (["--timeout", "soon"], ["--shard", "3/2"], ["--report", "pdf"], ["--jobs", "0"],
                          ["--timeout", "0.0001ms"], ["--timeout", "nan"], ["--patience", "0"], ["--undecided", "nan"],
                          ["--undecided", "NaN"], ["--rate", "nan"]):
            with self.subTest(arguments):
                self.expect(self.run_suite(PASSES, *arguments), 2, arguments[1])

    def test_dead_port(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        self.expect(self.run_suite(PASSES, self.target(port)), 3, "cannot be tested", "refused")
        self.assertFalse(self.results()["complete"])

    def test_target_that_hangs(self):
        with listener(lambda connection: connection.recv(1000)) as port:
            done = self.run_suite(PASSES, self.target(port), "--timeout", "500ms", timeout=20)
        self.expect(done, 1, "The greeting is one reply, 220", "no reply in the time", "The run is incomplete")

    def test_target_that_closes(self):
        with listener(lambda connection: connection.close()) as port:
            self.expect(self.run_suite(PASSES, self.target(port)), 3, "cannot be tested", "closed")

    def test_target_that_refuses(self):
        with listener(lambda connection: connection.sendall(b"554 \x1b[31mgo away\r\n")) as port:
            self.expect(self.run_suite(PASSES, self.target(port)), 3, "554 \\x1b[31mgo away")

    def test_filter_that_matches_nothing(self):
        self.expect(self.run_suite(PASSES, "--filter", "nope"), 4, "nothing ran", "--filter nope")

    def test_everything_skipped(self):
        suite = PASSES + 'needs = ["fact lmtp"]\n'
        self.expect(self.run_suite(suite), 4, "nothing ran", "the target speaks SMTP")

    def test_remote_address(self):
        self.expect(self.run_suite(PASSES, "smtp://192.0.2.1:25"), 2, "--allow-remote", "relay")

    def test_unwritable_folder(self):
        blocked = self.file("blocked", "a file, not a folder")
        suite = self.file("suite.toml", PASSES)
        self.expect(smtpspec("run", "--suite", suite, "--out", blocked / "out"), 74, "blocked")

    def test_unwritable_report(self):
        done = self.run_suite(PASSES, "--report", f"junit={self.folder}/suite.toml/junit.xml")
        self.expect(done, 74, "suite.toml")
        self.assertEqual(self.results()["scenarios"], [], "nothing is played in vain")
        self.assertIn("suite.toml", self.results()["incomplete_because"])
        done = self.run_suite(PASSES, "--report", "junit=/dev/full")
        self.expect(done, 74, "/dev/full")
        self.assertTrue(self.results()["complete"], "the other report is there all the same")


class Interrupted(Cli):
    def start(self):
        suite = self.file("suite.toml", SLOW + PASSES)
        shutil.rmtree(self.out, ignore_errors=True)
        process = subprocess.Popen([SMTPSPEC, "run", "--suite", suite, "--out", self.out, "--jobs", "1"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        end = time.monotonic() + LONG_ENOUGH
        while time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError, IndexError):
                if any(s["outcome"] == "pass" for s in self.rows()):
                    return process
            time.sleep(0.05)
        process.kill()
        self.fail("no scenario ended in time")

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                process = self.start()
                process.send_signal(number)
                self.assertEqual(process.wait(10), 128 + number)
                results = self.results()
                self.assertFalse(results["complete"])
                outcomes = [s["outcome"] for s in self.rows()]
                self.assertEqual(len(outcomes), 9)
                self.assertIn("pass", outcomes)
                self.assertIn("skipped", outcomes)
                for scenario in results["scenarios"]:
                    if scenario["outcome"] == "pass":
                        self.assertTrue((self.out / scenario["transcript"]).exists())

    def test_killed(self):
        process = self.start()
        process.kill()
        process.wait(10)
        self.assertFalse(self.results()["complete"])


class Suites(Cli):
    def test_broken_suites(self):
        for name, text, message in (
            ("syntax", "[[scenario]\n", "suite.toml:1:"),
            ("unknown key", PASSES.replace("expect", "expct"), "did you mean 'expect'"),
            ("wrong type", PASSES.replace('"NOOP"', "7"), "expected a string"),
            ("impossible escape", PASSES.replace('"NOOP"', r"'\q'"), "\\q"),
            ("duplicate id", PASSES + PASSES, "noop"),
            ("nothing in it", "", "suite.toml"),
            ("unknown fault", PASSES + 'catches = ["reply-twise"]\n', "did you mean 'reply-twice'"),
        ):
            with self.subTest(name):
                self.expect(self.run_suite(text), 2, message)
                self.expect(smtpspec("check", self.folder / "suite.toml"), 2, message)

    def test_empty_and_missing_folders(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.expect(smtpspec("run", "--suite", empty, "--out", self.out), 2, "empty")
        self.expect(smtpspec("run", "--suite", self.folder / "none", "--out", self.out), 2, "none")

    def test_list_explain_check(self):
        suite = self.file("suite.toml", FAILS_WITH_A_FAULT)
        self.expect(smtpspec("check", suite), 0, "1 scenario")
        self.expect(smtpspec("list", "--suite", suite), 0, "noop-with-argument", "NOOP takes an argument")
        self.expect(smtpspec("explain", "noop-with-argument", "--suite", suite), 0, "NOOP does nothing", "expect = '250'",
                    "catches = 'noop-argument-refused'")
        self.expect(smtpspec("explain", "noop-with-argumnt", "--suite", suite), 2, "did you mean 'noop-with-argument'")

    def test_own_suites_may_cite_shipped_requirements(self):
        suite = PASSES + 'requirements = ["rfc5321/4.1.1.9/noop"]\n'
        self.expect(self.run_suite(suite), 0)
        self.assertEqual(self.rows()[0]["requirements"][0]["section"], "RFC 5321 section 4.1.1.9")
        self.expect(self.run_suite(suite.replace("9/noop", "9/nope")), 2, "rfc5321/4.1.1.9/nope")
        otherwise = '[[requirement]]\nid = "rfc5321/4.1.1.9/noop"\nlines = "1-2"\nsays = "NOOP does nothing"\n' + suite
        self.expect(self.run_suite(otherwise), 2, "stated otherwise")

    def test_rules_have_rows(self):
        rule = """
[[requirement]]
id = "rfc5321/2.3.8/our-own-crlf"
lines = "1-2"
says = "Lines end in CRLF"

[[rule]]
rule = "crlf"
title = "Reply lines end in CRLF"
requirements = ["rfc5321/2.3.8/our-own-crlf"]
"""
        self.expect(self.run_suite(rule + PASSES), 0)
        self.assertEqual([s["outcome"] for s in self.rows()], ["pass", "pass"])
        with server("--fault", "reply-ends-in-lf") as port:
            self.expect(self.run_suite(rule + PASSES, self.target(port)), 1, "always/crlf", "Lines end in CRLF")
        results = {s["id"]: s for s in self.results()["scenarios"]}
        self.assertEqual(results["always/crlf"]["outcome"], "fail")
        self.assertEqual(results["always/crlf"]["decided_by"], "rfc5321/2.3.8/our-own-crlf")
        self.assertGreater(results["always/crlf"]["checked"], 3)
        self.assertTrue(results["always/crlf"]["seen_in"])
        self.assertEqual(results["noop"]["outcome"], "pass", "a row is judged by its own requirements alone")
        self.expect(smtpspec("judge", self.out, "--suite", self.folder / "suite.toml"), 1, "the same verdicts")

    def test_sentences_are_held_against_the_rfcs(self):
        rfcs = self.folder / "rfc"
        rfcs.mkdir()
        (rfcs / "rfc5321.txt").write_text("4.1.1.9.  NOOP (NOOP)\n\n   This command does\n   nothing.\n")
        rule = PASSES + ('requirements = ["rfc5321/4.1.1.9/our-own"]\n[[requirement]]\nid = "rfc5321/4.1.1.9/our-own"\n'
                         'lines = "3-4"\nlevel = "must"\nsays = "This command does nothing."\n')
        # The shipped sentences are held against the folder as well; of ours one is right and one is not.
        right = smtpspec("check", self.file("suite.toml", rule), "--rfc-dir", rfcs)
        self.assertNotIn("our-own", right.stdout + right.stderr)
        changed = self.file("suite.toml", rule.replace("does nothing", "did nothing"))
        self.expect(smtpspec("check", changed, "--rfc-dir", rfcs), 2, "suite.toml:11:1: error:", "our-own",
                    "This command does nothing.")
        self.expect(smtpspec("check", changed), 0, "1 scenario")

    def test_a_reader_that_has_read_enough(self):
        done = subprocess.run(["bash", "-c", f"{SMTPSPEC} list 2>&1 | head -1; exit ${{PIPESTATUS[0]}}"],
                              capture_output=True, text=True, timeout=LONG_ENOUGH)
        self.assertEqual((done.returncode, done.stdout.count("\n"), done.stderr), (74, 1, ""))

    def test_help_of_every_command(self):
        for command in ("run", "survey", "target", "judge", "report", "show", "list", "explain", "check", "prove", "serve", "sink"):
            self.expect(smtpspec(command, "--help"), 0, command)
        self.expect(smtpspec("--version"), 0, "smtpspec ")


class Verdicts(Cli):
    def test_judge_says_the_same(self):
        with server("--fault", "noop-argument-refused") as port:
            self.expect(self.run_suite(FAILS_WITH_A_FAULT + PASSES, self.target(port)), 1)
        done = smtpspec("judge", self.out, "--suite", self.folder / "suite.toml")
        self.expect(done, 1, " transcripts again: the same verdicts")

    def test_judge_sees_a_mended_rule(self):
        with server("--fault", "noop-argument-refused") as port:
            self.expect(self.run_suite(FAILS_WITH_A_FAULT, self.target(port)), 1)
        # The scenario lets 501 pass now.
        mended = self.file("mended.toml", FAILS_WITH_A_FAULT.replace('expect = "250"', 'expect = ["250", "501"]'))
        self.expect(smtpspec("judge", self.out, "--suite", mended), 0, "noop-with-argument: pass, was fail")

    def test_show(self):
        with server("--fault", "noop-argument-refused") as port:
            self.expect(self.run_suite(FAILS_WITH_A_FAULT + PASSES, self.target(port)), 1,
                        "1 finding: 1 must", "rfc5321/4.1.1.9/our-own-noop:reply", "1 MUST is broken.")
        finding, = self.results()["findings"]
        self.assertEqual((finding["scenarios"], finding["evidence"]), (["noop-with-argument"], "noop-with-argument"))
        for name in (finding["id"], "noop-with-argument"):
            self.expect(smtpspec("show", name, "--run", self.out), 0, "NOOP does nothing", "expected  250", "finding",
                        "> S: 501", "C: NOOP argument\\r\\n", "C: EHLO client.example\\r\\n", "we closed the connection")
        self.expect(smtpspec("show", "noop", "--run", self.out), 0, "PASS", "C: NOOP\\r\\n")
        self.expect(smtpspec("show", "--run", self.out), 0, "rfc5321/4.1.1.9/our-own-noop:reply", "1 MUST is broken.")
        self.expect(smtpspec("show", "noop-with-argumnt", "--run", self.out), 2, "did you mean 'noop-with-argument'")
        self.expect(smtpspec("show", "rfc5321/4.1.1.9/our-own-noop", "--run", self.out), 2, finding["id"])
        self.expect(smtpspec("show", "noop", "--run", self.folder), 2, "results.json")
        (self.out / "transcripts/noop.jsonl").unlink()
        self.expect(smtpspec("show", "noop", "--run", self.out), 2, "not all of the conversation")

    def test_again_can_be_pasted(self):
        with server("--fault", "noop-argument-refused") as port:
            target = self.target(port).rename(self.folder / "my target.toml")
            done = self.run_suite(FAILS_WITH_A_FAULT, target, env={**os.environ, "COLUMNS": "40"})
            again = re.search(r"again\s+((?:.*\\\n)*.*)\n", done.stdout).group(1)
            self.assertIn("\\\n", again)
            path = f"{os.path.dirname(SMTPSPEC)}:{os.environ['PATH']}"
            done = subprocess.run(["sh", "-c", f"{again} --out {self.out}"], capture_output=True, text=True,
                                  timeout=LONG_ENOUGH, env={**os.environ, "PATH": path})
            self.expect(done, 1, "our-own-noop")

    def test_judge_of_nothing(self):
        self.expect(smtpspec("judge", self.folder), 2, "results.json")

    def test_baseline(self):
        entry = '[[expect]]\nscenario = "noop-with-argument"\noutcome = "fail"\nreason = "known"\n'
        drift = entry.replace('outcome = "fail"', 'outcome = "crash"')
        stale = entry + entry.replace("noop-with-argument", "gone")
        with server("--fault", "noop-argument-refused") as port:
            target = self.target(port)
            for text, code in ((entry, 0), (drift, 1), (stale, 6)):
                self.expect(self.run_suite(FAILS_WITH_A_FAULT, target, "--baseline", self.file("b.toml", text)), code)
        self.expect(self.run_suite(FAILS_WITH_A_FAULT, "--baseline", self.file("b.toml", entry)), 6)

    def test_repeat_and_jobs_and_shards(self):
        self.expect(self.run_suite(PASSES, "--repeat", "20", "--jobs", "4"), 0)
        self.assertEqual(self.rows()[0]["attempts"], 20)
        seen = []
        for shard in ("1/3", "2/3", "3/3"):
            done = self.run_suite(SLOW + PASSES, "--shard", shard, "--filter", "!slow")
            seen.append(done.returncode)
        self.assertEqual(sorted(seen), [0, 4, 4])

    def test_secrets_stay_out(self):
        suite = """
[[scenario]]
id = "login"
title = "Logs in, by the library and by hand"
state = "greeted"
needs = ["AUTH PLAIN"]
each = [ { row = "library", mechanism = "PLAIN" }, { row = "rounds", mechanism = "LOGIN" } ]
steps = [ { login = "{mechanism}", expect = "235" } ]

[[scenario]]
id = "by-hand"
title = "By hand"
needs = ["AUTH PLAIN"]
steps = [ { send = 'AUTH PLAIN {base64:\\0{user}\\0{password}}', expect = "235" } ]
"""
        secret = "correct-horse-battery"
        with server("--user", f"carol:{secret}") as port:
            done = self.run_suite(suite, self.target(port, f'[auth]\nuser = "carol"\npassword = "{secret}"\n'),
                                  "--report", "junit", "--verbose")
        self.expect(done, 0)
        self.assertEqual([s["outcome"] for s in self.rows()], ["pass"] * 3)
        import base64
        forms = [secret, base64.b64encode(secret.encode()).decode(),
                 base64.b64encode(f"\0carol\0{secret}".encode()).decode()]
        files = [path for path in self.out.rglob("*") if path.is_file()]
        self.assertGreaterEqual(len(files), 5)
        for path in files:
            for form in forms:
                self.assertNotIn(form, path.read_text(), path)


class FirstContact(Cli):
    """A server of which nothing is known but its address."""

    ALL = PASSES + """
[[scenario]]
id = "message"
title = "A message arrives"
state = "data"
steps = [ { message = '{header}text\\r\\n', expect = "250" } ]
delivered = { count = 1 }

[[scenario]]
id = "login"
title = "The login works"
state = "authenticated"
steps = [ { send = "NOOP", expect = "250" } ]

[[scenario]]
id = "unknown"
title = "An unknown user is refused"
state = "mail"
steps = [ { send = "RCPT TO:<{rejected}>", expect = "5yz" } ]
"""

    def url(self, port):
        return f"smtp://127.0.0.1:{port}"

    def outcomes(self):
        return {s["id"]: s["outcome"] for s in self.rows()}

    def password(self, text):
        return self.file("password", text)

    def test_by_address_alone(self):
        with server() as port:
            done = self.run_suite(self.ALL, self.url(port))
        self.expect(done, 0, "takes mail", "Postmaster", "1 row needs a login", "1 needs to see deliveries",
                    "1 needs a mailbox that is refused", f"smtpspec target init {self.url(port)}")
        self.assertEqual(self.outcomes(), {"noop": "pass", "message": "skipped", "login": "skipped", "unknown": "skipped"})
        self.expect(smtpspec("judge", self.out, "--suite", self.folder / "suite.toml"), 0, "the same verdicts")

    def test_mailboxes_and_a_login(self):
        secret = "correct-horse-battery"
        with server("--user", f"carol:{secret}") as port:
            done = self.run_suite(self.ALL, self.url(port), "--rcpt", "bob@example.test", "--user", "carol",
                                  "--password-file", self.password(secret + "\nmore\n"))
            self.expect(done, 0, "bob@example.test")
            self.assertEqual((self.outcomes()["login"], self.outcomes()["noop"]), ("pass", "pass"))
            for path in self.out.rglob("*.json*"):
                self.assertNotIn(secret, path.read_text(), path)
            # They go before those of a target file.
            target = self.target(port, '[auth]\nuser = "carol"\npassword = "wrong"\n')
            self.expect(self.run_suite(self.ALL, target), 5, "AUTH PLAIN got 535", "check --user and --password-file",
                        "1 of the 2 scenarios that were due decided nothing")
            self.expect(self.run_suite(self.ALL, target, "--undecided", "0.5"), 0)
            self.assertEqual(self.outcomes()["login"], "blocked")
            self.expect(self.run_suite(self.ALL, target, "--password-file", self.password(secret)), 0)
            self.assertEqual(self.outcomes()["login"], "pass")

    def test_no_mailbox_is_taken(self):
        with server() as port:
            done = self.run_suite(self.ALL, self.target(port), "--rcpt", "nobody@example.test")
            self.expect(done, 0, "RCPT TO:<nobody@example.test> got 550 5.1.1", "with --rcpt")

        def refuse(connection):
            reader = connection.makefile("rb")
            connection.sendall(b"220 ready\r\n")
            for line in reader:
                connection.sendall(b"550 5.1.1 Nobody\r\n" if line.startswith(b"RCPT") else b"250 Ok\r\n")
        with listener(refuse) as port:
            done = self.run_suite(self.ALL, self.url(port))
        self.assertIn("RCPT TO:<Postmaster> got 550 5.1.1 Nobody; name a mailbox", " ".join(done.stdout.split()))
        self.assertEqual((self.outcomes()["noop"], self.outcomes()["message"]), ("pass", "blocked"))
        self.assertNotEqual(done.returncode, 3, done.stdout)

    def test_options_that_do_not_fit(self):
        for arguments, message in ((["--rcpt", "alice"], "alice@example.test"), (["--user", "x"], "--password-file"),
                                   (["--user", "x", "--password-file", self.folder / "none"], "cannot be read"),
                                   (["--password-file", self.password("x")], "whose password")):
            with self.subTest(message):
                self.expect(self.run_suite(PASSES, self.url(1), *arguments), 2, message)
        self.expect(self.run_suite(PASSES, "--rcpt", "a@b.test"), 2, "name a target")

    def test_tls_that_is_not_trusted(self):
        with server() as port:
            self.file("garbage.pem", "no certificate\n")
            for verify in ("verify = true\n", "verify = false\n", ""):
                for ca in ("nope.pem", "garbage.pem"):
                    with self.subTest(verify + ca):
                        target = self.target(port, f'[tls]\n{verify}ca = "{ca}"\n')
                        self.expect(self.run_suite(PASSES, target), 2, "target.toml", "ca", ca)
            target = self.target(port, "[tls]\nverify = true\n")
            self.expect(self.run_suite(PASSES, target), 0, "certificate is not accepted", "[tls] name")

    def test_a_sink_that_is_busy(self):
        with socket.create_server(("127.0.0.1", 0)) as busy:
            sink = f"127.0.0.1:{busy.getsockname()[1]}"
            target = self.target(1, f'[delivery]\nsink = "{sink}"\n')
            self.expect(self.run_suite(PASSES, target), 3, "target.toml", sink, "in use")

    def test_lmtp_on_a_unix_socket(self):
        path = self.folder / "lmtp.sock"
        with server("--profile", "lmtp") as port, socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen(100)

            def pump(source, sink):
                with contextlib.suppress(OSError):
                    while octets := source.recv(65536):
                        sink.sendall(octets)
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_WR)

            def accept():
                with contextlib.suppress(OSError):
                    while True:
                        near = listening.accept()[0]
                        far = socket.create_connection(("127.0.0.1", port))
                        for pair in ((near, far), (far, near)):
                            threading.Thread(target=pump, args=pair, daemon=True).start()
            threading.Thread(target=accept, daemon=True).start()
            self.expect(self.run_suite(self.ALL, f"lmtp://{path}"), 0, f"lmtp://{path}", "(lmtp)")
            self.assertEqual(self.outcomes()["noop"], "pass")
            listening.shutdown(socket.SHUT_RDWR)

    def test_target_init(self):
        written = self.folder / "new.toml"
        mail = self.folder / "mail"
        with server("--user", "carol:secret", "--maildir", str(mail)) as port:
            done = smtpspec("target", "init", self.url(port), "--out", written, "--rcpt", "bob@example.test",
                            "--user", "carol", "--password-file", self.password("secret"))
            self.expect(done, 0, "new.toml was written", "[delivery]", "[mail] rejects")
            text = written.read_text()
            for line in ("name = 'reference.example'", f"address = '{self.url(port)}'", "profile = 'mx'",
                         "domain = 'example.test'", "accepts = ['bob@example.test']", "user = 'carol'", "verify = false"):
                self.assertIn(line, text)
            self.assertNotIn("secret'", text.replace("# password = 'secret'", ""))
            self.expect(smtpspec("target", "init", self.url(port), "--out", written), 2, "is there already")
            self.assertEqual(written.read_text(), text)
            odd = self.folder / "a\nb=1\xe4"
            self.expect(smtpspec("target", "init", self.url(port), "--out", odd), 0)
            comment, name = odd.read_text().splitlines()[:2]
            self.assertIn("a\\nb=1\xe4", comment)
            self.assertEqual(name.split("'")[0], "name = ")
            self.expect(self.run_suite(self.ALL, written, "--password-file", self.password("secret")), 0)
            self.assertEqual(self.outcomes()["login"], "pass")
            # What stands after # can be filled in as it is.
            filled = re.sub(r"^# (\[|rejects|foreign|sender|maildir|source)", r"\1", text, flags=re.M)
            filled = re.sub(r"^maildir = .*", f"maildir = '{mail}'", filled, flags=re.M)
            self.file("new.toml", filled.replace("password = ''", "password = 'secret'"))
            self.expect(self.run_suite(self.ALL, written), 0)
            self.assertEqual((self.outcomes()["unknown"], self.outcomes()["message"]), ("pass", "pass"))
            bare = smtpspec("target", "init", self.url(port), "--out", "-")
            self.expect(bare, 0, "accepts = ['Postmaster']", "# [auth]")
            self.expect(self.run_suite(self.ALL, self.file("bare.toml", bare.stdout)), 0)
        self.expect(smtpspec("target", "init", self.url(1), "--out", self.folder / "x.toml"), 3, "refused")
        self.expect(smtpspec("target", "init", "smtp://192.0.2.1", "--out", self.folder / "x.toml"), 2, "--allow-remote")
        self.assertFalse((self.folder / "x.toml").exists())


class CommandLine(Cli):
    def test_no_command_and_an_unknown_one(self):
        self.expect(smtpspec(), 2, "survey", "target init")
        self.expect(smtpspec("help"), 0, "survey", "target init")
        self.expect(smtpspec("rnu"), 2, "did you mean 'run'", "explain")
        for words in (["explain", "smugling"], ["list", "--filter", "smugling"]):
            self.expect(smtpspec(*words), 2 if words[0] == "explain" else 4, "did you mean 'smuggling'")
        self.expect(self.run_suite(PASSES, "--filter", "nop"), 4, "did you mean 'noop'")

    def test_filters_that_fit_both(self):
        both = smtpspec("list", "--filter", "smuggling,should").stdout
        self.assertTrue(both)
        self.assertNotIn(" must ", both)
        self.assertLess(both.count("\n"), smtpspec("list", "--filter", "smuggling").stdout.count("\n"))
        self.expect(smtpspec("run", "--help"), 0, "a,b is", "--filter a --filter b")

    def test_tags_are_listed(self):
        done = smtpspec("list", "--tags")
        self.expect(done, 0, "smuggling", "wrong-login")
        count = next(line.split()[0] for line in done.stdout.splitlines() if line.split()[1] == "wrong-login")
        self.assertEqual(int(count), smtpspec("list", "--filter", "wrong-login").stdout.count("\n"))

    def test_narrow_terminals(self):
        for columns in (40, 80, 120):
            narrow = {**os.environ, "COLUMNS": str(columns)}
            for line in smtpspec("list", "--filter", "noop,!always/*", env=narrow).stdout.splitlines():
                self.assertLessEqual(len(line), columns, line)
            prose = smtpspec("explain", "declared-size-holds", env=narrow).stdout.partition("[[scenario]]")[0]
            for line in prose.splitlines():
                self.assertLessEqual(len(line), columns, line)
        self.assertGreater(max(map(len, smtpspec("list").stdout.splitlines())), 120, "a pipe has no end of lines")

    def test_a_file_of_another_kind(self):
        self.expect(smtpspec("check", self.target(1)), 2, "'address' is of a target file", "'run' and 'survey' read it")
        baseline = self.file("expected.toml", '[[expect]]\nscenario = "noop"\noutcome = "fail"\n')
        self.expect(smtpspec("check", baseline), 2, "'expect' is of a baseline file")

    def test_examples_of_the_help(self):
        ids = re.findall(r"smtpspec explain (\S+)", smtpspec("--help").stdout)
        self.assertTrue(ids)
        for one in ids:
            self.expect(smtpspec("explain", one), 0, one)

    def test_empty_names(self):
        self.expect(smtpspec("run", "--out", ""), 2, "--out")
        self.expect(self.run_suite(PASSES, "--report", "junit="), 2, "--report junit=")
        self.assertFalse(self.out.exists())

    def test_a_report_on_standard_output(self):
        done = self.run_suite(PASSES, "--report", "json=-")
        self.assertEqual((done.returncode, json.loads(done.stdout)["complete"]), (0, True))
        self.assertFalse(pathlib.Path("-").exists())

    def test_a_page_of_a_stored_run(self):
        self.expect(self.run_suite(PASSES, "--report", "html"), 0, "report.html")
        page = (self.out / "report.html").read_text(encoding="ascii")
        (self.out / "report.html").unlink()
        done = smtpspec("report", self.out)
        self.expect(done, 0, f"Report: {self.out}/report.html")
        self.assertEqual((self.out / "report.html").read_text(encoding="ascii"), page, "the same as that of the run")
        done = smtpspec("report", self.out, "--report", "html=-")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, page, ""))
        done = smtpspec("report", self.out, "--report", f"html={self.folder}/page.html", "--report", "junit")
        self.expect(done, 0, "page.html", "junit.xml")
        self.assertEqual((self.folder / "page.html").read_text(encoding="ascii"), page)

    def test_a_page_that_cannot_be_written(self):
        self.expect(self.run_suite(PASSES), 0)
        before = (self.out / "results.json").read_bytes()
        for place in ("json", f"html={self.out}/results.json"):
            self.expect(smtpspec("report", self.out, "--report", place), 2, "name another file")
        self.expect(smtpspec("report", self.out, "--report", "html=/dev/full"), 74, "/dev/full")
        self.expect(smtpspec("report", self.out, "--report", f"html={self.folder}/suite.toml/x"), 74, "suite.toml")
        self.expect(smtpspec("report", self.out, "--report", "htm"), 2, "unknown format")
        (self.out / "report.html").mkdir()
        self.expect(smtpspec("report", self.out), 74, "report.html")
        self.expect(smtpspec("report", self.folder / "nowhere"), 2, "nowhere/results.json: ")
        self.assertEqual((self.out / "results.json").read_bytes(), before)

    def test_only_what_was_written_is_named(self):
        done = self.run_suite(PASSES, "--report", "junit=/dev/full")
        self.expect(done, 74, "Reports: ")
        self.assertNotIn("/dev/full", done.stdout)

    def test_a_user_needs_a_password(self):
        for user in ("bob", "bob:", ":x"):
            self.expect(smtpspec("serve", "127.0.0.1:0", "--user", user), 2, "NAME:PASSWORD")

    def test_judge_of_another_suite_or_without_transcripts(self):
        self.expect(self.run_suite(PASSES.replace('"noop"', '"a-row-of-our-own"')), 0)
        done = smtpspec("judge", self.out)
        self.expect(done, 5, "1 row is not in this suite", "--suite")
        for path in (self.out / "transcripts").glob("*.jsonl"):
            path.unlink()
        self.expect(smtpspec("judge", self.out, "--suite", self.folder / "suite.toml"), 4, "transcripts cannot be read",
                    "nothing was judged")


if __name__ == "__main__":
    SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
