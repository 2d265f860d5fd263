"""A campaign on a real server of ci/targets/, grey box where its source can be built so that it shows its edges.

What is found is in build/campaign-NAME/, or where --out says; started again, the campaign goes on. Exit codes: those of smtpspec fuzz."""
import argparse
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

from smtpspec_ci import processes
from smtpspec_ci.processes import BUILD, ROOT
from smtpspec_ci.servers import TARGETS, as_root, can_be_root, targets

PACKAGED = "packaged"
BUILDS = {
    "edges": "built from Debian's source by AFL++'s compiler: its edges guide the campaign",
    "asan": "built from Debian's source with AddressSanitizer",
    PACKAGED: "Debian's own package: a black box",
}


def stop_all(name):
    """Each build of it has the same port."""
    for build in BUILDS:
        subprocess.run(as_root("env", f"SMTPSPEC_BUILD={'' if build == PACKAGED else build}", TARGETS / name / "stop"),
                       cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


@contextlib.contextmanager
def reports(build):
    """What a server is to be told of where AddressSanitizer's reports go, so that smtpspec finds them there. Whoever the process
    is by then, it may write into that folder."""
    if build != "asan":
        yield []
        return
    with tempfile.TemporaryDirectory(prefix="smtpspec-reports-") as folder:
        os.chmod(folder, 0o1777)
        yield [f"ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:log_path={folder}/asan"]


def main(arguments):
    there = targets()
    builds = "\n".join(f"  {build:9} {what}" for build, what in BUILDS.items())
    parser = argparse.ArgumentParser(prog="ci/campaign", description=f"{__doc__}\n\nBuilds:\n{builds}",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", choices=there, help=f"one of: {' '.join(there)}")
    parser.add_argument("--build", choices=BUILDS, help="default: edges where there is such a build, else packaged")
    parser.add_argument("--time", default="5m", help="how long: 30s, 5m, 1h (default: 5m)")
    parser.add_argument("--jobs", default="2", help="workers (default: 2)")
    parser.add_argument("--out", type=pathlib.Path, help="its folder (default: build/campaign-NAME)")
    options, more = parser.parse_known_args(arguments)
    can_be_built = (TARGETS / options.name / "compile").is_file()
    build = options.build or ("edges" if can_be_built else PACKAGED)
    if build != PACKAGED and not can_be_built:
        print(f"ci/campaign: {options.name} is not built from its source; take --build {PACKAGED}", file=sys.stderr)
        return 2
    if not can_be_root():
        print("ci/campaign: real servers need apt, and root or sudo without a password", file=sys.stderr)
        return 2
    smtpspec = processes.smtpspec()
    known = TARGETS / options.name / "campaign.toml"
    out = options.out or BUILD / (f"campaign-{options.name}" + ("" if build == PACKAGED else f"-{build}"))
    stop_all(options.name)
    try:
        with reports(build) as told:
            return subprocess.run(
                as_root("env", f"SMTPSPEC_BUILD={'' if build == PACKAGED else build}", *told, smtpspec, "fuzz",
                        TARGETS / options.name / "target.toml", "--time", options.time, "--jobs", options.jobs, "--out", out,
                        *(["--baseline", known] if known.is_file() else []), *more), cwd=ROOT, check=False).returncode
    finally:
        stop_all(options.name)
