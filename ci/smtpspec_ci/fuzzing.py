"""The in-process fuzz targets: libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer, each for some seconds. What
is discovered stays below build/fuzzing/; only seeds that somebody looked at belong in corpus/."""
import concurrent.futures
import os
import re
import subprocess

from smtpspec_ci import processes
from smtpspec_ci.processes import BUILD, CORES, ROOT

# To keep books on how rare what an input reached is takes libFuzzer more time than a target itself.
WITHOUT_BOOKS = "-entropic=0"
# Seconds of the clock that an input may take: beside servers that are played at the same time a target has a few hundredths
# of a core, so that a tenth of a second of its own may take many.
TIMEOUT = 90


def targets():
    return sorted(file.stem for file in (ROOT / "fuzz" / "targets").glob("*.cpp"))


def corpora(target):
    """The folders of what is kept of it: seeds, and what was found once."""
    folders = (ROOT / "corpus" / target, ROOT / "corpus" / "regressions" / target)
    return [folder for folder in folders if folder.is_dir()]


def longest_input(target):
    """Octets: a seed at a bound of the target's is of no use where it is cut."""
    seeds = (file.stat().st_size for folder in corpora(target) for file in folder.iterdir())
    return max(4096, *seeds)


def fuzz_one(work, target, seconds):
    """Says what came of it; what is to be said in the end where something was found, else nothing."""
    here = BUILD / "fuzzing" / target
    for folder in ("found", "artifacts"):
        (here / folder).mkdir(parents=True, exist_ok=True)
    dictionary = ROOT / "fuzz" / "dictionaries" / f"{target}.dict"
    options = [f"-max_total_time={seconds}", f"-timeout={TIMEOUT}", "-rss_limit_mb=2048", f"-max_len={longest_input(target)}",
               "-print_final_stats=1", WITHOUT_BOOKS, f"-artifact_prefix={here}/artifacts/",
               *([f"-dict={dictionary}"] if dictionary.is_file() else [])]
    inputs = [here / "found", *corpora(target)]
    with (here / "log").open("w+", errors="replace") as log:
        code = work.into(log).code(f"build/fuzz/fuzz/fuzz_{target}", *options, *inputs)
        log.seek(0)
        text = log.read()
    if code != 0:
        work.say(f"{target}: FAILED")
        return [f"{target}: exit code {code}; the input is in {here}/artifacts/, the log is {here}/log; to be told who allocated"
                " what, give it to the target with ASAN_OPTIONS=malloc_context_size=30", *text.splitlines()[-60:]]
    tried = re.search(r"stat::number_of_executed_units: (\d+)", text)
    work.say(f"{target}: {tried[1] if tried else 'no'} inputs tried in {seconds} s, nothing found")
    return []


def rate(target, runs):
    """Executions a second of CPU time, by libFuzzer's own count: so many inputs of usual size, from the seeds on. What it
    discovers it does not write down: at the beginning that is much, and files cost as much as what is measured."""
    seeds, log = BUILD / "fuzzing" / "rate-seeds", BUILD / "fuzzing" / "rate.log"
    seeds.parent.mkdir(parents=True, exist_ok=True)
    seeds.write_text(",".join(str(file) for folder in corpora(target) for file in sorted(folder.iterdir())))
    before = os.times()
    with log.open("w+", errors="replace") as out:
        code = processes.run([BUILD / f"fuzz/fuzz/fuzz_{target}", f"-runs={runs}", "-max_len=512", "-seed=1", WITHOUT_BOOKS,
                              "-print_final_stats=1", f"-seed_inputs=@{seeds}"], stdout=out, stderr=subprocess.STDOUT)
        out.seek(0)
        tried = re.search(r"stat::number_of_executed_units: (\d+)", out.read())
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return int(tried[1]) / used if code == 0 and tried else 0.0


def fuzz(work, seconds):
    """Each target for so many seconds; 0, or 1 where one of them found something."""
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        found = list(pool.map(lambda target: fuzz_one(work, target, seconds), targets()))
    work.say(*(line for lines in found for line in lines))
    return 1 if any(found) or not found else 0
