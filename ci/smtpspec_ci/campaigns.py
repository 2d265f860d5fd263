"""Campaigns on the reference server with a fault switched on: does `smtpspec fuzz` find it, and show it again? Faults that
end the process are switched on in a build of the server that AddressSanitizer watches, and that a campaign starts again.

Exit codes: 0 enough were found and nothing was on the clean server, 1 not, 2 no such fault."""
import argparse
import json
import re
import shutil
import subprocess
import sys
import time

from smtpspec_ci import processes
from smtpspec_ci.processes import BUILD, SMTPSPEC

FOLDER = BUILD / "campaigns"
WATCHED = BUILD / "fuzz" / "harness" / "cli" / "smtpspec"
LOST = ("sanitizer/", "crash/", "hang")
# A fault, and findings one of which tells of it. First what ends the process, or every answer of it.
DEADLY = ("path-in-64-octets", "verb-in-16-octets", "sender-used-after-rset", "refusal-freed-twice", "value-of-nothing",
          "chunk-in-16-bits", "octet-beyond-the-table", "literal-without-end", "text-line-in-1000-octets", "twenty-recipients",
          "spins-on-backslash")
FAULTS = {
    **{fault: LOST for fault in DEADLY},
    "trailing-tab-hangs-up": ("crash", "silent-close"),
    "second-ehlo-refused": ("permitted-code", "listed-code"),
    "ehlo-reply-without-end": ("hang", "separator", "one-reply", "incomplete"),
    "noop-unanswered": ("hang", "one-reply-each"),
    "second-message-lost": ("mail/lost",),
    "delivers-twice": ("mail/doubled",),
    "drops-lone-dots": ("mail/changed",),
    "rset-keeps-transaction": ("permitted-code", "listed-code"),
    "data-without-mail": ("permitted-code", "listed-code"),
}
ENOUGH = 18  # of twenty
SLICE = 30  # seconds after which is looked whether it is found; a campaign that is started again goes on
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


def serve(smtpspec, port, sink, fault):
    """The command."""
    return [str(smtpspec), "serve", f"127.0.0.1:{port}", "--relay", f"127.0.0.1:{sink}", "--user", "alice:open-sesame",
            *(["--fault", fault] if fault else [])]


def fuzz(folder, seconds):
    """Its exit code, what it found, and its rate and features."""
    with (folder / "log").open("w+") as log:
        command = [SMTPSPEC, "fuzz", folder / "target.toml", "--time", f"{seconds}s", "--out", folder / "out"]
        code = processes.run(command, seconds + 600, stdout=log, stderr=subprocess.DEVNULL)
        log.seek(0)
        said = log.read()
    rate = re.search(r"(\d+) a second; (\d+) features", said)
    return code, re.findall(r"^(?:FOUND|warning) (\S+)", said, re.MULTILINE), rate.groups() if rate else ("0", "0")


def is_found(fault, causes):
    return any(cause.startswith(FAULTS[fault]) for cause in causes) if fault else bool(causes)


def until_found(fault, folder, seconds):
    """As fuzz() has it, of the last slice."""
    for begun in range(0, seconds, SLICE):
        code, causes, figures = fuzz(folder, min(SLICE, seconds - begun))
        if is_found(fault, causes) or code not in (0, 1):
            break
    return code, causes, figures


def campaign(fault, seconds):
    """As fuzz() has it. Who dies is started, and started again, by the campaign."""
    sink, folder = processes.free_port(), FOLDER / (fault or "clean")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if fault in DEADLY:
        port = processes.free_port()
        start = f"[server]\nstart = {json.dumps(serve(WATCHED, port, sink, fault))}\n"
        (folder / "target.toml").write_text(TARGET.format(port=port, sink=sink) + start)
        return until_found(fault, folder, seconds)
    server = processes.start(serve(SMTPSPEC, 0, sink, fault), stdout=subprocess.PIPE, text=True)
    try:
        port = re.search(r":(\d+) ", server.stdout.readline()).group(1)
        (folder / "target.toml").write_text(TARGET.format(port=port, sink=sink))
        return until_found(fault, folder, seconds)
    finally:
        processes.end(server, 10)
        server.stdout.close()


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/campaigns", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fault", nargs="*", metavar="FAULT", help="these alone; without any: all, and a clean server")
    parser.add_argument("--seconds", type=int, default=60, help="of each campaign at most (default: 60)")
    wanted = parser.parse_args(arguments)
    unknown = [fault for fault in wanted.fault if fault not in FAULTS]
    if unknown:
        print(f"ci/campaigns: no such fault: {', '.join(unknown)}; there are: {', '.join(FAULTS)}", file=sys.stderr)
        return 2
    if (not wanted.fault or set(wanted.fault) & set(DEADLY)) and processes.build("fuzz", "smtpspec") != 0:
        return 1
    found, problems = 0, 0
    faults = wanted.fault or ["", *FAULTS]
    for fault in faults:
        begun = time.monotonic()
        code, causes, (rate, features) = campaign(fault, wanted.seconds)
        is_it = is_found(fault, causes) if fault else not causes and code == 0
        found += bool(fault and is_it)
        problems += not fault and not is_it
        print(f"{'found' if fault and is_it else 'clean' if is_it else 'NOT':<6} {fault or '(no fault)':<28} exit {code} "
              f"{time.monotonic() - begun:4.0f} s {rate:>5} sessions a second {features:>5} features  {' '.join(causes)}", flush=True)
    tried = len([fault for fault in faults if fault])
    print(f"{found} of {tried} faults found; {problems} false alarms on the clean server")
    return 0 if found >= min(ENOUGH, tried) and problems == 0 else 1
