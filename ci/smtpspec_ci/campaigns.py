"""Campaigns on the reference server with a fault switched on: does `smtpspec fuzz` find it, and show it again?

Exit codes: 0 enough were found and nothing was on the clean server, 1 not, 2 no such fault."""
import argparse
import re
import shutil
import subprocess
import sys
import time

from smtpspec_ci import processes
from smtpspec_ci.processes import BUILD

SMTPSPEC = BUILD / "dev" / "harness" / "cli" / "smtpspec"
FOLDER = BUILD / "campaigns"
# A fault, and findings one of which tells of it. The last five are beyond crashes and replies.
FAULTS = {
    "bare-line-end-hangs-up": ("crash", "silent-close"),
    "trailing-tab-hangs-up": ("crash", "silent-close"),
    "bdat-outside-hangs-up": ("crash", "silent-close"),
    "sender-with-hyphen-hangs-up": ("crash", "silent-close"),
    "long-text-line-hangs-up": ("crash", "silent-close"),
    "reply-twice": ("one-reply", "one-reply-each"),
    "data-without-recipient": ("permitted-code", "listed-code", "mail/lost"),
    "data-without-mail": ("permitted-code", "listed-code"),
    "second-ehlo-refused": ("permitted-code", "listed-code"),
    "quit-without-reply": ("crash", "hang", "silent-close"),
    "auth-in-transaction": ("permitted-code", "listed-code"),
    "enhanced-missing-in-refusals": ("enhanced",),
    "ehlo-reply-without-end": ("hang", "separator", "one-reply", "incomplete"),
    "noop-answered-by-code-alone": ("separator", "text", "enhanced"),
    "reply-too-long": ("line-length",),
    "noop-unanswered": ("hang", "one-reply-each"),
    "second-message-lost": ("mail/lost",),
    "delivers-twice": ("mail/doubled",),
    "drops-lone-dots": ("mail/changed",),
    "rset-keeps-transaction": ("permitted-code", "listed-code"),
}
ENOUGH = 18  # of twenty
TARGET = """name = "reference"
address = "smtp://127.0.0.1:{port}"
[mail]
domain = "example.test"
accepts = ["alice@example.test", "bob@example.test"]
rejects = ["nobody@example.test"]
foreign = ["someone@elsewhere.example"]
[auth]
user = "alice"
password = "open-sesame"
[delivery]
sink = "127.0.0.1:{sink}"
"""


def campaign(fault, seconds):
    """Its exit code, what it found, and its last line but one."""
    sink, folder = processes.free_port(), FOLDER / (fault or "clean")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [SMTPSPEC, "serve", "127.0.0.1:0", "--relay", f"127.0.0.1:{sink}", "--user", "alice:open-sesame",
               *(["--fault", fault] if fault else [])]
    server = processes.start(command, stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r":(\d+) ", server.stdout.readline()).group(1)
        (folder / "target.toml").write_text(TARGET.format(port=port, sink=sink))
        with (folder / "log").open("w+") as log:
            fuzz = [SMTPSPEC, "fuzz", folder / "target.toml", "--time", f"{seconds}s", "--out", folder / "out"]
            code = processes.run(fuzz, seconds + 600, stdout=log, stderr=subprocess.DEVNULL)
            log.seek(0)
            said = log.read()
    finally:
        processes.end(server, 10)
        server.stdout.close()
    rate = re.search(r"(\d+) a second; (\d+) features", said)
    return code, re.findall(r"^FOUND (\S+)", said, re.MULTILINE), rate.groups() if rate else ("0", "0")


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/campaigns", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fault", nargs="*", metavar="FAULT", help="these alone; without any: all, and a clean server")
    parser.add_argument("--seconds", type=int, default=60, help="of each campaign (default: 60)")
    wanted = parser.parse_args(arguments)
    unknown = [fault for fault in wanted.fault if fault not in FAULTS]
    if unknown:
        print(f"ci/campaigns: no such fault: {', '.join(unknown)}; there are: {', '.join(FAULTS)}", file=sys.stderr)
        return 2
    found, problems = 0, 0
    faults = wanted.fault or ["", *FAULTS]
    for fault in faults:
        begun = time.monotonic()
        code, causes, (rate, features) = campaign(fault, wanted.seconds)
        is_it = any(cause.startswith(FAULTS[fault]) for cause in causes) if fault else not causes and code == 0
        found += bool(fault and is_it)
        problems += not fault and not is_it
        print(f"{'found' if fault and is_it else 'clean' if is_it else 'NOT':<6} {fault or '(no fault)':<30} exit {code} "
              f"{time.monotonic() - begun:4.0f} s {rate:>5} sessions a second {features:>5} features  {' '.join(causes)}", flush=True)
    tried = len([fault for fault in faults if fault])
    print(f"{found} of {tried} faults found; {problems} false alarms on the clean server")
    return 0 if found >= min(ENOUGH, tried) and problems == 0 else 1
