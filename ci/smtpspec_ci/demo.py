"""Installs what is missing, builds, and plays the suite on the embedded reference server. Safe to repeat.

Usage: ci/demo [OPTION...]      (options of `smtpspec run`, for instance --filter rfc5321)"""
from smtpspec_ci import processes
from smtpspec_ci.processes import ROOT
from smtpspec_ci.runner import say

OUT = "smtpspec-run"
SMTPSPEC = "build/release/harness/cli/smtpspec"


def main(arguments):
    if arguments in (["--help"], ["-h"]):
        say(__doc__)
        return 0
    say("demo: installing what is missing")
    processes.must("ci/setup", "build")
    say("demo: building in build/release; the first time takes some minutes")
    code = processes.build("release")
    if code != 0:
        return code
    say("demo: playing the suite on the embedded reference server", "")
    code = processes.run([SMTPSPEC, "run", "--out", OUT, "--report", "html", *arguments])
    say("", f"demo: the reports and transcripts are in {OUT}/:")
    say(*(f"  {file.name}" for file in sorted((ROOT / OUT).iterdir())) if (ROOT / OUT).is_dir() else ())
    say(f"demo: to test a server of yours: {SMTPSPEC} run smtp://127.0.0.1:25")
    page = ROOT / OUT / "report.html"
    if page.is_file():
        say(f"demo: the report for people, to be opened in a browser: {page}")
    return code if code >= 0 else 128 - code
