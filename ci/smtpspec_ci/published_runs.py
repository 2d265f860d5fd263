"""Runs as they are published: evidence of findings and outcomes of rows, and nothing of the machine that played them."""
import gzip
import json
import re
import socket
import subprocess
import tempfile
from pathlib import Path

from smtpspec_ci import servers
from smtpspec_ci.processes import ROOT

RED = ("crash", "fail", "warn")
PACKAGE = "package"  # what the survey cannot learn: a fact beside those that it learnt
# Of other names and addresses a machine's own may be, or somebody else's.
NAMES_OF_OTHERS = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|de|edu|gov|int|dev|internal|intern|local|lan|home|corp)\b", re.I)
PUBLIC_NAMES = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|rfc-editor\.org|w3\.org|json-schema\.org|github\.com)$", re.I)
PATHS = re.compile(r"(?<![\w./:@-])/(?:home|root|tmp|work|var|usr|opt|srv|mnt|run|etc|build)/[\w.-]+")


class Unfit(Exception):
    """What must not be published, or cannot be."""


def folder_of_server(name):
    """Where its packages are unpacked: targets/lib.sh knows."""
    script = '. ci/targets/lib.sh; printf "%s" "$home"'
    return Path(subprocess.run(["bash", "-c", script, "-", name], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)


def package_of(folder):
    """("postfix", "3.7.11-0+deb12u1"), as the changelog of the first of its packages begins."""
    packages = (folder / "packages").read_text().split()
    changelog = folder / "root/usr/share/doc" / packages[0] / "changelog.Debian.gz"
    with gzip.open(changelog, "rt", encoding="utf-8") as file:
        begin = re.match(r"(\S+) \(([^)]+)\)", file.readline())
    if not begin:
        raise Unfit(f"{changelog} names no version")
    return begin[1], begin[2]


def upstream(version):
    """Of Debian's "1:2.3.19.1+dfsg1-2.1+deb12u7" its authors' "2.3.19.1"."""
    return re.sub(r"[+~].*", "", re.sub(r"^\d+:", "", version).rsplit("-", 1)[0])


def slim(results, package):
    """Judged without a baseline, so that what is known counts as well; evidence of what is red alone; sentences once."""
    results["baseline"] = {"given": False, "notes": []}
    results["target"]["learnt"].insert(0, {"name": PACKAGE, "value": package})
    told = set()
    for row in results["scenarios"]:
        red = row["outcome"] in RED
        row.update(expectation="new" if red else "as-expected", transcript="", rationale="", tags=[], duration_ms=0)
        if not red:
            row.update(excerpt=[], again="")
        for cited in row["requirements"]:
            if cited["id"] in told:
                cited["says"] = ""
            told.add(cited["id"])
    return results


def with_findings(smtpspec, results):
    """As smtpspec itself writes it: findings follow from rows."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "results.json").write_text(json.dumps(results))
        done = subprocess.run([smtpspec, "report", folder, "--report", "json=-"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def text_of(results):
    """A row a line, so that what changes can be seen in git."""
    def short(value):
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def member(key, value):
        if key not in ("scenarios", "findings") or not value:
            return f'"{key}":{short(value)}'
        return f'"{key}":[\n' + ",\n".join(map(short, value)) + "\n]"
    return "{" + ",\n".join(member(key, value) for key, value in results.items()) + "}\n"


def secrets_of_machine(text):
    """What in a text tells of the machine: paths, and names of hosts that are no examples."""
    own = [str(ROOT), str(Path.home()) if Path.home() != Path("/root") else "/root/", socket.gethostname(), socket.getfqdn()]
    found = [word for word in own if len(word) > 3 and word != "localhost" and word in text]
    found += PATHS.findall(text)
    found += [match[0] for match in NAMES_OF_OTHERS.finditer(text) if not PUBLIC_NAMES.search(match[0])]
    return sorted(set(found))


def published(smtpspec, name):
    """The name of its folder, and the text of its results.json."""
    file = servers.out_of(name) / "results.json"
    if not file.is_file():
        raise Unfit(f"{name}: there is no {file.relative_to(ROOT)}")
    results = json.loads(file.read_text(encoding="utf-8"))
    if not results["complete"]:
        raise Unfit(f"{name}: the run is not complete: {results['incomplete_because']}")
    source, version = package_of(folder_of_server(name))
    return f"{name}-{upstream(version)}", text_of(with_findings(smtpspec, slim(results, f"{source} {version}")))
