"""The steps of ci/test and ci/long. Everything of the project is built and tested by the two of them together; ci/test is
what a change waits for, at most half an hour from nothing on two cores, and ten minutes where nothing changed."""
import argparse
import os
import re
import subprocess
import sys

from smtpspec_ci import afl, fuzzing, instrumented, layers, oss_fuzz, package, processes, reports, schemas, tidy
from smtpspec_ci.processes import CORES, ROOT, SMTPSPEC
from smtpspec_ci.runner import Failed, Run, Skipped, Step

HOSTILE = "build/dev/harness/hostile/hostile"


def must_be_there(binary):
    if not (ROOT / binary).is_file():
        raise Failed(f"there is no {binary}; the build makes it")


def smtpspec(work, *arguments, binary=SMTPSPEC):
    """Runs it; its exit code."""
    must_be_there(binary)
    return work.code(binary, *arguments)


def version_14(work, tool):
    """Both tools judge differently from version to version; 14 is Debian 12's."""
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    if "version 14." not in said:
        work.say(f"{tool} is not version 14, so its word does not count")
        raise Skipped


def do_format(work):
    version_14(work, "clang-format")
    files = sorted(file for room in ("harness", "reports", "fuzz") for pattern in ("*.[ch]pp", "*.h")
                   for file in (ROOT / room).rglob(pattern))
    work.run("clang-format", "--dry-run", "--Werror", *files)


def do_layers(work):
    work.hold(layers.check(ROOT, work.log))


def do_scripts(work):
    work.run("/usr/bin/python3", "-B", "-m", "unittest", "discover", "-s", "ci/smtpspec_ci", "-t", "ci", "-p", "*_test.py")


def do_schemas(work):
    must_be_there(SMTPSPEC)
    work.hold(schemas.check(SMTPSPEC, work.log))


def do_published(work):
    work.run("ci/publish", "--check", env={"SMTPSPEC": SMTPSPEC})


def do_unit(work):
    code = work.code("ctest", "--test-dir", "build/dev", "--no-tests=error", "--output-on-failure", "-j", CORES)
    # Each of ctest's tests counts as well.
    work.log.seek(0)
    counted = re.search(r"tests passed, (\d+) tests failed out of (\d+)", work.log.read())
    if counted:
        work.failed, work.passed = int(counted[1]), int(counted[2]) - int(counted[1])
    work.hold(code)


def do_tidy(which):
    """`which`: gives the files to look at, None for all of them."""
    def do(work):
        version_14(work, "clang-tidy")
        work.hold(processes.configure("fuzz", work.log))
        work.hold(tidy.check("build/fuzz", work, which()))
    return do


def do_fuzz(seconds):
    def do(work):
        work.build("fuzz", *(f"fuzz_{target}" for target in fuzzing.targets()))
        work.hold(fuzzing.fuzz(work, seconds))
    return do


def do_oss_fuzz(*targets):
    return lambda work: oss_fuzz.own_targets(work, targets)


def do_coverage(work):
    work.run("ci/coverage", "--missed")


def do_check(work):
    work.hold(smtpspec(work, "check", "scenarios"))


def do_sentences(work):
    """The texts of the RFCs are no part of the project: they are where SMTPSPEC_RFC_DIR says, or in a folder `rfc` beside
    the checkout or one level below a neighbour of it."""
    beside = [file.parent for pattern in ("rfc", "*/rfc") for file in sorted(ROOT.parent.glob(f"{pattern}/rfc5321.txt"))]
    texts = os.environ.get("SMTPSPEC_RFC_DIR") or next(iter(beside), None)
    if not texts:
        work.say("the texts of the RFCs are not there; SMTPSPEC_RFC_DIR may name their folder")
        raise Skipped
    work.hold(smtpspec(work, "check", "scenarios", "--rfc-dir", texts))


def do_prove(work):
    work.hold(smtpspec(work, "prove"))


def embedded(work, binary, out):
    """The suite on the embedded server; its reports are held against their schemas whatever the run's exit code is."""
    code = smtpspec(work, "run", "--out", out, *reports.EVERY_REPORT, binary=binary)
    work.run("ci/check_reports", out)
    work.hold(code)


def do_embedded(work):
    embedded(work, SMTPSPEC, "build/run-embedded")


def do_integrations(work):
    work.run("/usr/bin/python3", "-B", "-m", "unittest", "discover", "-s", "ci/integrations", "-p", "*_test.py",
             env={"SMTPSPEC": str(ROOT / SMTPSPEC)})


def do_docs(work):
    work.run("/usr/bin/python3", "-B", "docs/docs_test.py", SMTPSPEC)


def do_servers(work):
    work.run("ci/servers", env={"SMTPSPEC": SMTPSPEC})


def do_odd(work):
    work.run("ci/odd/run", env={"SMTPSPEC": str(ROOT / SMTPSPEC)})


def do_hostile(depth):
    return lambda work: work.run("ci/hostile", "--depth", depth, SMTPSPEC, HOSTILE)


def do_stored(binary, times, *more):
    return lambda work: work.run("/usr/bin/python3", "-B", "harness/hostile/stored_runs.py", *more, "--times", times, binary)


def do_failing_calls(preset):
    """Each allocation, each reading of the clock and each call of files in its turn; of the clock beside a road, many."""
    test, folder = "harness/cli/failing_calls_test.py", f"build/{preset}/harness"

    def do(work):
        work.run(f"{folder}/engine/injection_test", "[.each]")
        work.run("/usr/bin/python3", "-B", test, f"{folder}/cli/failing_smtpspec", SMTPSPEC, "--thorough")
    return do


def counted_by_node(work):
    """Each of node's tests counts as well."""
    work.log.seek(0)
    counted = {word: int(number) for word, number in re.findall(r"^# (pass|fail) (\d+)$", work.log.read(), re.MULTILINE)}
    work.failed, work.passed = counted.get("fail", 0), counted.get("pass", 0)


def do_browser(work):
    """Its pictures are kept in build/browser/screenshots/."""
    if work.code("ci/setup", "browser") != 0:
        raise Skipped  # Chromium, or what drives it, cannot be installed here; ci/setup said so
    code = work.code("node", "--test", "--test-reporter=tap", "reports/browser/report.test.js",
                     env={"NODE_PATH": str(ROOT / "build/browser/node_modules"), "SMTPSPEC": str(ROOT / SMTPSPEC)}, seconds=300)
    counted_by_node(work)
    work.hold(code)


def do_roots(work):
    work.run("ci/roots")


def do_campaigns(work):
    work.run("ci/campaigns")


def sanitized(preset):
    return f"build/{preset}/harness/cli/smtpspec"


def do_build_sanitized(preset):
    return lambda work: work.build(preset, "smtpspec")


def do_hostile_sanitized(preset, depth):
    """What is sanitized is smtpspec, not the tool that attacks it."""
    def do(work):
        embedded(work, sanitized(preset), f"build/run-{preset}")  # the embedded server, and its threads
        work.run("ci/hostile", "--sanitized", "--depth", depth, sanitized(preset), HOSTILE)
    return do


def do_unit_sanitized(work):
    work.build("fuzz")
    work.run("ctest", "--test-dir", "build/fuzz", "--no-tests=error", "--output-on-failure", "-j", CORES, env={"SMTPSPEC_THOROUGH": "1"})


ASAN, TSAN = "AddressSanitizer and UndefinedBehaviorSanitizer", "ThreadSanitizer"
BUILD_STEP = Step("build", "build: g++, warnings are errors", lambda work: work.build("dev"), "compute")
# What waits more than it works goes beside what works: in lanes of their own.
TEST = [
    Step("format", "format", do_format),
    Step("layers", "layers: who may include whom", do_layers),
    Step("scripts", "these scripts' own tests", do_scripts),
    BUILD_STEP,
    Step("schemas", "schemas, and every scenario, target and baseline against them", do_schemas, needs=("build",)),
    Step("published", "what is published of real servers follows from its results", do_published, needs=("build",)),
    Step("unit", "unit tests", do_unit, needs=("build",)),
    Step("check", "smtpspec check: every scenario", do_check, needs=("build",)),
    Step("sentences", "smtpspec check --rfc-dir: every sentence that is cited", do_sentences, needs=("build",)),
    Step("embedded", "the suite on the embedded server, and its reports", do_embedded, needs=("build",)),
    Step("package", "Debian packages, made and unpacked", package.check, needs=("build",)),
    Step("integrations", "what drops into somebody's CI: the action, templates, a test of ctest", do_integrations,
         needs=("build",)),
    Step("docs", "every command of README.md and docs/", do_docs, needs=("build",)),
    # Before what the real servers wait for: both may ask apt for something.
    Step("browser", "the HTML report in Chromium", do_browser, needs=("build",)),
    Step("prove", "smtpspec prove: every fault is caught", do_prove, needs=("build",)),
    Step("hostile", "much of the suite on hostile servers, and its sink attacked", do_hostile("much"), "hostile", ("build",)),
    Step("fuzz", "fuzz targets: clang, sanitizers, warnings are errors, 10 s each", do_fuzz(10), "compute"),
    Step("oss-fuzz", "OSS-Fuzz: its build script, some targets", do_oss_fuzz("reply_parser", "referee", "sasl"), "compute"),
    Step("tidy", "clang-tidy: what was touched lately", do_tidy(tidy.touched_lately), "compute"),
    Step("servers", "the suite on real servers, and its reports", do_servers, "servers", ("build", "prove")),
]
LONG = [
    BUILD_STEP,
    Step("odd", "the suite on odd servers, without options: fair, quick and short", do_odd, needs=("build",)),
    Step("fuzz", "fuzz targets: 5 minutes each", do_fuzz(300)),
    Step("oss-fuzz", "OSS-Fuzz: its build script, every target", do_oss_fuzz(), "compute"),
    Step("oss-fuzz-server", "OSS-Fuzz: the template for authors of servers", oss_fuzz.template, "compute"),
    Step("afl", "AFL++: a fuzz target, and its tools on a campaign's folder", afl.check, "compute", ("build",)),
    Step("campaigns", "campaigns on the reference server: twenty faults, a minute each", do_campaigns, needs=("build", "unit-asan")),
    Step("instrumented", "campaigns on real servers built from source: edges, AddressSanitizer", instrumented.check, needs=("build",)),
    Step("roots", "Debian 12 and 13: packages and archive, built, installed, played with and removed on clean systems", do_roots,
         "compute"),
    Step("tidy", "clang-tidy: every file", do_tidy(lambda: None)),
    Step("coverage", "coverage: what the fuzz targets' corpora reach of harness/smtp", do_coverage),
    Step("unit-asan", f"unit tests under {ASAN}", do_unit_sanitized),
    Step("hostile", "the whole suite on hostile servers, and its sink attacked", do_hostile("whole"), needs=("build",)),
    Step("stored", "stored runs that somebody tampered with", do_stored(SMTPSPEC, 1000), needs=("build",)),
    Step("calls-asan", f"runs of whose calls each fails in its turn, under {ASAN}", do_failing_calls("fuzz"),
         needs=("build", "unit-asan")),
    Step("hostile-asan", f"some of it under {ASAN}", do_hostile_sanitized("fuzz", "some"), needs=("build", "unit-asan")),
    Step("stored-asan", f"stored runs under {ASAN}", do_stored(sanitized("fuzz"), 200, "--sanitized"), needs=("unit-asan",)),
    Step("build-tsan", f"build: smtpspec under {TSAN}", do_build_sanitized("tsan")),
    Step("hostile-tsan", f"the same under {TSAN}", do_hostile_sanitized("tsan", "some"), needs=("build", "build-tsan")),
]
ABOUT = {
    "test": "Installs what is missing, then builds and tests everything; what did not change is not done twice. What takes "
            "longer than a change should wait is for ci/long.",
    "long": "What takes longer than a change should wait, about two and a half hours on two cores: the whole suite on hostile "
            "servers, packages on clean systems, the sanitizers in breadth, the fuzz targets for minutes. ci/test does the rest.",
}


def main(arguments):
    which = "long" if sys.argv[0].endswith("long") else "test"
    steps = LONG if which == "long" else TEST
    names = [step.name for step in steps]
    parser = argparse.ArgumentParser(prog=f"ci/{which}", description=ABOUT[which])
    parser.add_argument("step", nargs="*", metavar="STEP", help=f"these alone; there are: {' '.join(names)}")
    wanted = parser.parse_args(arguments).step
    unknown = [name for name in wanted if name not in names]
    if unknown:
        print(f"unknown step '{unknown[0]}'; there are: {' '.join(names)}")
        return 2
    if which == "long":
        print(ABOUT[which])
    print(f"{which}: installing what is missing", flush=True)
    processes.must("ci/setup", "build", "test", *(["long"] if which == "long" else []))
    return Run([step for step in steps if not wanted or step.name in wanted]).play()
