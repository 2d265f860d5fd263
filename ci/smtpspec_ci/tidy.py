"""Runs clang-tidy over the project's own files.

A file that was clean is not looked at again until it, a header of ours that it includes, its flags, .clang-tidy or
clang-tidy itself change. Tests are not looked at: Catch2's macros are dear to walk, and ci/long compiles them by clang.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

from smtpspec_ci.processes import CORES, ROOT

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "smtpspec" / "tidy"
COMMITS = 10  # of whose files ci/test asks; ci/long asks of all
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def closure(file, seen):
    """The file and all headers of ours that it reaches, as {path: octets}."""
    if file in seen or not file.is_file():
        return seen
    seen[file] = file.read_bytes()
    for header in INCLUDE.findall(seen[file].decode(errors="replace")):
        closure(ROOT / header if (ROOT / header).is_file() else file.parent / header, seen)
    return seen


def key(file, command, version):
    digest = hashlib.sha256(f"{version}\n".encode())
    digest.update((ROOT / ".clang-tidy").read_bytes())
    # The checkout's place is no part of the answer, so a fresh clone finds what another one knew.
    digest.update(re.sub(r" -o \S+", "", command).replace(str(ROOT), "").encode())
    for path, octets in sorted(closure(file, {}).items()):
        digest.update(f"{path.relative_to(ROOT)} {len(octets)}\n".encode() + octets)
    return digest.hexdigest()


def look(file, build, work):
    """The exit code of clang-tidy, and what it says."""
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        code = work.into(log).code("clang-tidy", "--quiet", "-p", build, file)
        log.seek(0)
        return code, re.sub(r"^\d+ warnings?.*(generated|treated as errors?)\.?\n", "", log.read(), flags=re.M)


def touched_lately():
    """What the last commits touched, and what is not committed; None where there is no history to ask."""
    git = ["git", "-C", str(ROOT)]
    asked = [subprocess.run([*git, *words], capture_output=True, text=True, check=False) for words in
             (("log", f"-n{COMMITS}", "--name-only", "--pretty=format:"), ("diff", "--name-only", "HEAD"))]
    if any(one.returncode != 0 for one in asked):
        return None
    return {ROOT / line for one in asked for line in one.stdout.splitlines() if line}


def check(build, work, among=None):
    """Looks at each file that `build`, below the root, compiles by clang, that is `among` those, and that is not known to be
    clean; 0 where all are clean, else 1."""
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = {}
    for entry in json.loads((ROOT / build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if ROOT in file.parents and ROOT / build not in file.parents and not file.name.endswith("_test.cpp") and (
                among is None or file in among):
            wanted[file] = key(file, entry.get("command") or shlex.join(entry["arguments"]), version)
    todo = [file for file, digest in wanted.items() if not (CACHE / digest).exists()]
    work.say(f"tidy: {len(wanted)} files, {len(todo)} to look at")
    faults = 0
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for file, (code, text) in zip(todo, pool.map(lambda file: look(file, build, work), todo)):
            if code == 0:
                (CACHE / wanted[file]).touch()
            else:
                faults += 1
                work.say(text or f"{file}: clang-tidy ended with {code}")
    work.say(f"tidy: {faults} files with findings")
    return 1 if faults or (not wanted and among is None) else 0
