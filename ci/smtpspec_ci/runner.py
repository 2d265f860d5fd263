"""Steps of a test run: done in lanes that go side by side, counted, and told of as each ends."""
import dataclasses
import subprocess
import threading
import time
from typing import Callable

from smtpspec_ci import processes
from smtpspec_ci.processes import BUILD

SKIPPED = 77  # exit code of a command that says why it does nothing here
SAID_AGAIN = 100  # lines of a failed step's log that stand at the end too: what is kept of a run may be its end alone


class Failed(Exception):
    """A step failed, as its log or this says."""


class Skipped(Exception):
    """A step cannot be done here; its log has said why."""


@dataclasses.dataclass(frozen=True)
class Step:
    name: str
    headline: str
    do: Callable  # takes Work; raises Failed or Skipped
    lane: str = "play"  # steps of a lane take turns
    needs: tuple = ()  # names of steps that come first, where they are wanted at all


def log_of(step):
    return BUILD / "steps" / f"{step.name}.log"


def say(*lines, file=None):
    print(*lines, sep="\n", file=file, flush=True)


def ending_of_log(step):
    try:
        return log_of(step).read_text(errors="replace").rstrip().splitlines()[-SAID_AGAIN:]
    except OSError as problem:
        return [str(problem)]


class Work:
    """What a step is done with: its commands, and the log that their output goes to."""

    def __init__(self, log, nice):
        self.log, self.nice = log, nice
        self.passed = self.failed = 0  # counted on top of the step itself

    def say(self, *lines):
        say(*lines, file=self.log)

    def into(self, log):
        """The same with another log."""
        return Work(log, self.nice)

    def code(self, *command, **more):
        """Runs a command; its exit code."""
        polite = ["nice", "-n", "10"] if self.nice else []
        return processes.run([*polite, *command], stdout=self.log, stderr=subprocess.STDOUT, **more)

    def run(self, *command, **more):
        """Runs a command that must end well."""
        self.hold(self.code(*command, **more))

    def build(self, preset, *targets):
        """Configures and builds everything, or the targets."""
        self.hold(processes.configure(preset, self.log))
        self.run(*processes.build_command(preset, *targets))

    def hold(self, code):
        """Goes on where this is the exit code of success."""
        if code == SKIPPED:
            raise Skipped
        if code != 0:
            raise Failed(f"exit code {code}")


class Run:
    """All steps of a run. Those of the lane `compute` give way to those of the others."""

    def __init__(self, steps):
        self.waiting, self.busy, self.failures = list(steps), set(), set()  # the latter two: names of steps
        self.passed = self.failed = self.skipped = 0
        self.broken = []
        self.changed = threading.Condition()

    def play(self):
        """Does them all; the exit code. The last line that it prints counts them."""
        begun = time.monotonic()
        lanes = [threading.Thread(target=self.follow, args=(lane,), daemon=True) for lane in
                 dict.fromkeys(step.lane for step in self.waiting)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        for step in self.broken:
            print("", f"== how the log of a failed step ends: {step.headline}", *ending_of_log(step), sep="\n")
        print("", f"all steps together: {time.monotonic() - begun:.1f} s", sep="\n")
        return close(self.passed, self.failed, self.skipped, [step.headline for step in self.broken])

    def follow(self, lane):
        """Does the steps of a lane, each as soon as those that it needs are done."""
        while True:
            with self.changed:
                mine = [step for step in self.waiting if step.lane == lane]
                if not mine:
                    return
                unfinished = self.busy | {step.name for step in self.waiting}
                ready = next((step for step in mine if not unfinished & set(step.needs)), None)
                if ready is None:
                    self.changed.wait()
                    continue
                self.waiting.remove(ready)
                self.busy.add(ready.name)
            try:
                self.take(ready)
            except BaseException:  # nobody reads what is printed, or the disk is full
                self.break_off(ready)
                raise

    def break_off(self, step):
        """This step has failed, and with it all lanes end."""
        processes.ask_all_to_end()
        with self.changed:
            self.failed += 1
            self.broken.append(step)
            self.failures.add(step.name)
            self.busy.discard(step.name)
            self.waiting.clear()
            self.changed.notify_all()

    def take(self, step):
        begun = time.monotonic()
        print(f".. {step.headline}", flush=True)
        path = log_of(step)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w+", errors="replace") as log:
            work = Work(log, step.lane == "compute")
            outcome, why = self.outcome(step, work)
        word = {True: "passed", False: "FAILED", None: "skipped"}[outcome]
        closing = f"-- {word}: {step.headline}, {why and why + ', '}{time.monotonic() - begun:.1f} s"
        with self.changed:
            said = path.read_text(errors="replace").rstrip()
            print("", f"== {step.headline}", *([said] if said else []), closing, sep="\n", flush=True)
            self.count(step, work, outcome)
            self.busy.remove(step.name)
            self.changed.notify_all()

    def outcome(self, step, work):
        """Whether it passed, None where it was skipped; and why, where the log has not said that."""
        needed = [name for name in step.needs if name in self.failures]
        if needed:
            return False, f"not done because of {', '.join(needed)}"
        try:
            step.do(work)
            return True, ""
        except Skipped:
            return None, ""
        except (Failed, SystemExit) as end:
            return False, str(end)
        except Exception as problem:  # a mistake in a step must neither be silent nor end the others
            return False, f"{type(problem).__name__}: {problem}"

    def count(self, step, work, outcome):
        self.passed += work.passed + (outcome is True)
        self.failed += work.failed + (outcome is False)
        self.skipped += outcome is None
        if outcome is False:
            self.broken.append(step)
            self.failures.add(step.name)


def close(passed, failed, skipped, broken):
    """The closing lines; the exit code."""
    print("", *(f"failed: {what}" for what in broken), sep="\n")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed else 0
