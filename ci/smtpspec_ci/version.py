"""What `smtpspec --version` says, and the commit that it is to tell."""
import functools
import os
import re
import subprocess

from smtpspec_ci.processes import ROOT

# A build that knows no commit tells none.
SAID = re.compile(r"smtpspec (?P<version>\d+\.\d+\.\d+)(?: \(commit (?P<commit>[0-9a-f]{7,})\))?, "
                  r"suite of (?P<scenarios>\d{4,}) scenarios, fingerprint [0-9a-f]{16}\n")


@functools.cache
def commit():
    """Of this checkout, as cmake/commit.cmake has it: empty where it is none of its own, or there is no git. It is asked for once,
    for somebody may commit while what was built is looked at."""
    try:
        done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short=7", "HEAD"], capture_output=True, text=True, check=False,
                              env={**os.environ, "GIT_CEILING_DIRECTORIES": str(ROOT.parent)})
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def said_by(program):
    return subprocess.run([program, "--version"], cwd="/", capture_output=True, text=True, check=False).stdout


def tells_build(said, of_commit):
    """Whether it begins by a version, this commit, and as many scenarios as `list | wc -l` counts after it."""
    found = SAID.match(said)
    return bool(found) and (found["commit"] or "") == of_commit and said[found.end():].startswith(f"{found['scenarios']}\n")
