"""Plays the suite on servers that try to hurt it, and attacks the sink and the other roads of a run on a correct server.

Usage: ci/hostile [--depth DEPTH] [--sanitized] [--at-a-time N] [--keep DIR] SMTPSPEC HOSTILE [NAME...]
  SMTPSPEC, HOSTILE   the executables of one build (HOSTILE is harness/hostile/hostile below the build folder)
  --depth             how much of the suite is played on each behaviour: whole (the default), much or some
                      (PARTS); of servers that end their sessions at another moment in turn it is more
  --sanitized         SMTPSPEC is built with sanitizers: memory and time are given more room
  NAME                only these behaviours (`HOSTILE list` and `roads.py list` show them); each run is told of then

Each behaviour of a server is played twice: hostile from the first connection on (where it concerns TLS: of a server
that speaks TLS from the first octet), and after a probe and a canary that saw a correct server. Of each run it is
held: it ends in time, by the exit code that `expected_codes` says, in at most 200 MiB, with reports that keep to
their schemas, and without a word of a sanitizer. An attack on the sink must leave every verdict as it is without the
attack, or make it inconclusive or blocked for a cause that the result states. So must one on a road, but where it
changes the mail of the server itself: then that is found.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import one_run as run  # beside this script
import road_run
import roads
from smtpspec_ci import processes
from smtpspec_ci.processes import CORES, ROOT

# Of how many parts of the suite one is played on each behaviour, another for each, by depth and kind of behaviour.
PARTS = {
    "whole": {"any": 1, "flood": 1, "other": 1, "end": 1, "peer": 1, "road": 1},
    "much": {"any": 1, "flood": 12, "other": 8, "end": 24, "peer": 8, "road": 24},
    "some": {"any": 1, "flood": 48, "other": 32, "end": 96, "peer": 32, "road": 32},
}
TLS_POINTS = ("handshake", "under-tls")
# Probe and canary pass these points on their way, so that a run on a server that is hostile there cannot go on at all.
CANARY_POINTS = ("greeting", "ehlo", "mail", "rcpt", "data", "message", "end", "every", "any")
AS_EXPECTED, FINDINGS, UNTESTABLE, INCOMPLETE = run.CONTRACT
# Where the point does not tell: the exit codes on a server that is hostile at once, and later.
OTHER_CODES = {
    "octetwise": (AS_EXPECTED, AS_EXPECTED),  # slow, and right
    "code-421": (UNTESTABLE, INCOMPLETE),  # a server may be closing at any time: nothing is found
    "flood-handshake": (AS_EXPECTED, FINDINGS),  # garbage is no TLS
    "plain-handshake": (FINDINGS, FINDINGS),
    "half-hello": (FINDINGS, FINDINGS),
    "bare-line-feeds": (FINDINGS, FINDINGS),
    "many-keywords": (FINDINGS, FINDINGS),
    "long-keyword": (FINDINGS, FINDINGS),
}


def expected_codes(name, point, before):
    """What a run on this behaviour must end with: where the first connection is as hostile as the others, and where
    probe and canary saw a correct server."""
    if name in OTHER_CODES:
        return OTHER_CODES[name]
    if point == "handshake":  # one that fails is held against nobody: it may be for want of a version or a cipher
        return AS_EXPECTED, AS_EXPECTED
    passed_by = point in CANARY_POINTS and not (point == "end" and before == "all")
    return UNTESTABLE if passed_by else FINDINGS, FINDINGS


def ways(depth, row):
    """The ways to play a behaviour of a server."""
    if depth == "some" and row.kind == "end":
        return (run.LATER,)
    if row.tls:
        return run.LATER, run.SMTPS
    # Where probe and canary pass by the point, a run that is hostile at once is no other run.
    return (run.LATER, run.AT_ONCE) if row.at_once == UNTESTABLE else (run.LATER,)


def rows_of(options):
    """The behaviours that were asked for: servers and peers."""
    servers, peers = [], []
    listed = subprocess.run([options.hostile, "list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in listed.splitlines():
        kind, name, point, before, _ = line.split("\t")
        if options.names and name not in options.names:
            continue
        parts = PARTS[options.depth][kind]
        rows = peers if kind == "peer" else servers
        shard = f"{len(rows) % parts + 1}/{parts}"
        if kind == "peer":
            peers.append(run.Peer(name, shard))
        else:
            servers.append(run.Server(name, kind, *expected_codes(name, point, before), point in TLS_POINTS, shard))
    return servers, peers


def roads_of(options):
    """The behaviours of delivery agents that were asked for."""
    shard = f"1/{PARTS[options.depth]['road']}"
    return [road_run.Row(name, *row, shard) for name, row in roads.ROADS.items()
            if not options.names or name in options.names]


class Runs:
    """The runs so far, and the folder that each of them has below `root`."""

    def __init__(self, root, kept, told):
        self.root, self.kept, self.told = root, kept, told  # told: each run is told of, not only those with problems
        self.done, self.folders, self.begun = [], 0, time.monotonic()

    def play(self, at_a_time, plays):
        """Each of the plays, side by side, with a folder of its own; tells how it ended. One with problems that a machine
        may have which has too much to do is played once more, alone, and that one counts."""
        with concurrent.futures.ThreadPoolExecutor(at_a_time) as pool:
            futures = {}
            for play_it in plays:
                folder = self.new_folder()
                futures[pool.submit(play_it, folder)] = play_it, folder
            again = []
            for future in concurrent.futures.as_completed(futures):
                case, (play_it, folder) = future.result(), futures[future]
                if not case.may_be_load():
                    self.finish(case, folder)
                    continue
                print(f"{case.line()}\n    its files: {folder}; it is played once more, alone", flush=True)
                again.append(play_it)
        for play_it in again:
            folder = self.new_folder()
            self.finish(play_it(folder), folder)

    def new_folder(self):
        self.folders += 1
        folder = self.root / f"{self.folders:04}"
        folder.mkdir(parents=True)
        return folder

    def finish(self, case, folder):
        self.done.append(case)
        if case.problems or self.told:
            print(case.line() + (f"\n    its files: {folder}" if case.problems else ""), flush=True)
        if not case.problems and not self.kept:
            shutil.rmtree(folder)

    def end(self):
        """Says what they came to; the exit code."""
        bad = sum(bool(case.problems) for case in self.done)
        if not self.kept and bad == 0:
            shutil.rmtree(self.root, ignore_errors=True)
        largest = max(self.done, key=lambda case: case.mib, default=None)
        slowest = max(self.done, key=lambda case: case.seconds, default=None)
        if largest:
            print(f"hostile: {len(self.done)} runs, {bad} with problems; at most {largest.mib:.0f} MiB ({largest.name}) and "
                  f"{slowest.seconds:.1f} s a run ({slowest.name}), {time.monotonic() - self.begun:.0f} s together")
        return 1 if bad or not self.done else 0


def attack_the_sink(options, runs, peers, at_a_time):
    """A run without an attack, whose verdicts are the measure, and one beside each peer."""
    measure = {}

    def calmly(folder):
        case, verdicts = run.against_sink(options, run.Peer(None, run.WHOLE), None, folder)
        measure.update(verdicts or {})
        undecided = sum(one.outcome in run.UNDECIDED for one in measure.values())
        if undecided > 10:
            case.problems.append(f"{undecided} rows were not decided without an attack: there is nothing to compare with")
        return case

    runs.play(1, [calmly])
    if measure:
        runs.play(at_a_time, [lambda folder, peer=peer: run.against_sink(options, peer, measure, folder)[0]
                              for peer in peers])


def attack_the_roads(options, runs, rows, at_a_time):
    """Of each kind of road that is asked for a run without an attack, whose verdicts are the measure, then the others."""
    measures = {kind: {} for kind in {row.kind for row in rows}}

    def calmly(kind, folder):
        case, verdicts = road_run.against_road(options, road_run.calm(kind, rows[0].shard), None, folder)
        measures[kind].update(verdicts or {})
        return case

    runs.play(at_a_time, [lambda folder, kind=kind: calmly(kind, folder) for kind in measures])
    runs.play(at_a_time, [lambda folder, row=row: road_run.against_road(options, row, measures[row.kind], folder)[0]
                          for row in rows if measures[row.kind]])


def absolute(path):
    return pathlib.Path(path).resolve()


def options_of():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smtpspec", type=absolute)
    parser.add_argument("hostile", type=absolute)
    parser.add_argument("names", metavar="NAME", nargs="*")
    parser.add_argument("--depth", choices=PARTS, default="whole")
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--at-a-time", type=int, default=6 * CORES)
    parser.add_argument("--keep", type=absolute)
    options = parser.parse_intermixed_args()
    options.memory = run.MEMORY_SANITIZED if options.sanitized else run.MEMORY
    options.seconds = run.SECONDS_SANITIZED if options.sanitized else run.SECONDS
    options.cpu = road_run.CPU_SANITIZED if options.sanitized else road_run.CPU
    options.timeout = 500 if options.sanitized else 200  # ms
    options.patience = 30 if options.sanitized else 5  # s, with an attacked sink that must be found correct
    options.disk = 400  # MiB a run's folder may hold
    return options


def main():
    options = options_of()
    servers, peers = rows_of(options)
    root = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="smtpspec-hostile-"))
    shutil.rmtree(root, ignore_errors=True)
    # A copy, so that nobody's editing comes between the runs.
    options.suite = root / "scenarios"
    shutil.copytree(ROOT / "scenarios", options.suite)
    checked = subprocess.run([options.smtpspec, "check", options.suite], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, check=False)
    if checked.returncode != 0:
        print(f"hostile: the suite is not valid, so nothing can be played; `{options.smtpspec} check` says why")
        return 2
    # Forked while this process is small: what a child of it has at its start counts as the child's memory.
    options.checkers = concurrent.futures.ProcessPoolExecutor(CORES)
    options.checkers.submit(int).result()
    runs = Runs(root, options.keep is not None, bool(options.names))
    runs.play(options.at_a_time, [lambda folder, row=row, way=way: run.against_server(options, row, way, folder)
                                  for row in servers for way in ways(options.depth, row)])
    if peers:
        attack_the_sink(options, runs, peers, max(1, options.at_a_time // 3))
    if agents := roads_of(options):
        attack_the_roads(options, runs, agents, 2 * options.at_a_time)  # they wait for most of their time
    options.checkers.shutdown()
    return runs.end()


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # it was for this program, not for what it starts
    processes.exit_on_signals()
    try:
        sys.exit(main())
    finally:
        processes.end_all()
