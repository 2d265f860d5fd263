"""Publishes what real servers do, in reports/published/: a folder for each with its results and a README, the matrix of all as
index.html, a chart and a table by area, which README.md at the top has too. Plays the suite on the servers of ci/targets/ as ci/servers does, or takes the runs
that are there. Refuses what tells of this machine: its paths, and names of hosts that are no examples.

SMTPSPEC names a binary; else it is built. Exit codes: 0 published (--check: all is as it should be), 1 not, 2 usage,
77 no apt or no root: skipped."""
import argparse
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from smtpspec_ci import processes, published_pages, published_runs, reports, servers
from smtpspec_ci.processes import ROOT
from smtpspec_ci.published_runs import Unfit
from smtpspec_ci.runner import SKIPPED

PUBLISHED = ROOT / "reports" / "published"
README = ROOT / "README.md"
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)


def folders():
    return sorted(file.parent for file in PUBLISHED.glob("*/results.json"))


def stored(smtpspec):
    """The results of each folder, by its name, with findings as smtpspec makes them of its rows now."""
    return {folder.name: published_runs.with_findings(smtpspec, json.loads((folder / "results.json").read_text(encoding="utf-8")))
            for folder in folders()}


def matrix(smtpspec):
    """The page of all; folders as they are named from the root, so that no path of the machine is in it."""
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "index.html"
        subprocess.run([smtpspec, "report", *(folder.relative_to(ROOT) for folder in folders()), "--report", f"html={page}"], cwd=ROOT,
                       check=True, stdout=subprocess.DEVNULL)
        return page.read_text(encoding="ascii")


def derived(smtpspec):
    """All that follows from the rows of the results: files, and what is in them."""
    runs = stored(smtpspec)
    if len(runs) < 2:
        raise Unfit("a matrix needs two published runs at least")
    front = published_pages.with_front_table(README.read_text(encoding="utf-8"), runs)
    files = {f"{name}/README.md": published_pages.server_readme(name, results) for name, results in runs.items()}
    texts = {f"{name}/results.json": published_runs.text_of(results) for name, results in runs.items()}
    files |= {**texts, "README.md": published_pages.overview(runs), "areas.svg": published_pages.chart(runs), "index.html": matrix(smtpspec)}
    return {README: front, **{PUBLISHED / path: text for path, text in files.items()}}


def without_dress(path, text):
    """Of the page its data alone, for its script and style change more often than what servers do."""
    return DATA.search(text)[1] if path == PUBLISHED / "index.html" and DATA.search(text) else text


def problems(smtpspec):
    """What is published and should not be, or should be otherwise."""
    found = [f"{path.relative_to(ROOT)} has {', '.join(told[:5])}" for path in sorted(PUBLISHED.rglob("*")) if path.is_file()
             for told in [published_runs.secrets_of_machine(path.read_text(encoding="utf-8"))] if told]
    for folder in folders():
        found += reports.results_problems(folder / "results.json")
    for path, text in derived(smtpspec).items():
        there = path.read_text(encoding="utf-8") if path.is_file() else ""
        if without_dress(path, there) != without_dress(path, text):
            found.append(f"{path.relative_to(ROOT)} does not follow from the results; ci/publish --rebuild writes it anew")
    return found


def put(path, text):
    told = published_runs.secrets_of_machine(text)
    if told:
        raise Unfit(f"{path.relative_to(ROOT)} would tell of this machine: {', '.join(told[:5])}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def replace_runs(smtpspec, names):
    """All are made before any is replaced."""
    texts = dict(published_runs.published(smtpspec, name) for name in names)
    for name in names:
        for folder in folders():
            if re.fullmatch(rf"{re.escape(name)}-\d[^-]*", folder.name) and folder.name not in texts:
                shutil.rmtree(folder)
    for folder, text in texts.items():
        put(PUBLISHED / folder / "results.json", text)


def rebuild(smtpspec):
    for path, text in derived(smtpspec).items():
        put(path, text)
    sizes = [path.stat().st_size for path in PUBLISHED.rglob("*") if path.is_file()]
    print(f"published: {len(folders())} runs, {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB")


def check(smtpspec):
    found = problems(smtpspec)
    print(*found or [f"{len(folders())} published runs are as they should be"], sep="\n")
    return 1 if found else 0


def played(smtpspec, names):
    """Plays them; the names of those that cannot be published."""
    runs = servers.play_all(smtpspec, names)
    servers.table({name: run for name, run in runs.items() if run})
    return [name for name, run in runs.items() if run is None]


def main(arguments):
    there = servers.targets()
    parser = argparse.ArgumentParser(prog="ci/publish", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"these alone, the others stay; there are: {' '.join(there)}")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--from-runs", action="store_true", help="of the runs that ci/servers left in build/run-NAME")
    what.add_argument("--rebuild", action="store_true", help="only what follows from the results that are published")
    what.add_argument("--check", action="store_true", help="write nothing; hold what is published to its schema and its results")
    options = parser.parse_args(arguments)
    names = options.name or there
    if not servers.are_there(names):
        return 2
    smtpspec = processes.smtpspec()
    try:
        if options.check:
            return check(smtpspec)
        if not options.rebuild:
            if not options.from_runs and not servers.can_be_root():
                print("publish: skipped; real servers need apt, and root or sudo without a password")
                return SKIPPED
            for name in played(smtpspec, names) if not options.from_runs else []:
                raise Unfit(f"{name} does not start")
            replace_runs(smtpspec, names)
        rebuild(smtpspec)
    except (Unfit, OSError, ValueError, KeyError, subprocess.CalledProcessError) as problem:
        print(f"publish: {problem}")
        return 1
    return 0
