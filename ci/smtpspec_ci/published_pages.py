"""What is written of published runs for people: a README for each, the table and the chart of all."""
import re
from collections import Counter
from xml.sax.saxutils import escape

KEPT, PARTLY, BROKEN = ("pass", "info"), ("warn",), ("fail", "crash")
SEVERITIES = ("security", "loss", "must", "should")


def standing(outcome):
    return "kept" if outcome in KEPT else "partly" if outcome in PARTLY else "broken" if outcome in BROKEN else "undecided"


def area(row):
    """As reports/parts.cpp has it, which results.json has not."""
    folders = row["source"]["file"].split("/")[:-1]
    below = folders[len(folders) - folders[::-1].index("scenarios"):] if "scenarios" in folders else folders[-1:]
    return "/".join(below) or "general"


def area_name(name):
    return re.sub(r"^rfc", "RFC ", name)


def areas_of(results):
    """By area: rows that are kept, partly kept, broken, undecided."""
    counts = {}
    for row in results["scenarios"]:
        counts.setdefault(area(row), Counter())[standing(row["outcome"])] += 1
    return counts


def decided(counts):
    return counts["kept"] + counts["partly"] + counts["broken"]


def fact(results, name):
    return next((one["value"] for one in results["target"]["learnt"] if one["name"] == name), "")


def code(text):
    """In Markdown, whatever it is; long ones are cut in their middle."""
    text = text if len(text) <= 160 else f"{text[:110]} ... {text[-40:]}"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else "nothing"


def plain(text):
    """Of the suite's own words: nothing in them is markup."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)


def section_link(requirement):
    found = re.fullmatch(r"RFC (\d+)(?: section ([\w.]+))?", requirement["section"])
    if not found:
        return plain(requirement["section"])
    place = f"#section-{found[2]}" if found[2] else ""
    return f"[{requirement['section']}](https://www.rfc-editor.org/rfc/rfc{found[1]}{place})"


def finding_lines(finding, requirements):
    """Two lines."""
    requirement = requirements.get(finding["requirement"])
    rows = len(finding["scenarios"])
    asked = f" {section_link(requirement)}, {requirement['level'].upper()};" if requirement else ""
    got = f"Expected {code(finding['expected'])}, got {code(finding['actual'])}." if finding["expected"] or finding["actual"] else "As the rows show."
    return [f"- **{finding['severity']}** {plain(finding['what'])}.{asked} {rows} row{'' if rows == 1 else 's'}, `{finding['evidence']}`.",
            f"  {got}"]


def server_readme(folder, results):
    name = re.match(r"ci/targets/([\w.-]+)/", re.search(r"ci/targets/\S+", results["smtpspec"]["command"])[0])[1]
    requirements = {cited["id"]: cited for row in results["scenarios"] for cited in row["requirements"]}
    summary = ", ".join(f"{count} {outcome}" for outcome, count in results["summary"].items() if count)
    lines = [f"# {folder}", "",
             f"Debian's package {fact(results, 'package')}, set up as [`ci/targets/{name}/`](../../../ci/targets/{name}/README.md) says; "
             f"played {results['smtpspec']['started'][:10]} by smtpspec {results['smtpspec']['version']}, profile {results['target']['profile']}.",
             f"{len(results['scenarios'])} rows: {summary}.", "",
             "## Play it again", "",
             f"Fetch the package, start it, play, stop it; the run is `build/run-{name}/`:", "",
             f"    ci/servers {name}", "",
             "Or look at this run, of which the results.json beside this file is what is published, on a page of its own:", "",
             f"    smtpspec report reports/published/{folder} --report html=page.html", "",
             f"The server alone is started by `ci/targets/{name}/start`; a single row, such as a finding's, by",
             f"`smtpspec run ci/targets/{name}/target.toml --suite scenarios --filter ROW`. The Debian version that apt offers may be a later one.", "",
             "## Findings", "",
             f"The most serious first; the row is the one with the shortest conversation. "
             f"[Evidence, beside the other servers](../index.html).", ""]
    for finding in results["findings"]:
        lines += finding_lines(finding, requirements)
    return "\n".join(lines if results["findings"] else [*lines, "None."]) + "\n"


def kept_of_decided(counts):
    return f"{counts['kept']}/{decided(counts)}" if decided(counts) else "\u2013"


def area_names(runs):
    return sorted({name for results in runs.values() for name in areas_of(results)})


def tables(runs):
    """Servers x findings, and servers x areas, as Markdown."""
    lines = ["| server | package | security | loss | must | should | rows kept of decided | undecided |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    for folder, results in runs.items():
        counts = sum(areas_of(results).values(), Counter())
        found = Counter(finding["severity"] for finding in results["findings"])
        lines.append(f"| [{folder}]({folder}/README.md) | {fact(results, 'package')} | " + " | ".join(str(found[one]) for one in SEVERITIES) +
                     f" | {counts['kept']} / {decided(counts)} | {counts['undecided']} |")
    names = area_names(runs)
    lines += ["", "| server | " + " | ".join(map(area_name, names)) + " |", "|---|" + "--:|" * len(names)]
    for folder, results in runs.items():
        areas = areas_of(results)
        lines.append(f"| {folder} | " + " | ".join(kept_of_decided(areas.get(name, Counter())) for name in names) + " |")
    return lines


BEGIN, END = "<!-- written by ci/publish: begin -->", "<!-- written by ci/publish: end -->"


def front_table(runs):
    """Servers x areas in one table, for the README of all."""
    names = area_names(runs)
    lines = ["| server | findings | " + " | ".join(map(area_name, names)) + " |", "|---|--:|" + "--:|" * len(names)]
    for folder, results in runs.items():
        areas, found = areas_of(results), Counter(finding["severity"] for finding in results["findings"])
        lines.append(f"| [{folder}](reports/published/{folder}/README.md) | {sum(found.values())}, {found['security']} of security | " +
                     " | ".join(kept_of_decided(areas.get(name, Counter())) for name in names) + " |")
    return lines


def with_front_table(text, runs):
    """The text with the table between the two comments that stand in it for that."""
    before, begin, rest = text.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not begin or not end or BEGIN in after or END in after:
        raise ValueError("README.md has no place for the table of servers, or two")
    return "\n".join([before + BEGIN, "", *front_table(runs), "", END + "\n"]) + after


READ_WITH_CARE = """\
- A row is a question, not a weight: one cause may fail thirty rows, and one row may be a way to smuggle mail. Findings count causes.
- *Broken* is a MUST that was seen to be broken, by octets; *partly* is a SHOULD that is not met. *Undecided* is all that was not
  offered, not called for, or could not be observed: it counts neither way: the numbers are of what was decided, the bars show it grey.
- These are Debian 12's packages in set-ups of our own (limits raised, AUTH and TLS on; each target's README says what differs from
  Debian's): another version or setting may do otherwise. `-defaults` keep the limits that they ship with.
- dovecot-lmtp speaks LMTP, dovecot-submission is a proxy in front of another server: they are asked less, and not all of it is the same.
- Many of these are known, some are choices that their authors defend; `ci/targets/*/expected.toml` gives each its reason."""


def overview(runs):
    first, last = (pick(results["smtpspec"]["started"][:10] for results in runs.values()) for pick in (min, max))
    rows = max(len(results["scenarios"]) for results in runs.values())
    return "\n".join([
        "# What real servers do", "",
        f"{len(runs)} set-ups of real servers, each asked the {rows} rows of the suite; played {first if first == last else f'{first} to {last}'}. Made by",
        "[`ci/publish`](../../ci/publish) from runs of the suite; nothing here is written by hand.", "",
        "[**The matrix**](index.html) (download it, and open it in a browser: it is one file that needs no network) shows findings,",
        "requirements and rows beside each other, and opens the evidence of each cell.", "",
        "![Areas of the suite by servers: shares of rows that are kept, partly kept, broken and undecided](areas.svg)", "",
        *tables(runs), "", "Rows kept of rows decided; \u2013 where nothing was decided.", "",
        "## To be read with care", "", READ_WITH_CARE, ""])


STYLE = """\
.paper { fill: #ffffff }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; fill: #1a2126 }
.quiet { fill: #56626b; font-size: 10.5px } .head { font-size: 11px; font-weight: 600 } .title { font-size: 15px; font-weight: 600 }
.kept { fill: #8fc3aa } .partly { fill: #e3a93c } .broken { fill: #bf2f26 } .undecided { fill: #e1e5e8 } .line { stroke: #dde1e5 }
@media (prefers-color-scheme: dark) {
  .paper { fill: #14181b } text { fill: #e4e9ec } .quiet { fill: #9dabb5 } .line { stroke: #313a41 }
  .kept { fill: #3f7d64 } .partly { fill: #c8902b } .broken { fill: #e0574c } .undecided { fill: #2f383e }
}"""
STANDINGS = {"kept": "kept", "partly": "a SHOULD not met", "broken": "a MUST broken", "undecided": "undecided"}


def head_lines(folder):
    """A server's name in two lines or three, cut at its hyphens."""
    lines = [""]
    for part in re.findall(r"[^-]+-?", folder):
        if lines[-1] and len(lines[-1]) + len(part) > 13:
            lines.append("")
        lines[-1] += part
    return lines


def shares(counts, x, y, width):
    """One bar, to which each kind of row adds its share: of what is there at all, a sliver at least."""
    total = sum(counts.values())
    there = [(one, counts[one]) for one in STANDINGS if counts[one]]
    least = 1.5
    rest = width - least * len(there)
    bars = []
    for one, count in there:
        wide = least + rest * count / total
        bars.append(f'<rect class="{one}" x="{x:.1f}" y="{y}" width="{max(wide - 0.5, 1):.1f}" height="9"/>')
        x += wide
    return bars


def chart(runs):
    areas = {folder: areas_of(results) for folder, results in runs.items()}
    names = area_names(runs)
    left, wide, high, top = 92, 98, 30, 92
    width, height = left + wide * len(runs) + 8, top + high * len(names) + 34
    described = [f"{folder}: " + ", ".join(f"{area_name(name)} {one['kept']} kept of {decided(one)} decided" for name, one in sorted(areas[folder].items()) if decided(one))
                 for folder in runs]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title about">',
             '<title id="title">How real servers keep to SMTP, by area</title>', f'<desc id="about">{escape(". ".join(described))}.</desc>',
             f"<style>{STYLE}</style>", f'<rect class="paper" width="{width}" height="{height}" rx="6"/>',
             '<text class="title" x="8" y="24">How real servers keep to SMTP, by area</text>']
    for column, folder in enumerate(runs):
        x, lines = left + wide * column, head_lines(folder)
        parts += [f'<text class="head" x="{x}" y="{top - 10 - 13 * (len(lines) - 1 - i)}">{escape(line)}</text>' for i, line in enumerate(lines)]
        for number, name in enumerate(names):
            counts, y = areas[folder].get(name, Counter()), top + high * number
            parts += [*shares(counts, x, y + 5, wide - 12), f'<text class="quiet" x="{x}" y="{y + 25}">{kept_of_decided(counts)}</text>']
    for number, name in enumerate(names):
        y = top + high * number
        parts += [f'<path class="line" d="M 8 {y}.5 H {width - 8}"/>', f'<text x="8" y="{y + 17}">{escape(area_name(name))}</text>']
    x, y = left, top + high * len(names) + 20
    for one, words in STANDINGS.items():
        parts += [f'<rect class="{one}" x="{x}" y="{y - 9}" width="12" height="9"/>', f'<text class="quiet" x="{x + 17}" y="{y}">{words}</text>']
        x += 30 + 6.5 * len(words)
    parts.append(f'<text class="quiet" x="{width - 8}" y="{y}" text-anchor="end">rows kept / rows decided</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
