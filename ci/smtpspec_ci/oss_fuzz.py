"""Runs ci/oss-fuzz/build.sh with the variables that OSS-Fuzz sets, and holds what it makes against what the engine asks for:
each fuzzer runs from another folder and an empty environment with nothing beside it but $OUT, takes its dictionary, one
input and its seeds, and needs no library of the machine but the C library's."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from smtpspec_ci import fuzzing, processes
from smtpspec_ci.processes import BUILD, CORES, ROOT

HERE = BUILD / "oss-fuzz"
# As OSS-Fuzz's base-builder sets them for AddressSanitizer and libFuzzer; but for -stdlib=libc++, which goes with libraries
# that are built from their sources.
FLAGS = ("-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error -fsanitize=address -fsanitize-address-use-after-scope"
         " -fsanitize=fuzzer-no-link")
# The C library's own, and what the kernel gives. All else must come with the fuzzer.
BASE = re.compile(r"(linux-vdso|/lib64/ld-linux\S*|ld-linux\S*|lib(c|m|dl|pthread|rt|resolv))(\.so\S*)?$")


def variables(source, script):
    """The engine's environment; $SRC holds the checkout, and nothing else of this machine's environment is kept but where
    programs and ccache are."""
    for folder in ("src", "work", "out"):
        (HERE / script / folder).mkdir(parents=True, exist_ok=True)
    for name, place in {"smtpspec": source, "server": source / "fuzz" / "example"}.items():
        link = HERE / script / "src" / name
        if not link.is_symlink():
            link.symlink_to(place)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG") or name.startswith("CCACHE")}
    return {**kept, **processes.ENVIRONMENT, "CC": "clang", "CXX": "clang++", "CFLAGS": FLAGS, "CXXFLAGS": FLAGS,
            "LIB_FUZZING_ENGINE": "-fsanitize=fuzzer", "SANITIZER": "address", "FUZZING_ENGINE": "libfuzzer",
            "ARCHITECTURE": "x86_64", "JOBS": str(CORES), "SRC": str(HERE / script / "src"),
            "WORK": str(HERE / script / "work"), "OUT": str(HERE / script / "out")}


def build(work, script, **more):
    """Runs a build script below ci/oss-fuzz; gives $OUT, which holds what it made and nothing older."""
    environment = {**variables(ROOT, script.replace("/", "-")), **more}
    out = Path(environment["OUT"])
    shutil.rmtree(out)
    out.mkdir()
    words = [f"{name}={value}" for name, value in environment.items()]
    work.run("env", "-i", *words, "bash", "-eu", ROOT / "ci" / "oss-fuzz" / script)
    return out


def problem_with(fuzzer, out):
    """What is wrong with one fuzzer in $OUT; empty where nothing is."""
    name = fuzzer.name
    for kind in (".dict", ".options", "_seed_corpus.zip"):
        if not (out / (name + kind)).is_file():
            return f"there is no {name}{kind}"
    needed = subprocess.run(["ldd", fuzzer], capture_output=True, text=True, check=False).stdout
    for line in needed.splitlines():
        library, _, place = (word.strip() for word in line.partition("=>"))
        if not BASE.match(library.split()[0]) and not place.startswith(str(out / "lib")):
            return f"it needs {line.strip()}"
    with tempfile.TemporaryDirectory() as scratch:
        seeds = Path(scratch) / "seeds"
        with zipfile.ZipFile(out / f"{name}_seed_corpus.zip") as archive:
            archive.extractall(seeds)
        count = len(list(seeds.iterdir()))
        if count == 0:
            return "there are no seeds"
        options = dict(re.findall(r"^(\w+) = (\S+)$", (out / f"{name}.options").read_text(), re.M))
        words = [f"-{option}={value}" for option, value in options.items()]
        one = sorted(seeds.iterdir())[0]
        for what, command in {"one input": [fuzzer, one],
                              "its seeds and its dictionary": [fuzzer, *words, f"-dict={out / name}.dict", f"-runs={count + 200}",
                                                               "-seed=1", seeds]}.items():
            said = subprocess.run(command, cwd=scratch, env={}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  errors="replace", timeout=300, check=False)
            if said.returncode != 0:
                return f"it ends with {said.returncode} on {what}:\n{said.stderr[-3000:]}"
    return ""


def check(work, built, wanted):
    """Moves $OUT, and looks at each fuzzer that is wanted; 0 where all are well, else 1."""
    out = built.parent / "moved"
    shutil.rmtree(out, ignore_errors=True)
    built.rename(out)
    built.mkdir()
    missing = [name for name in wanted if not (out / name).is_file()]
    work.say(*(f"{name}: was not built" for name in missing))
    there = [out / name for name in wanted if name not in missing]
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        problems = {fuzzer.name: problem for fuzzer, problem in
                    zip(there, pool.map(lambda fuzzer: problem_with(fuzzer, out), there)) if problem}
    work.say(*(f"{name}: {problem}" for name, problem in problems.items()),
             f"{len(there) - len(problems)} of {len(wanted)} fuzzers are as the engine wants them")
    return 1 if missing or problems or not wanted else 0


def own_targets(work, targets=None):
    """This project's; all of them, or those named."""
    wanted = targets or fuzzing.targets()
    out = build(work, "build.sh", SMTPSPEC_TARGETS=" ".join(wanted))
    work.hold(check(work, out, wanted))


def template(work):
    """The template for authors of servers, with the example as such a server; its planted bug is mended."""
    out = build(work, "server/build.sh", CXXFLAGS=FLAGS + " -DMENDED")
    work.hold(check(work, out, ["server_fuzzer"]))
