"""Measures how quick smtpspec is, by a build with -O2: the core, the suite in memory and on the embedded reference server, and
whole sessions beside Postfix's smtp-source; two fuzz targets, in the build that they are fuzzed in, and campaigns; pages of
reports. Installs and fetches what is missing. Exit code 1 where a bound is not met."""
import argparse
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import threading
import time
from pathlib import Path

from smtpspec_ci import bench_fuzzing, processes
from smtpspec_ci.processes import BUILD, CORES, ROOT
from smtpspec_ci.runner import say

WORK = BUILD / "bench"
POSTFIX = BUILD / "servers" / "smtp-source"
MEMORY_BENCH = "harness/memory/memory_suite"  # plays the whole suite in memory, under virtual time; exit code 0 if it is green
MOST_MEMORY = 100  # MiB
MOST_SECONDS_IN_MEMORY = 1.0  # for the suite and one profile
MOST_SECONDS = 2.0  # the same on the embedded server, but rows that wait for seconds by their own will
NOT_PLAYED = ("skipped", "unsupported")
GREEN = (*NOT_PLAYED, "pass", "info")

# The conversation of smtp-source, word for word but for names: HELO, one recipient, one message, a session each, and
# whoever has read 221 closes.
SCENARIO = r"""
[[scenario]]
id = "one-message"
title = "A message to one recipient, from the greeting to QUIT"
state = "connected"
steps = [
  { expect = "220" },
  { send = "HELO {client}", expect = "250" },
  { send = "MAIL FROM:<{sender}>", expect = "250" },
  { send = "RCPT TO:<{accepted}>", expect = "250" },
  { send = "DATA", expect = "354" },
  { message = '{header}La de da de da 1.\r\nLa de da de da 2.\r\nLa de da de da 3.\r\nLa de da de da 4.\r\n', expect = "250" },
  { send = "QUIT", expect = "221" },
]
fence = false
"""
TARGET = """
name = "smtp-sink"
address = "smtp://127.0.0.1:{port}"
[mail]
domain = "example.test"
accepts = ["alice@example.test"]
sender = "sender@client.example"
"""


class Ended:
    """A program that ran to its end: wall-clock seconds, CPU seconds, peak memory in MiB, exit code."""

    def __init__(self, command, log, environment=None):
        begun = time.monotonic()
        self.memory = 0.0
        with log.open("w") as out:
            process = processes.start(command, env=environment or {}, stdout=out, stderr=subprocess.STDOUT)
            # The kernel's own word on the peak counts the moment before the program was begun, when it was this script.
            peak = threading.Thread(target=self.watch, args=(process.pid,), daemon=True)
            peak.start()
            _, status, used = os.wait4(process.pid, 0)
            self.seconds = time.monotonic() - begun
            peak.join()
        process.returncode = self.code = os.waitstatus_to_exitcode(status)
        self.cpu = used.ru_utime + used.ru_stime

    def watch(self, pid):
        try:
            while True:
                status = Path(f"/proc/{pid}/status").read_text()
                self.memory = max(self.memory, int(re.search(r"VmHWM:\s*(\d+)", status)[1]) / 1024)
                time.sleep(0.02)
        except (OSError, TypeError):
            return  # it has ended


class Rounds:
    """Several runs of the same: medians, and the most memory."""

    def __init__(self):
        self.all = []

    def add(self, ended):
        self.all.append(ended)

    def __getattr__(self, name):
        values = [getattr(ended, name) for ended in self.all]
        return max(values) if name == "memory" else statistics.median(values)


def build():
    processes.must("ci/setup", "build")
    code = processes.build("release", "smtpspec", "speed_bench", "memory_suite")
    if code != 0:
        raise SystemExit(code)
    return BUILD / "release"


def machine():
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return f"{CORES} x {model[1] if model else platform.machine()}, load before: {os.getloadavg()[0]:.2f}"


def core(programs):
    done = subprocess.run([programs / "harness/smtp/speed_bench"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"speed_bench: exit code {done.returncode}")
    say("", "The core, octets a second; fed in segments of 16 KiB", done.stdout.rstrip())


def suite_row(what, rows, seconds, run):
    say(f"{what:<50} {rows:>6} {seconds:>9.2f} {rows / seconds:>8.0f} {run.cpu:>7.2f} {run.memory:>9.1f}")


def suite_embedded(smtpspec, rounds):
    """Without rows that wait for seconds. Gives what is wrong with it."""
    folder, log, run, bad = WORK / "suite", WORK / "suite.log", Rounds(), 0
    for turn in range(rounds):
        out = folder / str(turn)  # a file that is written over, or was removed just now, costs more than a new one
        run.add(Ended([smtpspec, "run", "--suite", "scenarios", "--filter", "!timing", "--out", out], log))
        outcomes = [scenario["outcome"] for scenario in json.loads((out / "results.json").read_text())["scenarios"]]
        bad = max(bad, sum(outcome not in GREEN for outcome in outcomes))
    shutil.rmtree(folder)
    suite_row("on the embedded server, but rows tagged timing", sum(outcome not in NOT_PLAYED for outcome in outcomes),
              run.seconds, run)
    wrong = [f"{bad} rows are not green on the embedded server: see {log}"] if bad else []
    if run.seconds >= MOST_SECONDS:
        wrong.append(f"on the embedded server the suite takes more than {MOST_SECONDS} s")
    return wrong


def suite_in_memory(program, rounds):
    """Once for each profile. Gives what is wrong with it."""
    if not program.is_file():
        return [f"the suite in memory was not measured: there is no {program}"]
    log, run, times = WORK / "memory.log", Rounds(), {}
    for _ in range(rounds):
        run.add(Ended([program, ROOT / "scenarios"], log))
        for profile, rows, took in re.findall(r"^(\w+): (\d+) rows in memory in (\d+) ms", log.read_text(), re.M):
            times.setdefault((profile, int(rows)), []).append(int(took) / 1000)
    wrong = [f"the suite is not green in memory: see {log}"] if any(ended.code for ended in run.all) else []
    for (profile, rows), seconds in times.items():
        suite_row(f"in memory, under virtual time: {profile}", rows, statistics.median(seconds), run)
        if statistics.median(seconds) >= MOST_SECONDS_IN_MEMORY:
            wrong.append(f"in memory the suite takes more than {MOST_SECONDS_IN_MEMORY} s ({profile})")
    return wrong


def suite(programs, rounds):
    """Gives what is wrong with it."""
    say("", f"The whole suite; the median of {rounds} rounds; CPU and memory of the three profiles together",
        f"{'':<50} {'rows':>6} {'seconds':>9} {'rows/s':>8} {'CPU s':>7} {'peak MiB':>9}")
    return (suite_embedded(programs / "harness/cli/smtpspec", rounds) +
            suite_in_memory(programs / MEMORY_BENCH, rounds))


class Sink:
    """Postfix's smtp-sink on a free port of loopback, and how its programs are run."""

    def __init__(self):
        processes.must("ci/fetch_debs", "postfix", POSTFIX)
        self.programs, libraries = POSTFIX / "root/usr/sbin", POSTFIX / "root/usr/lib"
        self.environment = {"LD_LIBRARY_PATH": ":".join(map(str, (libraries / "postfix", *libraries.glob("*-linux-gnu*"))))}
        self.port = processes.free_port()
        as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []
        self.process = processes.start([self.programs / "smtp-sink", *as_nobody, f"127.0.0.1:{self.port}", "1000"],
                                       env=self.environment)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("smtp-sink does not listen")


OURS = "smtpspec run --repeat --jobs, each reply judged"
THEIRS = "smtp-source -s -m, a session a message"


def session_commands(smtpspec, sink, messages, jobs):
    """What is measured, by name: the command and its environment."""
    (WORK / "one-message.toml").write_text(SCENARIO)
    (WORK / "target.toml").write_text(TARGET.format(port=sink.port))
    ours = [smtpspec, "run", WORK / "target.toml", "--suite", WORK / "one-message.toml", "--filter", "one-message",
            "--repeat", messages, "--jobs", jobs, "--out", WORK / "sessions"]
    theirs = [sink.programs / "smtp-source", "-s", jobs, "-m", messages]
    address = f"127.0.0.1:{sink.port}"
    return {OURS: (ours, {}), THEIRS: ([*theirs, address], sink.environment),
            "smtp-source -d -s -m, messages share sessions": ([*theirs, "-d", address], sink.environment)}


def played():
    """What the last run says of its one row."""
    return json.loads((WORK / "sessions/results.json").read_text())["scenarios"][0]


def play_sessions(commands, rounds):
    """The commands in turn, round by round: what the machine does else hits all of them. Each has `sending` beside what is
    measured: the seconds from the first session to the end of the last; smtpspec asks what the server is like before."""
    runs, log = {name: Rounds() for name in commands}, WORK / "sessions.log"
    for _ in range(rounds):
        for name, (command, environment) in commands.items():
            ended = Ended(command, log, environment)
            if ended.code != 0:
                raise SystemExit(f"{name}: exit code {ended.code}; see {log}")
            ended.sending = played()["duration_ms"] / 1000 if name == OURS else ended.seconds
            runs[name].add(ended)
    return runs


def sessions(smtpspec, messages, jobs, rounds):
    """Gives what is wrong with them."""
    sink = Sink()
    runs = play_sessions(session_commands(smtpspec, sink, messages, jobs), rounds)
    processes.end(sink.process)
    attempts = played()["attempts"]
    say("", f"{messages} messages to the same smtp-sink, {jobs} at a time; the median of {rounds} interleaved rounds",
        f"{'':<50} {'seconds':>8} {'messages/s':>11} {'CPU s':>7} {'peak MiB':>9}")
    for name, run in runs.items():
        say(f"{name:<50} {run.seconds:>8.2f} {messages / run.sending:>11.0f} {run.cpu:>7.2f} {run.memory:>9.1f}")
    ratio = statistics.median(theirs.sending / ours.sending for ours, theirs in zip(runs[OURS].all, runs[THEIRS].all))
    say(f"smtpspec's messages a second are {ratio:.2f} times those of smtp-source; the median of each round's ratio")
    wrong = [f"{attempts} plays, not {messages}"] if attempts != messages else []
    if ratio < 1:
        wrong.append("smtpspec plays fewer messages a second than smtp-source")
    return wrong + ([f"peak memory is above {MOST_MEMORY} MiB"] if runs[OURS].memory >= MOST_MEMORY else [])


def pages(smtpspec):
    """The report's page of ten thousand rows and that of twelve runs, in Chromium. Gives what is wrong with them."""
    processes.must("ci/setup", "browser")
    environment = {"NODE_PATH": str(BUILD / "browser/node_modules"), "SMTPSPEC": str(smtpspec), "SMTPSPEC_BENCH": "1",
                   "BROWSER_OUT": str(WORK / "browser")}
    done = subprocess.run(["node", "--test", "--test-reporter=tap", "--test-name-pattern=in no time",
                           "reports/browser/report.test.js"], cwd=ROOT,
                          env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=False)
    say("", "Pages in Chromium", *re.findall(r"^# (.* loaded in .*)$", done.stdout, re.M))
    if done.returncode == 0:
        return []
    return re.findall(r"error: '(.*)'", done.stdout) or ["the pages in Chromium were not measured"]


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--build", type=Path, help="take the programs that were built there, and build nothing")
    parser.add_argument("--long", action="store_true",
                        help="campaigns on Exim and OpenSMTPD as well, five minutes each; they are built from their sources")
    options = parser.parse_args(arguments)
    programs = options.build.resolve() if options.build else build()
    WORK.mkdir(parents=True, exist_ok=True)
    say(machine())
    core(programs)
    bench_fuzzing.in_process()
    bench_fuzzing.live(programs / "harness/cli/smtpspec", options.long)
    wrong = suite(programs, options.rounds)
    wrong += sessions(programs / "harness/cli/smtpspec", options.messages, options.jobs, options.rounds)
    wrong += pages(programs / "harness/cli/smtpspec")
    say("", *(f"TOO SLOW OR WRONG: {line}" for line in wrong))
    say("all bounds are met" if not wrong else f"{len(wrong)} bounds are not met")
    return 1 if wrong else 0
