#!/usr/bin/env python3
"""Runs smtpspec on stored runs that somebody has tampered with. Usage: stored_runs_test.py SMTPSPEC [TEST...]"""
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import unittest

import cli_test
from cli_test import PASSES, Cli, smtpspec
from disk_and_text_test import OBEYED, RAW


class StoredRuns(Cli):
    """A run's folder may come from anybody."""

    def setUp(self):
        super().setUp()
        self.suite = self.file("suite.toml", PASSES + PASSES.replace("noop", "again"))
        self.expect(smtpspec("run", "--suite", self.suite, "--out", self.out), 0)
        self.treasure = self.file("treasure", "loot of somebody else\n")
        self.transcript = self.out / "transcripts/noop.jsonl"
        self.lines = self.transcript.read_text().splitlines(keepends=True)

    def judge(self, code, *texts):
        """In bounded time and memory, in clean text, without a word of what is none of ours."""
        process = subprocess.Popen([cli_test.SMTPSPEC, "judge", self.out, "--suite", self.suite], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        timer = threading.Timer(20, process.kill)
        timer.start()
        said = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        self.assertEqual(process.returncode, code, said)
        self.assertLess(usage.ru_maxrss / 1024, 200)
        self.assertNotRegex(said, RAW)
        self.assertNotIn("loot", said)
        for text in texts:
            self.assertIn(text, " ".join(said.split()))
        if code == 5:
            self.assertNotIn("the same verdicts", said)

    def replace(self, make, path=None):
        path = path or self.transcript
        path.unlink()
        make(path)

    def edit(self, **values):
        """Of the row noop in results.json."""
        results = self.results()
        next(row for row in results["scenarios"] if row["id"] == "noop").update(values)
        (self.out / "results.json").write_text(json.dumps(results))

    def forge(self, lines, **head):
        first = {**json.loads(lines[0]), **head}
        self.transcript.write_text(json.dumps(first) + "\n" + "".join(lines[1:]))

    def test_what_is_judged_otherwise_is_news_to_the_baseline(self):
        known = self.file("known.toml", "")
        self.expect(smtpspec("run", "--suite", self.suite, "--out", self.out, "--baseline", known), 0)
        self.suite.write_text(self.suite.read_text().replace('"250"', '"251"', 1))
        self.judge(1, "Changed noop: fail, was pass")

    def test_a_transcript_that_is_missing_short_or_another(self):
        self.judge(0, "the same verdicts")
        self.transcript.write_text("".join(self.lines[:-3]))
        self.judge(5, "events", "not all could be judged")
        self.forge(self.lines[:6], events=5)
        self.judge(5, "ends before the scenario does")
        shutil.copy(self.out / "transcripts/again.jsonl", self.transcript)
        self.judge(5, "is of again, and not of noop")
        self.forge(self.lines, shortened=True)
        self.judge(5, "kept too short")
        self.transcript.unlink()
        self.judge(5, "1 transcript cannot be read", "is not there")
        self.edit(transcript="")
        self.judge(5, "1 row has no transcript: noop")

    def test_paths_stay_inside(self):
        for path in (str(self.treasure), "../treasure", "transcripts/../../treasure", "/dev/zero", "transcripts", ".", "/"):
            with self.subTest(path):
                self.edit(transcript=path)
                self.judge(5, "cannot be read")
                self.expect(smtpspec("show", "noop", "--run", self.out), 2, "not all of the conversation")

    def test_what_is_no_file(self):
        with open(self.folder / "sparse", "wb") as sparse:
            sparse.truncate(1 << 40)
        made = (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(self.treasure),
                lambda path: path.symlink_to("again.jsonl"), lambda path: path.mkdir(),
                lambda path: (self.folder / "sparse").rename(path))
        for number, make in enumerate(made):
            with self.subTest(number):
                self.replace(make)
                self.judge(5, "cannot be read")
                self.transcript.rmdir() if self.transcript.is_dir() else self.transcript.unlink()
                self.transcript.write_text("".join(self.lines))
        for make in (*made[:4], lambda path: path.write_text("[" * 5_000_000),
                     lambda path: path.write_text('{"schema":"smtpspec-results/2","a":[' + "[]," * 5_000_000)):
            self.replace(make, self.out / "results.json")
            self.judge(2, "results.json: ")
        shutil.rmtree(self.out / "transcripts")
        (self.out / "transcripts").symlink_to(self.folder)
        self.assertEqual(smtpspec("judge", self.out).returncode, 2)

    def report(self, code, *texts):
        """Of `smtpspec report`, in bounded memory too; the page where one was written."""
        page = self.out / "report.html"
        page.unlink(missing_ok=True)
        process = subprocess.Popen([cli_test.SMTPSPEC, "report", self.out], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        timer = threading.Timer(20, process.kill)
        timer.start()
        said = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        self.assertEqual(process.returncode, code, said)
        self.assertLess(usage.ru_maxrss / 1024, 300)
        self.assertNotRegex(said, RAW)
        for text in texts:
            self.assertIn(text, " ".join(said.split()))
        self.assertEqual(page.exists(), code == 0)
        written = page.read_text(encoding="ascii") if code == 0 else ""
        self.assertNotIn("loot", written)
        self.assertEqual(written.count("<script"), 2 if code == 0 else 0)
        return written

    def test_a_page_of_what_somebody_tampered_with(self):
        self.assertIn('"conversation":', self.report(0, "report.html"))
        self.transcript.unlink()
        self.assertIn('"missing_transcripts":1', self.report(0, "1 transcript cannot be read"))
        for path in (str(self.treasure), "../treasure", "/dev/zero"):
            self.edit(transcript=path)
            self.report(0, "1 transcript cannot be read")
        self.edit(id="</script><script>alert(1)</script>", title="<!--<script>", actual="\u202e{{script}}")
        self.report(0)
        results = self.results()
        for schema in ("smtpspec-results/3", "somebody-elses/1"):
            (self.out / "results.json").write_text(json.dumps({**results, "schema": schema}))
            self.report(2, "results.json: the file has the schema")
        whole = json.dumps(results)
        for text in ("", "[]", "<html>", whole[:len(whole) // 2]):
            (self.out / "results.json").write_text(text)
            self.report(2, "results.json: ")
        (self.out / "results.json").write_text(json.dumps({**results, "scenarios": [], "complete": False}))
        self.assertIn('"rows":[]', self.report(0))
        (self.out / "results.json").unlink()
        self.report(2, "is not there; give the folder that 'smtpspec run --out' wrote")

    def test_a_page_that_is_there_survives_a_report_that_fails(self):
        self.report(0)
        page, results = self.out / "report.html", self.out / "results.json"
        before, whole = page.read_bytes(), results.read_text()

        def fails(code, *words, **options):
            self.expect(smtpspec("report", self.out, *words, **options), code)
            self.assertEqual(page.read_bytes(), before)
            self.assertEqual(sorted(os.listdir(self.out)), ["report.html", "results.json", "transcripts"], "nothing is left beside it")
        for text in ("", "[]", whole[:len(whole) // 2], whole.replace("smtpspec-results/", "somebody-elses/")):
            results.write_text(text)
            fails(2)
        results.write_text(whole)
        fails(2, "--report", "htlm")
        # A disk that is full, or is before all of it is written.
        for size in (0, 1000, len(before) - 1):
            fails(74, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))

    def campaign(self):
        """A folder as `fuzz --out` leaves it."""
        shutil.rmtree(self.out)
        (self.out / "findings").mkdir(parents=True)
        (self.out / "fuzzer_stats").write_text("afl_banner : here\nexecs_done : 1200\nrun_time : 3\n")
        (self.out / "plot_data").write_text("# relative_time, saved_crashes, total_execs, edges_found\n1, 0, 400, 7\n3, 1, 1200, 9\n")
        (self.out / "states").write_text("connected connection 220 400\nready NOOP 250 3\nrcpt end of data 550 2\n")
        self.finding = self.out / "findings/crash-bdat.toml"
        self.finding.write_text(PASSES.replace('"noop"', '"fuzz-crash-bdat"'))

    def test_a_page_of_a_campaign(self):
        self.campaign()
        page = self.report(0, "report.html")
        self.assertNotIn('"conversation":', page)  # there is none
        for text in ("1 finding in 1200 sessions, 3 s.", '"moments":[[1,400,7,0],[3,1200,9,1]]', '"id":"fuzz-crash-bdat"',
                     '"seen":[{"from":"connected","on":"connection","code":220,"times":400},{"from":"ready","on":"NOOP","code":250,"times":3},'
                     '{"from":"rcpt","on":"end of data","code":550,"times":2}]'):
            self.assertIn(text, page)
        self.expect(smtpspec("report", self.out, "--report", "junit"), 2, "html alone")
        for text in ("", "]]</script><script>alert(1)</script>", "\0" * 5000, "[[scenario]]\n" * 4000):
            for path in (self.finding, self.out / "plot_data", self.out / "fuzzer_stats", self.out / "states"):
                self.campaign()
                path.write_text(text)
                self.report(0)
        for text in ("ready NOOP 250\nready NOOP 250 -1\nready NOOP x 1\nNOOP 250 1\n", "ready NOOP 99999999999 1\n",
                     f"ready NOOP 250 {1 << 70}\n"):
            (self.out / "states").write_text(text)
            self.assertIn('"seen":[]', self.report(0))
        (self.out / "states").write_text("".join(f"<b>{n} </script><!-- {'x' * 900} 250 {n}\n" for n in range(1100)))
        self.assertEqual(self.report(0).count('"code":250'), 1100)
        (self.out / "states").write_text("".join(f"s{n} NOOP 250 {n}\n" for n in range(5000)))
        self.assertEqual(self.report(0).count('"code":250'), 2000)
        self.replace(lambda path: path.symlink_to("/dev/zero"), self.out / "states")
        self.assertIn('"seen":[]', self.report(0))
        (self.out / "states").unlink()
        self.campaign()
        for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(self.treasure)):
            self.replace(make, self.finding)
            self.assertIn('"findings":[]}', self.report(0, "crash-bdat.toml"))
            self.replace(lambda path: path.write_text(""), self.finding)
        self.replace(os.mkfifo, self.out / "fuzzer_stats")
        self.report(2, "results.json: is not there")

    def show(self, code, *names):
        """A finding of the campaign, or all; gives what is said."""
        done = smtpspec("show", *names, "--run", self.out)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertNotRegex(done.stdout + done.stderr, RAW)
        self.assertNotIn("loot", done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_findings_of_a_campaign(self):
        self.campaign()
        text = self.finding.read_text().replace('title =', 'rationale = "Expected: a reply. Seen: none."\ntitle =')
        self.finding.write_text(text)
        (self.out / "findings/growth-memory.txt").write_text("1 2 3\n")
        self.assertIn("2 findings in 1200 sessions", self.show(0))
        for name in ("crash-bdat", "crash/BDAT", "fuzz-crash-bdat"):
            said = self.show(0, name)
            for words in ("expected  a reply\n", "actual    none\n", "--suite", "--replay", "conversation is not shown"):
                self.assertIn(words, said)
        self.assertIn("1 2 3", self.show(0, "growth-memory"))
        self.assertIn("did you mean 'crash-bdat'", self.show(2, "crash-bdt"))
        self.show(2, "../treasure")
        log = self.out / "findings/crash-bdat.log"
        log.write_text(OBEYED)
        self.assertIn("owned", self.show(0, "crash-bdat"))
        for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(self.treasure),
                     lambda path: path.write_text("x" * (1 << 20)), os.mkdir):
            self.replace(make, log)
            self.assertIn("crash-bdat.log: ", self.show(0, "crash-bdat"))
            shutil.rmtree(log) if log.is_dir() else log.unlink()
            log.touch()
        for text in ("", "]]", "\0" * 5000, "[[scenario]]\n" * 4000, text.replace("a reply", "\x1b]0;owned")):
            self.finding.write_text(text)
            self.show(0)
            self.show(0, "crash-bdat")

    def test_bombs(self):
        for octets in ([{"times": 1 << 40, "octets": "x"}], [[[[[[]]]]]]):
            event = {"at_us": 1, "event": "octets", "session": 0, "step": 0, "octets": octets}
            self.forge([self.lines[0], json.dumps(event) + "\n", *self.lines[1:]], events=len(self.lines))
            self.judge(5, "cannot be read")
        event["octets"] = [{"times": 30 << 20, "octets": "\\n"}]
        self.forge([self.lines[0], json.dumps(event) + "\n", *self.lines[1:]], events=len(self.lines))
        self.judge(0, "the same verdicts")
        self.transcript.write_text(self.lines[0] + "[" * 5_000_000)
        self.judge(5, "nested too deep")
        event = '{"at_us":0,"event":"closed","session":0,"step":0}\n'
        self.forge([self.lines[0], event * 600_000], events=600_000)
        self.judge(5, "holds more than")

    def test_text(self):
        raw = OBEYED.encode() + b"\xff"
        self.transcript.write_bytes(self.lines[0].encode() + b'{"at_us":0,"event":"' + raw + b'"}')
        self.judge(5)
        for line in ({"at_us": 0, "event": OBEYED}, {"at_us": 0, "event": "octets", "octets": "\\q" + OBEYED},
                     {"at_us": 0, "delivery": OBEYED, "message": "\\" + OBEYED}):
            self.transcript.write_text(self.lines[0] + json.dumps(line, ensure_ascii=False))
            self.judge(5, "line 2")
        self.forge(self.lines, scenario=OBEYED)
        self.judge(5, "is of \\x1b]0;owned")
        for member in ("title", "transcript", "actual", "reason", "id"):
            self.edit(**{member: OBEYED, "outcome": "fail"})
            self.judge(1)
        (self.out / "results.json").write_bytes(b'{"schema": "' + raw)
        self.judge(2, "this is not JSON")


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
