"""Commands in process groups of their own, without standard input. Whatever still runs is ended with this program, and
nothing else."""
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
SMTPSPEC = "build/dev/harness/cli/smtpspec"  # from the root, as `build` makes it
CORES = len(os.sched_getaffinity(0))
PATIENCE = 60  # seconds that what was asked to end is given; stopping real servers takes some
# Objects are found again by another checkout of the same sources.
ENVIRONMENT = {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}

_running = set()
_lock = threading.RLock()  # a signal may come while the main thread holds it
_ending = None  # the exit code, once this program is ending
_main_starts = False  # the main thread is in `start`, which a signal must not break off between a process and its entry


def free_port():
    """Of loopback; somebody else may take it before it is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, **more):
    """Starts it at the root of the repository; `more` is for subprocess.Popen. Raises SystemExit once we are ending."""
    global _main_starts
    is_main = threading.current_thread() is threading.main_thread()
    with _lock:
        if _ending is not None:
            raise SystemExit(_ending)
        _main_starts = is_main
        try:
            process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL, process_group=0,
                                       env={**os.environ, **ENVIRONMENT, **more.pop("env", {})}, **more)
            _running.add(process)
        finally:
            _main_starts = False
    if _ending is not None:
        _signal(process, signal.SIGTERM)
        raise SystemExit(_ending)
    return process


def run(command, seconds=None, **more):
    """Runs it to its end, or ends it after so many seconds; the exit code, -n where signal n ended it."""
    process = start(command, **more)
    if _ends(process, seconds) and _ending is None:
        return _reap(process)
    return end(process, 10)  # also what it leaves in its group where all are asked to end


def must(*command):
    """Ends this program with the command's exit code where that is not 0."""
    code = run(command)
    if code != 0:
        raise SystemExit(code)


def _signal(process, number):
    with _lock, contextlib.suppress(ProcessLookupError, PermissionError):
        if process.returncode is None:  # else its id may be another's by now
            os.killpg(process.pid, number)


def _ends(process, seconds):
    """Whether it ends within so many seconds, None for any. It is not reaped: until then no other group has its id."""
    deadline = None if seconds is None else time.monotonic() + seconds
    how = os.WEXITED | os.WNOWAIT | (0 if deadline is None else os.WNOHANG)
    with contextlib.suppress(ChildProcessError):  # somebody else has reaped it
        while process.returncode is None and os.waitid(os.P_PID, process.pid, how) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
    return True


def _reap(process):
    """The exit code, once it ends."""
    _ends(process, None)
    with _lock:  # nobody is about to signal its id
        _running.discard(process)
        return process.wait()


def group_lives(group):
    """Whether a process of the group runs; one that waits to be reaped does not."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = file.read_text(errors="replace").rsplit(")", 1)[1].split()[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def end(process, patience=PATIENCE):
    """Asks the group to end, and insists, though its leader has ended before; the leader's exit code."""
    _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while process.returncode is None and time.monotonic() < deadline and group_lives(process.pid):
        time.sleep(0.05)
    _signal(process, signal.SIGKILL)
    return _reap(process)


def ask_all_to_end(code=1):
    """From now on nothing is started."""
    global _ending
    with _lock:
        _ending = code if _ending is None else _ending
        for process in _running:
            _signal(process, signal.SIGTERM)


def end_all():
    ask_all_to_end()
    for process in list(_running):
        end(process)


def exit_on_signals():
    """SIGINT, SIGTERM and SIGHUP end all that was started, and the main thread by SystemExit: 128 and the signal's
    number."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def leave(number, _):
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        ask_all_to_end(128 + number)
        if not _main_starts:
            raise SystemExit(128 + number)

    for number in signals:
        signal.signal(number, leave)


def configure(preset, output=None):
    """Says nothing, to `output` or on the terminal, unless it fails; the exit code."""
    BUILD.mkdir(exist_ok=True)
    log = BUILD / f"configure-{preset}.log"
    with log.open("w") as file:
        code = run(["cmake", "--preset", preset], stdout=file, stderr=subprocess.STDOUT)
    if code != 0:
        print(log.read_text(errors="replace"), file=output, flush=True)
    return code


def build_command(preset, *targets):
    """Builds everything, or the targets, and says nothing where all is well."""
    return ["cmake", "--build", f"build/{preset}", *(["--target", *targets] if targets else []), "--", "--quiet"]


def build(preset, *targets):
    """Configures and builds; the exit code."""
    return configure(preset) or run(build_command(preset, *targets))


def smtpspec():
    """The program, from the root: what SMTPSPEC names, or else what is built now. Raises SystemExit where it cannot be."""
    if not os.environ.get("SMTPSPEC"):
        must("ci/setup", "build", "test")
        if code := build("dev", "smtpspec"):
            raise SystemExit(code)
    return os.environ.get("SMTPSPEC") or SMTPSPEC
