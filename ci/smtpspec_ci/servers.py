"""Plays the whole suite on real servers, side by side, and holds what is found against the baseline of each.

Installs what is missing and builds first, unless SMTPSPEC names a binary; SMTPSPEC_REPEAT=2 plays all of it twice.
Exit codes: 0 every finding is as expected, 1 something else, 2 no such target, 77 no apt or no root: skipped."""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import time
import tomllib

from smtpspec_ci import baselines, processes
from smtpspec_ci.processes import BUILD, ROOT
from smtpspec_ci.runner import SKIPPED, close

TARGETS = ROOT / "ci" / "targets"
LIMIT = 600  # seconds that a run may take
SIDE_BY_SIDE = 4  # runs
ONLY_OUT_OF_DATE = 6  # smtpspec run: a baseline expects more than was found
TOO_SLOW, REPORTS_DO_NOT_FIT = 98, 99
OUTCOMES = ("pass", "info", "warn", "fail", "crash", "blocked", "inconclusive", "unsupported", "skipped", "error")


def as_root(*command):
    return [*command] if os.getuid() == 0 else ["sudo", "-n", *command]


def can_be_root():
    return bool(shutil.which("apt-get")) and (os.getuid() == 0 or bool(shutil.which("sudo")) and
                                              processes.run(as_root("true"), stderr=subprocess.DEVNULL) == 0)


def targets():
    """Their names."""
    return sorted(file.parent.name for file in TARGETS.glob("*/target.toml"))


def are_there(names):
    """Whether each is a target's; says so where one is not."""
    unknown = [name for name in names if name not in targets()]
    if unknown:
        print(f"there is no target '{unknown[0]}'; there are: {' '.join(targets())}")
    return not unknown


def out_of(name):
    return BUILD / f"run-{name}"


def log_of(name):
    return BUILD / f"run-{name}.log"


def settings_of(name):
    """Of its ci.toml: `baseline`, of which not all need be found, such as another target's; `seconds` that a run may take."""
    file = TARGETS / name / "ci.toml"
    return tomllib.loads(file.read_text()) if file.is_file() else {}


def play(smtpspec, name):
    """The run's exit code, or another if its reports do not fit their schemas; and how long it took."""
    target, out = (TARGETS / name).relative_to(ROOT), out_of(name).relative_to(ROOT)
    said = settings_of(name)
    baseline = TARGETS / name / said.get("baseline", "expected.toml")
    options = ["--baseline", baseline.resolve().relative_to(ROOT)] if baseline.is_file() else []
    shutil.rmtree(out_of(name), ignore_errors=True)
    begun = time.monotonic()
    with log_of(name).open("w") as log:
        code = processes.run([smtpspec, "run", target / "target.toml", *options, "--suite", "scenarios", "--out", out,
                              "--report", "junit"], seconds=LIMIT, stdout=log, stderr=log)
        seconds = time.monotonic() - begun
        fit = processes.run(["ci/check_reports", out], stdout=log, stderr=log) == 0
    if code == ONLY_OUT_OF_DATE and "baseline" in said:
        code = 0
    if code == 0 and seconds > said.get("seconds", LIMIT):
        code = TOO_SLOW
    return (code if fit else REPORTS_DO_NOT_FIT), seconds


def row(name, seconds, code, cells):
    print(f"{name:30}" + "".join(f"{cells[one]:>{max(len(one), 4) + 2}}" for one in OUTCOMES) + f"{seconds:>6}{code:>6}",
          flush=True)


def table(runs):
    print()
    row("server", "s", "exit", dict(zip(OUTCOMES, OUTCOMES)))
    for name, (code, seconds) in runs.items():
        try:
            summary = json.loads((out_of(name) / "results.json").read_text())["summary"]
        except (OSError, ValueError, KeyError):
            summary = {}
        row(name, round(seconds), code, {one: summary.get(one, "?") for one in OUTCOMES})


class Servers:
    """Those that were started, and are stopped whatever happens."""

    def __init__(self):
        self.names = []

    def start(self, name):
        self.names.append(name)
        return processes.run(as_root(f"ci/targets/{name}/start")) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.names:
            # Not by `processes`, which may be ending.
            if subprocess.run(as_root(f"ci/targets/{name}/stop"), cwd=ROOT, stdin=subprocess.DEVNULL,
                              start_new_session=True, check=False).returncode != 0:
                print(f"could not stop {name}", flush=True)


def play_all(smtpspec, names):
    """Starts the servers, plays and stops them; the runs by name, None for a server that does not start. One start after
    the other, as each may ask apt; some runs are side by side, as they wait more than they work, but none beside one
    that has its `seconds`."""
    with Servers() as servers:
        runs = {name: None for name in names}
        running = [name for name in names if servers.start(name)]
        timed = [name for name in running if "seconds" in settings_of(name)]
        others = [name for name in running if name not in timed]
        for group, at_a_time in ((others, SIDE_BY_SIDE), (timed, 1)):
            with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
                runs.update(zip(group, pool.map(lambda name: play(smtpspec, name), group)))
    return runs


def main(arguments):
    there = targets()
    parser = argparse.ArgumentParser(prog="ci/servers", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"these alone; there are: {' '.join(there)}")
    parser.add_argument("--renew", action="store_true", help="then write their baselines anew, reasons kept")
    options = parser.parse_args(arguments)
    names = options.name or there
    if not are_there(names):
        return 2
    if not can_be_root():
        print("servers: skipped; real servers need apt, and root or sudo without a password")
        return SKIPPED
    smtpspec = processes.smtpspec()
    passed, broken = 0, []
    for _ in range(int(os.environ.get("SMTPSPEC_REPEAT") or 1)):
        runs = play_all(smtpspec, names)
        table({name: run for name, run in runs.items() if run})
        passed += sum(run is not None and run[0] == 0 for run in runs.values())
        for name, run in runs.items():
            if run is None:
                broken.append(f"{name} does not start")
            elif run[0] != 0:
                broken.append(f"{name}, exit code {run[0]}; see {log_of(name).relative_to(ROOT)}")
                print("", f"== {name}", *log_of(name).read_text(errors="replace").splitlines()[-60:], sep="\n")
    if options.renew:
        for name in (name for name in names if settings_of(name).get("baseline", "expected.toml") == "expected.toml"):
            unread = baselines.renew(TARGETS / name / "expected.toml", out_of(name) / "results.json")
            print(f"{name}: baseline written", *(f"  without a reason: {pattern}" for pattern in unread), sep="\n")
    return close(passed, len(broken), 0, broken)
