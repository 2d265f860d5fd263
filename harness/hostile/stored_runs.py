#!/usr/bin/env python3
"""Tampers with the folder of a run, again and again, and lets smtpspec judge, show, report, compare and merge what became of it.

Usage: harness/hostile/stored_runs.py [--times N] [--seed N] [--sanitized] [--keep DIR] SMTPSPEC
  --sanitized   SMTPSPEC is built with sanitizers: memory and time are given more room
  --keep        the folders that showed something wrong are kept there

Of each it is held: they end in time, in at most 200 MiB, by an exit code of theirs, in valid UTF-8 without a
control character, without a word of a file outside the folder, and without one of a sanitizer. What is wrong is told
with the seed, which shows it again by --times 1.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

MEMORY, MEMORY_SANITIZED = 200, 2000  # MiB
SECONDS, SECONDS_SANITIZED = 30, 120
SANITIZER_WORDS = (b"Sanitizer", b"runtime error:")
# What becomes of reading a file that was tampered with before.
TAMPERED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
CODES = {"judge": (0, 1, 2, 4, 5), "show": (0, 2), "report": (0, 2), "diff": (0, 1, 2, 4, 5, 6), "merge": (0, 1, 2, 5, 6)}
# Whose lines end in LF.
EVERY_FORMAT = [word for name in ("junit", "sarif", "tap", "markdown", "badge") for word in ("--report", f"{name}=-")]
LOOT = "loot-of-somebody-else"
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
NASTY = ["\x1b[31mred", "\x1b]0;owned\x07", "\u202eesrever", "a\r\nb", "\x00", "\ufeff", "::error::x", "##[error]x",
         "/etc/passwd", "../" * 9 + "etc/passwd", "x" * 100_000, "\\q", "\\x", "\\", "%s%n", "{}", "9" * 400, "", "noop",
         "transcripts/", "\\n" * 20_000]
VALUES = [None, True, -1, 0, 2**63, 2**64, 1e308, -0.5, [], {}, [[]], [{}], {"times": 2**40, "octets": "x"},
          [{"times": 2**24, "octets": "\\r\\n"}], ["x"] * 5000, [0] * 300_000]
OCTETS = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x1b[2J", b"\x00", b'"', b"\\", b"[" * 200_000, b"{" * 2000, b"\n",
          b"\n\n", b"1e999999"]


def nodes(value, path=()):
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from nodes(below, (*path, key))


class Tamperer:
    """What can be done to a folder; each changes one thing."""

    def __init__(self, folder, outside, seed):
        self.folder, self.outside, self.random = folder, outside, random.Random(seed)
        self.did = []

    def tamper(self):
        acts = {self.octets: 2, self.value: 3, self.lines: 2, self.rows: 1, self.file: 1, self.folders: 1}
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 6))):
            act, = self.random.choices(list(acts), list(acts.values()))
            self.did.append(act.__name__)
            act()

    def files(self):
        """Those that can be read."""
        return [file for file in sorted(self.folder.rglob("*.json*"))
                if file.is_file() and not file.is_symlink() and file.stat().st_size < 10 << 20]

    def some_file(self):
        files = self.files()
        results = [file for file in files if file.name == "results.json"]
        return self.random.choice(results if results and self.random.random() < 0.3 else files) if files else None

    def octets(self):
        """Somewhere in a file, wherever that is."""
        file = self.some_file()
        if file is None:
            return
        text = file.read_bytes()
        begin, end = sorted(self.random.randrange(len(text) + 1) for _ in range(2))
        end = min(end, begin + self.random.choice((1, 1, 10, 5000)))
        put = self.random.choice((b"", self.random.choice(OCTETS), self.random.choice(NASTY).encode(), text[begin:end] * 3,
                                  bytes([self.random.randrange(256)])))
        file.write_bytes(text[:begin] + put + text[end:] if self.random.random() < 0.9 else text[:begin])

    def changed(self, value):
        """A JSON value with another in one of its places."""
        path = self.random.choice(list(nodes(value)))
        put = self.random.choice(NASTY) if self.random.random() < 0.5 else self.random.choice(VALUES)
        if not path:
            return put
        at = value
        for key in path[:-1]:
            at = at[key]
        if self.random.random() < 0.15:
            del at[path[-1]]
        else:
            at[path[-1]] = put
        return value

    def value(self):
        file = self.some_file()
        if file is None:
            return
        try:
            if file.name == "results.json":
                file.write_text(json.dumps(self.changed(json.loads(file.read_text()))))
                return
            lines = file.read_text().splitlines()
            at = self.random.choice((0, self.random.randrange(len(lines))))
            lines[at] = json.dumps(self.changed(json.loads(lines[at])))
            file.write_text("\n".join(lines) + "\n")
        except TAMPERED:
            return

    def lines(self):
        """Of a transcript; its head may be told of that."""
        file = self.some_file()
        if file is None or file.name == "results.json":
            return
        lines = file.read_bytes().split(b"\n")
        begin, end = sorted(self.random.randrange(len(lines) + 1) for _ in range(2))
        part = lines[begin:end]
        if self.random.random() < 0.3:
            self.random.shuffle(part)
        lines[begin:end] = part * self.random.choice((0, 0, 1, 2, 1000))
        try:
            head = json.loads(lines[0])
            head["events"] = sum(b'"event"' in line for line in lines[1:])
            head["deliveries"] = sum(b'"delivery"' in line for line in lines[1:])
            lines[0] = json.dumps(head).encode()
        except TAMPERED:
            pass
        file.write_bytes(b"\n".join(lines))

    def rows(self):
        """Of results.json: more of them, fewer, in another order, of other transcripts."""
        file = self.folder / "results.json"
        if file not in self.files():
            return
        try:
            results = json.loads(file.read_text())
            rows = results["scenarios"]
            some = self.random.choice(rows)
            other = self.random.choice(rows)
            act = self.random.randrange(6)
            if act == 0:
                rows += [some] * self.random.choice((1, 3000))
            elif act == 1:
                results["scenarios"] = self.random.sample(rows, len(rows) // 2)
            elif act == 2:
                some["transcript"] = other["transcript"]
            elif act == 3:
                some["transcript"] = self.random.choice((str(self.outside), f"../{self.outside.name}", "/dev/zero", "", ".",
                                                         "results.json", "transcripts", "transcripts/../results.json"))
            elif act == 4:
                line = {"side": "server", "session": "", "text": "250 x", "key": True}
                some["excerpt"] = [line] * self.random.choice((900, 2000))
            else:
                some["seen_in"] = [other["id"], "canary", self.random.choice(NASTY)]
            file.write_text(json.dumps(results))
        except TAMPERED:
            return

    def file(self):
        """What is no file stands where one was."""
        file = self.some_file()
        if file is None:
            return
        file.unlink()
        act = self.random.randrange(7)
        if act == 1:
            os.mkfifo(file)
        elif act == 2:
            file.symlink_to(self.random.choice((self.outside, "/dev/zero", file.name, "../results.json")))
        elif act == 3:
            file.mkdir()
        elif act == 4:
            with open(file, "wb") as sparse:
                sparse.truncate(1 << self.random.randrange(20, 41))
        elif act == 5:
            file.write_bytes(self.random.choice(OCTETS) * 100)
        elif act == 6:
            file.write_bytes(b"")

    def folders(self):
        folder = self.folder / "transcripts"
        if self.random.random() < 0.8 or folder.is_symlink() or not folder.is_dir():
            return
        shutil.rmtree(folder)
        self.random.choice((lambda: folder.symlink_to(self.outside.parent), lambda: folder.write_text("x"), lambda: None,
                            lambda: os.mkfifo(folder)))()


def problems_of(options, command, code, seconds, mib, said):
    """What is wrong with how it ended."""
    if seconds >= options.seconds:
        yield f"did not end in {options.seconds} s"
    elif code not in CODES[command[1]]:
        yield f"exit code {code}"
    if mib > options.memory:
        yield f"took {mib:.0f} MiB"
    if any(word in said for word in SANITIZER_WORDS):
        yield "a sanitizer's report: " + said[-3000:].decode(errors="replace")
    try:
        raw = RAW.search(said.decode())
        if raw:
            yield f"printed {raw.group()!r}"
    except UnicodeDecodeError as error:
        yield f"printed no UTF-8: {error}"
    if LOOT.encode() in said:
        yield "printed what stands in a file outside the folder"


def end_of(command, most_seconds):
    """Its exit code, time, memory and the begin of what it printed, all of which is read."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    timer = threading.Timer(most_seconds, process.kill)
    timer.start()
    said = process.stdout.read(4 << 20)
    while process.stdout.read(1 << 20):
        pass
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if len(said) == 4 << 20:  # no character is cut in two
        said = said[:said.rfind(b"\n") + 1]
    return process.returncode, time.monotonic() - begun, usage.ru_maxrss / 1024, said


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def real_run(smtpspec, root):
    """A run with findings, rules and deliveries in it, in root/run; the ids of its rows."""
    sink = f"127.0.0.1:{free_port()}"
    server = subprocess.Popen([smtpspec, "serve", "127.0.0.1:0", "--relay", sink, "--fault", "lf-ends-data", "--fault",
                               "reply-ends-in-lf"], stdout=subprocess.PIPE, text=True)
    command = [smtpspec, "run", root / "target.toml", "--out", root / "run"]
    for name in ("survey/*", "false-end-*", "noop*", "bdat-large-chunk", "always/*"):
        command += ["--filter", name]
    try:
        address = server.stdout.readline().split()[2]
        (root / "target.toml").write_text(f'name = "t"\naddress = "smtp://{address}"\n[mail]\ndomain = "example.test"\n'
                                          f'accepts = ["alice@example.test"]\n[delivery]\nsink = "{sink}"\n')
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=600, check=False)
    finally:
        server.terminate()
        server.wait(20)
        server.stdout.close()
    if done.returncode != 1:
        sys.exit(f"stored_runs: a run on a server with faults ended with {done.returncode}:\n{done.stdout.decode()}")
    return [row["id"] for row in json.loads((root / "run/results.json").read_text())["scenarios"]]


def keep(folder, kept):
    """Also what is no file, but for what has no end."""
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(folder, kept, symlinks=True, ignore=lambda at, names: [
        name for name in names if not os.path.islink(f"{at}/{name}") and not os.path.isdir(f"{at}/{name}")
        and not os.path.isfile(f"{at}/{name}")])


def options_of():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smtpspec", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    options.memory = MEMORY_SANITIZED if options.sanitized else MEMORY
    options.seconds = SECONDS_SANITIZED if options.sanitized else SECONDS
    return options


def main():
    options = options_of()
    root = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="smtpspec-stored-"))
    root.mkdir(exist_ok=True)
    outside = root / "outside"
    outside.write_text(f'{{"schema":"{LOOT}"}}\n{LOOT}\n')
    ids = real_run(options.smtpspec, root)
    bad, most, slowest, codes = 0, 0, 0, collections.Counter()
    folder = root / "tampered"
    for seed in range(options.seed, options.seed + options.times):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(root / "run", folder)
        tamperer = Tamperer(folder, outside, seed)
        tamperer.tamper()
        for more in (["judge", folder], ["judge", folder, "--verbose"],
                     ["show", tamperer.random.choice(ids), "--run", folder], ["report", folder, "--report", "html=-"],
                     ["diff", root / "run", folder], ["diff", folder, root / "run", "--format", "json"],
                     ["merge", folder, "--out", root / "merged"], ["report", folder, *EVERY_FORMAT],
                     ["report", root / "run", folder, "--report", "html=-"]):
            command = [options.smtpspec, *more]
            code, seconds, mib, said = end_of(command, options.seconds)
            codes[code] += 1
            most, slowest = max(most, mib), max(slowest, seconds)
            problems = "; ".join(problems_of(options, command, code, seconds, mib, said))
            if more[0] == "merge" and any(LOOT.encode() in file.read_bytes() for file in root.glob("merged/**/*") if file.is_file()):
                problems += "copied a file from outside the folder"
            if problems:
                bad += 1
                print(f"seed {seed} ({', '.join(tamperer.did)}): {' '.join(map(str, more))}: {problems}", flush=True)
                if options.keep:
                    keep(folder, root / f"seed-{seed}")
    if not options.keep:
        shutil.rmtree(root)
    ended = ", ".join(f"{times} by {code}" for code, times in sorted(codes.items()))
    print(f"stored_runs: tampered with {options.times} runs, {bad} problems; ended {ended}; at most {most:.0f} MiB and "
          f"{slowest:.1f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
