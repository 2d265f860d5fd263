"""Builds the Debian packages, and the archive for CI, in a clean root of each release of Debian, and tries them in others:
they are installed by apt, played with from several folders, upgraded and removed. Fetches Debian's packages from the mirror
that this machine's apt uses. Exit code 0 where all of it holds, 1 where something does not, and 77, with the reason, where
no such root can be made: that takes root's rights. A second time only what changed is compiled."""
import argparse
import re
import shlex
import shutil
import time

from smtpspec_ci import version
from smtpspec_ci.debian_root import HOME, READER, SOURCES, DebianRoot, must_be_possible
from smtpspec_ci.package import SCHEMAS
from smtpspec_ci.processes import BUILD, CORES
from smtpspec_ci.runner import SKIPPED, Failed, Skipped, close

HERE = BUILD / "roots"
RELEASES = ("bookworm", "trixie")  # Debian 12 and 13; an archive that was made on one is tried on the later ones too
MOST_SECONDS = 60  # from nothing to the first finding: the package and whatever it needs fetched and installed, and a run
CANNOT_BE_WRITTEN = 74
# Who plays the embedded server where, what more `run` is given, and what it ends by.
PLACES = (("root", "/", "", 0), (READER, "/tmp/played/a folder", "", 0), (READER, "/", "--out /tmp/played/from-above", 0),
          (READER, HOME, "--out /tmp/played/from-home", 0), (READER, HOME, "", CANNOT_BE_WRITTEN))
# What the archive asks of a system; the names of libc's parts differ from machine to machine.
LIBRARIES = re.compile(r"lib(c|m)\.so\.6|ld-linux.*\.so\.\d|lib(ssl|crypto)\.so\.3|libgsasl\.so\.18")
# Every warning is told at once. The packages first; then the same objects are linked otherwise, for the archive.
COMPILE = """
set -e
cd {sources}
for static in OFF ON; do
  cmake --preset release -B /build -D SMTPSPEC_WERROR=ON -D SMTPSPEC_STATIC=$static -D SMTPSPEC_COMMIT={commit} >/dev/null
  cmake --build /build -j {jobs} -- --quiet -k 0
  if [ $static = OFF ]; then cpack --config /build/CPackConfig.cmake -G DEB -B /packages
  else cpack --config /build/CPackConfig.cmake -G TGZ -B /packages; fi
done
objdump -p /build/harness/cli/smtpspec
"""
# Once it greets, somebody without rights plays the suite on it; the clock is asked before and after.
SERVER = """
smtpd -d >/tmp/smtpd.log 2>&1 &
bash -c 'for i in $(seq 200); do (: </dev/tcp/127.0.0.1/25) 2>/dev/null && exit; sleep 0.1; done; exit 1' || exit 99
cd /tmp/played
date +BEGUN=%s.%N
runuser -u {reader} -- smtpspec run smtp://127.0.0.1:25
code=$?
date +ENDED=%s.%N
exit $code
"""
OLDER = """
set -e
cd /tmp
dpkg-deb --raw-extract {package} older
sed -i 's/^Version: .*/Version: 0.0.1/' older/DEBIAN/control
mkdir older/usr/share/smtpspec/scenarios/older
touch older/usr/share/smtpspec/scenarios/older/gone.toml older/usr/bin/smtpspec-of-old
dpkg-deb --build --root-owner-group older older.deb
apt-get install -y -qq ./older.deb
dpkg-query -W smtpspec | grep -F 0.0.1
"""
COMPLETION = """
. /usr/share/bash-completion/completions/smtpspec
COMP_WORDS=(smtpspec schema ta) COMP_CWORD=2
_smtpspec
echo ${COMPREPLY[@]}
"""
# What a package that is gone had, and nobody else has, and whatever has its name.
LEFT = """
while read -r file; do [ ! -e "$file" ] || dpkg -S "$file" >/dev/null 2>&1 || echo "$file"; done </tmp/files
find /usr /etc /var/lib /var/cache -name '*smtpspec*' ! -path '*/apt/*'
"""


class Told:
    """What holds on a release and what does not, a line each."""

    def __init__(self, release):
        self.release, self.passed, self.broken = release, 0, []

    def must(self, what, holds, said=""):
        print(f"{'ok' if holds else 'NOT'}: {self.release}: {what}", flush=True)
        if holds:
            self.passed += 1
            return
        self.broken.append(f"{self.release}: {what}")
        print(*(f"    {line}" for line in str(said).rstrip().splitlines()[-40:]), sep="\n", flush=True)


def libraries(said):
    """Those that objdump says a program needs."""
    return re.findall(r"^ +NEEDED +(\S+)$", said, re.M)


def tells_package(said):
    """Whether a package's version, on the first line, begins with the one that the program tells."""
    package, _, program = said.partition("\n")
    found = version.SAID.fullmatch(program)
    return bool(found) and package.startswith(f"{found['version']}-1.")


def seconds_told(said):
    """Between the two times that a script printed."""
    found = dict(re.findall(r"^(BEGUN|ENDED)=([\d.]+)$", said, re.M))
    return float(found["ENDED"]) - float(found["BEGUN"]) if len(found) == 2 else None


def the_one(folder, pattern):
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise Failed(f"there is no {pattern}, or more than one: {found}")
    return found[0]


def played_by(who, folder, words):
    """A script by which somebody does what smtpspec can, in a folder."""
    there = f"mkdir -p -m 777 {shlex.quote(folder)} 2>/dev/null; cd {shlex.quote(folder)} && "
    return there + (words if who == "root" else f"runuser -u {who} -- env HOME={HOME} sh -c {shlex.quote(words)}")


def compile_in(told, root, jobs):
    """Gives the program's package and the archive."""
    root.path(SOURCES).mkdir(exist_ok=True)
    root.must_do(f"{SOURCES}/ci/setup build", 1200, network=True)
    shutil.rmtree(root.path("/packages"), ignore_errors=True)
    needed = libraries(root.must_do(COMPILE.format(sources=SOURCES, jobs=jobs, commit=version.commit()), 7200))
    told.must("the sources compile there without a warning, by what ci/setup installs", True)
    strange = [name for name in needed if not LIBRARIES.fullmatch(name)]
    told.must("the archive's program needs libc, OpenSSL and GNU SASL alone", needed and not strange, needed)
    return the_one(root.path("/packages"), "smtpspec_*.deb"), the_one(root.path("/packages"), "smtpspec-*.tar.gz")


def install(root, package):
    """As it is told in docs/start.md; the seconds that it took, the package lists and what the package needs fetched too."""
    shutil.copy(package, root.path("/tmp"))
    begun = time.monotonic()
    root.must_do(f"apt-get update -qq && cd /tmp && apt-get install -y -qq ./{package.name}", 300, network=True)
    return time.monotonic() - begun


def try_everywhere(told, root, what, smtpspec):
    """By root and by somebody without rights whose home is read-only; `run` plays the embedded server."""
    for who, folder, more, expected in PLACES:
        words = f"{smtpspec} --version && {smtpspec} list | wc -l && {smtpspec} run {more}"
        code, said = root.inside(played_by(who, folder, words), 300)
        told.must(f"{what}: --version, list, run{more and ' ' + more} by {who} in {folder}: {expected}",
                  code == expected and version.tells_build(said, version.commit()), f"{said}\nexit code {code}")


def try_on_a_server(told, root, installed_in):
    """On Debian's OpenSMTPD, set up as its package leaves it. The time to install that is not counted."""
    # Version 7.6 does not start where there are no certificates.
    root.must_do("apt-get install -y -qq opensmtpd ca-certificates", 300, network=True)
    code, said = root.inside(SERVER.format(reader=READER), 300)
    found = re.search(r"^\d+ findings?: .*", said, re.M)
    told.must(f"run smtp://127.0.0.1:25 on OpenSMTPD: {found and found[0]}", code == 1 and found, said)
    seconds = seconds_told(said)
    told.must(f"from nothing to the first finding in {MOST_SECONDS} s: " + ("no finding" if seconds is None else
              f"{installed_in:.1f} s to install, {seconds:.1f} s to play"), seconds is not None
              and installed_in + seconds < MOST_SECONDS)


def try_files(told, root):
    versions = root.must_do("dpkg-query -W -f '${Version}\\n' smtpspec; smtpspec --version", 60)
    told.must("its version begins with the program's", tells_package(versions), versions)
    said = root.must_do("dpkg --verify smtpspec; dpkg -L smtpspec", 60).splitlines()
    missing = [file for file in ("/usr/share/man/man1/smtpspec.1", "/usr/share/doc/smtpspec/copyright",
                                 "/usr/share/fish/vendor_completions.d/smtpspec.fish",
                                 *(f"/usr/share/smtpspec/schemas/{name}" for name in SCHEMAS)) if file not in said]
    told.must("every file is as it was packed; man page, licence, completion of fish and schemas are there",
              not missing and all(line.startswith("/") for line in said), "\n".join([*missing, *said]))
    code, said = root.inside(f"bash -c {shlex.quote(COMPLETION)}", 60)
    told.must("bash completes a command's words", code == 0 and said.split() == ["target"], said)


def try_beside(told, root, archive):
    """Another version unpacked beside it, with a smaller suite, and found first: each has the suite that came with it."""
    def counted(program):
        return int(root.must_do(f"cd / && {program} list | wc -l", 60))
    alone = counted("smtpspec")
    shutil.copy(archive, root.path("/tmp"))
    root.must_do(f"mkdir /opt/smtpspec && cd /opt/smtpspec && tar -xzf /tmp/{archive.name} --strip-components=1 && "
                 "rm -r share/smtpspec/scenarios/rfc3030 && ln -s /opt/smtpspec/bin/smtpspec /usr/local/bin/", 60)
    numbers = [counted(program) for program in ("/usr/bin/smtpspec", "/opt/smtpspec/bin/smtpspec", "smtpspec")]
    told.must("beside another version each lists the suite that came with it", numbers[0] == alone
              and 0 < numbers[1] < alone and numbers[2] == numbers[1], f"{alone}; installed, unpacked, linked: {numbers}")
    root.must_do("rm -r /opt/smtpspec /usr/local/bin/smtpspec", 60)


def try_to_remove(told, root):
    files = root.must_do("dpkg -L smtpspec", 60)
    root.path("/tmp/files").write_text(files)
    root.must_do("apt-get purge -y -qq --autoremove smtpspec", 300)
    left = root.must_do(LEFT, 60)
    told.must("removed, it leaves nothing", "/usr/bin/smtpspec\n" in files and not left, left)


def try_to_upgrade(told, root, package):
    root.must_do(OLDER.format(package=package.name), 300, network=True)
    root.must_do(f"apt-get install -y -qq /tmp/{package.name}", 300, network=True)
    said = root.must_do("dpkg --verify smtpspec; find /usr -name smtpspec-of-old -o -name older; smtpspec check", 60)
    told.must("upgraded from an older version, it has no file of that one", re.fullmatch(r"\d+ .*scenarios?.*\n", said), said)


def try_archive(told, root, made_on, archive):
    """Unpacked by somebody without rights, where nothing is installed but what it says it needs."""
    shutil.copy(archive, root.path("/tmp"))
    root.must_do("apt-get update -qq && apt-get install -y -qq --no-install-recommends libssl3 libgsasl18", 300, network=True)
    root.must_do(f"useradd -m {READER} && mkdir -m 777 /tmp/played", 60)
    root.must_do(f"cd /tmp/played && runuser -u {READER} -- tar -xzf ../{archive.name}", 60)
    try_everywhere(told, root, f"archive of {made_on}", "/tmp/played/*/bin/smtpspec")


def try_release(told, jobs, archives):
    folder = HERE / told.release
    log = folder / "log"
    folder.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    base, build = DebianRoot(folder / "base", log), DebianRoot(folder / "build", log)
    base.make(told.release)
    if not build.folder.is_dir():
        build.copy_of(base)
    package, archive = compile_in(told, build, jobs)
    archives[told.release] = archive
    clean = DebianRoot(folder / "clean", log).copy_of(base)
    installed_in = install(clean, package)
    clean.must_do(f"useradd -m {READER} && mkdir -m 777 /tmp/played", 60)
    try_everywhere(told, clean, "package", "smtpspec")
    try_files(told, clean)
    try_on_a_server(told, clean, installed_in)
    try_beside(told, clean, archive)
    try_to_remove(told, clean)
    try_to_upgrade(told, clean, package)
    for made_on, each in archives.items():
        try_archive(told, DebianRoot(folder / "clean", log).copy_of(base), made_on, each)
    if not told.broken:
        shutil.rmtree(clean.folder)


def main(arguments):
    parser = argparse.ArgumentParser(prog="ci/roots", description=__doc__)
    parser.add_argument("release", nargs="*", metavar="RELEASE", help=f"these alone; there are: {' '.join(RELEASES)}")
    parser.add_argument("--jobs", type=int, default=CORES, metavar="N", help="compilers at a time (default: %(default)s)")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.release if name not in RELEASES]
    if unknown:
        parser.error(f"unknown release '{unknown[0]}'; there are: {' '.join(RELEASES)}")
    try:
        must_be_possible(HERE)
    except Skipped:
        return SKIPPED
    tolds, archives = [], {}
    for release in RELEASES:
        if options.release and release not in options.release:
            continue
        told = Told(release)
        tolds.append(told)
        begun = time.monotonic()
        try:
            try_release(told, options.jobs, archives)
        except Failed as end:
            told.must("goes on to the end", False, end)
        print(f"{release}: {time.monotonic() - begun:.0f} s; everything is told in {HERE / release / 'log'}", flush=True)
    broken = [what for told in tolds for what in told.broken]
    return close(sum(told.passed for told in tolds), len(broken), 0, broken)
