"""How quick fuzzing is, for ci/bench: targets in process, and campaigns of one worker on servers that are processes of their own,
beside what connecting and a round trip on loopback take in the same run. No bound: what is asked for stands beside it."""
import json
import shutil
import socket
import statistics
import subprocess
import sys
import time

from smtpspec_ci import afl, campaigns, fuzzing, processes
from smtpspec_ci.processes import BUILD
from smtpspec_ci.runner import say

WORK = BUILD / "bench" / "campaigns"
FUZZED_RUNS = 400000
# Target, what is counted, how many of it an input makes, and how many a second are asked for.
FUZZED = (("reply_parser", "inputs", 1, 200000), ("reference_session", "sessions, two an input", 2, 50000))
REFERENCE_ASKED, REAL_ASKED = 1500, 700  # sessions a second, of one worker
REFERENCE_SECONDS, REAL_SECONDS = 10, 310
MOMENTS = (10, 60, 300)  # seconds after which the edges are told
REAL = ("exim", "opensmtpd")
ECHO = """
import socket
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
while True:
    one = listening.accept()[0]
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while octets := one.recv(64):
        one.sendall(octets)
    one.close()
"""


def in_process():
    """By the build that the fuzz targets have in ci/test."""
    processes.must("ci/setup", "build", "test")
    if processes.build("fuzz", *(f"fuzz_{target}" for target, *_ in FUZZED)) != 0:
        raise SystemExit("the fuzz targets cannot be built")
    say("", "Fuzz targets under AddressSanitizer and UndefinedBehaviorSanitizer, inputs of 512 octets at most, by libFuzzer's count",
        f"{'':<50} {'each CPU s':>11} {'of what is asked for':>21}")
    for target, what, of_each, asked in FUZZED:
        rate = fuzzing.rate(target, FUZZED_RUNS) * of_each
        say(f"{target + ', ' + what:<50} {rate:>11.0f} {rate / asked:>20.2f}x")


def loopback(times=2000):
    """Microseconds that connecting, and a round trip between two processes, take: medians."""
    echo = processes.start([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True)
    place, connects, trips = ("127.0.0.1", int(echo.stdout.readline())), [], []
    for _ in range(times):
        begun = time.perf_counter()
        with socket.create_connection(place) as road:
            connected = time.perf_counter()
            road.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            road.sendall(b"x")  # the first is answered by who has yet to accept
            road.recv(1)
            asked = time.perf_counter()
            road.sendall(b"NOOP\r\n")
            road.recv(64)
            trips.append(time.perf_counter() - asked)
            connects.append(connected - begun)
    processes.end(echo)
    echo.stdout.close()
    return statistics.median(connects) * 1e6, statistics.median(trips) * 1e6


def reference(smtpspec):
    """A campaign on the reference server, which shows its edges; the folder, and the exit code."""
    folder, port, sink = WORK / "reference", processes.free_port(), processes.free_port()
    folder.mkdir()
    start = [str(BUILD / "edges/harness/reference/edges_server"), str(port), str(sink)]
    (folder / "target.toml").write_text(campaigns.TARGET.format(port=port, sink=sink) + f"[server]\nstart = {json.dumps(start)}\n")
    with (folder / "log").open("w") as log:
        code = processes.run([smtpspec, "fuzz", folder / "target.toml", "--time", f"{REFERENCE_SECONDS}s", "--jobs", 1,
                              "--out", folder / "out"], stdout=log, stderr=subprocess.STDOUT)
    return folder / "out", code


def real(smtpspec, name):
    """As `reference`, on a real server, built from its source so that it shows its edges."""
    out = WORK / name
    with (WORK / f"{name}.log").open("w") as log:
        code = processes.run(["ci/campaign", name, "--time", f"{REAL_SECONDS}s", "--jobs", 1, "--out", out],
                             env={"SMTPSPEC": str(smtpspec)}, stdout=log, stderr=subprocess.STDOUT)
    return out, code


def row(name, folder, code, asked):
    """What the campaign's own books say; findings (exit code 1) do not make it slower, and are not told here."""
    if code not in (0, 1) or not (folder / "fuzzer_stats").is_file():
        say(f"{name:<40} exit code {code}; see {folder.parent}")
        return
    rate = float(afl.stats(folder)["execs_per_sec"])
    plot = (folder / "plot_data").read_text().splitlines()[1:]
    edges = {int(line.split(",")[0]): int(line.split(",")[-1]) for line in plot}
    told = [next((edges[second] for second in sorted(edges) if second >= moment), None) for moment in MOMENTS]
    say(f"{name:<40} {rate:>10.0f} {rate / asked:>19.2f}x" + "".join(f" {'-' if one is None else one:>8}" for one in told))


def live(smtpspec, long):
    if processes.build("edges", "edges_server") != 0:
        raise SystemExit("the server that shows its edges cannot be built")
    connect, trip = loopback()
    say("", "Campaigns of one worker over TCP that see the server's edges, the server a process of its own, mail followed to the sink",
        f"On loopback, in Python: connecting takes {connect:.0f} us, a round trip {trip:.0f} us (medians)",
        f"{'':<40} {'sessions/s':>10} {'of what is asked for':>20}" + "".join(f" {f'{one} s':>8}" for one in MOMENTS) +
        "  edges after")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    row("the reference server", *reference(smtpspec), REFERENCE_ASKED)
    for name in REAL if long else ():
        row(name, *real(smtpspec, name), REAL_ASKED)
