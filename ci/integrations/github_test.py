"""The action, played as GitHub plays it: its steps in order, from the Debian package to the summary. Needs SMTPSPEC in the
environment; see scratch.py."""
import json
import os
import re
import unittest

import yaml

from composite import Composite
from scratch import ANOTHER, BUILD, FAULT, FILTER, OTHERWISE, ROOT, SMTPSPEC, Scratch, apt_root, https_server, package

AS_ROOT = os.geteuid() == 0  # only root installs into another root
GATE = dict(target="target.toml", baseline="expected.toml")
MOST_OF_A_SUMMARY = 1 << 20


def documented_gate():
    """The two lines of docs/gate.md, as inputs."""
    text = (ROOT / "docs" / "gate.md").read_text()
    (block,) = re.findall(r"```yaml\n(- uses: OWNER/smtpspec@.*?)```", text, re.DOTALL)
    return yaml.safe_load(block)[0]["with"]


class Action(Scratch):
    def setUp(self):
        super().setUp()
        (self.folder / "runner").mkdir()
        self.results = self.work / "smtpspec-run"

    def composite(self, environment=None):
        """Without its first step, where `environment` is not given: the program of the build folder is on the PATH."""
        made = Composite(ROOT, self.work, self.folder / "runner", environment or self.with_smtpspec)
        if environment is None:
            made.action["runs"]["steps"] = made.action["runs"]["steps"][1:]
        return made

    def gate(self, **inputs):
        return self.composite().use(**{**GATE, "filter": "\n".join(FILTER), **inputs})

    def expectations(self):
        rows = json.loads((self.results / "results.json").read_text())["scenarios"]
        return {row["expectation"] for row in rows}

    def hold(self, job, code, *texts):
        self.assertEqual(job.code, code, job.log)
        self.assertEqual(job.outputs["exit-code"], str(code), job.log)
        for text in texts:
            self.assertIn(text, job.log)


class Gate(Action):
    def test_the_documented_gate_over_time(self):
        inputs = documented_gate()
        self.assertEqual(inputs, GATE)
        self.write("expected.toml", "")
        self.write_target(FAULT)
        red = self.gate(**inputs)
        self.hold(red, 1, "1 finding: 1 must")
        self.assertEqual(len(red.annotations), 1, red.log)
        self.assertRegex(red.annotations[0], r"^::error file=.*4\.1\.1\.5-other-commands\.toml,line=\d+,title=must%3A NOOP in "
                                             r"mid-transaction changes nothing::expected .*; got 503 ")
        self.assertIn("`rfc5321/4.1.1.9/noop-changes-nothing:reply`", red.summary)

        self.expect(self.smtpspec("baseline", "accept", "--reason", "ticket 7"), 0, "added")
        green = self.gate(**inputs)
        self.hold(green, 0, "1 known failure")
        self.assertEqual(green.annotations, [])
        self.assertIn("ticket 7", green.summary)

        self.write_target()
        fixed = self.gate(**inputs)
        self.hold(fixed, 6, "is fixed")
        self.assertRegex(fixed.annotations[0], "^::error title=The baseline is out of date::")
        self.expect(self.smtpspec("baseline", "review"), 6, "fixed")

        self.write_target(OTHERWISE)
        self.hold(self.gate(**inputs), 1, "NOOP in mid-transaction changes nothing")
        self.assertIn("drift", self.expectations())
        self.expect(self.smtpspec("baseline", "review"), 1, "drift")

        self.write_target(ANOTHER)
        another = self.gate(**inputs)
        self.hold(another, 1, "the connection closed without a reply")
        self.assertIn("VRFY", another.annotations[0])
        self.assertIn("regression", self.expectations())
        self.expect(self.smtpspec("baseline", "review"), 1, "regression")

        self.write_target()
        self.gate(**inputs)
        self.expect(self.smtpspec("baseline", "prune"), 0, "taken out")
        self.hold(self.gate(**inputs), 0)

    def test_reports_are_where_the_output_says(self):
        self.write_target()
        job = self.gate(baseline="", results="some folder")
        self.hold(job, 0)
        self.assertEqual(job.outputs["results"], "some folder")
        for name in ("results.json", "results.sarif", "results.md", "junit.xml", "report.html"):
            self.assertTrue((self.work / "some folder" / name).is_file(), name)

    def test_strict_makes_warnings_findings(self):
        self.write_target("vrfy-unknown")
        self.hold(self.gate(baseline=""), 0)
        self.hold(self.gate(baseline="", strict="true"), 1)
        self.assertEqual(self.gate(baseline="", strict="yes").code, 2)

    def test_a_gate_that_played_nothing_is_red_and_says_so(self):
        for code, inputs in ((2, dict(target="")), (2, dict(target="no.toml")), (2, dict(arguments="--no-such")),
                             (3, dict(target="smtp://127.0.0.1:9", baseline="")), (4, dict(filter="no-such-row"))):
            with self.subTest(inputs):
                self.write_target()
                self.write("expected.toml", "")
                self.write("smtpspec-run/results.md", "of an older run")
                job = self.gate(**inputs)
                self.hold(job, code)
                self.assertNotIn("older", job.summary)
                self.assertRegex(job.summary, f"ended by {code} before" if code != 3 else "The run is incomplete")

    def test_inputs_are_no_part_of_a_script(self):
        for step in self.composite().action["runs"]["steps"]:
            self.assertEqual(step["shell"], "bash")
            self.assertNotIn("${{", step["run"])
        self.write_target()
        hostile = "$(touch pwned)`touch pwned`'; touch pwned; \""
        for name in ("target", "baseline", "filter", "arguments", "strict", "results"):
            with self.subTest(name):
                self.assertNotIn(self.gate(**{"baseline": "", name: hostile}).code, (1, 126, 127))
                self.assertEqual(list(self.folder.rglob("pwned")), [])
        job = self.gate(results="a\nexit-code=0")
        self.assertEqual((job.code, job.outputs["exit-code"]), (2, ""))

    def test_a_summary_that_is_too_large_is_none(self):
        self.write("run/results.md", "x" * (MOST_OF_A_SUMMARY + 1))
        names = {"steps.run.outputs.exit-code": "1", "steps.run.outputs.results": "run"}
        for size, text in ((MOST_OF_A_SUMMARY + 1, "too much for this page"), (MOST_OF_A_SUMMARY, "xxx")):
            self.write("run/results.md", "x" * size)
            made = self.composite()
            job = made.use(target="")
            job.summary = ""
            made.do(made.action["runs"]["steps"][-1], names, job)
            self.assertIn(text, job.summary)
            self.assertLessEqual(len(job.summary), MOST_OF_A_SUMMARY)


class Install(Action):
    @unittest.skipUnless(AS_ROOT, "only root installs into another root")
    def test_from_a_package_by_path_and_by_address(self):
        self.write_target()
        rooted = apt_root(self.folder)
        served = package()
        with https_server(served.parent, self.folder) as (address, authority):
            for where in (str(served), f"{address}/{served.name}"):
                made = self.composite({**rooted, "CURL_CA_BUNDLE": str(authority)})
                job = made.use(target="target.toml", filter=FILTER[1], package=where)
                self.hold(job, 0, "smtpspec 0.", "No MUST")
                self.assertEqual(len(job.done), 3)
            job = self.composite(rooted).use(target="target.toml", package=f"{address}/{served.name}")
            self.assertNotEqual(job.code, 0, "curl knows nothing of this authority")

    def test_what_is_no_package_ends_the_job(self):
        for where in ("http://127.0.0.1:9/smtpspec.deb", "ftp://x/smtpspec.deb", "nowhere.deb", "--help"):
            job = self.composite(self.with_smtpspec).use(target="target.toml", package=where)
            self.assertNotEqual(job.code, 0, job.log)
            self.assertEqual(job.done, ["Install smtpspec"])

    @unittest.skipUnless(BUILD.parent == ROOT / "build", "SMTPSPEC is not of this checkout, and would be built anew")
    def test_from_source(self):
        self.write_target()
        made = self.composite({"SMTPSPEC_PRESET": BUILD.name, "PATH": os.environ["PATH"].replace(str(SMTPSPEC.parent), "")})
        job = made.use(target="target.toml", filter=FILTER[1])
        self.hold(job, 0, "No MUST")
        self.assertEqual(len(list((self.folder / "runner").glob("smtpspec.*/smtpspec/share/smtpspec/scenarios"))), 1)


if __name__ == "__main__":
    unittest.main()
