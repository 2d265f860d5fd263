#!/usr/bin/env python3
"""The command line as people expect it: help, suggestions, lists, colours, versions. Usage: words_test.py SMTPSPEC [TEST...]"""
import collections
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import tomllib
import unittest

import cli_test
from cli_test import LONG_ENOUGH, PASSES, Cli, FAILS_WITH_A_FAULT, server, smtpspec

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Filters(Cli):
    def test_one_that_fits_nothing_is_told(self):
        suite = PASSES + FAILS_WITH_A_FAULT
        done = self.run_suite(suite, "--filter", "nosuch", "--filter", "noop", "--filter", "!timming")
        self.expect(done, 0)
        self.assertEqual(done.stderr.splitlines(), ["smtpspec: --filter nosuch fits no scenario, and lets in nothing",
                                                    "smtpspec: --filter '!timming' fits no scenario, and leaves out nothing"])
        self.expect(self.run_suite(suite, "--filter", "nop", "--filter", "noop-with-argument"), 0, "did you mean 'noop'?")
        self.assertEqual(self.run_suite(suite, "--filter", "noop", "--filter", "!noop-with*").stderr, "")

    def test_one_that_names_nothing_is_refused(self):
        for command in ("run", "list"):
            for filter_ in ("!", "noop,", ",noop", "noop,!", "!noop,,x"):
                with self.subTest(command + filter_):
                    self.expect(smtpspec(command, "--filter", filter_, "--filter", "noop", cwd=self.folder), 2, "names nothing")
        self.assertEqual(list(self.folder.iterdir()), [])


class Help(Cli):
    def test_of_a_command(self):
        self.expect(smtpspec("help", "target", "init"), 0, "asks", "--allow-remote")
        for words in (["run"], ["baseline"], ["target", "init"]):
            self.assertEqual(smtpspec("help", *words).stdout, smtpspec(*words, "--help").stdout)
        self.assertEqual(smtpspec("help").stdout, smtpspec("--help").stdout, "without a command: all in short")
        self.expect(smtpspec("help", "rnu"), 2, "did you mean 'run'?")
        self.expect(smtpspec("help", "target", "inti"), 2, "did you mean 'target init'?")

    def test_what_words_mean(self):
        every = smtpspec("--help").stdout
        for code in ("0", "1", "2", "3", "4", "5", "6", "70", "74", "128+n"):
            self.assertRegex(every, rf"(?m)^  {re.escape(code)}  +\w")
            self.assertRegex(smtpspec("help", "exit-codes").stdout, rf"(?m)^  {re.escape(code)}  +\w")
        self.expect(smtpspec("help"), 0, "smtpspec help causes")
        man = smtpspec("manual").stdout
        for topic, words in (("causes", ["reply", "early-reply", "silence", "delivery", "no-delivery-road", "never-checked"]),
                             ("tags", ["smuggling", "reveals", "by-broken-upstreams", "lenient-but-harmless"])):
            told = smtpspec("help", topic).stdout
            for word in words:
                self.assertRegex(told, rf"(?m)^  {word}  +\w")
                self.assertRegex(man, r"(?m)^\.TP\n\\fB" + re.escape(word.replace("-", r"\-")) + r"\\fR\n\w")

    def test_each_cause_that_is_seen_is_told(self):
        suite = FAILS_WITH_A_FAULT + PASSES.replace('"250"', '"silence"').replace('"noop"', '"another"')
        with server("--fault", "noop-argument-refused") as port:
            self.run_suite(suite, self.target(port))
        told = set(re.findall(r"(?m)^  (\S+)", smtpspec("help", "causes").stdout))
        seen = {row["cause"] for row in self.results()["scenarios"]} - {""}
        self.assertLessEqual({"reply", "early-reply"}, seen)
        self.assertLessEqual(seen, told)


class Suggestions(Cli):
    def test_commands_of_commands(self):
        self.expect(smtpspec("target", "inti"), 2, "no command 'target inti'", "did you mean 'target init'?")
        self.expect(smtpspec("baseline", "revew"), 2, "did you mean 'baseline review'?", "accept")
        self.expect(smtpspec("baseline"), 2, "accept", "review", "prune")
        self.expect(smtpspec("--color", "never", "rnu"), 2, "did you mean 'run'?")

    def test_options(self):
        self.expect(smtpspec("run", "--fliter", "x"), 2, "--fliter", "did you mean '--filter'?")
        self.expect(smtpspec("run", "--jbos=3"), 2, "did you mean '--jobs'?")
        self.expect(smtpspec("target", "init", "smtp://127.0.0.1:1", "--alow-remote"), 2, "did you mean '--allow-remote'?")
        self.expect(smtpspec("list", "--colour", "always"), 2, "did you mean '--color'?")


class Lists(Cli):
    def test_json_of_scenarios(self):
        done = smtpspec("list", "--format", "json")
        document = json.loads(done.stdout)
        self.assertEqual((done.returncode, done.stderr, document["schema"]), (0, "", "smtpspec-list/1"))
        ids = [one["id"] for one in document["scenarios"]]
        self.assertEqual(ids, [line.split()[0] for line in smtpspec("list").stdout.splitlines()])
        self.assertEqual(len(ids), len(set(ids)))
        one = next(one for one in document["scenarios"] if one["id"] == "false-end-paced/lf-dot-lf")
        self.assertEqual((one["family"], one["kind"], one["level"], one["state"]), ("false-end-paced", "scenario", "must", "data"))
        self.assertLessEqual({"smuggling", "delivery"}, set(one["tags"]))
        self.assertIn("lf-ends-data", one["catches"])
        line = pathlib.Path(one["file"]).read_text().splitlines()[one["line"] - 1]
        self.assertIn("[[scenario]]", line)
        cited = {requirement["id"]: requirement for requirement in document["requirements"]}
        self.assertEqual(set(cited), {id for one in document["scenarios"] for id in one["requirements"]})
        self.assertEqual(cited[one["requirements"][0]]["section"], "RFC 5321 section 4.1.1.4")
        self.assertIn("only in <LF>", cited[one["requirements"][0]]["says"])
        needs = {need for one in document["scenarios"] for need in one["needs"]}
        self.assertLessEqual({"SIZE", "fact foreign", "AUTH PLAIN"}, needs)

    def test_json_of_some_and_of_none(self):
        some = json.loads(smtpspec("list", "--format", "json", "--filter", "smuggling,should").stdout)["scenarios"]
        self.assertTrue(some)
        for one in some:
            self.assertTrue("smuggling" in one["tags"] and one["level"] == "should", one["id"])
        done = smtpspec("list", "--format", "json", "--filter", "smugling")
        self.assertEqual((done.returncode, json.loads(done.stdout)["scenarios"]), (4, []))
        self.assertIn("did you mean 'smuggling'", done.stderr)
        self.expect(smtpspec("list", "--format", "yaml"), 2, "--format")

    def test_tags(self):
        counts = collections.Counter(tag for one in json.loads(smtpspec("list", "--format", "json").stdout)["scenarios"]
                                     for tag in one["tags"])
        tags = json.loads(smtpspec("list", "--tags", "--format", "json").stdout)
        self.assertEqual(tags["schema"], "smtpspec-tags/1")
        self.assertEqual({one["tag"]: one["scenarios"] for one in tags["tags"]}, dict(counts))
        self.assertEqual([one["tag"] for one in tags["tags"] if not one["meaning"]], [], "say in words.cpp what they mean")
        told = re.findall(r"(?m)^  (\S+)", smtpspec("help", "tags").stdout)
        self.assertEqual(told, sorted(counts))
        self.assertIn("must be refused", next(line for line in smtpspec("list", "--tags").stdout.splitlines() if " relay " in line))
        own = smtpspec("list", "--tags", "--suite", self.file("own.toml", PASSES + 'tags = ["ours", "smuggling"]\n'))
        self.expect(own, 0, "1  ours\n")

    def test_json_keeps_to_its_schema(self):
        try:
            import jsonschema  # Debian has it as python3-jsonschema
        except ImportError:
            self.skipTest("no jsonschema here")
        schema = jsonschema.Draft7Validator(json.loads((ROOT / "reports/schemas/list.schema.json").read_text()))
        for words in ([], ["--tags"], ["--filter", "survey"]):
            schema.validate(json.loads(smtpspec("list", "--format", "json", *words).stdout))
        self.assertTrue(list(schema.iter_errors({"schema": "smtpspec-list/1", "scenarios": [{}], "requirements": []})))


class Explain(Cli):
    def endings(self, value):
        """Tables of endings anywhere in a scenario."""
        if isinstance(value, dict):
            if "reply" in value or "event" in value:
                yield value
            value = list(value.values())
        for one in value if isinstance(value, list) else []:
            yield from self.endings(one)

    def test_every_ending_and_why(self):
        """As a scenario file that loads: endings with an outcome of their own say why, whatever name the file had for them."""
        told = smtpspec("explain", "*").stdout
        blocks = re.findall(r"(?ms)^\[\[scenario\]\]\n.*?\n(?=\n  \S+:\d+$)", told)
        self.assertGreater(len(blocks), 1000)
        delivered = endings = 0
        for block in blocks:
            scenario, = tomllib.loads(block)["scenario"]
            delivered += "delivered" in scenario
            for ending in self.endings(scenario["steps"]):
                endings += 1
                self.assertTrue(ending.get("because") or "as" not in ending, scenario["id"])
        self.assertGreater(delivered, 500)
        self.assertGreater(endings, 2000)

    def test_one(self):
        told = smtpspec("explain", "false-end-paced/lf-dot-lf").stdout
        for words in ("RFC 5321 section 4.1.1.4, lines 2028-2032 (must)", "MUST NOT do this", "'silence'", "because = ",
                      "delivered = { at-most = 1, no-reverse-path = '{smuggled}'", "catches = 'lf-ends-data'"):
            self.assertIn(words, told)
        wide = smtpspec("explain", "message-after/mail-refused", env={**os.environ, "COLUMNS": "4000"}).stdout
        self.assertRegex(wide, r"(?m)^However the one before has ended, .* the text is the second's own\.$")


class Colours(Cli):
    """Of standard output; a broken scenario file shows those of standard error."""

    def setUp(self):
        super().setUp()
        with server("--fault", "noop-argument-refused") as port:
            self.run_suite(FAILS_WITH_A_FAULT, self.target(port))
        self.broken = self.file("broken.toml", "[[scenario]\n")

    def say(self, *words, env=None, terminal=False):
        usual = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
        options = {"env": {**usual, **(env or {})}, "timeout": LONG_ENOUGH, "stdin": subprocess.DEVNULL}
        command = [cli_test.SMTPSPEC, *map(str, words)]
        if not terminal:
            done = subprocess.run(command, capture_output=True, **options)
            return done.stdout + done.stderr
        ours, theirs = pty.openpty()
        process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=options["env"], stdin=options["stdin"])
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:  # of Linux, where the other end is closed
            pass
        os.close(ours)
        process.wait(LONG_ENOUGH)
        return said

    def test_who_decides(self):
        show = ["show", "--run", self.out]
        for has, words, env, terminal in (
                (True, [], {}, True), (False, [], {}, False), (False, [], {"NO_COLOR": "1"}, True), (True, [], {"NO_COLOR": ""}, True),
                (False, [], {"TERM": "dumb"}, True), (True, ["auto"], {}, True), (False, ["auto"], {}, False),
                (True, ["always"], {"NO_COLOR": "1", "TERM": "dumb"}, False), (False, ["never"], {}, True)):
            with self.subTest(f"{words} {env} {terminal}"):
                for before in (True, False):
                    color = ["--color", *words] if words else []
                    said = self.say(*(color + show if before else show + color), env=env, terminal=terminal)
                    self.assertEqual(b"\x1b[1;31m" in said, has, said)

    def test_every_command_that_shows_them(self):
        suite = ["--suite", self.folder / "suite.toml"]
        for words in (["judge", self.out, *suite], ["diff", self.out, self.out], ["show", "noop-with-argument", "--run", self.out],
                      ["check", self.broken], ["list", "--suite", self.broken], ["run", *suite, "--out", self.folder / "again"],
                      ["survey", *suite, "--out", self.folder / "again"]):
            with self.subTest(words[0]):
                self.assertNotIn(b"\x1b", self.say(*words))
                self.assertIn(b"\x1b[", self.say(*words, "--color", "always"))
        self.expect(smtpspec("show", "--color", "sometimes"), 2, "--color")
        json.loads(self.say("report", self.out, "--report", "json=-", "--color", "always"))


class Version(Cli):
    def commit(self):
        done = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True,
                              env={**os.environ, "GIT_CEILING_DIRECTORIES": str(ROOT.parent)})
        return done.stdout.strip() if done.returncode == 0 else ""

    def test_version_commit_and_suite(self):
        said = smtpspec("--version").stdout
        match = re.fullmatch(r"smtpspec (\d+\.\d+\.\d+)(?: \(commit ([0-9a-f]{7,})\))?, suite of (\d+) scenarios, "
                             r"fingerprint ([0-9a-f]{16})\n", said)
        self.assertTrue(match, said)
        self.assertEqual(int(match[3]), smtpspec("list").stdout.count("\n"))
        if match[2]:
            self.assertTrue(subprocess.run(["git", "-C", ROOT, "cat-file", "-e", match[2]], capture_output=True).returncode == 0)
        self.assertEqual(bool(match[2]), bool(self.commit()), "a checkout has a commit, and nothing else has")

    def test_the_fingerprint_is_that_of_a_run(self):
        self.run_suite(PASSES)
        of_ours = self.results()["smtpspec"]["suite"]
        self.assertRegex(of_ours, r"^[0-9a-f]{16}$")
        self.assertNotIn(of_ours, smtpspec("--version").stdout)
        # Nothing is listening there; what would have been played is told all the same.
        smtpspec("run", self.target(1), "--out", self.out)
        self.assertIn(self.results()["smtpspec"]["suite"], smtpspec("--version").stdout)

    def test_the_commit_of_a_tree(self):
        """What the build asks: a checkout's own commit, and none of an unpacked tarball, also within somebody's checkout."""
        def git(*words):
            subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y.example", *words], cwd=self.folder, check=True,
                           capture_output=True)

        def written(source, known=""):
            subprocess.run(["cmake", f"-DSOURCE={source}", f"-DFILE={self.folder}/commit.cpp", f"-DCOMMIT={known}", "-P",
                            ROOT / "cmake/commit.cmake"], check=True, capture_output=True)
            return re.search(r'commit = "(.*)";', (self.folder / "commit.cpp").read_text())[1]
        git("init", "-q")
        git("commit", "-q", "--allow-empty", "-m", "x")
        self.assertRegex(written(self.folder), r"^[0-9a-f]{7,}$")
        before = os.stat(self.folder / "commit.cpp").st_mtime_ns
        written(self.folder)
        self.assertEqual(os.stat(self.folder / "commit.cpp").st_mtime_ns, before, "nothing is compiled anew")
        (self.folder / "unpacked").mkdir()
        self.assertEqual(written(self.folder / "unpacked"), "")
        self.assertEqual(written(self.folder / "unpacked", "0123abc"), "0123abc", "whoever builds may know it")


if __name__ == "__main__":
    cli_test.SMTPSPEC = os.path.abspath(sys.argv.pop(1))
    unittest.main()
