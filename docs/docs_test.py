"""Runs every command of README.md and of the pages of this folder as a reader would, page by page, in order, and holds each
against the exit code that the page names ("# exit code 1"; none: 0). The server is the reference server.

In the pages commands stand in blocks marked `sh`, in README.md on indented lines. What is not run as it stands is in
INSTEAD: addresses, what takes minutes, and what the reader puts in place of a word in capitals.

Usage: docs_test.py SMTPSPEC [TEST...]      (SMTPSPEC in the build folder that made it)"""
import concurrent.futures
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SMTPSPEC = Path(sys.argv.pop(1)).resolve()
BUILD = next(folder for folder in SMTPSPEC.parents if (folder / "CMakeCache.txt").is_file())
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LONG_ENOUGH = 240  # seconds, for a page
INSTEAD = [
    # What `ci/test` and `ci/demo` do takes minutes; here their words alone.
    (r"^ci/(demo|test)\b", rf"{ROOT}/ci/\1 --help >/dev/null"),
    # Installing is done from the build folder that is there; of building it is asked what it would do.
    (r"^ci/setup build$", f"{ROOT}/ci/setup build"),
    (r"^cmake --preset release$", "true"),
    (r"^cmake --build build/release$", f"cmake --build {BUILD} -- -n >/dev/null"),
    (r"^cmake --install build/release", f"cmake --install {BUILD} --component program"),
    (r"--time 5m", "--time 3s"),
    (r"^smtpspec report RUN RUN\.\.\.", "smtpspec report before after"),
]
# What a page takes for granted, run before it.
SERVER = "smtpspec serve 127.0.0.1:2525 >/dev/null &\nuntil (: </dev/tcp/127.0.0.1/2525) 2>/dev/null; do sleep 0.1; done\n"
QUICK = "--filter rfc5321/4.1.1.9 >/dev/null"
BEFORE = {
    "README.md": SERVER + f"""
for run in before after; do smtpspec run smtp://127.0.0.1:2525 {QUICK} --out $run; done
for part in 1 2; do smtpspec run smtp://127.0.0.1:2525 {QUICK} --shard $part/2 --seed 1 --out part-$part; done
""",
    "target.md": SERVER,
    "scenario.md": SERVER,
    "gate.md": SERVER + f"""
printf 'address = "smtp://127.0.0.1:2525"\\nmail.accepts = ["alice@example.test"]\\n' >target.toml
touch expected.toml
""",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def blocks(page):
    """What is run of a page, as text of lines."""
    text = page.read_text()
    fenced = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return fenced or ["".join(line + "\n" for line in re.findall(r"^ {4}((?:smtpspec|ci/\w+)\b.*)$", text, re.MULTILINE))]


def anchors(page):
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def script(page):
    """The page as a script of bash, which ends at the first command that ends otherwise than the page says."""
    lines = []
    here = False  # within a here-document
    for line in "".join(blocks(page)).splitlines():
        here = here and line != "EOF" or line.endswith("<<'EOF'")
        if not here and line != "EOF":
            command, _, note = line.partition("  #")
            for pattern, instead in INSTEAD:
                command = re.sub(pattern, instead, command.rstrip())
            code = re.match(r" exit code (\d+)", note)
            line = f"expect {code[1] if code else 0} {command}" if command.startswith("smtpspec ") else command
        lines.append(line)
    return "set -e\n" + EXPECT + BEFORE.get(page.name, "") + "\n".join(lines) + "\n"


EXPECT = """
expect() {
  local wanted=$1 code=0
  shift
  echo "\\$ $*" >&2
  "$@" || code=$?
  [ "$code" = "$wanted" ] || { echo "ended by $code, not $wanted: $*" >&2; exit 99; }
}
"""


def follow(page):
    """Runs it in a folder of its own; its exit code, what it said, and the names of the files that it left."""
    text = script(page)
    for port in sorted(set(re.findall(r"127\.0\.0\.1[:/](\d+)", text))):
        text = re.sub(rf"(127\.0\.0\.1[:/]){port}\b", rf"\g<1>{free_port()}", text)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+", errors="replace") as log:
        here = Path(folder)
        (here / "bin").mkdir()
        (here / "bin" / "smtpspec").symlink_to(SMTPSPEC)
        process = subprocess.Popen(["bash", "-c", text], cwd=here, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, "HOME": folder, "PATH": f"{here}/bin:{os.environ['PATH']}"})
        try:
            code = process.wait(LONG_ENOUGH)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # its servers, too
        log.seek(0)
        return code, log.read()[-6000:], {str(path.relative_to(here)) for path in here.rglob("*") if path.exists()}


class Docs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Runs wait more than they compute: pages are followed side by side."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            cls.followed = dict(zip(PAGES, pool.map(follow, PAGES)))

    def test_every_command_ends_as_its_page_says(self):
        for page, (code, said, _) in self.followed.items():
            with self.subTest(page.name):
                self.assertEqual(code, 0, said)

    def test_what_the_first_gate_leaves(self):
        files = self.followed[ROOT / "docs" / "start.md"][2]
        self.assertLessEqual({"gate/target.toml", "gate/expected.toml", "gate/smtpspec-run", ".local/bin/smtpspec"}, files)
        self.assertTrue(any(re.fullmatch(r"gate/smtpspec-runs/\w+/results.json", name) for name in files), files)

    def test_every_page_is_linked(self):
        for page in PAGES[1:]:
            self.assertIn(f"(docs/{page.name})", PAGES[0].read_text())

    def test_commands_stand_in_blocks_that_are_run(self):
        self.assertGreater(len(blocks(PAGES[0])[0].splitlines()), 10)
        for page in PAGES[1:]:
            rest = re.sub(r"^```sh\n.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
            self.assertNotRegex(rest, r"(?m)^ *(smtpspec|ci/\w+|cmake) ", page)

    def test_pages_are_short_and_their_links_lead_somewhere(self):
        for page in PAGES:
            text = page.read_text()
            if page != PAGES[0]:
                self.assertLessEqual(len(text.splitlines()), 90, page)
            for link, _, anchor in (found.partition("#") for found in re.findall(r"\]\(([^)\s]*)\)", text)):
                if "://" in link:
                    continue
                there = page.parent / link if link else page
                self.assertTrue(there.exists(), f"{page}: {link}")
                self.assertTrue(not anchor or anchor in anchors(there), f"{page}: {link}#{anchor}")


if __name__ == "__main__":
    unittest.main()
