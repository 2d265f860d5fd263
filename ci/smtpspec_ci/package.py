"""Makes the Debian packages of a build folder, and tries them: what they ask for, what is in them, and the program as it is
once they are unpacked. Nothing is installed on this machine."""
import json
import re
import shutil
import subprocess

from smtpspec_ci import version
from smtpspec_ci.processes import BUILD
from smtpspec_ci.runner import Failed

HERE = BUILD / "packages"
PRINTED = ("scenario", "target", "baseline")  # schemas that the program prints, too
SCHEMAS = (*(f"{kind}.schema.json" for kind in PRINTED), "results.schema.json", "diff.schema.json", "list.schema.json", "junit.xsd")


def field(package, name):
    return subprocess.run(["dpkg-deb", "--field", package, name], capture_output=True, text=True, check=True).stdout.strip()


def package_named(name):
    found = list(HERE.glob(f"{name}_*.deb"))
    if len(found) != 1:
        raise Failed(f"there is no package {name}, or more than one: {found}")
    return found[0]


def must(work, what, holds):
    work.say(f"{'ok' if holds else 'NOT'}: {what}")
    if not holds:
        raise Failed(what)


def has_schemas(smtpspec, folder):
    printed = {f"{kind}.schema.json": subprocess.run([smtpspec, "schema", kind], capture_output=True, text=True, check=True).stdout
               for kind in PRINTED}
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in SCHEMAS if (folder / name).is_file()}
    for name, text in texts.items():
        if name.endswith(".json"):
            json.loads(text)
    return len(texts) == len(SCHEMAS) and all(texts[name] == text for name, text in printed.items())


def check(work, preset="dev"):
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    work.run("cpack", "--config", BUILD / preset / "CPackConfig.cmake", "-B", HERE)
    root, built = HERE / "root", BUILD / preset / "harness/cli/smtpspec"
    for name in ("smtpspec", "libsmtpspec-dev"):
        work.run("dpkg-deb", "--extract", package_named(name), root)
    program, library = package_named("smtpspec"), package_named("libsmtpspec-dev")
    must(work, "the program asks for the libraries that it is linked with",
         all(name in field(program, "Depends") for name in ("libc6", "libssl3", "libgsasl18")))
    must(work, "the library's package asks for what a program is linked with",
         "libssl-dev" in field(library, "Depends") and "libc6" not in field(library, "Depends"))
    smtpspec = root / "usr" / "bin" / "smtpspec"
    listed = subprocess.run([smtpspec, "list"], cwd="/", capture_output=True, text=True, check=False)
    must(work, "the unpacked program lists the suite", listed.returncode == 0 and len(listed.stdout.splitlines()) > 1000)
    said = version.said_by(smtpspec)
    found = version.SAID.fullmatch(said)
    must(work, f"it tells its commit and its suite, as the build does: {said.strip()}", found and said == version.said_by(built)
         and bool(found["commit"]) == bool(version.commit()))
    # Of a row of the run's reports its file is told: it is the one that was unpacked.
    out = HERE / "run"
    work.run(smtpspec, "run", "--filter", "rfc5321/4.1.1.9", "--out", out)
    must(work, "it plays from there", (out / "results.json").is_file() and str(root) in (out / "results.json").read_text())
    share = root / "usr" / "share"
    must(work, "the schemas are there, those of the program as it prints them",
         has_schemas(smtpspec, share / "smtpspec" / "schemas"))
    must(work, "licence and man page are there", (share / "doc" / "smtpspec" / "copyright").is_file()
         and (share / "man" / "man1" / "smtpspec.1").is_file())
    shell = subprocess.run(["bash", "-c", f". {share}/bash-completion/completions/smtpspec; COMP_WORDS=(smtpspec schema ta);"
                            " COMP_CWORD=2; _smtpspec; printf '%s\\n' \"${COMPREPLY[@]}\""],
                           capture_output=True, text=True, check=False)
    must(work, "bash completes a command's words by it", shell.stdout.split() == ["target"])
    if shutil.which("groff"):
        shown = subprocess.run(["groff", "-man", "-Tutf8", "-ww", share / "man" / "man1" / "smtpspec.1"], capture_output=True,
                               text=True, check=False)
        text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", shown.stdout)
        work.say(shown.stderr)
        must(work, "the man page is shown without a warning, with every command",
             not shown.stderr and all(f" {name}\n" in text for name in ("run", "fuzz", "judge", "target init")))
