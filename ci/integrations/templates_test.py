"""GitLab's template, the Jenkinsfile, the Dockerfile and pre-commit's hook: read as those read them, and their commands run.
Needs SMTPSPEC in the environment; see scratch.py."""
import os
import re
import shlex
import shutil
import unittest
from pathlib import Path

import yaml

from scratch import FAULT, FILTER, ROOT, Scratch, apt_root, done, https_server, must, package

HERE = Path(__file__).resolve().parent
AS_ROOT = os.geteuid() == 0  # only root installs into another root


class GitLab(Scratch):
    def setUp(self):
        super().setUp()
        (self.job,) = yaml.safe_load((HERE / "gitlab" / "smtpspec.yml").read_text()).values()
        self.arguments = " ".join(f"--filter {pattern}" for pattern in FILTER)

    def play(self, part, **variables):
        """The lines of a part in one shell, with the job's variables."""
        environment = {**self.environment(**self.job["variables"]), "SMTPSPEC_ARGUMENTS": self.arguments, **variables}
        return done("bash", "-eo", "pipefail", "-c", "\n".join(self.job[part]), cwd=self.work, env=environment)

    def test_what_it_says_to_gitlab(self):
        self.assertEqual(self.job["allow_failure"], {"exit_codes": 6})
        artifacts = self.job["artifacts"]
        self.assertEqual((artifacts["when"], artifacts["reports"]), ("always", {"junit": "smtpspec-run/junit.xml"}))

    def test_its_script(self):
        self.write_target(FAULT)
        self.expect(self.play("script"), 1, "1 finding: 1 must")
        self.assertIn("<failure", (self.work / self.job["artifacts"]["reports"]["junit"]).read_text())
        self.smtpspec("baseline", "accept")
        self.expect(self.play("script", SMTPSPEC_BASELINE="expected.toml"), 0)
        self.write_target()
        self.expect(self.play("script", SMTPSPEC_BASELINE="expected.toml"), 6)
        self.expect(self.play("script", SMTPSPEC_TARGET=""), 2, "it is empty")

    def test_where_the_image_has_smtpspec(self):
        self.expect(self.play("before_script", PATH=os.environ["PATH"]), 0)

    @unittest.skipUnless(AS_ROOT, "only root installs into another root")
    def test_it_installs_the_package(self):
        rooted = apt_root(self.folder)
        with https_server(package().parent, self.folder) as (address, authority):
            ended = self.play("before_script", SMTPSPEC_PACKAGE=f"{address}/{package().name}", CURL_CA_BUNDLE=str(authority),
                              TMPDIR=str(self.folder), **rooted)
        self.expect(ended, 0)
        self.assertIn("smtpspec ", must(self.folder / "root/usr/bin/smtpspec", "--version"))


class Jenkins(Scratch):
    def test_it_is_whole_and_its_command_runs(self):
        text = (HERE / "jenkins" / "Jenkinsfile").read_text()
        self.assertTrue(text.count("{") == text.count("}") and text.count("(") == text.count(")"))
        (command,) = re.findall(r"script: '(smtpspec [^']*)'", text)
        (junit,) = re.findall(r"junit testResults: '([^']*)'", text)
        self.write("expected.toml", "")
        self.write_target(FAULT)
        # Of the whole suite no more than shows it.
        words = shlex.split(command) + [word for pattern in FILTER for word in ("--filter", pattern)]
        self.expect(done(*words, cwd=self.work, env=self.environment()), 1, "1 finding: 1 must")
        self.assertIn("<failure", (self.work / junit).read_text())


class Docker(Scratch):
    def setUp(self):
        super().setUp()
        text = (HERE / "docker" / "Dockerfile").read_text()
        self.lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]

    def test_its_instructions(self):
        names = [line.split()[0] for line in self.lines]
        self.assertEqual(names, ["FROM", "RUN", "WORKDIR", "ENTRYPOINT"])
        self.assertEqual(self.lines[-1], 'ENTRYPOINT ["smtpspec"]')

    @unittest.skipUnless(AS_ROOT, "only root installs into another root")
    def test_its_command_installs_the_package(self):
        command = re.sub(r"^RUN( +--mount=\S+)+", "", self.lines[1])
        rooted = apt_root(self.folder)
        self.expect(done("sh", "-c", command.replace("/packages/", f"{package().parent}/"), env={**os.environ, **rooted}), 0)
        self.assertIn("pass", must("smtpspec", "run", "--filter", "rfc5321/4.1.1.9", cwd=self.work, env={**os.environ, **rooted}))


class PreCommit(Scratch):
    """By the commands of the hook; by pre-commit itself where that is installed."""
    GOOD = '[[scenario]]\nid = "noop-again"\ntitle = "t"\nsteps = [{ send = "NOOP", expect = "250" }]\n'

    def setUp(self):
        super().setUp()
        self.write("scenarios/own.toml", self.GOOD)
        self.write("README", "not looked at")

    def test_the_hook(self):
        (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        self.assertFalse(hook["pass_filenames"])
        self.assertTrue(re.search(hook["files"], "scenarios/own.toml") and not re.search(hook["files"], "README"))
        words = shlex.split(hook["entry"]) + hook["args"]
        self.expect(done(*words, cwd=self.work, env=self.environment()), 0)
        self.write("scenarios/own.toml", self.GOOD.replace('"250"', '"25"'))
        self.assertNotEqual(done(*words, cwd=self.work, env=self.environment()).returncode, 0)

    @unittest.skipUnless(shutil.which("pre-commit"), "pre-commit is not installed")
    def test_pre_commit_itself(self):
        def run(*words):
            return done(*words, cwd=self.work, env=self.environment(PRE_COMMIT_HOME=str(self.folder / "cache")))

        self.expect(run("git", "init", "-q"), 0)
        self.expect(run("git", "add", "."), 0)
        self.expect(run("pre-commit", "try-repo", ROOT, "smtpspec-check", "--all-files"), 0, "Passed")
        self.write("scenarios/own.toml", self.GOOD.replace('"250"', '"25"'))
        self.expect(run("pre-commit", "try-repo", ROOT, "smtpspec-check", "--all-files"), 1, "Failed")


if __name__ == "__main__":
    unittest.main()
