"""Campaigns on the real servers that are built from their sources, a minute each: the builds are made, take mail, and show what
they were built for. What is found is told and no failure: it is the server's, and the next minute may find something else."""
import re
import shutil

from smtpspec_ci import servers
from smtpspec_ci.processes import BUILD
from smtpspec_ci.runner import Failed, Skipped

SECONDS = 60
FEWEST = 1000  # sessions and, where they are shown, edges
FOLDER = BUILD / "instrumented"


def campaign(work, name, build):
    """What is wrong with it."""
    here = FOLDER / f"{name}-{build}"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    with (here / "log").open("w+") as log:
        code = work.into(log).code("ci/campaign", name, "--build", build, "--time", f"{SECONDS}s", "--out", here / "out")
        log.seek(0)
        said = log.read()
    told = {what: int(number) for number, what in re.findall(r"(\d+) (sessions|edges)\b", said)}  # of the last line of each
    work.say(f"{name}, {build}: exit code {code}, {told.get('sessions', 0)} sessions, {told.get('edges', 0)} edges",
             *re.findall(r"^(?:FOUND|warning) .*", said, re.M))
    if code not in (0, 1):
        return [f"{name}, {build}: exit code {code}; see {here}/log", *said.splitlines()[-20:]]
    few = [what for what in ("sessions", *(["edges"] if build == "edges" else [])) if told.get(what, 0) < FEWEST]
    return [f"{name}, {build}: fewer than {FEWEST} {what}; see {here}/log" for what in few]


def check(work):
    if not servers.can_be_root():
        work.say("real servers need apt, and root or sudo without a password")
        raise Skipped
    wrong = []
    for name in sorted(file.parent.name for file in servers.TARGETS.glob("*/compile")):
        wrong += campaign(work, name, "edges") + campaign(work, name, "asan")
    work.say(*wrong)
    if wrong:
        raise Failed(f"{len(wrong)} things are wrong with the builds from source")
