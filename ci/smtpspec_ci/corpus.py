"""Makes the seeds in corpus/ anew: the suite is played in memory, each row is written as an input of the targets that take
such (fuzz/seeds), and of these libFuzzer keeps the smallest that reach what the seeds that somebody wrote do not. Those
are named in words and are never touched; what is made here is named by the hash of its octets, and what was made before
is given up. `--found` adds what ci/test and ci/long discovered, for every target."""
import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from smtpspec_ci import fuzzing, processes
from smtpspec_ci.processes import BUILD, ROOT

HERE = BUILD / "corpus"
MADE = re.compile(r"[0-9a-f]{40}")
MERGE = ("-set_cover_merge=1", "-use_counters=0")  # the fewest that reach each place; how often each was reached is no reason
MOST_FILES, MOST_OCTETS = 400, 200_000  # that a target may have in git


def made(folder):
    """The files of a folder that a tool has made."""
    return [file for file in folder.iterdir() if MADE.fullmatch(file.name)] if folder.is_dir() else []


def problems(root):
    """What is wrong with the corpora: folders of no target, seeds that are not what their name says, too much of it."""
    targets, wrong = fuzzing.targets(), []
    folders = [folder for top in (root, root / "regressions") if top.is_dir() for folder in sorted(top.iterdir())]
    for folder in folders:
        if folder == root / "regressions":
            continue
        if not folder.is_dir() or folder.name not in targets:
            wrong.append(f"{folder.relative_to(root)}: there is no such target, so nothing plays it")
            continue
        wrong += [f"{file.relative_to(root)}: its name is not the hash of what is in it" for file in made(folder)
                  if hashlib.sha1(file.read_bytes()).hexdigest() != file.name]
        sizes = [file.stat().st_size for file in folder.iterdir()]
        if len(sizes) > MOST_FILES or sum(sizes) > MOST_OCTETS:
            wrong.append(f"{folder.relative_to(root)}: {len(sizes)} files of {sum(sizes)} octets; {MOST_FILES} and {MOST_OCTETS}"
                         " are the most")
    return wrong


def refresh(target, sources):
    """Makes the target's seeds anew from those in `sources`; whether that went well."""
    kept, log = ROOT / "corpus" / target, HERE / f"{target}.log"
    fresh, broken = HERE / "fresh" / target, HERE / "broken" / target
    for folder in (fresh, broken):
        folder.mkdir(parents=True)
    for file in kept.iterdir():
        if not MADE.fullmatch(file.name):
            shutil.copy(file, fresh)
    before = set(fresh.iterdir())
    with log.open("w") as said:
        code = processes.run([BUILD / "fuzz" / "fuzz" / f"fuzz_{target}", *MERGE, f"-max_len={fuzzing.longest_input(target)}",
                              f"-artifact_prefix={broken}/", fresh, *sources],
                             stdout=said, stderr=subprocess.STDOUT)
    added = [file for file in fresh.iterdir() if file not in before]
    if code != 0 or any(broken.iterdir()):  # a merge goes on after a crash, and is content
        print(f"{target}: FAILED, the merge ended with {code}; see {log}, and {broken} for inputs that break the target")
        return False
    for file in made(kept):
        file.unlink()
    for file in added:
        shutil.copy(file, kept / hashlib.sha1(file.read_bytes()).hexdigest())
    print(f"{target}: {len(before)} by hand, {len(added)} made, {sum(file.stat().st_size for file in kept.iterdir())} octets",
          flush=True)
    return True


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/refresh-corpus", description=__doc__)
    parser.add_argument("target", nargs="*", metavar="TARGET", help="these alone")
    parser.add_argument("--found", action="store_true", help="add what was discovered below build/fuzzing/")
    wanted = parser.parse_args(arguments)
    processes.must("ci/setup", "build", "test")
    shutil.rmtree(HERE, ignore_errors=True)
    code = processes.build("dev", "suite_seeds")
    if code == 0:
        code = processes.run([BUILD / "dev" / "fuzz" / "seeds" / "suite_seeds", ROOT / "scenarios", HERE / "suite"])
    if code != 0:
        return code
    sources = {}
    for target in wanted.target or fuzzing.targets():
        folders = [HERE / "suite" / target] + ([BUILD / "fuzzing" / target / "found"] if wanted.found else [])
        sources[target] = [folder for folder in folders if Path(folder).is_dir()]
    sources = {target: folders for target, folders in sources.items() if folders}
    if not sources:
        print("ci/refresh-corpus: no scenario is an input of such a target", file=sys.stderr)
        return 2
    code = processes.build("fuzz", *(f"fuzz_{target}" for target in sources))
    if code != 0:
        return code
    done = [refresh(target, folders) for target, folders in sources.items()]
    print(*(wrong := problems(ROOT / "corpus")), sep="\n")
    return 0 if all(done) and not wrong else 1
