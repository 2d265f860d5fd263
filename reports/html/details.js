// All that is known of one row: what is asked and why, what came, and how to see it again.

function sentence(requirement) {
  const words = { must: /MUST|SHALL|REQUIRED/, should: /SHOULD|RECOMMENDED/, may: /MAY|OPTIONAL/ };
  const saysSo = words[requirement.level]?.test(requirement.says) ?? true;  // what something is, as grammar says it, has no such word
  const level = requirement.level.toUpperCase() + (saysSo ? "" : " by its meaning");
  return el("figure", { class: "sentence" },
    requirement.says && el("blockquote", {}, requirement.says),
    el("figcaption", {}, link(requirement), requirement.lines && `, ${requirement.lines.includes("-") ? "lines" : "line"} ${requirement.lines}`, " ",
      el("span", { class: "level", title: requirement.id }, level)));
}

const rowLink = (number) => el("a", { href: linkTo("row", rows[number].id) }, sign(rows[number].outcome), rows[number].id);

function rowList(title, list) {
  if (!list || list.length === 0) return null;
  const most = 60;
  const items = el("ul", { class: "row-links" }, list.slice(0, most).map((number) => el("li", {}, rowLink(number))));
  if (list.length > most)
    items.append(el("li", {}, el("button", { type: "button", class: "small", onclick: (event) => {
      event.target.parentNode.remove();
      items.append(...list.slice(most).map((number) => el("li", {}, rowLink(number))));
    } }, `${list.length - most} more`)));
  return el("div", {}, el("h3", { class: "sub" }, title), items);
}

/** What a baseline says of a row, and in it a link as one. */
function knownBecause({ known_because: words, known_link: url = "" }) {
  if (!words) return null;
  const at = words.lastIndexOf(url);
  if (!/^https?:\/\//.test(url) || at < 0) return octetsOf(words);
  return [octetsOf(words.slice(0, at)), el("a", { href: url, rel: "noreferrer" }, url), octetsOf(words.slice(at + url.length))];
}

function rowFacts(row) {
  return pairs([
    ["outcome", outcomeMark(row.outcome)],
    ["against the baseline", DATA.baseline.given && (row.known ? "known" : row.expectation)],
    ["known because", knownBecause(row)],
    ["expected", row.expected && octetsOf(row.expected)],
    ["actual", row.actual && octetsOf(row.actual)],
    ["because", row.reason && octetsOf(row.reason)],
    ["finding", row.findings.length > 0 && row.findings.map((one) => el("a", { href: linkTo("finding", one.id) }, one.id, " "))],
    ["checked", row.checked && `${counted(row.checked, "time")}`],
    ["attempts", row.attempts && String(row.attempts)],
    ["took", row.ms && spoken(row.ms)],
    ["scenario", `${text(row.file)}:${row.line}`],
    ["tags", row.tags && row.tags.map(text).join(", ")],
  ].filter(([, value]) => value !== false && value !== undefined), { class: "facts" });
}

/** What stands below the line of a row, or in a finding below its proof. */
function rowDetails(row, within) {
  const others = row.requirements.filter((number) => !within || number !== within.requirement);
  const has = row.conversation !== undefined || row.excerpt;
  return el("div", { class: "details" },
    !within && row.rationale !== undefined && el("p", { class: "why" }, text(row.rationale)),
    !within && others.map((number) => sentence(requirements[number])),
    !within && rowFacts(row),
    has ? sequence(row) : el("p", { class: "quiet" },
      row.outcome === "skipped" || row.outcome === "unsupported" ? "It was not played." : "No conversation of it is in this page."),
    delivered(row),
    row.seen_in && rowList("First seen in", row.seen_in.map((one) => rows.findIndex((other) => other.id === text(one))).filter((one) => one >= 0)),
    row.again && el("div", {}, el("h3", { class: "sub" }, "Play it again"), command(row.again)));
}
