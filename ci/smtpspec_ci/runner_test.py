import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from smtpspec_ci import processes
from smtpspec_ci.runner import Failed, Run, Step

CI = Path(__file__).resolve().parents[1]


def played(*steps):
    """The exit code of a run of these steps, and the lines that it prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = Run(steps).play()
    return code, said.getvalue().splitlines()


def fails(work):
    work.say("what went wrong")
    raise Failed


class RunTest(unittest.TestCase):
    def test_the_last_line_counts_steps_and_what_they_counted(self):
        def counts(work):
            work.passed, work.failed = 3, 0

        code, lines = played(Step("test-one", "one", counts), Step("test-two", "two", lambda work: work.run("true")))
        self.assertEqual((code, lines[-1]), (0, "5 passed, 0 failed"))

    def test_a_failure_is_told_of_with_its_log(self):
        code, lines = played(Step("test-bad", "bad", fails), Step("test-good", "good", lambda work: None))
        self.assertEqual((code, lines[-2:]), (1, ["failed: bad", "1 passed, 1 failed"]))
        again = lines.index("== how the log of a failed step ends: bad")
        self.assertEqual([n for n, line in enumerate(lines) if line == "what went wrong" and n > again], [again + 1])
        self.assertIn("what went wrong", lines[:again])

    def test_a_command_may_fail_and_may_be_skipped(self):
        code, lines = played(Step("test-bad", "bad", lambda work: work.run("sh", "-c", "exit 3")),
                             Step("test-none", "none", lambda work: work.run("sh", "-c", "exit 77")))
        self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed, 1 skipped"))
        self.assertTrue(any(line.startswith("-- FAILED: bad, exit code 3,") for line in lines))

    def test_a_mistake_in_a_step_fails_it_and_ends_no_other(self):
        code, lines = played(Step("test-bad", "bad", lambda work: [][1]), Step("test-good", "good", lambda work: None))
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed"))

    def test_what_needs_a_failed_step_is_not_done(self):
        done = []
        code, lines = played(Step("test-bad", "bad", fails, "compute"),
                             Step("test-next", "next", lambda work: done.append(1), needs=("test-bad",)))
        self.assertEqual((code, lines[-1], done), (1, "0 passed, 2 failed", []))

    def test_a_step_whose_log_cannot_be_written_fails(self):
        program = ("import pathlib, sys; from smtpspec_ci import runner\n"
                   "runner.BUILD = pathlib.Path(sys.argv[1])\n"
                   "sys.exit(runner.Run([runner.Step('test-bad', 'bad', lambda work: None)]).play())\n")
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / "steps" / "test-bad.log").mkdir(parents=True)
            done = subprocess.run([sys.executable, "-B", "-c", program, scratch], env={**os.environ, "PYTHONPATH": str(CI)},
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=20, check=False)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-2:]), (1, ["failed: bad", "0 passed, 1 failed"]))

    def test_lanes_go_side_by_side_and_needs_are_waited_for(self):
        both, done = threading.Barrier(2, timeout=20), []
        steps = [Step("test-last", "last", lambda work: done.append("last"), needs=("test-meets",)),
                 Step("test-waits", "waits", lambda work: both.wait()),
                 Step("test-meets", "meets", lambda work: (both.wait(), done.append("meets")), "compute")]
        self.assertEqual(played(*steps)[0], 0)
        self.assertEqual(done, ["meets", "last"])


class SignalTest(unittest.TestCase):
    def test_a_signal_ends_what_was_started(self):
        program = ("import sys; from smtpspec_ci import processes\n"
                   "processes.exit_on_signals()\n"
                   "try: processes.run(['sh', '-c', 'echo $$; sleep 100 & wait'])\n"
                   "finally: processes.end_all()\n")
        process = subprocess.Popen([sys.executable, "-B", "-c", program], env={**os.environ, "PYTHONPATH": str(CI)},
                                   stdout=subprocess.PIPE, text=True)
        group = int(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 128 + signal.SIGTERM)
        process.stdout.close()
        self.assert_ends(group)

    def test_who_ignores_it_is_killed_though_the_leader_of_the_group_has_ended(self):
        process = processes.start(["sh", "-c", "(trap '' TERM; echo; exec sleep 100) & wait"], stdout=subprocess.PIPE)
        process.stdout.readline()
        self.assertEqual(processes.end(process, patience=0.3), -signal.SIGTERM)
        process.stdout.close()
        self.assert_ends(process.pid)

    def test_what_takes_too_long_is_ended(self):
        self.assertEqual(processes.run(["sleep", "100"], seconds=0.1), -signal.SIGTERM)
        self.assertEqual(processes.run(["sh", "-c", "exit 3"], seconds=20), 3)

    def assert_ends(self, group):
        for _ in range(100):  # a signal may take its time
            if not processes.group_lives(group):
                return
            time.sleep(0.05)
        self.fail("something still runs")


if __name__ == "__main__":
    unittest.main()
