"""Plays the suite on small odd servers, and says where it is not fair, quick and short about one.

Each server is the reference server with one oddity (odd_servers.py). What smtpspec may say of each stands in EXPECTED.
Exit codes: 0 all is as it should be, 1 something is not, 2 no such server."""
import argparse
import asyncio
import concurrent.futures
import contextlib
import dataclasses
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from smtpspec_ci import processes
from smtpspec_ci.odd_servers import SERVERS, serve
from smtpspec_ci.processes import BUILD, ROOT, SMTPSPEC
from smtpspec_ci.runner import close

SECONDS, LINES, OTHERS = 60, 200, 2  # a run takes less, prints fewer, and has no more rows in findings but the true one
PATIENCE = 300  # seconds until a run is ended


@dataclasses.dataclass(frozen=True)
class Expected:
    rows: tuple = ()  # globs of rows, one of which the first finding has; none: there is no finding
    decided: int = 1300  # so many rows at least have an outcome that says something of the server
    codes: tuple = (0,)
    options: tuple = ()


def finding(*rows, decided=1300):
    return Expected(rows, decided, (1,))


# A server that is odd, and within the RFCs, has no finding.
EXPECTED = {name: Expected() for name in SERVERS} | {
    # RFC 5321 section 4.5.1: NOOP and EHLO are among the commands that every server MUST support.
    "no-noop": finding("*noop*", "always/required-command"),
    "helo-only": finding("*ehlo*", "always/required-command", decided=10),
    # RFC 5321 section 4.1.1.1: ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-"), and ehlo-param is 1*(%d33-126).
    "auth-equals": finding("always/ehlo-keyword"),
    "auth-empty": finding("always/ehlo-keyword", "always/keyword-parameters"),
    "empty-keyword": finding("always/ehlo-keyword"),
    # RFC 5321 section 3.8: a server MUST NOT close the connection in response to commands that it does not understand.
    "closes-after-error": finding("survey/after-an-error", decided=1000),
    # RFC 5321 section 4.5.3.1.8: a hundred recipients, whoever the server is; section 4.5.3.1.7: 64 K octets.
    "fifty-recipients": finding("survey/recipients"),
    "fifty-thousand-octets": finding("survey/octets"),
    # RFC 5321 section 3.8: no session is closed but after QUIT, 421 or a timeout.
    "one-message": finding("survey/messages"),
    # At four sessions a second all of it takes eight minutes, as smtpspec says soon; here the pace is what matters.
    "four-a-second": Expected(decided=100, options=("--filter", "pipelining")),
    "login-first": Expected(decided=1000),
    "login-first-told-as-mx": Expected(decided=1000),
    "no-envelopes": Expected(decided=1200),
    # RFC 5321 section 4.2.1: the last line of a reply has a space after the code, all others a hyphen.
    "greeting-of-spaces": finding("*greeting*", "always/one-reply", decided=10),
    "greeting-without-end": finding("*greeting*", "always/one-code", "always/permitted-code", decided=10),
    "ehlo-of-spaces": finding("*ehlo*", "always/one-reply", decided=10),
    "ehlo-without-end": finding("*ehlo*", "always/permitted-code", decided=10),
}


def folder_of(name):
    return BUILD / "odd" / name


def start(name):
    """Starts the server; its process once it listens."""
    shutil.rmtree(folder_of(name), ignore_errors=True)
    folder_of(name).mkdir(parents=True)
    with (folder_of(name) / "server.log").open("w") as log:
        process = processes.start([sys.executable, "-B", "-m", "smtpspec_ci", "odd", "--serve", name], stdout=log,
                                  stderr=subprocess.STDOUT, env={"PYTHONPATH": str(Path(__file__).parents[1])})
    deadline = time.monotonic() + 20
    while not (folder_of(name) / "target.toml").is_file() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    return process


def complaints(name, code, seconds, lines, results):
    """What is wrong with a run."""
    expected = EXPECTED[name]
    findings = results["findings"]
    decided = sum(row["outcome"] in ("pass", "info", "warn", "fail", "crash") for row in results["scenarios"])
    true = [one for one in findings if any(fnmatch.fnmatch(row, glob) for row in one["scenarios"] for glob in expected.rows)]
    others = [row for one in findings if one not in true[:1] for row in one["scenarios"]]
    if code not in expected.codes:
        yield f"exit code {code}, not {' or '.join(map(str, expected.codes))}"
    if expected.rows and findings[:1] != true[:1]:
        yield "what is true is not the first finding" if true else "what is true was not found"
    if len(others) > OTHERS:
        yield f"{len(others)} rows in other findings: {' '.join(others[:3])} ..."
    if decided < expected.decided:
        yield f"{decided} rows decided, not {expected.decided}"
    if seconds >= SECONDS:
        yield "too slow"
    if lines >= LINES:
        yield "too long"


def play(smtpspec, name):
    """Plays the suite and prints a line; whether all is as it should be."""
    folder = folder_of(name)
    server = start(name)
    try:
        begun = time.monotonic()
        with (folder / "run.log").open("w") as log:
            command = [smtpspec, "run", folder / "target.toml", "--out", folder / "run", *EXPECTED[name].options]
            code = processes.run(command, seconds=PATIENCE, stdout=log, stderr=subprocess.STDOUT)
        seconds = time.monotonic() - begun
    finally:
        processes.end(server)
    lines = (folder / "run.log").read_bytes().count(b"\n")
    try:
        results = json.loads((folder / "run" / "results.json").read_text())
    except (OSError, ValueError):
        results = {"findings": [], "scenarios": []}
    wrong = list(complaints(name, code, seconds, lines, results))
    print(f"{'not ok' if wrong else 'ok':6} {name:22} exit {code:3} {seconds:6.1f} s {lines:5} lines  {'; '.join(wrong)}",
          flush=True)
    return not wrong


def main(arguments):
    there = " ".join(SERVERS)
    parser = argparse.ArgumentParser(prog="ci/odd/run", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"these alone; there are: {there}")
    parser.add_argument("--serve", action="store_true", help="start the server NAME, for an hour at most, and play nothing")
    parser.add_argument("--port", type=int, default=0, help="of a server that is started so; default: a free one")
    parser.add_argument("--sink", type=int, default=0, help="where smtpspec takes its mail; default: a free port")
    parser.add_argument("--side-by-side", type=int, default=2, help="how many at a time; default: 2")
    options = parser.parse_args(arguments)
    names = options.name or list(SERVERS)
    unknown = [name for name in names if name not in SERVERS]
    if unknown or options.serve and len(names) != 1:
        print(f"there is no server '{unknown[0]}'; there are: {there}" if unknown else "--serve takes one NAME")
        return 2
    smtpspec = os.environ.get("SMTPSPEC") or str(ROOT / SMTPSPEC)
    if options.serve:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(serve(smtpspec, names[0], folder_of(names[0]), options.port, options.sink))
        return 0
    with concurrent.futures.ThreadPoolExecutor(options.side_by_side) as pool:
        fine = list(pool.map(lambda name: play(smtpspec, name), names))
    return close(sum(fine), fine.count(False), 0, [name for name, is_fine in zip(names, fine) if not is_fine])
