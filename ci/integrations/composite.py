"""Does the steps of a composite action of GitHub as its runner does: with the files for outputs, paths and summaries, in
the shell that it starts, and with the expressions that action.yml uses."""
import dataclasses
import os
import re
import subprocess
from pathlib import Path

import yaml

EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


@dataclasses.dataclass
class Job:
    """What a use of the action came to."""
    code: int = 0  # that of the first step that failed
    outputs: dict = dataclasses.field(default_factory=dict)
    log: str = ""
    summary: str = ""
    done: list = dataclasses.field(default_factory=list)  # names of steps

    @property
    def annotations(self):
        return [line for line in self.log.splitlines() if re.match(r"::(error|warning|notice) ", line)]


class Composite:
    def __init__(self, action, workspace, temporary, environment=None):
        """`action`: the folder of action.yml; `temporary`: an empty folder; `environment`: more of it, or other than ours."""
        self.folder, self.workspace, self.temporary = Path(action), Path(workspace), Path(temporary)
        self.environment = {**os.environ, **(environment or {})}
        self.action = yaml.safe_load((self.folder / "action.yml").read_text())

    def use(self, **inputs):
        """As `uses:` with these in `with:`; of the names of inputs "-" is "_"."""
        known = self.action["inputs"]
        given = {name.replace("_", "-"): str(text) for name, text in inputs.items()}
        if given.keys() - known.keys():
            raise AssertionError(f"the action has no input {given.keys() - known.keys()}")
        names = {f"inputs.{name}": given.get(name, one.get("default", "")) for name, one in known.items()}
        job = Job()
        for step in self.action["runs"]["steps"]:
            if self.is_due(step.get("if", "success()"), names, job):
                self.do(step, names, job)
        job.outputs = {name: self.value(one["value"], names) for name, one in self.action["outputs"].items()}
        return job

    @staticmethod
    def value(text, names):
        return EXPRESSION.sub(lambda found: names.get(found[1], ""), str(text))

    @staticmethod
    def is_due(condition, names, job):
        def holds(part):
            if part in ("always()", "success()"):
                return part == "always()" or job.code == 0
            name = re.fullmatch(r"([\w.-]+) != ''", part)
            return names.get(name[1], "") != ""
        return all(holds(part) for part in condition.split(" && "))

    def do(self, step, names, job):
        files = {name: self.temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        script = self.temporary / "script.sh"
        script.write_text(self.value(step["run"], names))
        environment = {**self.environment, **{name: str(file) for name, file in files.items()},
                       "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(self.folder), "GITHUB_WORKSPACE": str(self.workspace),
                       "RUNNER_TEMP": str(self.temporary),
                       **{name: self.value(text, names) for name, text in step.get("env", {}).items()}}
        ended = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script], cwd=self.workspace,
                               env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", timeout=300, check=False)
        job.done.append(step["name"])
        job.log += ended.stdout
        job.code = job.code or ended.returncode
        job.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            name, _, text = line.partition("=")
            names[f"steps.{step['id']}.outputs.{name}"] = text
        for line in files["GITHUB_PATH"].read_text().splitlines():
            self.environment["PATH"] = f"{line}:{self.environment['PATH']}"
