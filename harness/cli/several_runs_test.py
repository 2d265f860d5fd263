#!/usr/bin/env python3
"""Reports of a run in each format, two runs compared, shards merged. Usage: several_runs_test.py SMTPSPEC [TEST...]"""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import sys
import unittest
import xml.etree.ElementTree

import cli_test
from cli_test import Cli, FAILS_WITH_A_FAULT, PASSES, server, smtpspec

TABLE = """
[[scenario]]
id = "helo"
title = "NOOP is answered, time and again"
each = [ { row = "n{n}", n = { range = [1, 12] } } ]
steps = [ { send = "NOOP", expect = "250" } ]
"""
FILES = {"json": "results.json", "html": "report.html", "junit": "junit.xml", "sarif": "results.sarif", "tap": "results.tap", "markdown":
         "results.md", "csv": "results.csv", "badge": "badge.svg"}


class SideBySide(Cli):
    def runs(self, *names):
        for name in names:
            done = smtpspec("run", "--suite", self.file("suite.toml", TABLE), "--out", self.folder / name)
            self.assertEqual(done.returncode, 0, done.stderr)
        return [self.folder / name for name in names]

    def test_the_page_of_several_runs(self):
        one, other = self.runs("one", "other")
        page = self.folder / "matrix.html"
        self.expect(smtpspec("report", one, other, "--report", f"html={page}"), 0, f"Report: {page}")
        data = json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="ascii"), re.S)[1])
        self.assertEqual([run["name"].split(" ")[-1] for run in data["matrix"]["runs"]], ["(one)", "(other)"])
        rows = len(json.loads((one / "results.json").read_text())["scenarios"])
        self.assertEqual([len(run["cells"]) for run in data["matrix"]["runs"]], [rows, rows])
        done = smtpspec("report", f"{one}/", other, "--report", "html=-")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, page.read_text())

    def test_without_a_name_it_is_in_the_folder_where_one_stands(self):
        runs = self.runs("one", "other")
        self.expect(smtpspec("report", *runs, cwd=self.folder), 0, "Report: smtpspec-matrix.html")
        self.assertTrue((self.folder / "smtpspec-matrix.html").is_file())

    def test_what_cannot_stand_side_by_side(self):
        one, other = self.runs("one", "other")
        page = f"html={self.folder}/matrix.html"
        self.expect(smtpspec("report", one, other, "--report", "junit"), 2, "html alone")
        self.expect(smtpspec("report", one, self.folder / "nowhere", "--report", page), 2, "nowhere/results.json: ")
        self.expect(smtpspec("report", one, other, "--report", f"html={other}/results.json"), 2, "name another file")
        self.expect(smtpspec("report", *[one] * 65, "--report", page), 2, "64 can stand side by side")
        (self.folder / "campaign").mkdir()
        (self.folder / "campaign/fuzzer_stats").write_text("execs_done : 1\n")
        self.expect(smtpspec("report", one, self.folder / "campaign", "--report", page), 2, "runs alone")
        (other / "results.json").write_text("{")
        self.expect(smtpspec("report", one, other, "--report", page), 2, "other/results.json: ")
        self.assertFalse((self.folder / "matrix.html").exists())
        self.expect(smtpspec("report", one, one, "--report", "html=/dev/full"), 74, "/dev/full")


class Formats(Cli):
    def test_each_beside_the_results_and_on_standard_output(self):
        every = [word for name in FILES for word in ("--report", name)]
        with server("--fault", "noop-argument-refused") as port:
            self.expect(self.run_suite(FAILS_WITH_A_FAULT, self.target(port), *every), 1, "results.sarif")
            for name, file in FILES.items():
                with self.subTest(name):
                    text = (self.out / file).read_text()
                    self.assertIn("noop-with-argument" if name != "badge" else "1 must", text)
        log = json.loads((self.out / "results.sarif").read_text())["runs"][0]
        self.assertEqual(log["results"][0]["ruleId"], "rfc5321/4.1.1.9/our-own-noop")
        self.assertTrue(log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("suite.toml"))
        for name in FILES:
            done = self.run_suite(PASSES, "--report", f"{name}=-")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            shown = {"tap": "ok 1 - noop", "markdown": "No MUST is broken", "html": "</html>"}
            read = {"json": json.loads, "sarif": json.loads, "junit": xml.etree.ElementTree.fromstring,
                    "badge": xml.etree.ElementTree.fromstring, "csv": lambda text: list(csv.reader(io.StringIO(text), strict=True))}
            read.get(name, lambda text: self.assertIn(shown[name], text.lower() if name == "html" else text))(done.stdout)

    def test_the_table_is_what_the_help_and_the_errors_say(self):
        text = smtpspec("run", "--help").stdout
        for name, file in FILES.items():
            self.assertRegex(text, rf"{name} .*\({re.escape(file)}\)")
        done = self.run_suite(PASSES, "--report", "sarfi")
        self.expect(done, 2, "did you mean 'sarif'?", ", ".join(FILES))
        self.assertFalse(self.out.exists())

    def test_annotations(self):
        with server("--fault", "noop-argument-refused") as port:
            done = self.run_suite(FAILS_WITH_A_FAULT, self.target(port), "--annotate", "github")
            line = next(line for line in done.stdout.splitlines() if line.startswith("::"))
            self.assertRegex(line, r"^::error file=[^,]*suite\.toml,line=7,title=must%3A NOOP takes an argument::expected 250; got 501")
            done = self.run_suite(FAILS_WITH_A_FAULT, self.target(port), "--annotate", "github", "--report", "json=-")
            json.loads(done.stdout)
            self.assertIn("\n::error ", "\n" + done.stderr)
        self.assertNotIn("::", self.run_suite(PASSES, "--annotate", "github").stdout)
        self.expect(self.run_suite(PASSES, "--annotate", "gitlab"), 2, "github")


class Places(Cli):
    def refused(self, *places, word="name another file"):
        """Before anything is touched."""
        before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        reports = [word for place in places for word in ("--report", place)]
        self.expect(smtpspec("run", self.target_file, "--suite", self.folder / "suites", "--baseline", self.baseline,
                             "--out", self.out, *reports), 2, "--report", word)
        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}, before)

    def test_each_report_has_a_place_of_its_own(self):
        (self.folder / "suites").mkdir()
        self.file("suites/suite.toml", PASSES)
        self.baseline = self.file("expected.toml", "")
        with server() as port:
            self.target_file = self.target(port)
            run = ("run", self.target_file, "--suite", self.folder / "suites", "--out", self.out)
            self.expect(smtpspec(*run, "--report", "junit=/dev/null", "--report", "tap=/dev/null", "--report", "json",
                                 "--report", "html"), 0)
            page = self.folder / "page"
            (self.folder / "link").symlink_to("target.toml")
            self.refused("json=-", "junit=-", word="the report json goes there already")
            self.refused(f"html={page}", f"junit={self.out}/../page", word="the report html goes there already")
            self.refused("junit", f"html={self.out}/junit.xml", word="the report junit goes there already")
            self.refused("tap", "tap")
            self.refused(f"json={self.out}/results.json", word="the run's results go there")
            self.refused(f"tap={self.out}/transcripts/noop.jsonl", word="the run's transcripts go there")
            for used in (self.target_file, self.folder / "link", self.baseline, self.folder / "suites/suite.toml"):
                self.refused(f"html={used}", word="the run reads")
            self.expect(smtpspec(*run, "--report", f"html={self.folder}/suites/page.html"), 0)


class Diff(Cli):
    def run_into(self, name, suite, *arguments):
        self.out = self.folder / name
        self.run_suite(suite, *arguments)
        return self.out

    def test_worse_better_and_the_same(self):
        suite = FAILS_WITH_A_FAULT + PASSES
        with server("--fault", "noop-argument-refused") as port:
            bad = self.run_into("bad", suite, self.target(port))
        with server() as port:
            good = self.run_into("good", suite, self.target(port))
            again = self.run_into("again", suite, self.target(port))
        self.expect(smtpspec("diff", good, bad), 1, "Worse: 1 row", "noop-with-argument: fail, was pass", "Something got worse",
                    "Appeared: 1 finding, 1 must")
        self.expect(smtpspec("diff", bad, good), 6, "Better: 1 row", "Only better", "Gone: 1 finding")
        self.expect(smtpspec("diff", good, again), 0, "The same")
        self.expect(smtpspec("diff", bad, bad), 0, "The same")
        done = smtpspec("diff", good, bad, "--format", "json")
        told = json.loads(done.stdout)
        self.assertEqual((done.returncode, told["schema"], told["verdict"]), (1, "smtpspec-diff/1", "worse"))
        self.assertEqual([(row["id"], row["change"], row["before"]["outcome"], row["after"]["outcome"]) for row in told["rows"]],
                         [("noop-with-argument", "worse", "pass", "fail")])

    def test_a_finding_that_was_not_played_is_not_gone(self):
        suite = FAILS_WITH_A_FAULT + PASSES
        with server("--fault", "noop-argument-refused") as port:
            whole = self.run_into("whole", suite, self.target(port))
            part = self.run_into("part", suite, self.target(port), "--filter", "noop")
        done = smtpspec("diff", whole, part)
        self.expect(done, 6, "Not played, or not decided: 1 finding", "The runs are of different suites, or selections of one")
        self.assertNotIn("Gone", done.stdout)
        told = json.loads(smtpspec("diff", whole, part, "--format", "json").stdout)
        self.assertEqual((told["verdict"], told["of_other_suite"], told["gone"], len(told["not_played"])),
                         ("changed", True, [], 1))
        told = json.loads(smtpspec("diff", whole, whole, "--format", "json").stdout)
        self.assertEqual((told["of_other_suite"], told["not_played"]), (False, []))

    def test_what_cannot_be_compared(self):
        one = self.run_into("one", PASSES)
        other = self.folder / "other"
        shutil.copytree(one, other)
        results = json.loads((one / "results.json").read_text())
        whole = json.dumps(results)

        def with_results(text):
            (other / "results.json").write_text(text)
            return smtpspec("diff", one, other)
        results["complete"], results["incomplete_because"] = False, "interrupted"
        self.expect(with_results(json.dumps(results)), 5, "incomplete: interrupted")
        results["scenarios"] = [dict(row, id=f"other/{row['id']}") for row in results["scenarios"] if row["outcome"] == "pass"]
        self.expect(with_results(json.dumps(results)), 4, "no row in common")
        for text in ("", "{", "[]", whole[:-200], whole.replace("smtpspec-results/2", "smtpspec-results/9"), "x" * (40 << 20)):
            self.expect(with_results(text), 2, "results.json")
        (other / "results.json").unlink()
        os.mkfifo(other / "results.json")
        self.expect(smtpspec("diff", one, other), 2, "results.json")
        self.expect(smtpspec("diff", self.folder / "nowhere", one), 2, "nowhere")
        self.expect(smtpspec("diff", one), 2, "after")


class MergeShards(Cli):
    def shards(self, count, *arguments, suite=TABLE):
        folders = [self.folder / f"part-{i}" for i in range(1, count + 1)]
        for i, self.out in enumerate(folders, 1):
            self.run_suite(suite, "--shard", f"{i}/{count}", "--seed", 7, *arguments)
        self.out = self.folder / "whole"
        return folders

    def test_shards_come_to_what_one_run_is(self):
        with server("--fault", "noop-argument-refused") as port:
            target = self.target(port)
            parts = self.shards(3, target, suite=TABLE + FAILS_WITH_A_FAULT)
            done = smtpspec("merge", *reversed(parts), "--out", self.out, "--report", "junit", "--report", "html")
            self.expect(done, 1, "noop-with-argument", "Merged 3 shards")
            merged = self.results()
            ids = [row["id"] for row in merged["scenarios"]]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertLessEqual({"junit.xml", "report.html"}, set(os.listdir(self.out)))
            self.out = self.folder / "in-one"
            self.run_suite(TABLE + FAILS_WITH_A_FAULT, target)
        self.assertEqual(set(ids), {row["id"] for row in self.results()["scenarios"]})
        self.assertEqual([finding["id"] for finding in merged["findings"]], [finding["id"] for finding in self.results()["findings"]])
        self.assertEqual(merged["smtpspec"]["suite"], self.results()["smtpspec"]["suite"])
        whole = self.folder / "whole"
        self.expect(smtpspec("diff", self.out, whole), 0, "The same")
        self.expect(smtpspec("show", "noop-with-argument", "--run", whole), 0, "C: NOOP argument")
        self.expect(smtpspec("judge", whole, "--suite", self.folder / "suite.toml"), 1, "the same verdicts")

    def test_a_shard_that_nothing_falls_into(self):
        parts = self.shards(3, "--filter", "helo/n1")
        rows = [len(json.loads((part / "results.json").read_text())["scenarios"]) for part in parts]
        self.assertEqual(rows.count(0), 2)
        done = self.run_suite(TABLE, "--shard", f"{rows.index(0) + 1}/3", "--filter", "helo/n1")
        self.expect(done, 4, "nothing ran: no scenario chosen is in shard")
        self.expect(smtpspec("merge", *parts, "--out", self.out, "--report", "html"), 0, "Merged 3 shards")
        self.assertEqual(json.loads((self.out / "results.json").read_text())["smtpspec"]["filters"], ["helo/n1"])
        self.assertIn('"filters":["helo/n1"]', (self.out / "report.html").read_text())

    def test_the_whole_ends_as_one_run_would(self):
        """Where each shard alone is too small to tell."""
        parts = self.shards(2, suite=TABLE.replace("each", 'needs = ["fact lmtp"]\neach'))
        self.expect(smtpspec("merge", *parts, "--out", self.out), 4, "nothing ran")
        suite = self.folder / "suite"
        for name, expect, rows in (("undecided", '[{ reply = "250", as = "inconclusive", because = "x" }]', 12), ("passes", '"250"', 140)):
            (suite / name).mkdir(parents=True)
            (suite / name / "rows.toml").write_text(TABLE.replace('"250"', expect).replace("helo", name).replace("12", str(rows)))
        parts = [self.folder / f"of-two-areas-{i}" for i in (1, 2)]
        for i, part in enumerate(parts, 1):
            self.expect(smtpspec("run", "--suite", suite, "--out", part, "--shard", f"{i}/2", "--seed", 7), 0)
        self.expect(smtpspec("merge", *parts, "--out", self.out), 5, "none of the 12 scenarios of", "decided anything")
        self.expect(smtpspec("merge", *parts, "--out", self.out, "--undecided", "1"), 0)

    def test_what_is_not_all_of_one_run(self):
        parts = self.shards(3)

        def merge(*runs):
            done = smtpspec("merge", *runs, "--out", self.out)
            self.assertFalse(self.out.exists())
            return done
        self.expect(merge(*parts[:2]), 2, "shard 3/3 is missing")
        self.expect(merge(parts[0], parts[0], parts[2]), 2, "shard 1/3 is there twice")
        self.expect(smtpspec("merge", *parts, "--out", parts[1]), 2, "it is one of the runs")
        self.assertTrue((parts[1] / "results.json").exists())
        self.out = parts[2]
        self.run_suite(TABLE, "--shard", "3/3", "--seed", 8)
        self.expect(smtpspec("merge", *parts, "--out", self.folder / "whole"), 2, "of another seed")
        self.run_suite(TABLE.replace("NOOP", "RSET"), "--shard", "3/3", "--seed", 7)
        self.expect(smtpspec("merge", *parts, "--out", self.folder / "whole"), 2, "of another suite")
        self.run_suite(TABLE, "--shard", "3/3", "--seed", 7, "--filter", "!helo/n3")
        self.expect(smtpspec("merge", *parts, "--out", self.folder / "whole"), 2, "of another suite or selection")
        self.run_suite(TABLE, "--shard", "3/3", "--seed", 7)
        (self.folder / "file").write_text("")
        self.expect(smtpspec("merge", *parts, "--out", self.folder / "file" / "below"), 74, "cannot be written")
        for path in (parts[0] / "transcripts").glob("helo*"):
            path.unlink()
            path.symlink_to("/etc/passwd")
        self.expect(smtpspec("merge", *parts, "--out", self.folder / "whole"), 5, "could not be copied")
        self.assertNotIn("root:", "".join(file.read_text() for file in self.folder.glob("whole/transcripts/*")))


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
