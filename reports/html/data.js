// What the page shows: the block of JSON in it, and what follows from that.

const DATA = JSON.parse(document.getElementById("data").textContent);
const { rows, requirements, findings, conversations } = DATA;
const text = (number) => DATA.texts[number];

/** Worst first. */
const OUTCOME_NAMES = DATA.outcomes;
/** Outcomes as they are counted: a failure that the baseline knows is another thing than one that is new. */
const KINDS = Object.fromEntries(OUTCOME_NAMES.flatMap((name) => [[name, OUTCOMES[name]],
  ...(name === "fail" ? [["known", ["\u2715", "a failure that the baseline knows"]]] : [])]));
const kindOf = (row) => (row.known ? "known" : row.outcome);

/** "4.1.4-state-table" of "scenarios/rfc5321/4.1.4-state-table.toml". */
const topicOf = (file) => file.split("/").pop().replace(/\.toml$/, "");

/** "RFC 5321", "4.1.1.4" of "RFC 5321 section 4.1.1.4". */
function partsOf(requirement) {
  const found = /^RFC (\d{1,5})(?: section ([0-9A-Z.]+))?$/.exec(requirement.section);
  return found ? { rfc: `RFC ${found[1]}`, number: found[1], section: found[2] || "" }
    : { rfc: requirement.section || "no RFC", number: "", section: "" };
}

/** To where the RFC says it; `short`: as the number of the section alone. */
function link(requirement, short) {
  const { number, section: part } = partsOf(requirement);
  if (number === "") return el("span", {}, requirement.section);
  const url = `https://www.rfc-editor.org/rfc/rfc${number}${part && `#section-${part}`}`;
  const whole = part ? `RFC ${number} section ${part}` : `RFC ${number}`;
  return el("a", { href: url, rel: "noreferrer", "aria-label": short && whole }, short && part ? part : whole);
}

rows.forEach((row, number) => {
  row.number = number;
  row.place = { area: text(row.area), topic: topicOf(text(row.file)) };
  row.requirements ||= [];
  row.severity = row.decided_by !== undefined ? requirements[row.decided_by].severity
    : row.requirements.length > 0 ? requirements[row.requirements[0]].severity : "";
  row.findings = [];
});
findings.forEach((finding) => {
  for (const list of [finding.rows, finding.consequences || [], finding.blocked || []])
    for (const number of list) rows[number].findings.push(finding);
});

/** How a requirement stands by what its rows show. */
const STANDINGS = {
  broken: ["fail", "some row shows that it is broken"],
  "not met": ["warn", "a SHOULD that some row shows to be not met"],
  kept: ["pass", "rows that could have shown a breach show none"],
  "not observed": ["skipped", "no row could decide it here"],
};
requirements.forEach((requirement) => { requirement.rows = []; });
rows.forEach((row) => row.requirements.forEach((number) => requirements[number].rows.push(row.number)));
requirements.forEach((requirement, number) => {
  const blames = (row) => (row.decided_by ?? row.requirements[0]) === number;
  const has = (...outcomes) => requirement.rows.some((one) => outcomes.includes(rows[one].outcome) &&
    (outcomes.includes("pass") || blames(rows[one])));
  requirement.standing = has("fail", "crash") ? "broken" : has("warn") ? "not met" : has("pass", "info") ? "kept" : "not observed";
});

/** Counts of a list of rows by kind, worst first. */
function countsOf(list) {
  const counts = new Map(Object.keys(KINDS).map((name) => [name, 0]));
  for (const row of list) counts.set(kindOf(row), (counts.get(kindOf(row)) || 0) + 1);
  return [...counts].filter(([, count]) => count > 0);
}

/** "4.1.1.10" after "4.1.1.4". */
const byNumber = (a, b) => a.localeCompare(b, "en", { numeric: true });
