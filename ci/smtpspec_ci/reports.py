"""Validates the reports of a run against their schemas.

Usage: ci/check_reports DIR     (DIR/results.json, and DIR/junit.xml where it is there)
Exit codes: 0 valid, 1 not valid, 2 nothing to check or no means to check it.
"""
import json
import pathlib
import subprocess
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "reports" / "schemas"


def say(text):
    print(f"check_reports: {text}", file=sys.stderr)


def results_problems(path):
    import jsonschema

    schema = json.loads((SCHEMAS / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        return [f"{path}: {problem}"]
    errors = sorted(jsonschema.Draft7Validator(schema).iter_errors(document), key=lambda error: list(map(str, error.path)))
    problems = [f"{path}: {error.json_path}: {error.message}" for error in errors]
    if not problems and sum(document["summary"].values()) != len(document["scenarios"]):
        problems.append(f"{path}: $.summary: counts other than {len(document['scenarios'])} scenarios")
    return problems


def junit_problems(path):
    command = ["xmllint", "--nonet", "--noout", "--schema", str(SCHEMAS / "junit.xsd"), str(path)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    return [] if done.returncode == 0 else done.stderr.splitlines()


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[0])
    results, junit = folder / "results.json", folder / "junit.xml"
    if not results.is_file():
        say(f"'{results}' is not there")
        return 2
    try:
        problems = results_problems(results)
        if junit.is_file():
            problems += junit_problems(junit)
    except (ImportError, FileNotFoundError) as missing:
        say(f"{missing}; ci/setup test installs what is needed")
        return 2
    for problem in problems:
        say(problem)
    return 1 if problems else 0
