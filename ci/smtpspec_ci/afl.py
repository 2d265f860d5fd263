"""AFL++ on a fuzz target of ours, and its tools on the folder of a campaign of ours, in one output folder."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import time

from smtpspec_ci import campaigns
from smtpspec_ci.processes import BUILD, ROOT
from smtpspec_ci.runner import Failed

HERE = campaigns.FOLDER / "clean"  # a campaign's, its own output in out/; AFL++ puts its own beside it
TARGET = "reply_parser"
SECONDS = 20
ENVIRONMENT = {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1"}


def stats(folder):
    """What a fuzzer says of itself."""
    return dict(re.findall(r"^(\w+) +: (.*)$", (folder / "fuzzer_stats").read_text(), re.M))


def fuzz(work):
    """AFL++ for some seconds; it must have tried many inputs, found new ones, and no crash."""
    work.run("afl-fuzz", "-V", SECONDS, "-S", "afl", "-i", ROOT / "corpus" / TARGET, "-o", HERE,
             "-x", ROOT / "fuzz" / "dictionaries" / f"{TARGET}.dict", BUILD / "afl" / "fuzz" / f"fuzz_{TARGET}", env=ENVIRONMENT)
    found = stats(HERE / "afl")
    work.say(*(f"{name}: {found.get(name)}" for name in ("execs_done", "corpus_count", "corpus_found", "edges_found", "saved_crashes")))
    if int(found["execs_done"]) < 1000 or int(found["edges_found"]) < 100 or int(found["saved_crashes"]) != 0:
        raise Failed("AFL++ came to too little, or to a crash")


def look(work):
    """afl-whatsup must count both fuzzers, the one that still runs and the one that has ended."""
    said = subprocess.run(["afl-whatsup", HERE], capture_output=True, text=True, check=False, env={**os.environ, "TERM": "dumb"})
    work.say(*(line for line in said.stdout.splitlines() if not re.fullmatch(r"[\d.%]*", line)))
    told = re.findall(r"^>>> (?:\S*/)?(\S+) ", said.stdout, re.M)
    alive = re.search(r"Fuzzers alive : (\d+)", said.stdout)
    if said.returncode != 0 or sorted(told) != [f"fuzz_{TARGET}", "reference"] or not alive or alive[1] != "1":
        raise Failed(f"afl-whatsup tells of {told}, alive: {alive and alive[1]}")


def check(work):
    work.build("afl", f"fuzz_{TARGET}")
    shutil.rmtree(HERE, ignore_errors=True)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        campaign = pool.submit(campaigns.campaign, "", 3 * SECONDS)
        begun = time.monotonic()
        while not (HERE / "out" / "fuzzer_stats").is_file() and not campaign.done() and time.monotonic() - begun < 60:
            time.sleep(0.2)
        fuzz(work)
        look(work)
        code, causes, _ = campaign.result()
    if code != 0:
        raise Failed(f"the campaign ended by {code} {causes}")
