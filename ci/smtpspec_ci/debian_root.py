"""A Debian of its own in a folder: debootstrap makes it from the mirror that this machine's apt uses, and commands go there
by chroot, in namespaces of their own, so that neither a mount nor a process outlives a command. Needs root."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from smtpspec_ci import processes
from smtpspec_ci.processes import ROOT
from smtpspec_ci.runner import Failed, Skipped

SOURCES = "/smtpspec"  # where a root sees this repository, read-only
READER = "reader"  # somebody without rights, whose home is empty and read-only
HOME = f"/home/{READER}"
# What fetches nothing has a network of its own on top, with loopback and no more: what listens there is met by nobody else.
NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
ENTER = f"""
set -e
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/dev/shm"
if [ -d "$1{SOURCES}" ]; then mount --bind "$2" "$1{SOURCES}"; mount -o remount,bind,ro "$1{SOURCES}"; fi
if [ -d "$1{HOME}" ]; then mount -t tmpfs -o ro tmpfs "$1{HOME}"; fi
[ "$3" != alone ] || ip link set lo up
exec chroot "$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
  LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive CCACHE_DISABLE=1 sh -c "$4"
"""

PROBE = 'mount -t proc proc /proc && ip link set lo up && mknod "$1/null" c 1 3 && : >"$1/null"'


def mirrors(said):
    """What apt says of its package lists, "LABEL|ADDRESS" a line: the archive of Debian, and its security updates."""
    by_label = {}
    for line in said.splitlines():
        label, _, address = line.partition("|")
        by_label.setdefault(label, address)
    return by_label.get("Debian"), by_label.get("Debian-Security")


def sources_list(release, archive, security):
    """As Debian's installer writes it."""
    lines = [f"deb {archive} {release} main", f"deb {archive} {release}-updates main"]
    return "\n".join([*lines, *([f"deb {security} {release}-security main"] if security else []), ""])


def apt_mirrors():
    command = ["apt-get", "indextargets", "--format", "$(LABEL)|$(REPO_URI)", "Created-By: Packages", "Component: main"]
    return mirrors(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def why_impossible(folder):
    """Why no root can be made in a folder; installs what it takes."""
    if os.geteuid() != 0:
        return "only root can make a root of Debian's, and go there"
    if shutil.which("apt-get") is None:
        return "this machine has no apt, whose mirror could be asked"
    processes.must("ci/setup", "roots")
    if apt_mirrors()[0] is None:
        return "apt of this machine knows no mirror of Debian"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as probe:
        tried = subprocess.run([*NAMESPACES, "--net", "sh", "-c", PROBE, "sh", probe], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, check=False)
    return None if tried.returncode == 0 else f"no namespaces, mounts or devices here: {tried.stderr.strip()}"


def must_be_possible(folder):
    """Says what is not, and skips."""
    why = why_impossible(folder)
    if why:
        print(f"roots: {why}", flush=True)
        raise Skipped


class DebianRoot:
    """A root in a folder, and the log of what is done there."""

    def __init__(self, folder, log):
        self.folder, self.log = Path(folder), log

    def path(self, inside):
        return self.folder / str(inside).lstrip("/")

    def copy_of(self, base):
        """Whatever was here before is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.must_run(["cp", "-a", base.folder, self.folder], 300)
        return self

    def must_run(self, command, seconds):
        with self.log.open("a") as log:
            print("+", *command, file=log, flush=True)
            code = processes.run(command, seconds, stdout=log, stderr=subprocess.STDOUT)
        if code != 0:
            raise Failed(f"exit code {code} of {command[0]}; {self.log} tells more")

    def make(self, release):
        """Nothing is done where it was made before. It gets its name last, so that no half of one is taken for it."""
        if self.folder.is_dir():
            return
        unfinished = self.folder.with_name(self.folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        archive, security = apt_mirrors()
        more = ["--include=ca-certificates"] if archive.startswith("https:") else []
        debootstrap = ["debootstrap", "--variant=minbase", *more, release, unfinished, archive]
        self.must_run(["nice", *NAMESPACES, "--mount-proc", *debootstrap], 1200)
        (unfinished / "etc/apt/sources.list").write_text(sources_list(release, archive, security))
        (unfinished / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        # Nothing that is installed there is to be started on this machine.
        policy = unfinished / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        unfinished.rename(self.folder)

    def inside(self, script, seconds, network=False):
        """Does a script of sh there as root; its exit code, and what it printed."""
        with self.log.open("a+b") as log:
            log.write(f"+ {script.strip()}\n".encode())
            log.flush()
            begin = log.seek(0, os.SEEK_END)
            command = ["nice", *NAMESPACES, *([] if network else ["--net"]), "sh", "-c", ENTER, "sh", self.folder, ROOT,
                       "online" if network else "alone", script]
            code = processes.run(command, seconds, stdout=log, stderr=subprocess.STDOUT)
            log.seek(begin)
            return code, log.read().decode(errors="replace")

    def must_do(self, script, seconds, network=False):
        """What a script that must end well printed."""
        code, said = self.inside(script, seconds, network)
        if code != 0:
            raise Failed("\n".join([f"exit code {code} of {script.strip()}", *said.splitlines()[-30:]]))
        return said
