"""One run on a hostile server, or beside a peer that attacks its sink, and what is wrong with it. For driver.py."""
import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from smtpspec_ci import processes, reports

MEMORY = 200  # MiB
SECONDS = 600  # a bound, not a measure: such a run waits for much, and some take turns with it
# The sanitizers' shadow memory and quarantine count as resident: 200 MiB cannot be asked for there.
MEMORY_SANITIZED = 2000
SECONDS_SANITIZED = 900
# The connections of the survey and of the first canary, and a few more.
CORRECT = 34
# When a server is hostile: after a correct survey and canary, at once, at once and under TLS from the first octet.
LATER, AT_ONCE, SMTPS = "", " (at once)", " (smtps)"
WHOLE = "1/1"
# Exit codes of `smtpspec run`: what one on a target that answers, or does not, may end with.
CONTRACT = AS_EXPECTED, FINDINGS, UNTESTABLE, INCOMPLETE = 0, 1, 3, 5
UNDECIDED = ("inconclusive", "blocked")
SANITIZER_WORDS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")
SANITIZED = "a sanitizer's report: "
TARGET = """name = "{name}"
address = "{scheme}://127.0.0.1:{port}"
profile = "mx"
[mail]
domain = "example.test"
accepts = ["alice@example.test", "bob@example.test"]
rejects = ["nobody@example.test"]
foreign = ["someone@elsewhere.example"]
[auth]
user = "alice"
password = "open-sesame"
[tls]
verify = false
[delivery]
sink = "127.0.0.1:{sink}"
wait = "{wait}"
settle = "20ms"
"""


def check_reports(out):
    """Problems of a run's reports, and the verdicts that they hold. In a process of its own: what a child of ours has
    at its start counts as its memory, so this process must stay small."""
    problems = reports.problems_of(out)[:10]
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return problems, {one["id"]: Verdict(one["outcome"], one["cause"], bool(one.get("reason") or one["cause"]),
                                         one["actual"][:200]) for one in results["scenarios"]}


class Ports:
    """Ports below the ephemeral range, so that no connection under way takes one first."""

    def __init__(self):
        self.next = 20000 + os.getpid() % 8000
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            for _ in range(10000):
                self.next = self.next + 1 if self.next < 32000 else 20000
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        probe.bind(("127.0.0.1", self.next))
                    except OSError:
                        continue
                    return self.next
        raise OSError("no free port")


ports = Ports()
def start(command, **more):
    return processes.start(command, text=True, errors="replace", **more)


def end(process):
    """Ends it by SIGTERM and waits; its exit code."""
    return processes.end(process, 20)


def listening(process):
    """The port that a server says it listens on."""
    return int(process.stdout.readline().split()[2].rsplit(":", 1)[1])


# Behaviours, with the exit codes that a run comes to where the server is hostile at once, and later.
Server = collections.namedtuple("Server", "name kind at_once later tls shard")
Peer = collections.namedtuple("Peer", "name shard")
Verdict = collections.namedtuple("Verdict", "outcome cause stated actual")


class Case:
    """One run: what it came to, and what is wrong with that."""

    def __init__(self, name, expected):
        self.name, self.expected = name, expected
        self.code, self.seconds, self.mib, self.cpu = None, 0.0, 0.0, 0.0
        self.other_codes = ()
        self.problems = []

    def other_code(self):
        return f"exit code {self.expected} was expected"

    def may_be_load(self):
        """Whether there are problems, and a machine with too much to do may have made all of them."""
        return bool(self.problems) and not any(problem.startswith(SANITIZED) for problem in self.problems)

    def line(self):
        head = f"{self.name:<34} exit {self.code}  {self.seconds:5.1f} s {self.mib:6.1f} MiB"
        return head + "".join(f"\n    {problem}" for problem in self.problems)


def play(case, options, folder, target, seconds, more):
    """A run; fills the case. Gives the verdicts by scenario, or None where there is a problem."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [options.smtpspec, "run", target, "--suite", options.suite, "--out", out,
               "--seed", 1, *reports.EVERY_REPORT, *more]
    with open(folder / "log", "w", encoding="utf-8") as log:
        begun = time.monotonic()
        process = start(command, stdout=log, stderr=subprocess.STDOUT)
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    case.seconds = time.monotonic() - begun
    case.mib = usage.ru_maxrss / 1024
    case.cpu = usage.ru_utime + usage.ru_stime
    case.code = process.returncode
    if case.seconds >= seconds:
        case.problems.append(f"did not end in {seconds} s")
    elif case.code not in CONTRACT:
        case.problems.append(f"exit code {case.code} is not one that such a run may have")
    elif case.code not in (case.expected, *case.other_codes):
        case.problems.append(case.other_code())
    if case.mib > options.memory:
        case.problems.append(f"took more than {options.memory} MiB")
    case.problems += sanitizer_reports(folder / "log")
    for report in ("results.json", *(file for file, _ in reports.FORMATS.values())):
        if not (out / report).is_file():
            case.problems.append(f"there is no {report}")
            return None
    problems, verdicts = options.checkers.submit(check_reports, out).result()
    case.problems += problems
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / (1 << 20)
    if size > options.disk:
        case.problems.append(f"wrote {size:.0f} MiB, more than {options.disk}")
    return None if case.problems else verdicts


def sanitizer_reports(log):
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if any(word in line for word in SANITIZER_WORDS):
            return [SANITIZED + "\n        ".join(lines[number:number + 25])]
    return []


def against_server(options, row, way, folder):
    """Once more, and with more patience, where the machine was too busy for what is correct to be found correct."""
    for patience in (1, 5):
        case = against_server_once(options, row, way, folder, patience)
        if way != LATER or case.problems != [case.other_code()]:
            break
    return case


def against_server_once(options, row, way, folder, patience):
    case = Case(f"{row.name}{way}", {LATER: row.later, AT_ONCE: row.at_once, SMTPS: 3}[way])
    # What is slow and right must be found right: by the usual patience.
    calm = 10 if row.tls else 50 if row.later == 0 else 1
    timeout = f"{options.timeout * patience * calm}ms"
    # What is broken for everybody is found by the survey, unless nothing at all can be judged.
    if way != LATER and case.expected == 3:
        case.other_codes = (1, 5)
    # A canary may fail before anything is found; and a part of the suite may hold no row that meets the behaviour.
    if way == LATER and case.expected == 1:
        case.other_codes = (5,) if row.shard == WHOLE else (0, 5)
    # Where no handshake comes to its end nothing of STARTTLS is decided, and with that a whole area.
    if row.tls and case.expected == AS_EXPECTED:
        case.other_codes = (INCOMPLETE,)
    sink = ports.take()
    with open(folder / "hostile.log", "w", encoding="utf-8") as log:
        server = start([options.hostile, "serve", row.name, "--correct", CORRECT if way == LATER else 0,
                        "--relay", sink, *(["--implicit-tls"] if way == SMTPS else [])], stdout=subprocess.PIPE, stderr=log)
        try:
            target = folder / "target.toml"
            scheme = "smtps" if way == SMTPS else "smtp"
            target.write_text(TARGET.format(name=row.name, scheme=scheme, port=listening(server), sink=sink,
                                            wait="100ms"))
            verdicts = play(case, options, folder, target, options.seconds,
                            ["--jobs", 64, "--timeout", timeout, "--patience", timeout, "--shard", row.shard])
        finally:
            code = end(server)
            server.stdout.close()
    if code not in (0, -signal.SIGTERM):
        case.problems.append(f"the hostile server itself ended with {code}, see {folder}/hostile.log")
    case.problems += sanitizer_reports(folder / "hostile.log")
    if verdicts is not None and case.expected != 3:
        blind(case, verdicts)
    return case


def blind(case, verdicts):
    """A run that is to have played everything must have a result for everything."""
    skipped = [scenario for scenario, one in verdicts.items() if one.cause == "not-played"]
    if skipped:
        case.problems.append(f"{len(skipped)} scenarios were not played, such as {skipped[0]}")


def against_sink(options, row, calm, folder):
    """Once more where the canary's own message did not get past the peer: then nothing was played that could be wrong."""
    for _ in range(2):
        case, verdicts = against_sink_once(options, row, calm, folder)
        if case.problems != [case.other_code()]:
            break
    return case, verdicts


def against_sink_once(options, row, calm, folder):
    """The suite on `smtpspec serve` while a peer attacks the sink that it relays to; without a peer: the calm run."""
    case = Case(row.name or "(no attack, for comparison)", 0)
    sink = ports.take()
    server = start([options.smtpspec, "serve", "127.0.0.1:0", "--relay", f"127.0.0.1:{sink}",
                    "--user", "alice:open-sesame"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    peer = None
    try:
        target = folder / "target.toml"
        target.write_text(TARGET.format(name="reference", scheme="smtp", port=listening(server), sink=sink,
                                        wait=f"{options.patience}s"))
        if row.name:
            peer = start([options.hostile, "peer", row.name, sink], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        options_of_run = ["--timeout", f"{2 * options.patience}s", "--patience", f"{2 * options.patience}s", "--jobs", 16,
                          "--shard", row.shard]
        verdicts = play(case, options, folder, target, options.seconds, options_of_run)
    finally:
        if peer is not None:
            end(peer)
        end(server)
        server.stdout.close()
    if verdicts is not None and calm is not None:
        compare(case, verdicts, calm, lambda now: now.outcome in UNDECIDED and now.stated)
    return case, verdicts


def compare(case, verdicts, calm, permitted):
    """A verdict must be what it was without the attack, or what is permitted."""
    for scenario, now in verdicts.items():
        before = calm[scenario].outcome
        if before in UNDECIDED:
            continue  # a machine too busy for the calm run proves nothing of the attack
        if scenario.startswith("survey/") and now.outcome == "info":
            continue  # it came less far in its time; where that matters, other rows are not what they were
        if now.outcome != before and not permitted(now):
            case.problems.append(f"{scenario}: {now.outcome} and not {before}: {now.actual}")
