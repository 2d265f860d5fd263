"""Checks every scenario, target and baseline file against the JSON Schema that smtpspec prints, and tells path and message
of each misfit."""
import json
import subprocess
import tomllib

from smtpspec_ci.processes import ROOT

KINDS = {"target.toml": "target", "expected.toml": "baseline"}  # by file name; all others hold scenarios


def validator(smtpspec, kind):
    import jsonschema  # Debian has it as python3-jsonschema

    printed = subprocess.run([smtpspec, "schema", kind], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    schema = json.loads(printed)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


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


def check(smtpspec, log):
    """0 where all files fit, else 1."""
    validators = {kind: validator(smtpspec, kind) for kind in ("scenario", *KINDS.values())}
    files = sorted(ROOT.glob("scenarios/**/*.toml"))
    files += sorted(path for name in KINDS for path in ROOT.glob(f"ci/targets/*/{name}"))
    files += [ROOT / "harness" / "scenario" / "hard_cases.toml"]
    found = [line for path in files for line in misfits(path, validators[KINDS.get(path.name, "scenario")])]
    print(*found or [f"{len(files)} files fit"], sep="\n", file=log)
    return 1 if found else 0
