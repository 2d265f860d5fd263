"""Writes the baseline of a real server anew from its last run. A reason is kept where the row, its scenario or what it
decided had one; for all else somebody has to read the finding first, and say why it is true."""
import fnmatch
import json
import tomllib

READ_ME = "READ IT AND SAY WHY"


def quoted(text):
    return f'"{text}"' if not set('"\\') & set(text) else f"'''{text}'''"


def stem(row):
    return row["id"].split("/")[0] if not row["id"].startswith("always/") else row["id"]


def kind(row):
    """What an entry says of a row. A warning has no cause that matters."""
    return row["outcome"], row["cause"] if row["outcome"] == "fail" else ""


def reasons_of(entries, rows):
    """A function that finds the reason of a row."""
    known = {}
    for row in rows:
        for entry in entries:
            if fnmatch.fnmatch(row["id"], entry["scenario"]):
                for key in (row["id"], stem(row), (row["decided_by"], row["outcome"])):
                    known.setdefault(key, entry["reason"])
                break
    return lambda row: known.get(row["id"]) or known.get(stem(row)) or known.get((row["decided_by"], row["outcome"])) or \
        f"{READ_ME}: {row['actual'] or row['reason']} ({row['decided_by']})".replace("'''", "''")


def entries_of(rows):
    """Pattern, outcome, cause and a row of each entry: a glob where it says of all rows of a scenario the same."""
    said = set()
    for row in rows:
        if row["outcome"] in ("fail", "crash", "warn"):
            alike = [one for one in rows if stem(one) == stem(row)]
            whole = len(alike) > 1 and all(kind(one) == kind(row) for one in alike)
            pattern = f"{stem(row)}/*" if whole else row["id"]
            if pattern not in said:
                said.add(pattern)
                yield pattern, *kind(row), row


def renew(file, results):
    """Writes the file; the patterns of the entries that have no reason yet."""
    old = file.read_text(encoding="utf-8") if file.is_file() else ""
    rows = json.loads(results.read_text())["scenarios"]
    reason = reasons_of(tomllib.loads(old).get("expect", []), rows)
    text = old.split("\n\n")[0].rstrip("\n") + "\n" if old.startswith("#") else ""
    unread = []
    for pattern, outcome, cause, row in entries_of(rows):
        unread += [pattern] if reason(row).startswith(READ_ME) else []
        text += f'\n[[expect]]\nscenario = "{pattern}"\noutcome = "{outcome}"\n'
        text += (f'cause = "{cause}"\n' if cause else "") + f"reason = {quoted(reason(row))}\n"
    file.write_text(text, encoding="utf-8")
    return unread
