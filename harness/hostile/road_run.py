"""One run whose mail comes by a road where a delivery agent misbehaves, and what is wrong with it. For driver.py."""
import collections
import pathlib
import subprocess
import sys

import one_run as run
import roads

CPU, CPU_SANITIZED = 60, 200  # s of a run: what is slow must wait, and not work
NO_ROAD = "no-delivery-road"
# kind: of roads.py, a class; truth: what the suite may come to.
Row = collections.namedtuple("Row", "name kind act before truth shard")


def calm(kind, shard):
    """The run of this road that others are compared with."""
    name = f"{kind.kind}-calm"
    return Row(name, *roads.CALM[name], shard)


def permitted(row):
    """Whether a verdict that is not as without the attack may be what the attack makes it."""
    def is_permitted(now):
        if now.outcome in run.UNDECIDED:
            return now.stated and (row.truth != roads.SAME or now.cause != NO_ROAD)
        return row.truth == roads.FOUND and now.cause == "delivery"
    return is_permitted


def against_road(options, row, measure, folder):
    """The suite on `smtpspec serve` behind an agent; without a measure it is the run to compare with."""
    case = run.Case(row.name, {roads.LOST: run.INCOMPLETE}.get(row.truth, run.AS_EXPECTED))
    # An agent that is no mail server loses envelopes: some rows are found without any attack.
    if row.truth != roads.LOST:
        case.other_codes = (run.FINDINGS,) if row.truth == roads.SAME else (run.FINDINGS, run.INCOMPLETE)
    incoming = folder / "incoming"
    road = str(run.ports.take()) if row.kind is roads.Sink else folder / "road"
    server = run.start([options.smtpspec, "serve", "127.0.0.1:0", "--maildir", incoming, "--user", "alice:open-sesame"],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    agent = None
    try:
        with open(folder / "agent.log", "w", encoding="utf-8") as log:
            agent = run.start([sys.executable, "-B", pathlib.Path(roads.__file__), row.name, incoming, road],
                              stdout=subprocess.PIPE, stderr=log)
        agent.stdout.readline()
        target = folder / "target.toml"
        place = {"sink": f"127.0.0.1:{road}"}.get(row.kind.kind, road)
        # With the settle time that smtpspec finds for itself.
        text = run.TARGET.format(name="reference", scheme="smtp", port=run.listening(server), sink="", wait="20s")
        target.write_text(text.replace('sink = "127.0.0.1:"', f'{row.kind.kind} = "{place}"')
                          .replace('settle = "20ms"\n', ""))
        verdicts = run.play(case, options, folder, target, options.seconds,
                            ["--timeout", f"{2 * options.patience}s", "--patience", f"{2 * options.patience}s",
                             "--jobs", 16, "--shard", row.shard])
    finally:
        for process in (agent, server):
            if process is not None:
                run.end(process)
                process.stdout.close()
    if (folder / "agent.log").stat().st_size > 0:
        case.problems.append(f"the agent itself failed, see {folder}/agent.log")
    if case.cpu > options.cpu:
        case.problems.append(f"took {case.cpu:.0f} s of a processor, more than {options.cpu}")
    if verdicts is not None and measure is not None:
        run.compare(case, verdicts, measure, permitted(row))
    return case, verdicts
