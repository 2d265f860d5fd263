"""Shows how much of harness/smtp the corpora of the fuzz targets reach, line by line: each target, built by clang with
counters and without libFuzzer, is given what stands in corpus/, and nothing else. Installs what is missing. Exit code 1 where
a target fails, or fewer lines are reached than there should be."""
import argparse
import concurrent.futures
import re
import subprocess

from smtpspec_ci import fuzzing, processes
from smtpspec_ci.processes import BUILD, CORES, ROOT

PRESET = "corpus-coverage"
HERE = BUILD / PRESET
ROOM = "harness/smtp"
LEAST = 95.0  # percent


def binary(target):
    return HERE / "fuzz" / f"fuzz_{target}"


def profile(target):
    return HERE / f"{target}.profraw"


def replay(target):
    """The exit code."""
    inputs = [file for folder in fuzzing.corpora(target) for file in sorted(folder.rglob("*")) if file.is_file()]
    with (HERE / f"{target}.log").open("w") as log:
        return processes.run([binary(target), *inputs], env={"LLVM_PROFILE_FILE": str(profile(target))}, stdout=log,
                             stderr=subprocess.STDOUT)


def lines_of_room():
    """By the name of each file of the room: how often each line was run, by its number."""
    first, *others = map(binary, fuzzing.targets())
    objects = [word for other in others for word in ("-object", other)]
    with (HERE / "llvm-cov.log").open("w") as log:  # it warns of each function that every target has one of
        said = subprocess.run(["llvm-cov", "export", "-format=lcov", first, *objects, f"-instr-profile={HERE / 'all.profdata'}"],
                              stdout=subprocess.PIPE, stderr=log, text=True, check=True).stdout
    files = {}
    for record in said.split("end_of_record"):
        # With ccache the path may be that of another checkout.
        place = re.search(rf"^SF:.*/{ROOM}/(\w+\.[ch]pp)$", record, re.M)
        if place and not re.search(r"_(test|bench)\.", place[1]):
            files[place[1]] = {int(line): int(times) for line, times in re.findall(r"^DA:(\d+),(\d+)", record, re.M)}
    return files


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/coverage", description=__doc__)
    parser.add_argument("--missed", action="store_true", help="show each line that is not reached")
    options = parser.parse_args(arguments)
    processes.must("ci/setup", "build", "test")
    targets = fuzzing.targets()
    code = processes.build(PRESET, *(f"fuzz_{target}" for target in targets))
    if code != 0:
        return code
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        failed = [target for target, code in zip(targets, pool.map(replay, targets)) if code != 0]
    processes.must("llvm-profdata", "merge", "-o", HERE / "all.profdata", *map(profile, targets))
    count = covered = 0
    for name, lines in lines_of_room().items():
        missed = [line for line, times in lines.items() if times == 0]
        count, covered = count + len(lines), covered + len(lines) - len(missed)
        print(f"{name:<24} {len(lines) - len(missed):>5} of {len(lines):>5} lines")
        if options.missed and missed:
            source = (ROOT / ROOM / name).read_text().splitlines()
            print(*(f"{line:>8} {source[line - 1]}" for line in missed), sep="\n")
    percent = 100 * covered / max(count, 1)
    print(f"{ROOM}: {covered} of {count} lines, {percent:.2f} %, by {len(targets)} targets; {LEAST:.0f} % is asked for")
    for target in failed:
        print(f"{target}: FAILED on its corpus; see {HERE / target}.log")
    return 1 if failed or percent < LEAST else 0
