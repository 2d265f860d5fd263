"""Validates the reports of a run against their schemas, or by a real reader of the format.

Usage: ci/check_reports DIR     (DIR/results.json, and the other reports that are there)
Exit codes: 0 valid, 1 not valid, 2 nothing to check or no means to check it.
"""
import csv
import io
import json
import pathlib
import subprocess
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "reports" / "schemas"


def say(text):
    print(f"check_reports: {text}", file=sys.stderr)


def held_against(schema, path):
    """The document, and what does not keep to the schema."""
    import jsonschema

    schema = json.loads((SCHEMAS / schema).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        return None, [f"{path}: {problem}"]
    errors = sorted(validator(schema).iter_errors(document), key=lambda error: list(map(str, error.path)))
    return document, [f"{path}: {error.json_path}: {error.message}" for error in errors]


def results_problems(path):
    document, problems = held_against("results.schema.json", path)
    if not problems and sum(document["summary"].values()) != len(document["scenarios"]):
        problems.append(f"{path}: $.summary: counts other than {len(document['scenarios'])} scenarios")
    return problems


def junit_problems(path):
    command = ["xmllint", "--nonet", "--noout", "--schema", str(SCHEMAS / "junit.xsd"), str(path)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    return [] if done.returncode == 0 else done.stderr.splitlines()


def sarif_problems(path):
    document, problems = held_against("sarif-2.1.0.schema.json", path)
    if not problems:
        for run in document["runs"]:
            rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
            problems += [f"{path}: rule {result['ruleIndex']} is not {result['ruleId']}" for result in run["results"]
                         if rules[result["ruleIndex"]] != result["ruleId"]]
            if len(set(rules)) != len(rules):
                problems.append(f"{path}: a rule is there twice")
    if path.stat().st_size > 10 << 20:  # GitHub counts what is compressed
        problems.append(f"{path}: larger than 10 MB")
    return problems


# Perl's own parser knows TAP 13, which differs in the first line alone where no subtest is.
TAP = r"""
use TAP::Parser;
binmode STDOUT, ":utf8";
my ($path) = @ARGV;
open my $file, "<", $path or die "$path: $!\n";
my $text = do { local $/; <$file> };
$text =~ s/^TAP version 14\n/TAP version 13\n/ or print "does not begin by its version\n";
my $parser = TAP::Parser->new({ tap => $text });
while (my $result = $parser->next) {
  print "is no TAP: ", $result->raw, "\n" if $result->is_unknown;
  $result->data if $result->is_yaml;
}
print "$_\n" for $parser->parse_errors;
"""


def tap_problems(path):
    done = subprocess.run(["perl", "-e", TAP, str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    problems = done.stdout.splitlines()
    return [f"{path}: {line}" for line in problems or (["perl could not read it"] if done.returncode else [])]


def csv_problems(path):
    octets = path.read_bytes()
    records = list(csv.reader(io.StringIO(octets.decode("utf-8"), newline=""), strict=True))
    problems = [f"{path}: record {number} has {len(record)} cells, not {len(records[0])}" for number, record in enumerate(records, 1)
                if len(record) != len(records[0])]
    if octets.count(b"\n") != octets.count(b"\r\n") or octets.count(b"\r\n") != len(records):
        problems.append(f"{path}: a record does not end in CRLF")
    problems += [f"{path}: record {number}: {cell!r} is a formula" for number, record in enumerate(records, 1) for cell in record
                 if cell.lstrip()[:1] in tuple("=+-@")]
    return problems


def diff_problems(path):
    return held_against("diff.schema.json", path)[1]


def svg_problems(path):
    done = subprocess.run(["xmllint", "--nonet", "--noout", str(path)], stderr=subprocess.PIPE, text=True, errors="replace")
    return done.stderr.splitlines() if done.returncode else []


def markdown_problems(path):
    text = path.read_text(encoding="utf-8")
    problems = [] if len(text.encode()) <= 1 << 20 else [f"{path}: larger than the 1 MiB that GitHub takes"]
    problems += [f"{path}:{number}: a workflow command" for number, line in enumerate(text.splitlines(), 1) if line.lstrip().startswith("::")]
    return problems


# By the names that --report takes: the file, and what is wrong with it.
FORMATS = {"junit": ("junit.xml", junit_problems), "sarif": ("results.sarif", sarif_problems), "tap": ("results.tap", tap_problems),
           "csv": ("results.csv", csv_problems), "badge": ("badge.svg", svg_problems), "markdown": ("results.md", markdown_problems)}
# The options of a run that writes them all.
EVERY_REPORT = [word for name in FORMATS for word in ("--report", name)]


def problems_of(folder):
    """Of results.json, and of the reports beside it that are there."""
    problems = results_problems(folder / "results.json")
    for name, problems_in in (*FORMATS.values(), ("diff.json", diff_problems)):
        if (folder / name).is_file():
            problems += problems_in(folder / name)
    return problems


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[0])
    results = folder / "results.json"
    if not results.is_file():
        say(f"'{results}' is not there")
        return 2
    try:
        problems = problems_of(folder)
    except (ImportError, FileNotFoundError) as missing:
        say(f"{missing}; ci/setup test installs what is needed")
        return 2
    for problem in problems:
        say(problem)
    return 1 if problems else 0
