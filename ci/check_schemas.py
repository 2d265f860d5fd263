#!/usr/bin/env python3
"""Checks every scenario and target file against its JSON Schema. Exit 1 with path and message on a misfit.

Needs Python 3.11 (tomllib) and jsonschema; where this python lacks jsonschema, the system's is tried.
Files may be named as arguments; otherwise they are scenarios/**/*.toml and ci/targets/*/target.toml.
"""
import json
import os
import sys
from pathlib import Path

SYSTEM_PYTHON = "/usr/bin/python3"

try:
    import tomllib

    import jsonschema
except ImportError as missing:
    tried = os.environ.get("SMTPSPEC_SYSTEM_PYTHON_TRIED")
    if not tried and os.access(SYSTEM_PYTHON, os.X_OK):
        os.environ["SMTPSPEC_SYSTEM_PYTHON_TRIED"] = "1"
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    sys.exit(f"check_schemas.py: {missing}; Debian has it as python3-jsonschema")

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = {
    "scenario": ROOT / "scenarios" / "scenario.schema.json",
    "target": ROOT / "scenarios" / "target.schema.json",
}


def deepest(error):
    """Of the branches of an anyOf, the complaint that went furthest into the file."""
    while error.context:
        error = max(error.context, key=lambda one: (len(one.absolute_path), one.validator not in ("type", "enum")))
    return error


def place(error):
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")


def misfits(path, validator):
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        return [f"{path}: {problem}"]
    found = []
    for error in validator.iter_errors(document):
        error = deepest(error)
        found.append(f"{path}: {place(error) or 'the file'}: {error.message}")
    return found


def main(arguments):
    validators = {}
    for kind, path in SCHEMAS.items():
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        validators[kind] = jsonschema.Draft7Validator(schema)
    if arguments:
        files = [Path(argument) for argument in arguments]
    else:
        files = sorted(ROOT.glob("scenarios/**/*.toml")) + sorted(ROOT.glob("ci/targets/*/target.toml"))
        files += [ROOT / "harness" / "scenario" / "hard_cases.toml"]
    found = []
    for path in files:
        found += misfits(path, validators["target" if path.name == "target.toml" else "scenario"])
    for line in found:
        print(line, file=sys.stderr)
    if found:
        return 1
    print(f"{len(files)} files fit")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
