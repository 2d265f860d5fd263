#!/usr/bin/env python3
"""Runs of smtpspec of whose calls of files and of the clock one fails, each in its turn, as SQLite and curl test their own:
none crashes or hangs, none is green where something was lost, none accuses a server that is right or passes one that is
wrong. Usage: failing_calls_test.py FAILING_SMTPSPEC SMTPSPEC [--thorough] [--one-in N] [--seed N] [--at-a-time N] [--only NAME]

FAILING_SMTPSPEC is built with failing_calls_test.cpp, which says how a call may fail.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hostile"))
import roads  # noqa: E402

ROWS = """
[[scenario]]
id = "noop"
title = "NOOP takes an argument"
each = [{ row = "row-{n}", n = { range = [1, 4], by = 1 } }]
steps = [ { send = "NOOP {n}", expect = "250" } ]
[[scenario]]
id = "message"
title = "a message comes as it was sent"
state = "data"
each = [{ row = "row-{n}", n = { range = [1, 3], by = 1 } }]
steps = [ { message = '{header}{n}\\r\\n.\\r\\n', expect = "250" } ]
delivered = { count = 1, body = '{n}\\r\\n.\\r\\n' }
[[scenario]]
id = "end-of-data"
title = "LF.LF does not end a message"
state = "data"
each = [{ row = "row-{n}", n = { range = [1, 3], by = 1 } }]
steps = [ { bytes = '{header}{n}\\n.\\n', expect = "silence" }, { bytes = 'end\\r\\n.\\r\\n', expect = ["250", "5yz"] } ]
delivered = { at-most = 1 }
[[scenario]]
id = "under-tls"
title = "NOOP takes an argument under TLS"
state = "tls"
each = [{ row = "row-{n}", n = { range = [1, 2], by = 1 } }]
steps = [ { send = "NOOP {n}", expect = "250" } ]
"""
ALL_ROWS = 12
FAULTS = ("noop-argument-refused", "keeps-stuffing", "lf-ends-data")  # with them no row is met
COMPLETE, FINDINGS, UNTESTABLE, UNTRUSTED, NOT_WRITTEN = 0, 1, 3, 5, 74
SANITIZER_WORDS = ("Sanitizer", "runtime error:")
SECONDS = 60


class Place:
    """Where runs take place one after the other: a folder, and where it is asked for a server and a road of its own."""

    def __init__(self, options, number, faults=(), road=None):
        self.folder = options.folder / f"{number}-{road}-{len(faults)}"
        self.folder.mkdir()
        self.failing, self.road, self.server = options.failing, road, None
        self.suite = self.folder / "suite.toml"
        self.suite.write_text(ROWS)
        self.out, self.told, self.target = self.folder / "out", self.folder / "told", None
        if road:
            self.serve(options.smtpspec, [word for fault in faults for word in ("--fault", fault)])

    def serve(self, smtpspec, faults):
        self.incoming = self.folder / "maildir"
        self.server = subprocess.Popen([smtpspec, "serve", "127.0.0.1:0", "--maildir", self.incoming, *faults],
                                       stdout=subprocess.PIPE, text=True)
        address = self.server.stdout.readline().split()[2]
        self.target = self.folder / "target.toml"
        self.target.write_text(f'name = "t"\naddress = "smtp://{address}"\n[mail]\ndomain = "example.test"\n'
                               f'accepts = ["alice@example.test"]\n[delivery]\n{self.road} = "{self.folder}/{self.road}"\n'
                               'wait = "1s"\nsettle = "100ms"\n')

    def close(self):
        if self.server:
            self.server.terminate()
            self.server.wait(SECONDS)
            self.server.stdout.close()

    @contextlib.contextmanager
    def mail(self):
        """An empty road, to which the server's mail comes while a run goes on."""
        if not self.road:
            yield
            return
        for path in self.incoming.rglob("*.*"):
            path.unlink()
        if self.road == "maildir":
            yield
            return
        (self.folder / "mbox").unlink(missing_ok=True)
        box, over = roads.Mbox(self.folder / "mbox"), threading.Event()

        def deliver():
            while not over.wait(0.02):
                for path in sorted((self.incoming / "new").glob("*")):
                    box.put(path.read_bytes())
                    path.unlink()
        agent = threading.Thread(target=deliver)
        agent.start()
        yield
        over.set()
        agent.join()

    def run(self, wish):
        shutil.rmtree(self.out, ignore_errors=True)
        self.told.unlink(missing_ok=True)
        words = [self.failing, "run", *([self.target] if self.target else []), "--suite", self.suite, "--out", self.out,
                 "--report", "junit", "--timeout", "1s", "--patience", "1s"]
        with self.mail():
            begun = time.monotonic()
            try:
                done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
                                      env={**os.environ, "SMTPSPEC_FAILS": wish, "SMTPSPEC_FAILS_TOLD": str(self.told)})
            except subprocess.TimeoutExpired:
                return None, "", SECONDS
        return done.returncode, done.stderr, time.monotonic() - begun

    def calls(self):
        """How many there were, and the name of the first that failed."""
        number, name = self.told.read_text().split() if self.told.exists() else (0, "?")
        return int(number), name


def rows_of(results):
    return [row for row in results["scenarios"] if not row["id"].startswith(("survey/", "always/"))]


def what_is_lost(out, complete):
    """Of a run that says that all was written."""
    results = json.loads((out / "results.json").read_text())
    if complete and not results["complete"]:
        yield "results.json says that the run is not complete"
    if len(rows_of(results)) != ALL_ROWS:
        yield f"{len(rows_of(results))} rows in results.json"
    cases = len(list(xml.etree.ElementTree.parse(out / "junit.xml").iter("testcase")))
    if cases < ALL_ROWS:
        yield f"{cases} cases in junit.xml"
    for row in rows_of(results):
        path = out / row["transcript"]
        if not row["transcript"] or not path.is_file():
            yield f"{row['id']} has no transcript"
        elif not path.read_text().endswith("\n"):
            yield f"{path} is cut"
    for path in out.rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            json.loads(line)


def problems_of(place, faulty, code, err):
    codes = {NOT_WRITTEN, UNTESTABLE, UNTRUSTED, FINDINGS if faulty else COMPLETE}
    if code is None:
        yield f"did not end in {SECONDS} s"
    elif code not in codes:
        yield f"exit code {code}"
    if any(word in err for word in SANITIZER_WORDS):
        yield "a sanitizer's report"
    if code == NOT_WRITTEN and not re.search("could not be written|cannot be written|cannot write", err):
        yield "does not say what could not be written"
    if code in (COMPLETE, FINDINGS):
        yield from what_is_lost(place.out, code == COMPLETE)
        # A file system over a network tells of what it lost when the file is closed.
        if place.calls()[1] == "close" and "cannot be written" not in err:
            yield "a file could not be closed, and nobody was told"
    with contextlib.suppress(FileNotFoundError):
        results = json.loads((place.out / "results.json").read_text())
        wrong = [row["id"] for row in rows_of(results) if row["outcome"] in (("pass",) if faulty else ("fail", "crash", "warn"))]
        wrong += [row["id"] for row in results["scenarios"] if not faulty and row["outcome"] in ("fail", "crash", "warn")]
        if wrong:
            yield f"wrong outcomes: {', '.join(wrong)}"


# Name, how calls fail, road (none: the embedded server, that relays to the sink), faulty, and one in how many of the calls
# fails: for a change to wait for, and where it is to be thorough.
Kind = collections.namedtuple("Kind", "name how road faulty one_in thorough")
KINDS = [
    Kind("written-once", "once", None, False, 6, 1),
    Kind("written-full", "full", None, False, 10, 1),
    Kind("written-part", "part", None, False, 4, 1),
    Kind("maildir-once", "once", "maildir", False, 80, 1),
    Kind("maildir-once-faulty", "once", "maildir", True, 80, 1),
    Kind("mbox-once", "once", "mbox", False, 60, 1),
    Kind("mbox-once-faulty", "once", "mbox", True, 60, 1),
    Kind("maildir-part", "part", "maildir", False, 20, 1),
    Kind("mbox-part-faulty", "part", "mbox", True, 12, 1),
    Kind("clock-jumps", "jumps", "maildir", False, 800, 100),
    Kind("clock-jumps-faulty", "jumps", "maildir", True, 800, 100),
    Kind("clock-stands", "stands", "maildir", False, 1600, 100),
    Kind("clock-stands-faulty", "stands", "maildir", True, 1600, 100),
]


class Runs:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.bad, self.made = 0, 0
        self.places, self.free = [], collections.defaultdict(list)

    @contextlib.contextmanager
    def place(self, kind):
        """One that no other run is in."""
        alike = (kind.road, kind.faulty)
        with self.lock:
            one = self.free[alike].pop() if self.free[alike] else None
            if one is None:
                one = Place(self.options, len(self.places), FAULTS if kind.faulty else (), kind.road)
                self.places.append(one)
        yield one
        with self.lock:
            self.free[alike].append(one)

    def one(self, kind, number):
        """A run whose call of that number fails; 0: none does."""
        with self.place(kind) as place:
            code, err, seconds = place.run(f"{kind.how} {number}")
            calls, name = place.calls()
            problems = list(problems_of(place, kind.faulty, code, err))
            if number == 0 and (code != (FINDINGS if kind.faulty else COMPLETE) or calls < ALL_ROWS):
                problems.append(f"no call fails, and it ends by {code} after {calls} calls")
            with self.lock:
                self.made += 1
                self.bad += bool(problems)
                if problems:
                    print(f"{kind.name} {number} of {calls} ({name}): ends by {code} in {seconds:.1f} s: "
                          f"{'; '.join(problems)}\n{err[-2000:]}", flush=True)
                if problems and self.options.keep and place.out.exists():
                    shutil.copytree(place.out, self.options.keep / f"{kind.name}-{number}", dirs_exist_ok=True)
            return code, calls, seconds

    def numbers(self, kind, calls):
        """Drawn by lot: what a run does to each file comes round in a rhythm."""
        one_in = self.options.one_in or (kind.thorough if self.options.thorough else kind.one_in)
        return sorted(random.Random(self.options.seed).sample(range(1, calls + 1), max(calls // one_in, 1)))

    def all(self, kinds):
        with concurrent.futures.ThreadPoolExecutor(self.options.at_a_time) as pool:
            calls = dict(pool.map(lambda kind: (kind, self.one(kind, 0)[1]), kinds))
            if self.bad:
                return
            done = {kind: [pool.submit(self.one, kind, number) for number in self.numbers(kind, calls[kind])] for kind in kinds}
            for kind, runs in done.items():
                ends = [run.result() for run in runs]
                codes = collections.Counter(str(code) for code, _, _ in ends)
                ended = ", ".join(f"{times} by {code}" for code, times in sorted(codes.items()))
                print(f"{kind.name}: {len(ends)} of {calls[kind]} calls failed, each in a run; ended {ended}; at most "
                      f"{max(seconds for _, _, seconds in ends):.1f} s", flush=True)

    def close(self):
        for place in self.places:
            place.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("failing", type=os.path.abspath)
    parser.add_argument("smtpspec", type=os.path.abspath)
    parser.add_argument("--thorough", action="store_true", help="each call of files fails, and many of the clock do")
    parser.add_argument("--one-in", type=int, help="of so many calls one fails; 1: each in its turn")
    parser.add_argument("--seed", type=int, default=1, help="draws the calls that fail")
    parser.add_argument("--at-a-time", type=int, default=12)
    parser.add_argument("--only", help="kinds whose names begin so")
    parser.add_argument("--keep", type=pathlib.Path, help="the folders of runs with problems are kept here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options.folder = pathlib.Path(folder)
        runs = Runs(options)
        try:
            runs.all([kind for kind in KINDS if kind.name.startswith(options.only or "")])
        finally:
            runs.close()
    print(f"failing_calls: {runs.made} runs, {runs.bad} problems")
    return 1 if runs.bad else 0


if __name__ == "__main__":
    sys.exit(main())
